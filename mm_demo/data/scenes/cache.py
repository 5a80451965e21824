"""Drawn scenes in arrays, kept on disk between runs."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .draw import VERSION, draw
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
    path = _folder(folder) / f"scenes-{_key(scenes, size)}.npy"
    found = _load(path, (count, size, size, 3))
    if found is None:
        found = np.empty((count, size, size, 3), np.uint8)
        for i, scene in enumerate(scenes):
            found[i] = draw(scene, size)
            if progress is not None and (i + 1) % _PROGRESS_EVERY == 0 and i + 1 < count:
                progress(i + 1, count)
        _store(path, found)
    if progress is not None:
        progress(count, count)
    return found, scenes


def _generator(split: str, seed: int) -> np.random.Generator:
    if split not in _STREAMS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(_STREAMS)}")
    return np.random.default_rng([_STREAMS[split], seed])


def _key(scenes: list[Scene], size: int) -> str:
    """A name that changes with the scenes themselves, their size and the drawing."""
    return hashlib.sha256(repr((VERSION, size, scenes)).encode()).hexdigest()[:20]


def _folder(folder: str | Path | None) -> Path:
    named = folder or os.environ.get("MM_DEMO_CACHE")
    if named:
        return Path(named)
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "mm_demo"


def _load(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    try:
        found: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # none there, or half of one
        return None
    return found if found.shape == shape and found.dtype == np.uint8 else None


def _store(path: Path, array: NDArray[np.uint8]) -> None:
    """Write beside the name and rename, so that nobody reads half a file; never fails."""
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            beside = Path(file.name)
            np.save(file, array)
        beside.replace(path)
    except OSError:
        if beside is not None:
            beside.unlink(missing_ok=True)
