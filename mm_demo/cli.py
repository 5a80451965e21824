"""The command line: train | evaluate | predict | data."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from mm_demo import training, words
from mm_demo.case import OWN, Case
from mm_demo.cases import CASES, find
from mm_demo.config import TrainConfig
from mm_demo.errors import UserError
from mm_demo.events import (
    Diagnosed,
    Ended,
    Evaluated,
    Event,
    Finished,
    Preparing,
    Progress,
    Started,
)
from mm_demo.predictors import Predictors, trained_on
from mm_demo.training.diagnosis import DIVERGED
from mm_demo.training.figure import check_format, draw_ranking, draw_run

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help=f"Train, evaluate and use multimodal models. Cases: {', '.join(case.name for case in CASES)}.",
)  # fmt: skip
predict_app = typer.Typer(
    no_args_is_help=True, help="Ask a model. Without --checkpoint, the bundled one."
)
app.add_typer(predict_app, name="predict")

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, nothing else there.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set a knob; repeatable.")
]
Checkpoint = Annotated[Path | None, typer.Option(help="A checkpoint folder.")]
Figure = Annotated[Path | None, typer.Option(help="Also draw the course's plot into this file.")]


def main() -> None:
    """Run the command line. Exit codes: 0 done, 2 the person's input, 130 stopped by the person."""
    try:
        code = app(standalone_mode=False) or 0
    except UserError as error:
        print(words.say_error(_language(), error), file=sys.stderr)
        code = 2
    except typer.Abort:
        code = 130
    except Exception as error:
        # typer's usage errors come as click exceptions, from a click that newer versions vendor
        if not hasattr(error, "format_message"):
            raise
        error.show()  # type: ignore[attr-defined]
        code = 2
    sys.exit(code)


def _language() -> str:
    set_for = next(
        (os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), ""
    )
    return "zh" if set_for.lower().startswith("zh") else "en"


@app.command()
def train(
    case: str,
    out: Annotated[Path, typer.Option(help="The folder for the checkpoint.")],
    dataset: Annotated[str | None, typer.Option(help="Default: the case's first.")] = None,
    preset: Annotated[str | None, typer.Option(help="quick (default) or full.")] = None,
    seed: Annotated[int | None, typer.Option(help="Default: 0.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, if there is one.")
    ] = False,
    start_from: Annotated[
        Path | None, typer.Option(help="Begin with the weights of this checkpoint folder.")
    ] = None,
    settings: Settings = None,
    figure: Figure = None,
    as_json: Json = False,
) -> None:
    """Train a model from random weights. Ctrl-C stops it and keeps what it learned."""
    chosen = find(case)
    if resume:
        dataset = _resumed(chosen, out, dataset, preset, seed, settings)
    dataset = chosen.check_dataset(dataset or chosen.datasets[0], folders=True)
    preset = preset or next(iter(chosen.presets))
    config = _config(chosen, dataset, preset, seed, settings)
    if figure is not None:
        check_format(figure)
    stream = training.run(
        chosen, dataset, config, out,
        preset=preset, resume=resume, start_from=start_from, stop=_stop_on_interrupt(),
    )  # fmt: skip
    story: list[Event] = []
    last: Event | None = None
    diverged = False
    for event in stream if as_json else _with_bar(chosen, stream):
        last = event
        if isinstance(event, Progress | Evaluated | Started | Ended):
            story.append(event)
        diverged = diverged or (isinstance(event, Diagnosed) and event.key == DIVERGED)
        if as_json:
            print(json.dumps(event.to_dict()), flush=True)
    if figure is not None:
        draw_run(chosen, dataset, story, figure)
    if diverged:
        raise UserError("train.diverged", learning_rate=config.learning_rate)
    if not isinstance(last, Finished):
        raise typer.Exit(130)


def _resumed(
    case: Case,
    out: Path,
    dataset: str | None,
    preset: str | None,
    seed: int | None,
    settings: list[str] | None,
) -> str | None:
    """The data set of the run in `out`, which goes on with its own settings.

    The one asked for where there is no run; UserError where other settings are asked for.
    """
    from mm_demo import store  # brings torch, which most mistakes can be told without

    if not (out / store.RUN).exists():
        return dataset
    run = store.read_json(out / store.RUN)
    asked: dict[str, Any] = {"dataset": dataset, "preset": preset, "seed": seed}
    asked |= dict(_setting(setting) for setting in settings or [])
    own = {"dataset": run["dataset"], "preset": run["preset"], **run["config"]}
    if run["dataset"] == OWN and dataset not in case.datasets:
        own["dataset"] = case.check_dataset(dataset or OWN, folders=True)
    for name, value in asked.items():
        if value is not None and str(value) != str(own.get(name)):
            raise UserError("resume.differs", name=name, value=value, own=own.get(name))
    return str(own["dataset"])


def _config(
    case: Case, dataset: str, preset: str, seed: int | None, settings: list[str] | None
) -> TrainConfig:
    pairs: dict[str, Any] = {} if seed is None else {"seed": seed}
    pairs |= dict(_setting(setting) for setting in settings or [])
    return case.preset(preset, dataset).changed(pairs)


