"""What simple answers reach on clips of camera motion: what a network has to beat.

Both are ridge regressions onto the classes (one per class, the largest wins).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mm_demo.cases.timesformer.camera import Camera
from mm_demo.cases.timesformer.own import Own, spread
from mm_demo.data.camera_motion import FRAMES, Clips

_GRID = 8  # cells of a picture, to a side

Floats = NDArray[np.float64]


def of(source: Camera | Own, split: str, test: Clips) -> dict[str, float]:
    """What they reach on the clips `test` of a split; of filmed ones also what the frame's shape tells."""
    train = source.held_out("train", 0)
    found = {
        "top1_frame_difference": frame_difference_baseline(train, test),
        "top1_single_frame": single_frame_baseline(train, test, train.frames.shape[1] // 2),
    }
    if isinstance(source, Own):
        known, new = (_proportions(source.shapes(name)) for name in ("train", split))
        found["top1_frame_shape"] = _ridge(known, train.labels, new, test.labels)
    return found


def _proportions(shapes: NDArray[np.int64]) -> Floats:
    """(N, 2) widths and heights to (N, 3): the logarithm of width over height, and its powers."""
    x = np.log(shapes[:, 0] / shapes[:, 1])
    return np.stack([x, x**2, x**3], 1)


def frame_difference_baseline(train: Clips, test: Clips) -> float:
    """Accuracy on `test` of a regression on the mean absolute difference between frames.

    It sees where in the frame and how strongly the picture changes, but not which way.
    """
    return _ridge(differences(train.frames), train.labels, differences(test.frames), test.labels)


def single_frame_baseline(train: Clips, test: Clips, frame: int = FRAMES // 2) -> float:
    """The same on one frame's brightness, colours, contrast and sharpness: chance, or it leaks."""
    known, new = (statistics(clips.frames[:, frame]) for clips in (train, test))
    return _ridge(known, train.labels, new, test.labels)


def differences(frames: NDArray[np.uint8]) -> Floats:
    """(N, T, S, S, 3) to (N, 72): the logarithm of grey's mean absolute change from frame to frame,

    once in 8 x 8 cells, once for the whole frame at each step and in all.
    """
    change = np.abs(np.diff(_grey(frames[:, spread(frames.shape[1])]), axis=1))
    cells = _cells(change.mean(1)).reshape(len(frames), -1)
    steps = change.mean((2, 3))
    return np.log(1 + np.concatenate([cells, steps, steps.mean(1, keepdims=True)], 1))


def statistics(pictures: NDArray[np.uint8]) -> Floats:
    """(N, S, S, 3) to (N, 199): cells' brightness, contrast and gradients, colours, blur energy."""
    grey = _grey(pictures)
    gx, gy = np.diff(grey, axis=2)[:, :-1], np.diff(grey, axis=1)[:, :, :-1]
    bends = 4 * grey[:, 1:-1, 1:-1] - grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    bends = bends - grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    whole = [pictures.mean((1, 2)), pictures.std((1, 2)), np.abs(bends).mean((1, 2))[:, None]]
    local = [_cells(grey), _cells(np.abs(gx)), _cells(np.abs(gy))]
    return np.concatenate([*whole, *(part.reshape(len(grey), -1) for part in local)], 1)


def _grey(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    return frames.mean(-1, dtype=np.float32)


def _cells(pictures: NDArray[np.float32]) -> Floats:
    """(N, H, W) to (N, 8, 8): means; what does not fill a cell at the far edges is left out."""
    side = min(pictures.shape[1:]) // _GRID
    cut = pictures[:, : side * _GRID, : side * _GRID]
    return cut.reshape(len(cut), _GRID, side, _GRID, side).mean((2, 4), dtype=np.float64)


def _ridge(
    known: Floats,
    labels: NDArray[np.int64],
    new: Floats,
    truth: NDArray[np.int64],
    penalty: float = 10.0,
) -> float:
    """Accuracy of ridge regression on standardised features (N, F) and a constant."""
    mean, deviation = known.mean(0), known.std(0) + 1e-6
    x, z = (
        np.pad((f - mean) / deviation, ((0, 0), (0, 1)), constant_values=1) for f in (known, new)
    )
    weights = np.linalg.solve(
        x.T @ x + penalty * np.eye(x.shape[1]), x.T @ np.eye(int(labels.max()) + 1)[labels]
    )
    return float(((z @ weights).argmax(1) == truth).mean())
