"""Several pictures against several sentences: our five and the visitor's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from mm_demo import words
from mm_demo.cases.clip.examples import EXAMPLES, other_name
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture
from mm_demo.ui import cards, cross
from mm_demo.ui.composer import described, drawn, scene_of, to_text
from mm_demo.ui.context import Context
from mm_demo.ui.evidence import shown
from mm_demo.ui.pieces import event_data
from mm_demo.ui.ranking import YES

log = logging.getLogger(__name__)
MOST_ROWS = 8
MOST_LABELS = 6
OURS = [to_text(example.things, example.background) for example in EXAMPLES]


@dataclass(frozen=True)
class Matrix:
    """The handlers. Rows are our scenes as text or paths of the visitor's pictures."""

    context: Context

    def fill(
        self, request: gr.Request, rows: list[str], asked: Mapping[str, Any] | None
    ) -> tuple[Any, Any, list[str]]:
        """(card, html, rows) for the sentences of the last answer; hidden while there is none."""
        if not asked:
            return gr.Column(visible=False), "", rows
        opened = {row: picture for row in rows if (picture := _open(row)) is not None}
        rows = list(opened)
        try:
            html = self._html(request.session_hash, opened, asked)
        except UserError:
            return gr.Column(visible=False), "", rows
        except Exception:
            log.exception("clip could not compare")
            return gr.Column(visible=False), "", rows
        return gr.Column(visible=True), html, rows

    def change(
        self,
        request: gr.Request,
        event: gr.EventData,
        rows: list[str],
        asked: Mapping[str, Any] | None,
    ) -> tuple[Any, Any, list[str]]:
        """Add the picture of Try, drop a row, or go back to our five."""
        data = event_data(event)
        do, row = data.get("do"), str(data.get("row", ""))
        if do == "reset":
            rows = list(OURS)
        elif do == "drop" and row.isdigit():
            rows = [kept for place, kept in enumerate(rows) if place != int(row)]
        elif do == "add" and asked and _can_add(rows, asked["path"]):
            rows = [*rows, scene_of(asked["path"]) or asked["path"]]
        return self.fill(request, rows, asked)

    def _html(
        self, session: str | None, opened: Mapping[str, Picture], asked: Mapping[str, Any]
    ) -> str:
        labels = list(asked["labels"])[:MOST_LABELS]
        values: list[list[float]] = []
        alone: list[list[float]] = []
        if opened:
            model = self.context.predictor(session, asked["model"])
            values, alone = model.matrix(list(opened.values()), labels, asked["template"])
        lines, own = [], 0
        for place, (row, picture) in enumerate(opened.items()):
            own += row not in OURS
            best = int(np.argmax(values[place]))
            lines.append(
                cross.Line(
                    _thumb(row) if row in OURS else data_url(shown(picture.pixels, 96)),
                    described(row) if row in OURS else cards.texts("clip.own", n=own),
                    values[place],
                    best if alone[place][best] >= YES else None,
                )
            )
        count = len(asked["labels"])
        cut = ""
        if count > len(labels):
            cut = " · " + words.both("cross.first", shown=len(labels), count=count)
        named = [(label, other_name(label)) for label in labels]
        table = cross.table(named, lines) if lines else _hint("cross.empty")
        full = _hint("cross.full") if len(lines) >= MOST_ROWS else ""
        buttons = cross.buttons(_can_add(list(opened), asked["path"]), list(opened) != OURS)
        return cross.title(cut) + table + full + buttons


def _can_add(rows: list[str], path: str) -> bool:
    return len(rows) < MOST_ROWS and (scene_of(path) or path) not in rows


def _open(row: str) -> Picture | None:
    """A row's picture; None for one that is gone."""
    if row in OURS:
        return Picture(_ours(row), (512, 512))
    try:
        if "/" not in row and "\\" not in row:
            return Picture(drawn(row), (512, 512))
        return open_picture(row)
    except UserError:
        return None


@cache
def _ours(text: str) -> NDArray[np.uint8]:
    return drawn(text)


@cache
def _thumb(text: str) -> str:
    return data_url(shown(_ours(text), 96))


def _hint(key: str) -> str:
    return f'<p class="hint">{words.both(key)}</p>'
