"""What the page shows of a window that was looked at, as numbers: veils, findings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mm_demo.nn.flops import timesformer_flops

_STANDS_OUT = 1.4  # times what neighbours would get if all others got the same
_MUCH = 1.2  # times what one frame would get
_SPAN = (0.75, 1.5)  # multiples of an even share; where all lie within, the colours do too


class Finding(NamedTuple):
    """What to see in a matrix of time attention: the end of its word's key, and the frame (from 1)."""

    key: str
    frame: int = 0


def multiply_adds(networks: Any) -> dict[str, int]:
    """What one window costs each scheme of a checkpoint's networks, counted as papers do."""
    found = {}
    for scheme, network in networks.each():
        frames, channels, size, _ = network.clip_shape
        patches = network.pos_embed.shape[1] - 1
        found[scheme] = timesformer_flops(
            scheme,
            num_classes=network.head.out_features,
            num_frames=frames,
            image_size=size,
            patch_size=size // round(patches**0.5),
            embed_dim=network.pos_embed.shape[2],
            num_layers=len(network.blocks),
            channels=channels,
            stem="convolutional",
        ).multiply_adds
    return found


def even_shares(space: NDArray[np.float32]) -> NDArray[np.float32]:
    """Attention (T, h, w) as multiples of what each place would get if all got the same."""
    total = float(space.sum())
    found: NDArray[np.float32] = space * (space.size / total) if total > 0 else np.ones_like(space)
    return found


def clearness(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the veil is lifted, 0 to 1, from the least multiple of an even share to the greatest.

    Nearly even attention stays nearly even: the span is at least `_SPAN`. What gets an even share
    or less stays rather dark.
    """
    found: NDArray[np.float32] = _spread(shares, shares) ** 1.5
    return found


def fullness(counted: NDArray[np.float32]) -> NDArray[np.float32]:
    """How long each frame's bar is, 0 to 1: from nothing to the greatest, or to two even shares."""
    found: NDArray[np.float32] = counted / max(float(counted.max()), 2 / len(counted))
    return found


def depths(time: NDArray[np.float32]) -> NDArray[np.float32]:
    """How deep each cell's colour is, 0 to 1: on the scale of what frames take from others.

    What a frame keeps of itself is far more by the residual connection alone, so it is just full.
    """
    even = _others(time).sum() / (time.size - len(time))
    if not even > 0:
        return np.eye(len(time), dtype=np.float32)
    shares = time / even
    return _spread(shares, shares[~np.eye(len(time), dtype=bool)]).clip(0, 1)


def finding(time: NDArray[np.float32]) -> Finding:
    """What stands out in the time attention (T, T), a row for each frame that looks, off its diagonal."""
    others, count = _others(time), len(time)
    total = float(others.sum())
    if total < 1e-3:
        return Finding("alone")
    rows, columns = np.indices(time.shape)
    beside = abs(rows - columns) == 1
    if others[beside].mean() >= _STANDS_OUT * total / (time.size - count):
        return Finding("neighbours")
    taken = others.sum(0) / total * count
    if taken.max() >= _MUCH:
        return Finding("frame", int(taken.argmax()) + 1)
    return Finding("even")


def peak(time: NDArray[np.float32]) -> tuple[int, int]:
    """The row and the column, from 1, of the largest weight off the diagonal."""
    row, column = np.unravel_index(int(_others(time).argmax()), time.shape)
    return int(row) + 1, int(column) + 1


def _spread(shares: NDArray[np.float32], ends: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiples of an even share so that those from the least to the greatest of `ends` fill 0 to 1."""
    low, high = min(_SPAN[0], float(ends.min())), max(_SPAN[1], float(ends.max()))
    found: NDArray[np.float32] = (shares - low) / (high - low)
    return found


def _others(time: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = time * (1 - np.eye(len(time), dtype=np.float32))
    return found
