"""The loop: a generator of events. AdamW, warm-up and cosine, clipping, seeds, resuming."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mm_demo import device, store
from mm_demo.case import Case
from mm_demo.config import TrainConfig
from mm_demo.errors import UserError
from mm_demo.events import (
    Evaluated,
    Event,
    Finished,
    Preparing,
    Progress,
    Saved,
    Started,
    Stopped,
)
from mm_demo.training.card import README, card
from mm_demo.training.diagnosis import Diagnosis
from mm_demo.training.reference import product_seconds, reference_minutes

SAVE_EVERY_SECONDS = 30.0


class Task(Protocol):
    """What the loop needs of a case; it owns the model and knows nothing of pages or threads."""

    model: nn.Module
    guess_loss: float

    def prepare(self) -> Iterator[Preparing]: ...
    def batches(self, split: str, seed: int, first_step: int = 0) -> Iterator[Any]: ...
    def loss(self, batch: Any) -> tuple[Tensor, dict[str, float]]: ...
    def evaluate(self, split: str) -> dict[str, float]: ...
    def preview(self) -> dict[str, Any]: ...
    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]: ...
    def save(self, folder: Path) -> None: ...
    def load(self, folder: Path) -> None: ...
    def to(self, device: torch.device) -> None: ...


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, then half a cosine down to nothing. `step` counts from 0."""
    warm = max(1, round(config.warmup * config.steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    through = (step - warm) / max(1, config.steps - warm)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * through))


def train(
    case: Case,
    dataset: str,
    config: TrainConfig,
    out: Path,
    *,
    preset: str,
    resume: bool,
    start_from: Path | None,
    stop: threading.Event,
) -> Iterator[Event]:
    """Train and yield what happens; `out` holds a usable checkpoint at the end and at each Saved.

    `resume` goes on from `out` along the same schedule to the losses of an uninterrupted run,
    `start_from` begins a new schedule from a checkpoint's weights. When `stop` is set, the loop
    ends before its next step with Stopped. UserError for what a person can mend.
    """
    case.check_dataset(dataset)
    store.recover(out)
    _check_out(out)
    saved = _saved_run(case, out) if resume and out.exists() else None
    if saved is not None:
        config = case.config().changed(saved["config"])
        dataset, preset = saved["dataset"], saved["preset"]
    elif config.threads == 0:
        config = config.changed({"threads": device.choose_threads()})
    target = device.best_device()
    torch.manual_seed(config.seed)
    task: Task = case.module("task").Task(config, dataset)
    origin = out if saved is not None else start_from
    if origin is not None:
        task.load(origin)
    for preparing in task.prepare():
        yield preparing
        if stop.is_set():
            return
    task.to(target)
    yield from _Run(case, dataset, preset, config, out, task, target, saved).events(stop)


def _check_out(out: Path) -> None:
    """A run's folder is replaced as a whole, so it must be a run's folder."""
    if out.exists() and not (
        out.is_dir() and ((out / store.RUN).exists() or not any(out.iterdir()))
    ):
        raise UserError("out.not_a_run", folder=str(out))


def _saved_run(case: Case, out: Path) -> dict[str, Any] | None:
    """What `out` says of its own run, None for an empty folder; UserError for another's run."""
    if not (out / store.RUN).exists():
        return None
    run = store.read_json(out / store.RUN)
    if run.get("case") != case.name:
        raise UserError("resume.other_case", folder=str(out), case=str(run.get("case")))
    if not (out / store.OPTIMISER).exists():
        raise UserError("resume.finished", folder=str(out))
    return run


