"""Where a visitor gathers photographs of their own with captions, in Train."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from html import escape
from pathlib import Path

import gradio as gr

from mm_demo import words
from mm_demo.data import own_photos
from mm_demo.errors import UserError
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.pieces import piece
from mm_demo.ui.ranking import SPACE
from mm_demo.ui.training_handlers import visitor
from mm_demo.ui.training_panel import PRIVATE

log = logging.getLogger(__name__)
_SHOWN = 12  # photographs, as thumbnails


def build(context: Context) -> gr.Column:
    """The column, hidden at first: files to choose, what came of them, what is there so far."""
    add, name = context.language.add, f"{context.case.name}-mine"
    with gr.Column(visible=False, elem_classes="mm-card", elem_id=name) as column:
        piece(
            f'<p class="lab2"><b>{words.both("photos.own.title")}</b></p>'
            f'<p class="hint">{words.both("photos.own.hint")}</p>'
            '<pre class="sample">file_name,text\nbeach.jpg,"two dogs run along a beach"</pre>'
        )
        upload = add(
            gr.UploadButton(file_count="multiple", type="filepath", elem_id=f"{name}-files"),
            label="photos.own.files",
        )
        said = piece(elem_id=f"{name}-note", classes=["own-note"])
        gathered = piece(_gathered(None), elem_id=f"{name}-photos")

    def put(request: gr.Request, files: Sequence[str] | None) -> tuple[str, str, None]:
        folder = context.runs.own_data(visitor(request), context.case.name)
        try:
            note = _added(own_photos.add(folder, list(files or ())))
        except UserError as error:
            note = cards.error_card(error, SPACE + words.both("photos.own.kept"))
        except Exception:
            log.exception("photographs could not be added")
            note = cards.bug_card()
        return note, _gathered(own_photos.gathered(folder, _SHOWN)), None

    def clear(request: gr.Request) -> tuple[str, str]:
        own_photos.remove(context.runs.own_data(visitor(request), context.case.name))
        return "", _gathered(None)

    upload.upload(put, upload, [said, gathered, upload], **{**PRIVATE, "show_progress": "minimal"})
    gathered.select(clear, None, [said, gathered], **PRIVATE)
    return column


def _added(added: own_photos.Added) -> str:
    """What came in, and each kind of what was left out."""
    title = words.both("photos.own.added", photographs=added.photographs, captions=added.captions)
    left = [
        words.both(f"photos.own.left.{kind}", count=count)
        for kind in ("alone", "broken", "odd")
        if (count := getattr(added, kind))
    ]
    return cards.notice("warn" if left else "good", title, SPACE.join(left))


def _gathered(found: own_photos.Gathered | None) -> str:
    if found is None:
        return f'<p class="hint">{words.both("photos.own.none")}</p>'
    count = found.train + found.held_out
    line = words.both(
        "photos.own.count", count=count, captions=found.captions, held_out=found.held_out
    )
    shots = "".join(_shot(picture, caption) for picture, caption in found.shown)
    more = f'<span class="hint">+{count - len(found.shown):,}</span>' if count > _SHOWN else ""
    clear = cards.button("clear", words.both("photos.own.remove"), kind="s link")
    return f'<p><b>{line}</b> {clear}</p><div class="own-shots">{shots}{more}</div>'


def _shot(picture: Path, caption: str) -> str:
    text = escape(caption, quote=True)
    return f'<img src="{own_photos.thumbnail(picture)}" alt="{text}" title="{text}">'
