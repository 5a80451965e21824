"""The training panel's handlers: what happens between the press of a button and its pieces."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.errors import UserError
from mm_demo.events import Ended, Event
from mm_demo.ui import cards, links, run_cards
from mm_demo.ui.context import TryPanel
from mm_demo.ui.knobs import Controls
from mm_demo.ui.language import Language
from mm_demo.ui.live import Live, story, time_words
from mm_demo.ui.pieces import event_data
from mm_demo.ui.runs import Run
from mm_demo.ui.trainer import Begun, Left, Order, Trainer, Waiting

log = logging.getLogger(__name__)
_BETWEEN = 1 / 3
Figure = Callable[[Case, str, Iterable[Event], Path], None]


@dataclass(frozen=True)
class Preview:
    """A case's moving picture: how its piece is made, and a task's preview as its value."""

    piece: Callable[[], gr.HTML]
    value: Callable[[dict[str, Any]], dict[str, Any]]


def visitor(request: gr.Request) -> str:
    """Whose page this is; a caller without a session is nobody twice."""
    return request.session_hash or f"nobody-{uuid.uuid4().hex}"


@dataclass(frozen=True)
class Handlers:
    """One case's handlers. The order of what they yield is `training_panel`'s `live`."""

    case: Case
    trainer: Trainer
    controls: Controls
    preview: Preview
    language: Language
    try_panel: TryPanel
    figure: Figure | None

    def start(
        self, request: gr.Request, dataset: str, preset: str, *values: Any
    ) -> Iterator[tuple[Any, ...]]:
        """A new run with the settings as they stand."""
        try:
            self.case.check_dataset(dataset)
            config = self.controls.config(
                dataset, preset, dict(zip(self.controls.names, values, strict=True))
            )
        except UserError as error:
            yield self._told(note=cards.error_card(error))
            return
        yield from self._watch(visitor(request), Order(self.case, dataset, preset, config))

    def at_rest(self, order: Order, runs: list[Run]) -> list[Any]:
        """Loss, held-out and the table where nothing runs and these settings would come next."""
        live = Live(self.case, order)
        command = run_cards.command(self.case, order.dataset, order.preset, order.config)
        return [
            live.loss(None, runs),
            live.held_out(None, runs),
            run_cards.table(self.case, runs, None, "", command),
        ]

    def settings(self, request: gr.Request, dataset: str, preset: str, *values: Any) -> list[Any]:
        """Status, charts and command of a page that has not trained yet follow its settings.

        Afterwards they show runs, which the settings do not change.
        """
        session = request.session_hash or ""
        if self.trainer.slot.holds(session) or self.trainer.runs.of(session, self.case.name):
            return [gr.skip()] * 4
        try:
            self.case.check_dataset(dataset)
            config = self.controls.config(
                dataset, preset, dict(zip(self.controls.names, values, strict=True))
            )
        except UserError:  # said when it matters, at Start; a half-typed number is no mistake
            return [gr.skip()] * 4
        order = Order(self.case, dataset, preset, config)
        return [run_cards.idle(self.case, dataset, preset), *self.at_rest(order, [])]

    def dataset(self, before: str, dataset: str, preset: str) -> list[Any]:
        """The data set chosen, and the controls: at its preset, where the last was of another family."""
        if self.case.family_of(before) is self.case.family_of(dataset):
            return [dataset, *(gr.skip() for _ in self.controls.names)]
        return [dataset, *self.controls.updates(dataset, preset)]

    def go_on(self, request: gr.Request, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        """The rest of a stopped run, or a new schedule from a finished run's weights."""
        session, data = visitor(request), event_data(event)
        try:
            run = self.trainer.runs.get(session, int(data.get("run", 0)))
        except (UserError, ValueError, TypeError):
            yield self._told(note=cards.error_card(UserError("run.unknown", name="run")))
            return
        order = Order(self.case, run.dataset, run.preset, run.config)
        if data.get("do") == "continue" and run.state == "stopped":
            order = replace(order, resume=run.number)
        else:
            order = replace(order, start_from=run.number)
        yield from self._watch(session, order)

    def stop(self, request: gr.Request) -> Any:
        """Ask the run to end at its next step (or leave the queue); the button rests meanwhile."""
        self.trainer.stop(visitor(request))
        return gr.update(interactive=False)

    def use(self, chosen: str, request: gr.Request, event: gr.EventData) -> tuple[Any, Any]:
        """Put a run's model into the Try panel and go there."""
        name = f"run-{event_data(event).get('run', '')}"
        names = run_cards.models(self.trainer.runs.of(visitor(request), self.case.name))
        if name not in names or self.try_panel.model_choice is None:
            return gr.skip(), gr.skip()
        update = self.language.choices_with_runs(self.try_panel.model_choice, chosen, names)
        return {**update, "value": name}, gr.Tabs(selected="try")

    def models(self, chosen: str, request: gr.Request) -> Any:
        """The Try panel's choice of models with this visitor's own."""
        names = run_cards.models(self.trainer.runs.of(visitor(request), self.case.name))
        return self.language.choices_with_runs(self.try_panel.model_choice, chosen, names)

    def file(self, request: gr.Request, event: gr.EventData) -> Any:
        """A run's checkpoint as a zip, or its figure, for the hidden download button."""
        data = event_data(event)
        try:
            run = self.trainer.runs.get(visitor(request), int(data.get("run", 0)))
        except (UserError, ValueError, TypeError):
            return gr.skip()
        if not run.usable:
            return gr.skip()
        target = Path(tempfile.mkdtemp(dir=run.folder.parent))
        if data.get("do") == "figure" and self.figure is not None:
            path = target / f"{run.folder.name}.png"
            self.figure(self.case, run.dataset, story(run), path)
            return gr.update(value=str(path))
        name = run.folder.name
        made = shutil.make_archive(str(target / name), "zip", run.folder.parent, name)
        return gr.update(value=made)

    def link(self, chosen: str, dataset: str, preset: str, *values: Any) -> str:
        """The query of a link to the settings as they stand."""
        try:
            config = self.controls.config(
                dataset, preset, dict(zip(self.controls.names, values, strict=True))
            )
        except UserError:
            config = self.case.preset(preset, dataset)
        return links.write(self.case, "train", dataset, preset, config, chosen)

    def _watch(self, session: str, order: Order) -> Iterator[tuple[Any, ...]]:
        live = Live(self.case, order)
        yield self._frame(session, live)
        last = time.monotonic()
        try:
            with closing(self.trainer.run(session, order)) as events:
                for event in events:
                    live.fold(event)
                    if isinstance(event, Begun):
                        live.number, live.waiting = event.number, None
                    if isinstance(event, Left):
                        yield self._told(run_cards.left(), *self._still(session, order))
                        return
                    if isinstance(event, Ended):
                        break
                    due = time.monotonic() - last >= _BETWEEN
                    if due or isinstance(event, Begun | Waiting):
                        last = time.monotonic()
                        yield self._frame(session, live)
            yield self._last(session, live)
        except UserError as error:
            yield self._failed(session, order, cards.error_card(error))
        except Exception:
            log.exception("a training of %s failed", self.case.name)
            bug = cards.bug_card()
            yield self._failed(session, order, bug)

    def _frame(self, session: str, live: Live) -> tuple[Any, ...]:
        runs = self.trainer.runs.of(session, self.case.name)
        run = next((run for run in runs if run.number == live.number), None)
        status = run_cards.queued(live.waiting) if live.waiting else live.status()
        left = ""
        if live.progress:
            left = words.both("runs.left", time=time_words(live.progress.seconds_left))
        order = live.order
        parent = run.start_from if run else None
        command = run_cards.command(self.case, order.dataset, order.preset, order.config, parent)
        waits = live.waiting is not None
        return (
            status,
            "".join(run_cards.diagnosis(event) for event in live.diagnoses.values()),
            live.loss(run, runs),
            live.held_out(run, runs),
            self.preview.value(live.preview) if live.preview else {},
            run_cards.table(self.case, runs, live.number, left, command),
            gr.update(visible=False),
            gr.update(visible=not waits, interactive=True),
            gr.update(visible=waits, interactive=True),
        )

    def _last(self, session: str, live: Live) -> tuple[Any, ...]:
        runs = self.trainer.runs.of(session, self.case.name)
        run = next((run for run in runs if run.number == live.number), None)
        if run is None:  # stopped before its first step: nothing was kept
            first = gr.update(visible=True, variant="primary")
            still = self._still(session, live.order)
            return (run_cards.not_begun(), "", *still, first, *_BUTTONS_AT_REST[1:])
        frame = self._frame(session, live)
        table = run_cards.table(self.case, runs, None, "", "")
        card = run_cards.ended(
            self.case, run, run_cards.folder_megabytes(run), self.figure is not None
        )
        again = gr.update(visible=True, variant="secondary")  # the card has the primary button
        return (card, *frame[1:5], table, again, *_BUTTONS_AT_REST[1:])

    def _failed(self, session: str, order: Order, note: str) -> tuple[Any, ...]:
        status = run_cards.idle(self.case, order.dataset, order.preset)
        first = gr.update(visible=True, variant="primary")
        return (status, note, *self._still(session, order), first, *_BUTTONS_AT_REST[1:])

    def _still(self, session: str, order: Order) -> tuple[Any, ...]:
        """Loss, held-out, moving picture and table where nothing runs."""
        runs = self.trainer.runs.of(session, self.case.name)
        loss, held, table = self.at_rest(order, runs)
        return loss, held, gr.skip(), table

    def _told(self, status: Any = None, *pieces: Any, note: str = "") -> tuple[Any, ...]:
        """A single word instead of a run: a mistake in the settings, or the queue left."""
        four = pieces or (gr.skip(),) * 4
        return (status or gr.skip(), note, *four, *_BUTTONS_AT_REST)


_BUTTONS_AT_REST = (
    gr.update(visible=True),
    gr.update(visible=False),
    gr.update(visible=False),
)
