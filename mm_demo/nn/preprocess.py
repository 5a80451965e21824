"""From an opened picture to what a network reads: the one function that training and use share."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

PHOTO_SIDE = 160  # pixels


def to_tensor(pixels: np.ndarray) -> Tensor:
    """uint8 RGB (B, H, W, 3) -> float (B, 3, H, W) in -1 .. 1, in memory as channels_last."""
    tensor = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)
    return tensor.float().mul_(2 / 255).sub_(1)


def square(pixels: np.ndarray, size: int) -> np.ndarray:
    """The whole picture, (H, W, 3) uint8 -> (size, size, 3) uint8: squeezed, nothing cut away.

    Squeezing keeps what is at the edges, so "left of" and the map of evidence stay true.
    """
    if pixels.shape[:2] == (size, size):
        return pixels
    resized = Image.fromarray(pixels).resize(
        (size, size),
        Image.Resampling.BOX if min(pixels.shape[:2]) >= size else Image.Resampling.BICUBIC,
    )
    return np.asarray(resized)


def photo_square(pixels: np.ndarray, size: int) -> np.ndarray:
    """`square` of a photograph brought to `PHOTO_SIDE` first, if it is larger.

    The photographs at hand have a shorter side of 160 pixels: what is learned from them is used
    on pictures with no more detail.
    """
    height, width = pixels.shape[:2]
    shorter = min(height, width)
    if shorter > PHOTO_SIDE:
        reduced = (
            max(1, round(width * PHOTO_SIDE / shorter)),
            max(1, round(height * PHOTO_SIDE / shorter)),
        )
        pixels = np.asarray(Image.fromarray(pixels).resize(reduced, Image.Resampling.BOX))
    return square(pixels, size)
