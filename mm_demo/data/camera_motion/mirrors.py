"""Mirrors and time backwards: each turns a clip of one motion into one of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .paths import MOTIONS

_LEFT_RIGHT = {"pan_left": "pan_right", "roll_clockwise": "roll_counterclockwise"}
_UP_DOWN = {"tilt_up": "tilt_down", "roll_clockwise": "roll_counterclockwise"}
_BACKWARDS = {**_LEFT_RIGHT, **_UP_DOWN, "zoom_in": "zoom_out"}
_TRANSPOSED = {
    "pan_left": "tilt_up", "pan_right": "tilt_down", "roll_clockwise": "roll_counterclockwise",
}  # fmt: skip


def _swapped(pairs: dict[str, str]) -> NDArray[np.int64]:
    """For each label the label after the change."""
    both = pairs | {after: before for before, after in pairs.items()}
    return np.array([MOTIONS.index(both.get(motion, motion)) for motion in MOTIONS])


HORIZONTAL, VERTICAL = _swapped(_LEFT_RIGHT), _swapped(_UP_DOWN)
REVERSED, TRANSPOSED = _swapped(_BACKWARDS), _swapped(_TRANSPOSED)


def flip_horizontal(
    frames: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Clips (B, T, S, S, 3) in a mirror, and their labels (B,)."""
    return frames[:, :, :, ::-1], HORIZONTAL[labels]


def flip_vertical(
    frames: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Clips (B, T, S, S, 3) upside down, and their labels (B,)."""
    return frames[:, :, ::-1], VERTICAL[labels]


def reverse(
    frames: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Clips (B, T, S, S, 3) backwards in time, and their labels (B,)."""
    return frames[:, ::-1], REVERSED[labels]


def transpose(
    frames: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Clips (B, T, S, S, 3) with rows and columns exchanged, and their labels (B,)."""
    return frames.swapaxes(2, 3), TRANSPOSED[labels]


def augment(
    frames: NDArray[np.uint8], labels: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Each clip through each of the four changes with a chance of one half; copies."""
    frames, labels = frames.copy(), labels.copy()
    for change in (flip_horizontal, flip_vertical, reverse, transpose):
        rows = rng.random(len(labels)) < 0.5
        frames[rows], labels[rows] = change(frames[rows], labels[rows])
    return frames, labels
