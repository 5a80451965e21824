"""The grids that a frozen backbone sees in photographs: computed once, kept on disk, read row by row."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo.data import pretrained
from mm_demo.data.arrays import load_array, store_array
from mm_demo.data.photo_features import CHUNK, cache_path, weights_key
from mm_demo.data.photo_set import Photos
from mm_demo.events import Preparing
from mm_demo.nn.backbone import Backbone
from mm_demo.nn.preprocess import photo_square, to_tensor

_BATCH = 8  # photographs: measured best on a CPU
_SECONDS = 1.0  # of work between two events

_Array = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Grids:
    """`Backbone.stages` of N photographs in one or two views, the second mirrored.

    parts: for each chunk of photographs its views, each (n, cells, width), mapped from the disk.
    """

    parts: Sequence[Sequence[_Array]]

    def __len__(self) -> int:
        return sum(len(views[0]) for views in self.parts)

    def rows(self, views: NDArray[np.int64], rows: NDArray[np.int64]) -> Tensor:
        """(B, cells, width) float32, row by row of the picture."""
        made = np.empty((len(rows), *self.parts[0][0].shape[1:]), np.float32)
        for place, (view, row) in enumerate(zip(views, rows, strict=True)):
            made[place] = self.parts[row // CHUNK][view][row % CHUNK]
        return torch.from_numpy(made)


def grids_of(
    photos: Photos, name: str, *, mirrored: bool = False
) -> Generator[Preparing, None, Grids]:
    """Look at each photograph, or map what an earlier call left. All must be such as can be opened.

    Yields `grids` about once a second of work. Uses as many threads as the caller has set.
    """
    network = pretrained.backbone(name)
    key, parts = weights_key(network), []
    for start in range(0, len(photos), CHUNK):
        yield Preparing("grids", start, len(photos))
        part = photos.rows(range(start, min(start + CHUNK, len(photos))))
        marks = [(n, file.mark()) for n, file in zip(part.names, part.files, strict=True)]
        shape = (len(part), (network.size // 32) ** 2, network.width)
        views = []
        for flipped in (False, True)[: 1 + mirrored]:
            path = cache_path("grids", key, network.size, flipped, marks)
            found = load_array(path)
            if found is None or found.shape != shape:
                found = np.empty(shape, np.float16)
                told = time.monotonic()
                for done in _look(part, network, found, flipped=flipped):
                    if time.monotonic() - told >= _SECONDS:
                        yield Preparing("grids", start + done, len(photos))
                        told = time.monotonic()
                store_array(path, found)
                stored = load_array(path)  # mapped: memory holds what is asked for, not all
                found = found if stored is None else stored
            views.append(found)
        parts.append(views)
    yield Preparing("grids", len(photos), len(photos))
    return Grids(parts)


def _look(part: Photos, network: Backbone, into: _Array, *, flipped: bool) -> Generator[int]:
    """Fill the rows of `into`; yields how many are done."""
    pictures, done = part.pictures(), 0
    while batch := list(islice(pictures, _BATCH)):
        opened = [picture for picture in batch if picture is not None]
        if len(opened) < len(batch):
            raise ValueError("a photograph that cannot be opened has no grid")
        squares = np.stack([photo_square(p.pixels, network.size) for p in opened])
        with torch.inference_mode():
            stages = network.stages(to_tensor(squares[:, :, ::-1] if flipped else squares))
        into[done : done + len(batch)] = stages.flatten(2).transpose(1, 2).numpy()
        done += len(batch)
        yield done
