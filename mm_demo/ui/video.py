# mypy: disallow-subclassing-any=False
"""A video field that hands over the unopened file: `media.video` is the only code that opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData


class VideoField(gr.Video):
    """A `gr.Video` whose handler gets the path of what was uploaded or recorded, or None.

    Gradio's own class would call a system's ffmpeg, which may not be there, to mirror, to mute or
    to convert what the browser cannot play: the file goes both ways as it is.
    """

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        """The uploaded file's path, as it is."""
        return payload.path if payload else None

    def postprocess(self, value: str | Path | None) -> FileData | None:
        """A file of ours to show, as it is."""
        return FileData(path=str(value), orig_name=Path(value).name) if value else None
