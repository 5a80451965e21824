"""Many pictures on the page: a table that grows, a stop that keeps what is there, a CSV."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.captioning.many import Row, by_world, captioned, gathered, table
from mm_demo.cases.captioning.try_worlds import names_of
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.evidence import shown
from mm_demo.ui.live import status_html

log = logging.getLogger(__name__)
SHOWN = 200  # rows on the page; the CSV has all
_SIDE = 96
_BETWEEN = 1 / 3
Cells = tuple[str, ...]  # as `many.COLUMNS`


@dataclass(frozen=True)
class Many:
    """The handlers of the card "Many pictures". What they give is (table, stop button, cells, files)."""

    context: Context
    stops: dict[str, threading.Event] = field(default_factory=dict)

    def run(
        self,
        request: gr.Request,
        files: Sequence[str] | None,
        how: Mapping[str, Any],
        language: str,
        model: str | None,
    ) -> Iterator[tuple[Any, ...]]:
        """A sentence for each picture, some at a time."""
        from mm_demo.cases.captioning.decode import Decoding  # brings torch

        session = request.session_hash or ""
        stop = self.stops[session] = threading.Event()
        cells: list[Cells] = []
        lines: list[str] = []
        last = 0.0
        try:
            asked = Decoding(**how)
            found = gathered(files or ())
            yield _running(lines, 0, len(found)), gr.Button(visible=True), cells, None
            answers = captioned(
                found,
                lambda pictures: by_world(
                    pictures,
                    names_of(self.context, session, model, pictures),
                    lambda name: self.context.predictor(session, name),
                    asked,
                    language,
                ),
            )
            for rows in answers:
                cells += map(cells_of, rows)
                lines += map(_line, rows[: max(0, SHOWN - len(lines))])
                if time.monotonic() - last >= _BETWEEN:
                    last = time.monotonic()
                    yield _running(lines, len(cells), len(found)), gr.skip(), gr.skip(), gr.skip()
                if stop.is_set():
                    break
            told = _done(lines, cells, len(found))
        except UserError as error:
            told = cards.error_card(error) + (_done(lines, cells, len(cells)) if cells else "")
        except Exception:
            log.exception("captioning could not answer for many pictures")
            told = cards.bug_card() + (_done(lines, cells, len(cells)) if cells else "")
        finally:
            if self.stops.get(session) is stop:
                del self.stops[session]
        yield told, gr.Button(visible=False), cells, None

    def stop(self, request: gr.Request) -> None:
        """Ask this visitor's pass over many pictures to end."""
        asked = self.stops.get(request.session_hash or "")
        if asked is not None:
            asked.set()

    def file(self, cells: Sequence[Cells] | None) -> Any:
        """The table as a CSV, for the hidden download button."""
        if not cells:
            return gr.skip()
        folder = tempfile.mkdtemp(dir=os.environ.get("GRADIO_TEMP_DIR"))
        path = Path(folder) / "captions.csv"
        path.write_bytes(table(cells))
        return gr.update(value=str(path))


def cells_of(row: Row) -> Cells:
    """A row of the CSV; a fault is told in English, as everywhere that values travel."""
    if row.error is not None:
        return row.name, "", "", "", "", "", words.say_error("en", row.error.without_paths())
    told = row.answer
    outside = "yes" if told.outside else "no"
    return row.name, told.caption, told.language, f"{told.sureness:.4f}", outside, told.model, ""


def _line(row: Row) -> str:
    name = f'<span class="cp-name">{escape(row.name)}</span>'
    if row.error is not None:
        fault = words.both(row.error.key, **row.error.without_paths().facts)
        return f'<tr class="bad"><td></td><td>{name}{fault}</td><td class="n"></td></tr>'
    assert row.picture is not None
    small = data_url(shown(row.picture.pixels, _SIDE), quality=60)
    lang = "zh-CN" if row.answer.language == "zh" else "en"
    outside = ""
    if row.answer.outside:
        outside = f'<span class="cp-mark">{words.both("captioning.many.outside")}</span>'
    return (
        f'<tr><td><img src="{small}" alt=""></td><td>{name}<span class="serif" lang="{lang}">'
        f"{escape(row.answer.caption)}</span>{outside}</td>"
        f'<td class="n">{row.answer.sureness:.2f}</td></tr>'
    )


def _table(lines: Sequence[str]) -> str:
    heads = "".join(
        f'<th class="{kind}">{words.both(f"captioning.many.{key}")}</th>'
        for key, kind in (("picture", ""), ("sentence", ""), ("sure", "n"))
    )
    return (
        '<div class="cp-many" tabindex="0"><table class="cp-table"><thead><tr>'
        f"{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _running(lines: Sequence[str], done: int, total: int) -> str:
    title = words.both("captioning.many.running")
    line = words.both("captioning.many.count", done=done, total=total)
    return status_html(title, line, done / max(1, total)) + (_table(lines) if lines else "")


def _done(lines: Sequence[str], cells: Sequence[Cells], total: int) -> str:
    faults = sum(bool(cell[-1]) for cell in cells)
    key = "captioning.many.done" if len(cells) == total else "captioning.many.stopped"
    title = words.both(key, done=len(cells), total=total)
    line = words.both("captioning.many.faults", count=faults) if faults else ""
    kind = "warn" if faults else "good" if len(cells) == total else "stop"
    more = ""
    if len(cells) > len(lines):
        told = words.both("captioning.many.more", count=len(cells) - len(lines))
        more = f'<p class="hint">{told}</p>'
    button = cards.button("download", words.both("captioning.many.csv"), kind="s", sign="download")
    return cards.notice(kind, title, line, button) + _table(lines) + more
