"""What frozen networks see in photographs and read in their captions: computed once, kept on disk."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mm_demo.data import pretrained
from mm_demo.data.arrays import cache_folder, load_array, store_array
from mm_demo.data.photo_set import Photos
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.media.image import Picture
from mm_demo.nn.backbone import Backbone
from mm_demo.nn.preprocess import photo_square, to_tensor

CHUNK = 500  # photographs: what is kept when a run is stopped, so a larger set may extend a smaller
POOLED, CLASSES, SENTENCE = 1280, 1000, 384  # widths

_BATCH = 8  # photographs: measured best on a CPU
_SENTENCES = 64  # a batch between two events
_SECONDS = 1.0  # of work between two events
_VERSION = 1  # of what is computed here: what other versions stored is not read

_Array = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """Of photographs (N) with M captions, by backbone where there are several.

    photos: only those that could be opened; broken: how many could not. pooled: (views, N, 1280)
    and logits: (views, N, 1000), the second view being mirrored. sentences: (M, 384), those of all
    captions in order; owner: (M,), the row of the photograph that each is of.
    """

    photos: Photos
    pooled: dict[str, _Array]
    logits: dict[str, _Array]
    sentences: _Array
    owner: NDArray[np.int64]
    broken: int


@dataclass(frozen=True)
class _View:
    backbone: str
    mirrored: bool


def see(
    photos: Photos, backbones: Sequence[str], *, mirrored: bool = False
) -> Generator[Preparing, None, PhotoFeatures]:
    """Look at each photograph and read its captions, or load what an earlier call left.

    Yields `features` and `sentences` about once a second of work; closed in between, it keeps all
    chunks that are finished. Uses as many threads as the caller has set.
    UserError: `photos.none_opened` (count), and what `pretrained` raises.
    """
    networks = {name: pretrained.backbone(name) for name in backbones}
    views = [_View(name, flip) for name in networks for flip in (False, True)[: 1 + mirrored]]
    seen: dict[_View, list[_Array]] = {view: [] for view in views}
    keys = {name: (weights_key(network), network.size) for name, network in networks.items()}
    for part, start in _chunks(photos):
        yield Preparing("features", start, len(photos))
        found = yield from _seen(part, start, len(photos), views, networks, keys)
        for view, values in found.items():
            seen[view].append(values)
    yield Preparing("features", len(photos), len(photos))
    sentences = yield from _sentences(photos)

    whole = {view: np.concatenate(parts) for view, parts in seen.items()}
    opened = ~np.any([np.isnan(values).all(1) for values in whole.values()], axis=0)
    if not opened.any():
        raise UserError("photos.none_opened", count=len(photos))
    counts = np.array([len(captions) for captions in photos.captions], np.int64)
    counts = counts if len(counts) else np.zeros(len(photos), np.int64)
    stacked = {
        name: np.stack([whole[view][opened] for view in views if view.backbone == name])
        for name in networks
    }
    return PhotoFeatures(
        photos.rows(np.flatnonzero(opened).tolist()),
        {name: values[..., :POOLED] for name, values in stacked.items()},
        {name: values[..., POOLED:] for name, values in stacked.items()},
        sentences[np.repeat(opened, counts)],
        np.repeat(np.arange(opened.sum()), counts[opened]),
        int((~opened).sum()),
    )


def _chunks(photos: Photos) -> Iterator[tuple[Photos, int]]:
    for start in range(0, len(photos), CHUNK):
        yield photos.rows(range(start, min(start + CHUNK, len(photos)))), start


def _seen(
    part: Photos,
    start: int,
    total: int,
    views: Sequence[_View],
    networks: Mapping[str, Backbone],
    keys: Mapping[str, tuple[bytes, int]],
) -> Generator[Preparing, None, dict[_View, _Array]]:
    """Each view of a chunk, (n, 1280 + 1000); a photograph that cannot be opened is a row of NaN."""
    shape = (len(part), POOLED + CLASSES)
    marks = [(name, file.mark()) for name, file in zip(part.names, part.files, strict=True)]
    paths = {view: cache_path(keys[view.backbone], view, marks) for view in views}
    found = {view: _load(path, shape) for view, path in paths.items()}
    absent = {view: np.full(shape, np.nan, np.float16) for view in views if found[view] is None}
    if absent:
        told = time.monotonic()
        for done in _look(part, absent, networks):
            if time.monotonic() - told >= _SECONDS:
                yield Preparing("features", start + done, total)
                told = time.monotonic()
        for view, values in absent.items():
            store_array(paths[view], values)
    return {view: absent[view] if made is None else made for view, made in found.items()}


def _look(
    part: Photos, into: Mapping[_View, _Array], networks: Mapping[str, Backbone]
) -> Iterator[int]:
    """Fill the rows of `into`; each photograph is opened once. Yields how many are done."""
    pictures = enumerate(part.pictures())
    done = 0
    while batch := list(islice(pictures, _BATCH)):
        opened = [(row, picture) for row, picture in batch if picture is not None]
        if opened:
            _fill([row for row, _ in opened], [picture for _, picture in opened], into, networks)
        done += len(batch)
        yield done


def _fill(
    rows: list[int],
    pictures: list[Picture],
    into: Mapping[_View, _Array],
    networks: Mapping[str, Backbone],
) -> None:
    sizes = {networks[view.backbone].size for view in into}
    squares = {size: np.stack([photo_square(p.pixels, size) for p in pictures]) for size in sizes}
    for view, values in into.items():
        network = networks[view.backbone]
        pixels = squares[network.size]
        with torch.inference_mode():
            seen = network(to_tensor(pixels[:, :, ::-1] if view.mirrored else pixels))
            values[rows] = torch.cat([seen.pooled, seen.logits], 1).numpy()


def _sentences(photos: Photos) -> Generator[Preparing, None, _Array]:
    """The vectors of all captions, (M, 384)."""
    total = sum(map(len, photos.captions))
    if not total:
        return np.zeros((0, SENTENCE), np.float16)
    tower = pretrained.sentence_tower()
    key, parts, done = weights_key(tower.tower), [], 0
    for part, _ in _chunks(photos):
        captions = [caption for said in part.captions for caption in said]
        path = cache_path(key, captions)
        values = _load(path, (len(captions), SENTENCE))
        yield Preparing("sentences", done, total)
        if values is None:
            values = np.empty((len(captions), SENTENCE), np.float16)
            order = sorted(range(len(captions)), key=lambda row: len(captions[row]))
            told = time.monotonic()
            for first in range(0, len(order), _SENTENCES):
                rows = order[first : first + _SENTENCES]
                values[rows] = tower.encode([captions[row] for row in rows])
                if time.monotonic() - told >= _SECONDS:
                    yield Preparing("sentences", done + first + len(rows), total)
                    told = time.monotonic()
            store_array(path, values)
        parts.append(values)
        done += len(captions)
    yield Preparing("sentences", total, total)
    return np.concatenate(parts)


def weights_key(network: nn.Module) -> bytes:
    """A hash of a network's tensors: what is kept of one network is not taken for another's."""
    made = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        made.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        made.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return made.digest()


def cache_path(*facts: object) -> Path:
    """Where what follows from these facts is kept."""
    made = hashlib.sha256(repr((_VERSION, facts)).encode())
    return cache_folder() / f"photos-{made.hexdigest()[:24]}.npy"


def _load(path: Path, shape: tuple[int, int]) -> _Array | None:
    found = load_array(path)
    fits = found is not None and found.shape == shape and found.dtype == np.float16
    return found if fits else None
