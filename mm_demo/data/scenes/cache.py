"""Drawn scenes in arrays, kept on disk between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mm_demo.data.arrays import cache_folder, load_array, store_array

from .draw import draw
from .world import DEV_PAIRS, TEST_PAIRS, Pair, Scene, sample_scene, sample_single

_STREAMS = {"train": 1, "dev": 2, "test": 3}  # splits of one seed share no random numbers
_PROGRESS_EVERY = 64


def scenes_for(split: str, count: int, seed: int, n_objects: int | None = None) -> list[Scene]:
    """`count` scenes of a split; the same arguments give the same scenes."""
    rng = _generator(split, seed)
    return [sample_scene(rng, split, n_objects) for _ in range(count)]


def zero_shot_scenes(split: str, per_pair: int, seed: int) -> list[tuple[Scene, Pair]]:
    """`per_pair` one-object scenes of every pair that "dev" or "test" holds out.

    ValueError for any other split: "train" holds out nothing.
    """
    held_out = {"dev": DEV_PAIRS, "test": TEST_PAIRS}.get(split)
    if held_out is None:
        raise ValueError(f"split {split!r} holds out no pairs: dev or test")
    rng = _generator(split, seed)
    return [
        (sample_single(rng, pair, split), pair)
        for pair in sorted(held_out)
        for _ in range(per_pair)
    ]


def scene_arrays(
    split: str,
    count: int,
    seed: int,
    size: int = 64,
    folder: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[NDArray[np.uint8], list[Scene]]:
    """Pictures (count, size, size, 3) uint8 of `scenes_for(split, count, seed)`, and the scenes.

    Pictures are read from `folder` (else `MM_DEMO_CACHE`, else the user's cache folder) where an
    earlier call left them, memory-mapped and read-only; where it cannot be written to, they are
    drawn anew. `progress(done, total)` is called while drawing and once at the end.
    """
    scenes = scenes_for(split, count, seed)
    path = cache_folder(folder) / f"scenes-{source_key(split, count, seed, size)}.npy"
    found = load_array(path)
    if found is None or found.shape != (count, size, size, 3):
        found = np.empty((count, size, size, 3), np.uint8)
        for i, scene in enumerate(scenes):
            found[i] = draw(scene, size)
            if progress is not None and (i + 1) % _PROGRESS_EVERY == 0 and i + 1 < count:
                progress(i + 1, count)
        store_array(path, found)
        _prune(path.parent)
    if progress is not None:
        progress(count, count)
    return found, scenes


def _generator(split: str, seed: int) -> np.random.Generator:
    if split not in _STREAMS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(_STREAMS)}")
    return np.random.default_rng([_STREAMS[split], seed])


@cache
def _sources() -> bytes:
    """A hash of the code in this folder: what other code drew or wrote is not taken for its work."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()


def source_key(*arguments: object) -> str:
    """A file name's part that changes with the arguments and with the code of this folder."""
    arguments_hash = hashlib.sha256(repr(arguments).encode()).hexdigest()
    return f"{_sources().hex()[:8]}-{arguments_hash[:16]}"


def _prune(folder: Path) -> None:
    """Delete what other code of this folder left, as far as it can be: nobody will read it again."""
    for path in folder.glob("scenes-*.npy"):
        if _sources().hex()[:8] not in path.name:
            with suppress(OSError):
                path.unlink()


def build() -> Iterator[str]:
    """Draw a first chunk of each split into the cache; a line about each."""
    for split, count in (("train", 1000), ("dev", 1000), ("test", 1000)):
        images, _ = scene_arrays(split, count, 0)
        yield f"{split:6} {len(images)} pictures of {images.shape[1]} x {images.shape[2]}"
