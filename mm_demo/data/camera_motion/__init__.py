"""Short clips of what a camera does: ten motions over drawn textures, or over photographs.

The names tell what the CAMERA does: in a pan right the content moves left, in a tilt up it moves
down, in a roll clockwise it turns counter-clockwise, in a zoom in it grows. Splits have textures,
drawn scenes (or photographs), speeds and distractors of their own.

`source="flickr8k"` moves over the photographs of Flickr8k, read from `flickr8k-train.tar`,
`-dev.tar` and `-test.tar` in the folder that `MM_DEMO_DATA` names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mm_demo.data.scenes import draw, scenes_for

from .compose import SIZE, film, move
from .mirrors import augment
from .paths import FRAMES, MOTIONS, SPAN
from .photographs import at_hand, photographs
from .textures import SIDE, texture

__all__ = [
    "COUNTS", "FRAMES", "MOTIONS", "PICTURES", "SIDE", "SIZE", "SOURCES", "SPAN", "SPLITS",
    "Clips", "at_hand", "augment", "build", "clips", "draw_clips", "move", "pictures",
]  # fmt: skip

SOURCES = ("textures", "flickr8k")
SPLITS = ("train", "dev", "test")
COUNTS = {"train": 1500, "dev": 500, "test": 1000}  # training draws its own: `draw_clips`
PICTURES = {"train": 1600, "dev": 300, "test": 400}
_SCENES = 0.2  # the share of drawn scenes among the textures
_STREAMS = {"train": 1, "dev": 2, "test": 3}

Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Clips:
    """frames: (N, T, S, S, 3) uint8, an eighth of a second each; labels: (N,) into MOTIONS."""

    frames: NDArray[np.uint8]
    labels: NDArray[np.int64]


@lru_cache(maxsize=4)
def clips(split: str, seed: int = 0, count: int | None = None, source: str = "textures") -> Clips:
    """The clips of a split, all motions equally often; read-only, the same for the same arguments.

    ValueError for an unknown split or source; UserError where the photographs are not at hand.
    """
    found = pictures(split, seed, source)
    rng = np.random.default_rng([_STREAMS[split], seed, 1])
    labels = rng.permutation(np.arange(count or COUNTS[split]) % len(MOTIONS))
    frames = draw_clips(found, labels, rng)
    frames.flags.writeable = labels.flags.writeable = False
    return Clips(frames, labels)


@lru_cache(maxsize=4)
def pictures(split: str, seed: int = 0, source: str = "textures") -> NDArray[np.uint8]:
    """What the camera moves over: (N, SIDE, SIDE, 3) uint8; errors as in `clips`.

    Drawn in seconds, so nothing is kept on disk. Photographs do not depend on the seed.
    """
    if split not in _STREAMS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(_STREAMS)}")
    if source not in SOURCES:
        raise ValueError(f"unknown source {source!r}: one of {', '.join(SOURCES)}")
    if source == "flickr8k":
        return photographs(split, PICTURES[split], SIDE)
    rng = np.random.default_rng([_STREAMS[split], seed, 0])
    scenes = scenes_for(split, int(_SCENES * PICTURES[split]), seed)
    drawn = [draw(scene, SIDE) for scene in scenes]
    made = np.stack(drawn + [texture(rng) for _ in range(PICTURES[split] - len(drawn))])
    made.flags.writeable = False
    return made


def draw_clips(
    pictures: NDArray[np.uint8],
    labels: NDArray[np.int64],
    rng: Rng,
    size: int = SIZE,
    *,
    plain: bool = False,
) -> NDArray[np.uint8]:
    """Fresh clips (B, T, size, size, 3) uint8 of these motions (B,) over random pictures.

    `plain` clips have no distractors, blur, noise or bars: a network starts on them more easily.
    """
    found = np.empty((len(labels), FRAMES, size, size, 3), np.uint8)
    for row, label in enumerate(labels):
        picture = pictures[int(rng.integers(len(pictures)))]
        found[row] = film(picture, pictures, MOTIONS[label], rng, size, plain=plain)
    return found


def build() -> Iterator[str]:
    """Draw dev and test once; a line about each. Nothing is kept: it takes seconds."""
    for split in ("dev", "test"):
        made = clips(split)
        yield f"{split:6} {len(made.labels)} clips of {FRAMES} frames, {SIZE} x {SIZE}"
    yield f"train  clips are drawn while training, over {len(pictures('train'))} textures"
    is_there, where = at_hand()
    if is_there:
        yield f"photographs to move over: {where}"