def _setting(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise UserError("knob.no_value", setting=setting)
    return name.strip(), value.strip()


def _stop_on_interrupt() -> threading.Event:
    stop = threading.Event()

    def interrupted(_signal: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    return stop


def _with_bar(case: Case, stream: Iterator[Event]) -> Iterator[Event]:
    """The same events, told on standard error for a person."""
    from tqdm import tqdm

    bar: tqdm[Any] | None = None
    for event in stream:
        if isinstance(event, Preparing):
            if bar is None:
                print(f"\r{event.what} {event.done}/{event.total}  ", end="", file=sys.stderr)
            else:
                bar.set_description(f"{event.what} {event.done}/{event.total}")
        elif isinstance(event, Started):
            print(
                f"\n{event.parameters:,} parameters, {event.device}, threads: {event.threads}",
                file=sys.stderr,
            )
            bar = tqdm(total=event.steps, initial=event.first_step, file=sys.stderr, unit="step")
        elif isinstance(event, Progress) and bar is not None:
            bar.set_postfix_str(f"loss {event.loss:.3f}", refresh=False)
            bar.update(1)
        elif isinstance(event, Evaluated) and bar is not None:
            figures = ", ".join(
                f"{name} {event.metrics[name]:.3f}" for name in case.table if name in event.metrics
            )
            bar.write(f"step {event.step}: {figures}", file=sys.stderr)
        elif isinstance(event, Diagnosed) and bar is not None:
            bar.write(words.say(_language(), event.key, **event.facts), file=sys.stderr)
        elif isinstance(event, Ended):
            if bar is not None:
                bar.close()
            for name, value in event.metrics.items():
                print(f"{name:36} {value:.4f}", file=sys.stderr)
            print(
                f"{event.checkpoint}: {event.step} steps, {event.seconds:.0f} s, "
                f"{event.reference_minutes:.2f} reference minutes",
                file=sys.stderr,
            )
        yield event


@app.command()
def evaluate(
    case: str,
    checkpoint: Checkpoint = None,
    dataset: Annotated[str | None, typer.Option(help="Default: the case's first.")] = None,
    split: Annotated[str, typer.Option(help="dev or test.")] = "test",
    seed: Annotated[int, typer.Option(help="Draws a fresh set of the same size.")] = 0,
    settings: Settings = None,
    recorded: Annotated[
        bool,
        typer.Option(
            "--record", help="Write the figures of this and two more seeds into the checkpoint."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Score a model on data that it has not seen."""
    chosen = find(case)
    dataset = chosen.check_dataset(dataset or chosen.datasets[0], folders=True, measured=True)
    if split not in ("dev", "test"):
        raise UserError("split.unknown", name=split)
    asked = dict(_setting(setting) for setting in settings or [])
    folder = checkpoint or chosen.checkpoint(chosen.world_of(dataset))
    trained = trained_on(folder)
    if trained and chosen.family_of(trained) is not chosen.family_of(dataset):
        raise UserError("checkpoint.other_dataset", folder=str(folder), dataset=dataset)
    task = chosen.module("task", dataset)

    def scored(seed: int) -> dict[str, Any]:
        begin = time.perf_counter()
        metrics, examples = task.evaluate_checkpoint(folder, dataset, split, seed, asked)
        return {
            "case": case,
            "dataset": dataset,
            "split": split,
            "seed": seed,
            "checkpoint": str(folder),
            "settings": asked,
            "examples": examples,
            "seconds": round(time.perf_counter() - begin, 1),
            "metrics": {name: round(value, 4) for name, value in metrics.items()},
        }

    report = scored(seed)
    if recorded:
        from mm_demo.training.card import record

        others = [scored(seed + 1), scored(seed + 2)]
        record(chosen, folder, [report, *others], task.shown(folder, split, seed))
    if as_json:
        print(json.dumps(report))
        return
    for name, value in report["metrics"].items():
        claim = chosen.claims.get(name)
        print(f"{name:36} {value:8.4f}" + (f"   the course: {claim}" if claim else ""))


@dataclass(frozen=True)
class Tools:
    """What a case's predict command is handed: cases import neither of these themselves."""

    predictors: Predictors
    draw_ranking: Callable[[Sequence[tuple[str, float]], Path, str], None]


@predict_app.callback()
def _hand_tools(context: typer.Context) -> None:
    context.obj = Tools(Predictors(), draw_ranking)


for _case in CASES:
    predict_app.command(_case.name)(_case.module("command").predict)


@app.command()
def data(name: Annotated[str | None, typer.Argument(help="A data set.")] = None) -> None:
    """What data is at hand, and what builds its cache."""
    from mm_demo.data import DATASETS

    if name is None:
        for known, module in DATASETS.items():
            users = ", ".join(
                case.name for case in CASES if known in (*case.datasets, *case.measured)
            )
            look = getattr(import_module(module), "at_hand", None)
            about = "built in, generated, needs nothing"
            if look is not None:
                there, line = look()
                about = f"{'at hand' if there else 'not at hand'}: {line}"
            print(f"{known:16} used by {users}; {about}" if users else f"{known:16} {about}")
        return
    if name not in DATASETS:
        raise UserError("dataset.unknown", name=name, known=", ".join(DATASETS))
    for line in import_module(DATASETS[name]).build():
        print(line)
