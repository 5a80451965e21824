"""The drawing pad, and the picture that it sends."""

from __future__ import annotations

import base64
import binascii
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture
from mm_demo.ui.pieces import event_data, piece

SIDE = 280  # of the picture that the page sends, in pixels
MOST_CHARACTERS = 300_000
_PREFIX = "data:image/png;base64,"
_PNG = b"\x89PNG\r\n\x1a\n"
_BACK = (
    '<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" '
    'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" '
    'style="flex:none"><path d="M5.5 3 2.5 6l3 3M2.500 6h7a3.5 3.5 0 0 1 0 7H6"/></svg>'
)
_TEMPLATE = (
    '<div class="mm-pad"><div class="paper"><canvas role="img"></canvas>'
    '<span class="here" aria-hidden="true">{empty}</span></div><span class="sr">{label}</span>'
    '<div class="btns" data-strip>'
    '<button type="button" class="btn s" data-pad="undo" aria-disabled="true">{back}{undo}</button>'
    '<button type="button" class="btn s" data-pad="clear" aria-disabled="true">{clear}</button>'
    "</div></div>"
)


def drawing_pad(elem_id: str, **options: Any) -> gr.HTML:
    """A white square to draw on, with Undo and Clear below it.

    After every stroke, Undo and Clear its `input` event tells the picture (`told`). `cleared()` as
    its new value empties it, without an event.
    """
    said = {name: words.both(f"pad.{name}") for name in ("undo", "clear", "label", "empty")}
    return piece(
        {},
        html_template=_TEMPLATE.format(back=_BACK, **said),
        call=f"pad(element, props, watch, trigger, {SIDE})",
        elem_id=elem_id,
        **options,
    )


def cleared() -> dict[str, str]:
    """The value that empties a pad, each time anew."""
    return {"clear": secrets.token_hex(8)}


def told(event: gr.EventData) -> str:
    """The data URL that an `input` event of the pad tells, for `pad_picture`; "" when empty."""
    image = event_data(event).get("image")
    return image if isinstance(image, str) else ""


def pad_picture(data_url: str | None) -> Picture | None:
    """The picture in a pad's data URL, black on white; None if nothing is drawn.

    Raises UserError `image.damaged` for anything that no pad sends.
    """
    if data_url is None or data_url == "":
        return None
    if (
        not isinstance(data_url, str)
        or len(data_url) > MOST_CHARACTERS
        or not data_url.startswith(_PREFIX)
    ):
        raise UserError("image.damaged")
    try:
        content = base64.b64decode(data_url[len(_PREFIX) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError("image.damaged") from error
    if not content.startswith(_PNG):
        raise UserError("image.damaged")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pad.png"
        path.write_bytes(content)
        try:
            return open_picture(path, longest_side=SIDE)
        except UserError as error:
            raise UserError("image.damaged") from error
