# mypy: disallow-subclassing-any=False
"""A picture field that hands over the unopened file: `media.image` is the only code that opens it."""

from __future__ import annotations

from typing import Any

import gradio as gr


class Picture(gr.Image):
    """A `gr.Image` whose handler gets the path of what was uploaded, or None.

    Make it with `type="filepath", image_mode=None`. Gradio's own class would read the file with PIL
    first, so that a broken one failed before the handler could say what is wrong with it.
    """

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        """The uploaded file's path, as it is."""
        return payload.path if payload else None