class _Run:
    """One run's state between its first step and its last."""

    def __init__(
        self,
        case: Case,
        dataset: str,
        preset: str,
        config: TrainConfig,
        out: Path,
        task: Task,
        target: torch.device,
        saved: dict[str, Any] | None,
    ) -> None:
        self.case, self.dataset, self.preset = case, dataset, preset
        self.config, self.out, self.task, self.target = config, out, task, target
        self.optimiser = _optimiser(task.model, config)
        self.first_step = 0
        self.metrics: dict[str, float] = {}
        self.seconds = self.cpu_seconds = 0.0
        if saved is not None:
            self.first_step = int(saved["step"])
            self.seconds, self.cpu_seconds = saved["seconds"], saved["train_cpu_seconds"]
            self.metrics = saved["metrics"]
            _load_optimiser(self.optimiser, store.read_tensors(out / store.OPTIMISER), target)

    def events(self, stop: threading.Event) -> Iterator[Event]:
        config, task = self.config, self.task
        yield Started(
            first_step=self.first_step,
            steps=config.steps,
            examples=config.batch_size,
            parameters=sum(p.numel() for p in task.model.parameters()),
            threads=config.threads,
            device=self.target.type,
            guess_loss=task.guess_loss,
        )
        product_before = product_seconds() if self.target.type == "cpu" else 0.0
        diagnosis = Diagnosis(config, task.guess_loss)
        evaluate_at = _marks(config.steps, config.evaluations)
        step = self.first_step
        if step == 0:
            yield self._evaluate(step)
            self._save(step)
        saved_at = time.monotonic()
        speed = _Speed(config.batch_size)
        with closing(task.batches("train", config.seed, step)) as batches:  # type: ignore[type-var]
            while step < config.steps:
                if stop.is_set():
                    break
                before = time.perf_counter(), time.process_time()
                loss, rate, figures = self._step(step, batches)
                self.seconds += time.perf_counter() - before[0]
                self.cpu_seconds += time.process_time() - before[1]
                step += 1
                for fault in diagnosis.watch(step, loss, figures):
                    yield fault
                    if fault.key == "diagnosis.diverged":
                        yield from self._restore(step)
                        stop.set()
                if not math.isfinite(loss):
                    break
                per_second = speed.tick(time.perf_counter() - before[0])
                left = (config.steps - step) * config.batch_size / per_second
                yield Progress(
                    step, config.steps, loss, rate, self.seconds, left, per_second, figures
                )
                if step == config.steps:
                    break
                if step in evaluate_at:
                    yield self._evaluate(step)
                if step in evaluate_at or time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                    self._save(step)
                    saved_at = time.monotonic()
                    yield Saved(step, str(self.out))
        yield from self._end(step, product_before)

    def _step(self, step: int, batches: Iterator[Any]) -> tuple[float, float, dict[str, float]]:
        torch.set_num_threads(self.config.threads or 1)  # the next step may run on another thread
        torch.manual_seed(self.config.seed * 1_000_003 + step)
        model = self.task.model
        model.train()
        rate = learning_rate(self.config, step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = next(batches)
        self.optimiser.zero_grad(set_to_none=True)
        with device.autocast(self.target):
            loss, figures = self.task.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(model.parameters(), self.config.clip_norm)
        value = loss.item()
        if math.isfinite(value) and math.isfinite(float(norm)):
            self.optimiser.step()
        elif math.isfinite(value):
            value = math.nan
        return value, rate, figures

    def _evaluate(self, step: int) -> Evaluated:
        torch.set_num_threads(self.config.threads or 1)
        self.task.model.eval()
        self.metrics = self.task.evaluate("dev")
        return Evaluated(step, self.metrics, self.task.preview())

    def _restore(self, step: int) -> Iterator[Event]:
        """After a divergence: the weights of the last save, where there is one."""
        if (self.out / store.RUN).exists():
            store.load_weights(self.task.model, self.out)
        yield Evaluated(step, self.metrics, {})

    def _save(self, step: int, *, resumable: bool = True) -> None:
        with store.writing(self.out) as folder:
            self.task.save(folder)
            run = {
                "case": self.case.name,
                "dataset": self.dataset,
                "preset": self.preset,
                "config": self.config.model_dump(),
                "step": step,
                "seconds": self.seconds,
                "train_cpu_seconds": self.cpu_seconds,
                "metrics": self.metrics,
            }
            store.write_json(folder / store.RUN, run)
            (folder / README).write_text(card(self.case, folder), encoding="utf-8")
            if resumable:
                store.write_tensors(folder / store.OPTIMISER, _optimiser_tensors(self.optimiser))

    def _end(self, step: int, product_before: float) -> Iterator[Event]:
        torch.set_num_threads(self.config.threads or 1)
        self.task.model.eval()
        finished = step >= self.config.steps
        self.metrics = yield from self.task.finish(thorough=finished)
        self._save(step, resumable=not finished)
        product = min(product_before, product_seconds()) if product_before else 0.0
        yield Saved(step, str(self.out))
        yield (Finished if finished else Stopped)(
            checkpoint=str(self.out),
            metrics=self.metrics,
            step=step,
            steps=self.config.steps,
            seconds=round(self.seconds, 2),
            train_cpu_seconds=round(self.cpu_seconds, 2),
            reference_minutes=round(reference_minutes(self.cpu_seconds, product), 3)
            if product
            else 0.0,
        )


def _marks(steps: int, evaluations: int) -> set[int]:
    """The steps after which is evaluated, evenly spread, the last one included."""
    return {round(steps * k / evaluations) for k in range(1, evaluations + 1)}


class _Speed:
    """Examples a second, over about the last twenty steps."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.seconds: float | None = None

    def tick(self, seconds: float) -> float:
        seconds = max(seconds, 1e-6)
        self.seconds = seconds if self.seconds is None else 0.9 * self.seconds + 0.1 * seconds
        return self.batch_size / self.seconds


def _optimiser(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW; weight decay on matrices only (Radford et al. 2021, section 2.5)."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), eps=1e-8)


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimiser.state_dict()["state"]
    return {
        f"{index}.{name}": torch.as_tensor(value)
        for index, values in state.items()
        for name, value in values.items()
    }


def _load_optimiser(
    optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor], target: torch.device
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
