"""Several pictures against several sentences: five of ours and the visitor's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.clip.examples import EXAMPLES, other_name
from mm_demo.cases.clip.try_photographs import offered
from mm_demo.cases.clip.try_worlds import PHOTOS
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture
from mm_demo.ui import cards, cross
from mm_demo.ui.composer import described, drawn, scene_of, to_text
from mm_demo.ui.context import Context
from mm_demo.ui.evidence import shown
from mm_demo.ui.photographs import opened, photo_of
from mm_demo.ui.pieces import event_data
from mm_demo.ui.ranking import YES

log = logging.getLogger(__name__)
MOST_ROWS = 8
MOST_LABELS = 6
OURS = [to_text(example.things, example.background) for example in EXAMPLES]


def ours(world: str) -> list[str]:
    """The rows that stand there at first: our photographs by file, or our scenes as text."""
    return list(offered()) if world == PHOTOS else list(OURS)


@dataclass(frozen=True)
class Matrix:
    """The handlers. Rows are pictures of ours (see `ours`), scenes as text or the visitor's paths."""

    context: Context

    def fill(
        self,
        request: gr.Request,
        rows: list[str],
        asked: Mapping[str, Any] | None,
        note: str = "",
    ) -> tuple[Any, Any, list[str]]:
        """(card, html, rows) for the sentences of the last answer; hidden while there is none.

        Rows that nobody changed follow the world of the model that answers. `note` stands on top.
        """
        if not asked:
            return gr.Column(visible=False), "", rows
        if rows in (OURS, ours(PHOTOS)):
            rows = ours(asked["world"])
        pictures = {row: picture for row in rows if (picture := _open(row)) is not None}
        rows = list(pictures)
        try:
            html = self._html(request.session_hash, pictures, asked)
        except UserError:
            return gr.Column(visible=False), "", rows
        except Exception:
            log.exception("clip could not compare")
            return gr.Column(visible=False), "", rows
        return gr.Column(visible=True), note + html, rows

    def change(
        self,
        request: gr.Request,
        event: gr.EventData,
        rows: list[str],
        asked: Mapping[str, Any] | None,
    ) -> tuple[Any, Any, list[str]]:
        """Add the picture of Try, drop a row, or go back to ours."""
        data = event_data(event)
        do, row = data.get("do"), str(data.get("row", ""))
        if do == "reset" and asked:
            rows = ours(asked["world"])
        elif do == "drop" and row.isdigit():
            rows = [kept for place, kept in enumerate(rows) if place != int(row)]
        elif do == "add" and asked and _can_add(rows, asked["path"]):
            rows = [*rows, _row(asked["path"])]
        return self.fill(request, rows, asked)

    def put(
        self,
        request: gr.Request,
        files: Sequence[str] | None,
        rows: list[str],
        asked: Mapping[str, Any] | None,
    ) -> tuple[Any, Any, list[str], None]:
        """Add the visitor's files; where there is no room, rows of ours give way to them."""
        given = list(files or ())
        broken = [path for path in given if _open(path) is None]
        fresh = [path for path in given if path not in broken]
        rows = [*rows, *(row for path in fresh if (row := _row(path)) not in rows)]
        for row in [row for row in reversed(rows) if _is_ours(row)]:
            if len(rows) > MOST_ROWS:
                rows.remove(row)
        note = ""
        if broken:
            named = ", ".join(Path(path).name for path in broken[:MOST_ROWS])
            title = words.both("clip.matrix.broken", files=named)
            note = cards.notice("warn", title, words.both("image.not_a_picture"))
        return *self.fill(request, rows[:MOST_ROWS], asked, note), None

    def _html(
        self, session: str | None, pictures: Mapping[str, Picture], asked: Mapping[str, Any]
    ) -> str:
        labels = list(asked["labels"])[:MOST_LABELS]
        values: list[list[float]] = []
        alone: list[list[float]] = []
        if pictures:
            model = self.context.predictor(session, asked["model"])
            values, alone = model.matrix(list(pictures.values()), labels, asked["template"])
        lines, own = [], 0
        for place, (row, picture) in enumerate(pictures.items()):
            own += not _is_ours(row)
            best = max(range(len(labels)), key=lambda c: (alone[place][c], values[place][c]))
            lines.append(
                cross.Line(
                    _thumb(row) if _is_ours(row) else data_url(shown(picture.pixels, 96)),
                    _name(row, own),
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
        changed = list(pictures) != ours(asked["world"])
        buttons = cross.buttons(_can_add(list(pictures), asked["path"]), changed)
        return cross.title(cut) + table + full + buttons


def _is_ours(row: str) -> bool:
    return row in OURS or row in offered()


def _row(path: str) -> str:
    """A picture's row: what of ours it is, a scene's text, or its path."""
    return photo_of(path, offered()) or scene_of(path) or path


def _name(row: str, own: int) -> dict[str, str]:
    """What a row is called; the visitor's own are numbered."""
    if row in OURS:
        return described(row)
    if row in offered():
        return dict.fromkeys(words.LANGUAGES, offered()[row].labels[0])
    return cards.texts("clip.own", n=own)


def _can_add(rows: list[str], path: str) -> bool:
    return len(rows) < MOST_ROWS and _row(path) not in rows


def _open(row: str) -> Picture | None:
    """A row's picture; None for one that is gone, and for a file that is none."""
    if _is_ours(row):
        return _ours(row)
    try:
        if "/" not in row and "\\" not in row:
            return Picture(drawn(row), (512, 512))
        return open_picture(row)
    except UserError:
        return None


@cache
def _ours(row: str) -> Picture:
    return opened(row) if row in offered() else Picture(drawn(row), (512, 512))


@cache
def _thumb(row: str) -> str:
    return data_url(shown(_ours(row).pixels, 96))


def _hint(key: str) -> str:
    return f'<p class="hint">{words.both(key)}</p>'
