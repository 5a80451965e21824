"""What the training panel shows, folded from a run's events: plain dicts and HTML strings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mm_demo import words
from mm_demo.case import Case
from mm_demo.events import Diagnosed, Ended, Evaluated, Event, Preparing, Progress, Started
from mm_demo.ui import cards, charts
from mm_demo.ui.runs import Run
from mm_demo.ui.trainer import Order, Waiting

Both = dict[str, str]


def metric_name(case: Case, metric: str, short: bool = False) -> Both:
    """A metric's name in every language."""
    return cards.texts(f"{case.name}.metric.{metric}" + (".short" if short else ""))


def run_name(number: int) -> Both:
    """A run as the charts name it."""
    return cards.texts("runs.name", number=number)


def earlier(runs: list[Run], now: int | None, curve: str) -> list[dict[str, Any]]:
    """The visitor's other runs on a chart: the four latest, each with its own colour and dash."""
    others = [run for run in runs if run.number != now and run.state != "running"]
    first_slot = 2 if now is not None else 1
    lines = []
    for slot, run in zip(range(first_slot, 6), others, strict=False):
        x, y = run.curves.get(curve, ([], []))
        lines.append({"x": list(x), "y": list(y), "slot": slot, "name": run_name(run.number)})
    return lines


def time_words(seconds: float) -> Both:
    """A span of time as one says it."""
    if seconds < 90:
        return cards.texts("time.seconds", n=max(1, round(seconds)))
    if seconds < 90 * 60:
        return cards.texts("time.minutes", n=round(seconds / 60))
    return cards.texts("time.hours", n=round(seconds / 3600, 1))


def story(run: Run) -> list[Event]:
    """A kept run's curves as the events that a figure is drawn from."""
    steps = run.config.steps
    x, y = run.curves.get("loss", ([], []))
    told: list[Event] = [Started(0, steps, 0, 0, 1, "", run.guess_loss)]
    told += [
        Progress(step, steps, loss, 0.0, 0.0, 0.0, 0.0) for step, loss in zip(x, y, strict=True)
    ]
    held_out: dict[int, dict[str, float]] = {}
    for name, (at, values) in run.curves.items():
        if name != "loss":
            for step, value in zip(at, values, strict=True):
                held_out.setdefault(step, {})[name] = value
    return [*told, *(Evaluated(step, figures) for step, figures in sorted(held_out.items()))]


