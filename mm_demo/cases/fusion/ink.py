"""A visitor's drawing as MNIST's digits were prepared, and a patch that covers a part of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Resampling

from mm_demo.errors import UserError

SIDE, INNER = 28, 20
_LEAST_CONTRAST = 24  # of 255: below that there is paper and nothing on it
COVER_GREY = 0.45  # neither ink nor paper


def as_digit(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels (H, W, 3) as a digit (28, 28) in [0, 1], ink bright.

    Ink is what differs from the paper, which is what most of the border shows: dark on light or
    light on dark, whichever it is. Fitted into 20 x 20 with its proportions kept, and put into
    28 x 28 with its centre of mass in the middle (LeCun et al. 1998, section III.A).
    UserError for an empty picture.
    """
    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))
    strongest = float(ink.max())
    if strongest < _LEAST_CONTRAST:
        raise UserError("fusion.empty_picture")
    ink = np.clip((ink / strongest - 0.15) / 0.7, 0, 1)  # paper is never quite even, ink never flat
    rows, columns = np.flatnonzero(ink.max(1) > 0.3), np.flatnonzero(ink.max(0) > 0.3)
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INNER / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    image = Image.fromarray((255 * ink).astype(np.uint8))
    small = np.asarray(image.resize(size, Resampling.BOX), np.float32) / 255
    small /= small.max()
    mass = small.sum()
    y = float((small.sum(1) * (np.arange(size[1]) + 0.5)).sum() / mass)
    x = float((small.sum(0) * (np.arange(size[0]) + 0.5)).sum() / mass)
    top = int(np.clip(round(SIDE / 2 - y), 0, SIDE - size[1]))
    left = int(np.clip(round(SIDE / 2 - x), 0, SIDE - size[0]))
    digit = np.zeros((SIDE, SIDE), np.float32)
    digit[top : top + size[1], left : left + size[0]] = small
    return digit


def cover(
    digit: NDArray[np.float32], share: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A copy (28, 28) with a grey square over `share` (0 to 1) of the inner 20 x 20, at a random place."""
    covered = digit.copy()
    side = round(INNER * float(np.clip(share, 0, 1)) ** 0.5)
    if side:
        first = (SIDE - INNER) // 2
        top, left = first + rng.integers(0, INNER - side + 1, 2)
        covered[top : top + side, left : left + side] = COVER_GREY
    return covered
