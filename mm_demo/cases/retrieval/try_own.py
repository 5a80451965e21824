"""A visitor's own pictures on the page: added, shown, deleted, exported."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo.cases.retrieval import try_answer
from mm_demo.cases.retrieval.gallery_items import Added, is_public
from mm_demo.cases.retrieval.try_gallery import PageGallery
from mm_demo.cases.retrieval.try_models import answering
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.pieces import event_data

log = logging.getLogger(__name__)
_BETWEEN = 1 / 3


@dataclass(frozen=True)
class Own:
    """The handlers of the card "My pictures"."""

    context: Context
    gallery: PageGallery

    def add(
        self, request: gr.Request, files: Sequence[str] | None, model: str | None
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Own pictures into the gallery: (note, the own ones, the button emptied)."""
        session = request.session_hash
        try:
            used = answering(self.context, session, model).predictor
            telling = self.gallery.add(session, list(files or ()), used)
            told = yield from _watched(telling)
            note = try_answer.added(told)
        except UserError as error:
            note = cards.error_card(error)
        except Exception:
            log.exception("pictures could not be added")
            note = cards.bug_card()
        yield note, self.mine(request), None

    def mine(self, request: gr.Request) -> str:
        """The visitor's own pictures."""
        try:
            return try_answer.mine(self.gallery.mine(request.session_hash), not is_public())
        except UserError as error:
            return cards.error_card(error)

    def remove(self, request: gr.Request, event: gr.EventData) -> tuple[str, str]:
        """Delete an own picture: (note, the own ones)."""
        try:
            self.gallery.own(request.session_hash).delete([str(event_data(event).get("id", ""))])
        except UserError as error:
            return cards.error_card(error), gr.skip()
        return "", self.mine(request)

    def export(self, request: gr.Request) -> Any:
        """The gallery with own pictures as a zip, for the hidden download button."""
        path = Path(tempfile.mkdtemp(dir=os.environ.get("GRADIO_TEMP_DIR"))) / "gallery.zip"
        try:
            self.gallery.own(request.session_hash).export(path)
        except UserError:
            return gr.skip()
        return gr.update(value=str(path))


def _watched(
    telling: Generator[Preparing, None, Added],
) -> Generator[tuple[Any, Any, Any], None, Added]:
    """Progress as a note, at most three times a second; returns what the generator returns."""
    last = 0.0
    while True:
        try:
            event = next(telling)
        except StopIteration as end:
            return end.value
        if time.monotonic() - last >= _BETWEEN:
            last = time.monotonic()
            yield try_answer.preparing(event)["html"], gr.skip(), gr.skip()
