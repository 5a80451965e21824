"""The loop: a generator of events. Seeds, clipping, evaluation, saving, resuming, stopping."""

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
from mm_demo.case import OWN, Case
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
from mm_demo.training.diagnosis import DIVERGED, Diagnosis
from mm_demo.training.optimiser import adamw, learning_rate, load_state, state_tensors
from mm_demo.training.reference import product_seconds, reference_minutes

SAVE_EVERY_SECONDS = 30.0


class Task(Protocol):
    """What the loop needs of a case; it owns the model and knows nothing of pages or threads."""

    model: nn.Module
    guess_loss: float

    @property
    def networks(self) -> list[nn.Module]:
        """What is clipped apart: networks that are trained side by side and share nothing."""

    def load(self, folder: Path) -> None: ...
    def prepare(self) -> Iterator[Preparing]: ...
    def to(self, device: torch.device) -> None: ...
    def batches(self, split: str, seed: int, first_step: int = 0) -> Generator[Any]: ...
    def loss(self, batch: Any) -> tuple[Tensor, dict[str, float]]: ...
    def evaluate(self, split: str) -> dict[str, float]: ...
    def preview(self) -> dict[str, Any]: ...
    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]: ...
    def save(self, folder: Path) -> None: ...


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

    `resume` goes on with what `out` holds, if anything, along the same schedule to the losses of an
    uninterrupted run; the settings are then the run's own. `start_from` begins a new schedule from
    a checkpoint's weights. When `stop` is set, the loop ends before its next step with Stopped.
    UserError for what a person can mend, also where `out` holds something already.
    """
    case.check_dataset(dataset, folders=True)
    store.recover(out)
    saved = _saved_run(case, out, resume)
    if saved is not None:
        config = case.config().changed(saved["config"])
        preset = saved["preset"]
        if saved["dataset"] in case.datasets:
            dataset = saved["dataset"]
    elif config.threads == 0:
        config = config.changed({"threads": device.choose_threads()})
    target = device.best_device()
    torch.manual_seed(config.seed)
    task: Task = case.module("task", dataset).Task(config, dataset)
    origin = out if saved is not None else start_from
    if origin is not None:
        task.load(origin)
    for preparing in task.prepare():
        yield preparing
        if stop.is_set():
            return
    task.to(target)
    about = {
        "case": case.name,
        "dataset": dataset if dataset in case.datasets else OWN,
        "preset": preset,
        "start_from": start_from.name if start_from else (saved or {}).get("start_from"),
        "config": config.model_dump(),
    }
    yield from _Run(case, config, about, out, task, target, saved).events(stop)


def _saved_run(case: Case, out: Path, resume: bool) -> dict[str, Any] | None:
    """What `out` says of its own run, None where there is none.

    UserError where a new run would overwrite something: a run's folder is replaced as a whole.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        store.check_writable(out)
        return None
    if not (out / store.RUN).exists():
        raise UserError("out.not_a_run", folder=str(out))
    if not resume:
        raise UserError("out.has_a_run", folder=str(out))
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
        config: TrainConfig,
        about: dict[str, Any],
        out: Path,
        task: Task,
        target: torch.device,
        saved: dict[str, Any] | None,
    ) -> None:
        self.case, self.config, self.about = case, config, about
        self.out, self.task, self.target = out, task, target
        self.optimiser = adamw(task.model, config)
        self.step = 0
        self.metrics: dict[str, float] = {}
        self.seconds = self.cpu_seconds = 0.0
        if saved is not None:
            self._take_up(saved)

    def _take_up(self, saved: dict[str, Any]) -> None:
        self.step, self.metrics = int(saved["step"]), saved["metrics"]
        self.seconds, self.cpu_seconds = saved["seconds"], saved["train_cpu_seconds"]
        load_state(self.optimiser, store.read_tensors(self.out / store.OPTIMISER))

    def events(self, stop: threading.Event) -> Iterator[Event]:
        """From Started to Finished or Stopped."""
        config, task = self.config, self.task
        yield Started(
            first_step=self.step,
            steps=config.steps,
            examples=config.batch_size,
            parameters=sum(p.numel() for p in task.model.parameters()),
            threads=config.threads,
            device=self.target.type,
            guess_loss=task.guess_loss,
        )
        product = product_seconds() if self.target.type == "cpu" else 0.0
        diagnosis = Diagnosis(config, task.guess_loss)
        if self.step == 0:
            yield self._evaluate()
            self._save()
        marks, saved_at, speed = _marks(config.steps, config.evaluations), time.monotonic(), 0.0
        diverged = False
        with closing(task.batches("train", config.seed, self.step)) as batches:
            while self.step < config.steps and not stop.is_set() and not diverged:
                begin, cpu = time.perf_counter(), time.process_time()
                loss, rate, figures = self._step(batches)
                taken = time.perf_counter() - begin
                self.seconds += taken
                self.cpu_seconds += time.process_time() - cpu
                self.step += 1
                faults = list(diagnosis.watch(self.step, loss, figures))
                yield from faults
                diverged = any(fault.key == DIVERGED for fault in faults)
                if diverged:
                    break
                speed = 0.9 * speed + 0.1 * taken if speed else taken
                yield Progress(
                    step=self.step,
                    steps=config.steps,
                    loss=loss,
                    learning_rate=rate,
                    seconds=self.seconds,
                    seconds_left=(config.steps - self.step) * speed,
                    examples_per_second=config.batch_size / speed,
                    figures=figures,
                )
                if self.step == config.steps:
                    break
                if self.step in marks:
                    yield self._evaluate()
                if self.step in marks or time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                    self._save()
                    saved_at = time.monotonic()
                    yield Saved(self.step, str(self.out))
        if diverged:  # what was saved last is what is kept: weights, optimiser and step
            task.load(self.out)
            task.to(self.target)
            self._take_up(store.read_json(self.out / store.RUN))
        yield from self._end(product)

    def _step(self, batches: Iterator[Any]) -> tuple[float, float, dict[str, float]]:
        self._own_threads()
        torch.manual_seed(self.config.seed * 1_000_003 + self.step)
        model = self.task.model
        model.train()
        rate = learning_rate(self.config, self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = next(batches)
        self.optimiser.zero_grad(set_to_none=True)
        with device.autocast(self.target):
            loss, figures = self.task.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norms = [
            nn.utils.clip_grad_norm_(network.parameters(), self.config.clip_norm)
            for network in self.task.networks
        ]
        if not all(math.isfinite(norm.item()) for norm in norms):
            return math.nan, rate, figures
        self.optimiser.step()
        return loss.item(), rate, figures

    def _own_threads(self) -> None:
        """The page may call each step on another thread, which starts with torch's default."""
        torch.set_num_threads(self.config.threads or 1)

    def _evaluate(self) -> Evaluated:
        self._own_threads()
        self.task.model.eval()
        self.metrics = self.task.evaluate("dev")
        return Evaluated(self.step, self.metrics, self.task.preview())

    def _save(self, *, resumable: bool = True) -> None:
        self.task.model.eval()
        run = {
            **self.about,
            "step": self.step,
            "seconds": self.seconds,
            "train_cpu_seconds": self.cpu_seconds,
            "metrics": self.metrics,
        }
        with store.writing(self.out) as folder:
            self.task.save(folder)
            store.write_json(folder / store.RUN, run)
            text = card(self.case, self.out.name, run)
            (folder / README).write_text(text, encoding="utf-8")
            if not resumable:
                store.halve(folder, getattr(self.task.model, "EIGHT_BITS", ()))
            else:
                store.write_tensors(folder / store.OPTIMISER, state_tensors(self.optimiser))

    def _end(self, product: float) -> Iterator[Event]:
        self._own_threads()
        self.task.model.eval()
        finished = self.step >= self.config.steps
        self.metrics = yield from self.task.finish(thorough=finished)
        self._save(resumable=not finished)
        if finished and product:
            product = min(product, product_seconds())
        yield Saved(self.step, str(self.out))
        yield (Finished if finished else Stopped)(
            checkpoint=str(self.out),
            metrics=self.metrics,
            step=self.step,
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
