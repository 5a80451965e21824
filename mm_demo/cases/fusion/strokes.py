"""Ten digits drawn by this project: the examples of a model that knows digits. No one's handwriting."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mm_demo.ui.pad import SIDE

Stroke = tuple[tuple[float, float], ...]

# points in percent of the paper's side; a corner ends a stroke, within one every bend is round
STROKES: dict[str, tuple[Stroke, ...]] = {
    "0": (
        ((54, 17), (36, 17), (28, 34), (28, 52), (30, 74), (48, 85), (64, 78), (72, 56), (70, 34),
         (62, 17), (50, 17)),
    ),
    "1": (((36, 34), (46, 26), (53, 16)), ((53, 16), (53, 84))),
    "2": (
        ((29, 34), (32, 20), (48, 15), (64, 18), (70, 32), (66, 46), (52, 60), (40, 71), (28, 82)),
        ((28, 82), (73, 82)),
    ),
    "3": (
        ((31, 26), (38, 16), (52, 14), (66, 20), (68, 34), (60, 46), (46, 48)),
        ((46, 48), (62, 50), (72, 60), (70, 76), (56, 86), (40, 84), (29, 74)),
    ),
    "4": (((58, 15), (44, 36), (26, 60)), ((26, 60), (76, 60)), ((60, 38), (59, 60), (58, 87))),
    "5": (
        ((68, 17), (38, 17)),
        ((38, 17), (34, 46)),
        ((34, 46), (46, 40), (62, 42), (72, 54), (70, 72), (58, 84), (42, 85), (29, 76)),
    ),
    "6": (
        ((62, 14), (46, 24), (34, 42), (29, 62), (34, 80), (50, 87), (66, 80), (70, 66), (62, 53),
         (48, 52), (36, 58), (31, 68)),
    ),
    "7": (((28, 19), (72, 19)), ((72, 19), (60, 40), (51, 62), (46, 85))),
    "8": (
        ((66, 26), (56, 14), (40, 16), (34, 28), (40, 40), (52, 48), (64, 57), (69, 72), (60, 86),
         (42, 87), (32, 74), (36, 60), (50, 48), (62, 39), (67, 27), (62, 18)),
    ),
    "9": (
        ((67, 30), (58, 16), (42, 16), (32, 28), (34, 44), (46, 52), (60, 46), (67, 30)),
        ((67, 30), (67, 48), (63, 66), (56, 86)),
    ),
}  # fmt: skip
_FINE = 2  # drawn so much larger, then made smaller: PIL draws hard edges
_PEN = 14  # the paper is so many pens wide, as on the pad


def drawn(digit: str, side: int = SIDE) -> NDArray[np.uint8]:
    """A digit's pixels (side, side, 3), black on white, as the drawing pad draws them."""
    large = _FINE * side
    image = Image.new("L", (large, large), 255)
    pen, width = ImageDraw.Draw(image), large / _PEN
    for stroke in STROKES[digit]:
        for x, y in _fine(stroke, large):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=0)
    small = image.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small)[..., None].repeat(3, 2)


def _fine(stroke: Stroke, side: int) -> list[tuple[float, float]]:
    """Close points along a stroke: straight to the first middle, then round through the middles."""
    points = np.asarray(stroke, float) * side / 100
    bends, here = [], points[0]
    for corner, after in pairwise(points[1:]):
        bends.append((here, corner, (corner + after) / 2))
        here = bends[-1][2]
    bends.append((here, (here + points[-1]) / 2, points[-1]))
    fine: list[tuple[float, float]] = []
    for start, corner, end in bends:
        steps = np.linspace(0, 1, 2 + int(np.abs(end - start).sum() / 3))[:, None]
        line = (1 - steps) ** 2 * start + 2 * steps * (1 - steps) * corner + steps**2 * end
        fine += [(float(x), float(y)) for x, y in line]
    return fine
