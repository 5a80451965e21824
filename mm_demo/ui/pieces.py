"""The one way to a piece of our own: gr.HTML without Gradio's prose style, script-ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

_WHEN_READY = "(function go() {{ window.mm ? mm.{call} : setTimeout(go, 30); }})();"


def on_load(call: str) -> str:
    """js_on_load that calls a function of page.js as soon as it is there."""
    return _WHEN_READY.format(call=call)


def event_data(event: gr.EventData) -> dict[str, Any]:
    """What an event of a piece tells; {} where that is no object: it comes from outside."""
    data = getattr(event, "_data", None)
    return data if isinstance(data, dict) else {}


def piece(
    value: Any = "",
    *,
    call: str = "buttons(element, trigger)",
    card: bool = False,
    classes: Sequence[str] = (),
    **options: Any,
) -> gr.HTML:
    """A gr.HTML with our style alone; `card` puts it on a block, `call` is its start in page.js.

    As it stands, its `data-do` buttons tell "select" ("submit", "download": see `mm.buttons`).
    """
    return gr.HTML(
        value,
        js_on_load=on_load(call),
        apply_default_css=False,
        elem_classes=[*(["mm-card"] if card else []), *classes],
        **options,
    )
