"""A visitor's training from the press of Start to a kept run: the page and the API both read it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mm_demo.case import OWN, Case
from mm_demo.config import TrainConfig
from mm_demo.errors import UserError
from mm_demo.events import Ended, Evaluated, Event, Finished, Progress, Started
from mm_demo.ui.runs import Run, Runs
from mm_demo.ui.slot import Slot


class Start(Protocol):
    """`training.run`: handed in, for the page does not know the package that trains."""

    def __call__(
        self,
        case: Case,
        dataset: str,
        config: TrainConfig,
        out: Path,
        *,
        preset: str,
        resume: bool,
        start_from: Path | None,
        stop: threading.Event | None,
    ) -> Iterator[Event]:
        """Train and tell."""


@dataclass(frozen=True)
class Order:
    """What to train: a new run, the rest of a stopped one (`resume`), or on from one's weights."""

    case: Case
    dataset: str
    preset: str
    config: TrainConfig
    resume: int | None = None
    start_from: int | None = None


@dataclass(frozen=True)
class Waiting(Event):
    """Somebody else trains: `before` of them come first, for about `seconds`."""

    before: int
    seconds: float


@dataclass(frozen=True)
class Left(Event):
    """The visitor left the queue before their turn came."""


@dataclass(frozen=True)
class Begun(Event):
    """The run has its number; its events follow."""

    number: int


class LossCurve:
    """Losses as means over a few steps: about 160 points, however long the run.

    `x` and `y` are changed in place, so that who holds them sees the curve grow.
    """

    def __init__(self, x: list[int] | None = None, y: list[float] | None = None) -> None:
        self.x = x if x is not None else []
        self.y = y if y is not None else []
        self._every = 1
        self._sum, self._count = 0.0, 0

    def begin(self, first_step: int, steps: int) -> None:
        """Choose the length of a mean; what a continued run will tell again is cut off."""
        self._every = max(1, steps // 160)
        keep = sum(step <= first_step for step in self.x)
        del self.x[keep:], self.y[keep:]

    def add(self, step: int, loss: float) -> None:
        """One more step."""
        self._sum, self._count = self._sum + loss, self._count + 1
        if self._count < self._every and self.x:
            return
        self.x.append(step)
        self.y.append(round(self._sum / self._count, 4))
        self._sum, self._count = 0.0, 0


class Trainer:
    """One for the whole page: the slot, the visitors' runs and the function that trains."""

    def __init__(
        self, start: Start, runs: Runs, written: Callable[[Path], None], slot: Slot | None = None
    ) -> None:
        """`written` is told of each folder whose model is new, or gone."""
        self.runs = runs
        self.slot = slot or Slot()
        self._start = start
        self._written = written

    def stop(self, session: str) -> None:
        """Stop this visitor's run at its next step, or leave the queue."""
        self.slot.stop(session)

    def forget(self, session: str) -> None:
        """The visitor has left: their training ends, their runs are deleted."""
        self.slot.stop(session)
        for run in self.runs.of(session):
            self._written(run.folder)
        self.runs.forget(session)

    def run(self, session: str, order: Order) -> Generator[Event, None, None]:
        """Wait for the slot, train, keep the run up to date. Raises UserError.

        Closing this generator ends the run and gives the slot back; what was saved is kept.
        """
        ticket = self.slot.enter(session)
        run: Run | None = None
        try:
            patience = 0.05
            while not self.slot.wait(ticket, patience):
                if ticket.stop.is_set():
                    yield Left()
                    return
                yield Waiting(*self.slot.before(ticket))
                patience = 0.5
            run = self._begin(session, order)
            number = run.number
            yield Begun(number)
            source = None
            if order.start_from is not None:
                source = self.runs.folder(session, f"run-{order.start_from}")
            data = order.dataset
            if data == OWN:
                data = str(self.runs.own_data(session, order.case.name))
            told = self._start(
                order.case,
                data,
                run.config,
                run.folder,
                preset=order.preset,
                resume=order.resume is not None,
                start_from=source,
                stop=ticket.stop,
            )
            loss = LossCurve(*run.curves.get("loss", ([], [])))
            with closing(told):  # type: ignore[type-var]
                for event in told:
                    if isinstance(event, Progress):
                        ticket.seconds = event.seconds_left
                        loss.add(event.step, event.loss)
                    self._note(session, number, event, loss)
                    yield event
        finally:
            self.slot.leave(ticket)
            if run is not None:
                self._tidy(session, run)

    def _begin(self, session: str, order: Order) -> Run:
        if order.resume is not None:
            run = self.runs.get(session, order.resume)
            if run.state != "stopped":
                raise UserError("run.unknown", name=run.name)
            return self.runs.update(session, run.number, state="running") or run
        parent = None
        if order.start_from is not None:
            parent = self.runs.get(session, order.start_from).folder.name
        return self.runs.begin(
            session, order.case.name, order.dataset, order.preset, order.config, parent
        )

    def _note(self, session: str, number: int, event: Event, loss: LossCurve) -> None:
        run = self.runs.get(session, number)
        if isinstance(event, Started):
            loss.begin(event.first_step, event.steps)
            self.runs.update(
                session,
                number,
                curves={**run.curves, "loss": (loss.x, loss.y)},
                guess_loss=event.guess_loss,
            )
        elif isinstance(event, Evaluated):
            curves = dict(run.curves)
            for name, value in event.metrics.items():
                steps, values = curves.get(name, ([], []))
                curves[name] = ([*steps, event.step], [*values, value])
            self.runs.update(session, number, curves=curves, metrics=dict(event.metrics))
        elif isinstance(event, Ended):
            self._written(run.folder)
            if event.step == 0 and not loss.x:  # no step was done: there is nothing to keep
                self.runs.drop(session, number)
                return
            curves = dict(run.curves)
            for name, (steps, values) in run.curves.items():
                if name in event.metrics and steps[-1:] < [event.step]:
                    curves[name] = ([*steps, event.step], [*values, event.metrics[name]])
            self.runs.update(
                session,
                number,
                state="finished" if isinstance(event, Finished) else "stopped",
                curves=curves,
                metrics={**run.metrics, **event.metrics},
                step=event.step,
                seconds=event.seconds,
            )

    def _tidy(self, session: str, run: Run) -> None:
        """After the end, however it came: what was saved is kept, what nobody owns is deleted."""
        try:
            state = self.runs.get(session, run.number).state
        except UserError:  # the visitor has left; a last save may have come after that
            shutil.rmtree(run.folder.parent, ignore_errors=True)
            return
        if state != "running":
            return
        if run.folder.is_dir():
            self._written(run.folder)
            self.runs.update(session, run.number, state="stopped")
        else:
            self.runs.drop(session, run.number)