@dataclass
class Live:
    """One run as the panel sees it; `fold` each event, then ask for the pieces."""

    case: Case
    order: Order
    number: int | None = None
    started: Started | None = None
    progress: Progress | None = None
    waiting: Waiting | None = None
    preparing: Preparing | None = None
    ended: Ended | None = None
    preview: dict[str, Any] = field(default_factory=dict)
    diagnoses: dict[str, Diagnosed] = field(default_factory=dict)

    def fold(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, Waiting):
            self.waiting = event
        elif isinstance(event, Preparing):
            self.preparing = event
        elif isinstance(event, Started):
            self.started, self.preparing = event, None
        elif isinstance(event, Progress):
            self.progress, self.preparing = event, None
        elif isinstance(event, Evaluated):
            self.preview = event.preview or self.preview
        elif isinstance(event, Diagnosed):
            self.diagnoses[event.key] = event
        elif isinstance(event, Ended):
            self.ended = event

    def loss(self, run: Run | None, others: list[Run]) -> dict[str, Any]:
        """The value of the loss chart."""
        x, y = run.curves.get("loss", ([], [])) if run else ([], [])
        references = []
        if self.started:
            guess = self.started.guess_loss
            text = cards.texts(
                f"{self.case.name}.guess_loss", guess=guess, batch=self.order.config.batch_size
            )
            references = [{"y": guess, "text": text, "side": "right"}]
        return charts.curve_value(
            steps=self._steps(),
            x=x,
            y=y,
            name=run_name(self.number) if self.number else None,
            earlier=earlier(others, self.number, "loss"),
            references=references,
            top=0 if self.started else 5,
            say=cards.texts("chart.loss.say", loss=y[-1], step=x[-1], steps=self._steps())
            if y
            else cards.texts("chart.empty"),
        )

    def held_out(self, run: Run | None, others: list[Run]) -> dict[str, Any]:
        """The value of the chart of the run's headline metric."""
        return held_out_value(
            self.case, self.order.dataset, run, others, self._steps(), self.number
        )

    def status(self) -> dict[str, str]:
        """The value of the status line: what is drawn, and what is spoken (seldom)."""
        order = self.order
        about = words.both(
            "status.about",
            dataset=cards.texts(f"{self.case.name}.dataset.{order.dataset}"),
            preset=cards.texts(f"preset.{order.preset}"),
            seed=order.config.seed,
        )
        if self.progress is None or self.started is None or self.preparing:
            share = 0.0
            detail = ""
            title = words.both("status.preparing")
            if self.preparing:
                share = self.preparing.done / max(1, self.preparing.total)
                detail = words.both(
                    "status.prepared", done=self.preparing.done, total=self.preparing.total
                )
                key = f"{self.case.name}.preparing.{self.preparing.what}"
                title = words.both(key) if key in words.table("en") else title
            line = " · ".join(part for part in (detail, about) if part)
            return {"html": status_html(title, line, share), "say": title}
        step = self.progress
        title = words.both("status.training", time=time_words(step.seconds_left))
        line = words.both(
            "status.step",
            step=step.step,
            steps=step.steps,
            speed=step.examples_per_second,
        )
        share = step.step / max(1, step.steps)
        quarter = int(4 * share)
        say = words.both("status.quarter", percent=25 * quarter) if quarter else title
        return {"html": status_html(title, f"{line} · {about}", share), "say": say}

    def _steps(self) -> int:
        return self.started.steps if self.started else self.order.config.steps


def held_out_value(
    case: Case, dataset: str, run: Run | None, others: list[Run], steps: int, now: int | None
) -> dict[str, Any]:
    """The value of the chart of a data set's headline metric; the course's claim is dotted on it.

    Runs on data sets of another family have no line there.
    """
    headline, family = case.headline_of(dataset), case.family_of(dataset)
    name = metric_name(case, headline)
    # without a curve instead of left out: the others keep the colours that the table shows
    others = [
        run if case.family_of(run.dataset) is family else replace(run, curves={}) for run in others
    ]
    x, y = run.curves.get(headline, ([], [])) if run else ([], [])
    claim = case.claims.get(headline)
    references: list[dict[str, Any]] = []
    if claim is not None:
        text = cards.texts("chart.course", value=claim)
        references = [{"y": claim, "text": text, "side": "left"}]
    say = cards.texts("chart.empty")
    if y:
        key = "chart.held_out.say" if claim is not None else "chart.held_out.say_alone"
        say = cards.texts(key, name=name, value=y[-1], claim=claim or 0.0)
    return charts.curve_value(
        steps=steps,
        x=x,
        y=[round(value, 4) for value in y],
        name=run_name(now) if now else None,
        earlier=earlier(others, now, headline),
        references=references,
        share=True,
        title=cards.texts("chart.held_out", name=name),
        say=say,
    )


def status_html(
    title: str, line: str, share: float | None, *, dot: str = "live", extra: str = ""
) -> str:
    """The status line: dot, title, second line and, while something runs, the bar."""
    bar = ""
    if share is not None:
        percent = round(100 * share)
        bar = (
            f'<div class="prog" role="progressbar" aria-valuenow="{percent}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-labelledby="mm-progress"><i style="width:{percent}%"></i>'
            f'</div><span class="sr" id="mm-progress">{words.both("status.progress")}</span>'
        )
    return (
        f'<div class="status"><span class="dot {dot}"></span><div class="grow">'
        f'<span class="big">{title}</span><span class="sub13">{line}</span></div></div>{bar}{extra}'
    )
