"""Where a visitor gathers clips of their own classes, in Train."""

from __future__ import annotations

import logging
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.timesformer import own_clips
from mm_demo.errors import UserError
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.pieces import event_data, piece
from mm_demo.ui.training_handlers import visitor
from mm_demo.ui.training_panel import PRIVATE
from mm_demo.ui.video import VideoField

log = logging.getLogger(__name__)
_SHOWN = 24  # clips of a class, as thumbnails


def build(context: Context) -> gr.Column:
    """The column, hidden at first: a name, clips for it, and what is there so far."""
    add = context.language.add
    with gr.Column(visible=False, elem_classes="mm-card", elem_id="timesformer-mine") as column:
        piece(
            f'<p class="lab2"><b>{words.both("timesformer.own.title")}</b></p>'
            f'<p class="hint">{words.both("timesformer.own.hint")}</p>'
        )
        with gr.Row(elem_classes="tf-own"):
            with gr.Column(min_width=220):
                name = add(
                    gr.Textbox(max_length=own_clips.LONGEST_NAME, elem_id="timesformer-mine-name"),
                    label="timesformer.own.name",
                    placeholder="timesformer.own.example",
                )
                upload = add(
                    gr.UploadButton(
                        file_count="multiple", type="filepath", elem_id="timesformer-mine-files"
                    ),
                    label="timesformer.own.files",
                )
            with gr.Column(min_width=220):
                record = add(
                    VideoField(
                        sources=["webcam"],
                        webcam_options=gr.WebcamOptions(mirror=False),
                        include_audio=False,
                        buttons=[],
                        height=220,
                        show_label=False,
                        elem_id="timesformer-mine-camera",
                    ),
                    label="timesformer.own.record",
                )
        said = piece(elem_id="timesformer-mine-note")
        gathered = piece(_rows({}), elem_id="timesformer-mine-classes")

    def put(request: gr.Request, label: str, files: Any) -> tuple[Any, ...]:
        found = [files] if isinstance(files, str) else list(files or ())
        if not found:
            return gr.skip(), gr.skip(), gr.skip()
        folder, note = context.runs.own_data(visitor(request), context.case.name), ""
        try:
            own_clips.add(folder, label, found)
        except UserError as error:
            note = cards.error_card(error)
        except Exception:
            log.exception("clips could not be added")
            note = cards.error_card(UserError("clips.broken", file=Path(found[0]).name))
        return note, _rows(own_clips.classes(folder)), None

    def take_out(request: gr.Request, event: gr.EventData) -> str:
        data = event_data(event)
        folder = context.runs.own_data(visitor(request), context.case.name)
        clip = data.get("clip")
        own_clips.remove(folder, str(data.get("class")), clip if isinstance(clip, str) else None)
        return _rows(own_clips.classes(folder))

    options = {**PRIVATE, "show_progress": "minimal"}
    upload.upload(put, [name, upload], [said, gathered, upload], **options)
    record.change(put, [name, record], [said, gathered, record], **options)
    gathered.select(take_out, None, gathered, **options)
    return column


def _rows(found: dict[str, list[Path]]) -> str:
    """The classes with their clips; each clip can be taken out."""
    if not found:
        return f'<p class="hint">{words.both("timesformer.own.none")}</p>'
    rows = ""
    for name, clips in found.items():
        label = escape(name, quote=True)
        shots = "".join(
            f'<span class="tf-shot"><img src="{own_clips.thumbnail(clip)}" alt="">'
            f'<button type="button" data-do="select" data-class="{label}" data-clip="{clip.name}">'
            f"×"
            f'<span class="sr">{words.both("timesformer.own.remove", name=name)}</span></button></span>'
            for clip in clips[:_SHOWN]
        )
        more = f"<span class='hint'>+{len(clips) - _SHOWN}</span>" if len(clips) > _SHOWN else ""
        rows += (
            f'<div class="tf-class"><p><b>{label}</b> '
            f'<span class="hint">{words.both("timesformer.own.count", count=len(clips))}</span> '
            f'<button type="button" class="lnk" data-do="select" data-class="{label}">'
            f"{words.both('timesformer.own.remove.class')}</button></p>{shots}{more}</div>"
        )
    return rows
