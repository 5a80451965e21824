"""Where a visitor gathers photographs of their own with captions, in Train."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import gradio as gr

from mm_demo import words
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.data.photo_set import Photos
from mm_demo.data.picture_files import contents
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.pieces import piece
from mm_demo.ui.ranking import SPACE
from mm_demo.ui.training_handlers import visitor
from mm_demo.ui.training_panel import PRIVATE

log = logging.getLogger(__name__)
MOST_BYTES = 500_000_000  # of one visitor


def build(context: Context) -> gr.Column:
    """The column, hidden at first: a zip to choose, and what came of it."""
    with gr.Column(visible=False, elem_classes="mm-card", elem_id="retrieval-mine") as column:
        piece(
            f'<p class="lab2"><b>{words.both("retrieval.own.title")}</b></p>'
            f'<p class="hint">{words.both("retrieval.own.train.hint")}</p>'
            '<pre class="sample">file_name,text\nbeach.jpg,"two dogs run along a beach"</pre>'
        )
        upload = context.language.add(
            gr.UploadButton(file_types=[".zip"], type="filepath", elem_id="retrieval-mine-file"),
            label="retrieval.own.train.files",
        )
        said = piece(elem_id="retrieval-mine-note", classes=["rt-optional"])

    def put(request: gr.Request, file: str | None) -> tuple[str, None]:
        try:
            photographs, captions = replace(
                context.runs.own_data(visitor(request), context.case.name), Path(file or "")
            )
            title = words.both(
                "retrieval.own.train.added", photographs=photographs, captions=captions
            )
            note = cards.notice("good", title)
        except UserError as error:
            note = cards.error_card(error, SPACE + words.both("retrieval.own.train.kept"))
        except Exception:
            log.exception("photographs could not be added")
            note = cards.bug_card()
        return note, None

    upload.upload(put, upload, [said, upload], **{**PRIVATE, "show_progress": "minimal"})
    return column


def replace(folder: Path, place: Path) -> tuple[int, int]:
    """A zip's photographs with captions in place of what the folder held; how many of both.

    All or none: UserError as `read_photo_folder`, `photos.none_opened` (count),
    `retrieval.own.too_large` (limit).
    """
    fresh = folder.parent / f"{folder.name}-new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir()
        counted = _copy(read_photo_folder(place), fresh)
        for file in folder.iterdir():
            file.unlink()
        for file in fresh.iterdir():
            file.rename(folder / file.name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return counted


def _copy(photos: Photos, folder: Path) -> tuple[int, int]:
    room, captions, kept = MOST_BYTES, 0, 0
    for name, said, content in zip(
        photos.names, photos.captions, contents(photos.files), strict=True
    ):
        try:
            open_picture(content, longest_side=96)
        except UserError:
            continue
        room -= len(content)
        if room < 0:
            raise UserError("retrieval.own.too_large", limit=MOST_BYTES)
        file = folder / f"{kept:06d}{Path(name).suffix.lower()}"
        file.write_bytes(content)
        file.with_suffix(".txt").write_text("\n".join(said), encoding="utf-8")
        captions, kept = captions + len(said), kept + 1
    if not kept:
        raise UserError("photos.none_opened", count=len(photos))
    return kept, captions
