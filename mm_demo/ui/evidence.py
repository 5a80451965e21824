"""The evidence picture: a dark veil over the picture, cleared and warmed where the model looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mm_demo import words
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import PLACE_WORDS, PLACES
from mm_demo.ui.cards import texts
from mm_demo.ui.pieces import piece

SHOWN_SIDE = 560  # of the picture on the page, in pixels
_TEMPLATE = (
    '<div class="ev"><div class="pic" role="img"><canvas></canvas></div><span class="sr"></span>'
    '<div class="legend"><span>{little}</span><span class="ramp"></span><span>{lot}</span></div>'
    '<p class="hint"></p></div>'
)


def evidence(**options: Any) -> gr.HTML:
    """The piece; feed it with `evidence_value`."""
    template = _TEMPLATE.format(
        little=words.both("evidence.little"), lot=words.both("evidence.lot")
    )
    return piece({}, html_template=template, call="evidence(element, props, watch)", **options)


def evidence_value(
    picture: NDArray[np.uint8],
    grid: Sequence[Sequence[float]],
    of: str,
    hint: Mapping[str, str],
) -> dict[str, Any]:
    """What the piece shows.

    `picture` (H, W, 3); `grid` rows of weights from 0 to 1 over the whole of it; `of` what the model
    looked for, as typed; `hint` the line below.
    """
    return {
        "picture": data_url(shown(picture)),
        "grid": [list(row) for row in grid],
        "hint": dict(hint),
        "say": texts("evidence.say", label=of, place=place(grid)),
    }


def shown(picture: NDArray[np.uint8], side: int = SHOWN_SIDE) -> NDArray[np.uint8]:
    """The picture at the size it has on the page, its longer side at most `side`."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def place(grid: Sequence[Sequence[float]]) -> dict[str, str]:
    """In which ninth of the picture the weight lies, in words."""
    weights = np.asarray(grid, dtype=float) ** 2
    total = weights.sum()
    if not total > 0:
        return texts("evidence.nowhere")
    rows, columns = np.indices(weights.shape)
    row = int(3 * (float((weights * rows).sum() / total) + 0.5) / weights.shape[0])
    column = int(3 * (float((weights * columns).sum() / total) + 0.5) / weights.shape[1])
    named = PLACE_WORDS[PLACES[3 * min(row, 2) + min(column, 2)]]
    return {language: named[language][0] for language in words.LANGUAGES}
