"""Photographs that the installed gradio brings along, offered as examples: none is copied in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import gradio as gr
from gradio.media import get_image

from mm_demo.media.image import Picture, open_picture


@cache
def there(file: str) -> bool:
    """Whether this gradio has the file."""
    try:
        get_image(file)
    except (OSError, ValueError):
        return False
    return True


@cache
def opened(file: str) -> Picture:
    """One that is `there`."""
    return open_picture(get_image(file))


def photo_file(component: gr.Image, file: str) -> str:
    """One that is `there` as a file in the component's own cache."""
    return str(component.move_resource_to_block_cache(get_image(file)))


def photo_of(path: str | Path | None, offered: Iterable[str]) -> str | None:
    """Which of those offered a file is: its name tells, its bytes prove it."""
    name = Path(path).name if path else ""
    if name not in offered:
        return None
    try:
        same = Path(str(path)).read_bytes() == Path(get_image(name)).read_bytes()
    except OSError:
        return None
    return name if same else None
