"""Digits seen and heard: MNIST's pictures and the recordings of the Free Spoken Digit Dataset.

Both are read where the visitor keeps them, in the folder that `MM_DEMO_DATA` names:

* MNIST: the publisher's four idx files in `mnist/` or `MNIST/raw/`, with or without `.gz`.
* Free Spoken Digit Dataset: `fsdd.tar`, or a folder of `{digit}_{speaker}_{take}.wav` (or `.flac`).

Pictures and recordings have nothing in common but the digit: `draw_pairs` puts them together.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from mm_demo.data.arrays import cache_folder, load_array, store_array
from mm_demo.data.folder import NOT_NAMED, data_folder
from mm_demo.errors import UserError

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
NEW_SPEAKERS = ("nicolas", "theo")
SPLITS = ("train", "dev", "test")
RATE = 16_000
DEV_PICTURES = 2_000  # the last of the train pictures at hand
TEST_TAKES, DEV_TAKES = range(5), range(5, 10)

_Array = TypeVar("_Array", bound=NDArray[Any])

_SIZE = 28
_PICTURES_MAGIC, _LABELS_MAGIC = 2051, 2049
_MNIST = "MNIST"
_MNIST_SOURCE = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_MNIST_FOLDERS = ("mnist", "MNIST/raw")
_MNIST_FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip
_FSDD = "Free Spoken Digit Dataset"
_FSDD_SOURCE = "https://github.com/Jakobovski/free-spoken-digit-dataset"
_FSDD_TAR = "fsdd.tar"
_FSDD_FOLDERS = ("free-spoken-digit-dataset/recordings", "fsdd/recordings", "recordings")
_NAME = re.compile(rf"([0-9])_({'|'.join(SPEAKERS)})_([0-9]{{1,4}})\.(?:wav|flac)")
_VERSION = 1  # of `_decode` and `_one_second`: what other versions stored is not read
_AS_LOUD = 0.99  # stretches with this part of the most energy count as equal


@dataclass(frozen=True, eq=False)
class Pictures:
    """images: (N, 28, 28) uint8, white on black; labels: (N,) int64, the digits. Read-only."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Recordings:
    """waves: (N, 16000) float32 in [-1, 1], a second each at 16 kHz with the word in its middle.

    labels: (N,) int64, the digits; speakers: (N,) str; takes: (N,) int64. Sorted by digit,
    speaker and take; read-only.
    """

    waves: NDArray[np.float32]
    labels: NDArray[np.int64]
    speakers: NDArray[np.str_]
    takes: NDArray[np.int64]


@dataclass(frozen=True)
class _Source:
    """Where the recordings lie, and a key that changes with them."""

    path: Path
    key: str


@dataclass(frozen=True, order=True)
class _Take:
    digit: int
    speaker: str
    take: int


def pictures(split: str) -> Pictures:
    """MNIST's pictures: "test" the test files, "dev" the last 2,000 train pictures, "train" the rest.

    As many as the files' headers say. UserError: `data.no_folder`, `data.missing` (what, layout,
    source), `data.broken` (file).
    """
    _check_split(split)
    files = _mnist_files(data_folder())
    images, labels = files[2:] if split == "test" else files[:2]
    stats = tuple((f.stat().st_size, f.stat().st_mtime_ns) for f in (images, labels))
    return _pictures(images, labels, stats, split, DEV_PICTURES)


def recordings(split: str) -> Recordings:
    """Spoken digits: "test" takes 0-4, "dev" takes 5-9, "train" the rest, of all six speakers.

    UserError: `data.no_folder`, `data.missing` (what, layout, source), `data.broken` (file).
    """
    _check_split(split)
    return _recordings(_fsdd(data_folder()), split)


def draw_pairs(
    picture_labels: NDArray[np.integer],
    recording_labels: NDArray[np.integer],
    seed: int,
    count: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of pictures and, for each, the row of a random recording of the same digit.

    Without `count` every picture in order; with it, the first `count` of the pictures shuffled.
    A picture's recording depends on the seed alone. ValueError for a digit without a recording.
    """
    rng = np.random.default_rng(seed)
    heard = np.zeros(len(picture_labels), np.int64)
    for digit in np.unique(picture_labels):
        seen = np.flatnonzero(picture_labels == digit)
        rows = np.flatnonzero(recording_labels == digit)
        if not len(rows):
            raise ValueError(f"no recording of digit {digit}")
        heard[seen] = rng.choice(rows, len(seen))
    if count is None:
        return np.arange(len(heard)), heard
    chosen = rng.permutation(len(heard))[:count]
    return chosen, heard[chosen]


def at_hand() -> tuple[bool, str]:
    """Whether the files are there, and a line: where they lie, or what is missing. Opens none."""
    try:
        folder = data_folder()
    except UserError:
        return False, NOT_NAMED
    found, missing = [], []
    for look in (_mnist_place, _fsdd_place):
        try:
            found.append(look(folder).relative_to(folder).as_posix())
        except UserError as error:
            facts = error.facts
            missing.append(
                f"{facts['what']} is missing: get it from {facts['source']} "
                f"and put it into MM_DEMO_DATA as {facts['layout']}"
            )
    return not missing, "; ".join(missing or found)


def build() -> Iterator[str]:
    """Read the pictures, decode the recordings into the cache; a line about each split."""
    for split in SPLITS:
        yield f"{split:6} {len(pictures(split).labels)} pictures"
    for split in SPLITS:
        yield f"{split:6} {len(recordings(split).labels)} recordings"
    _, skipped = _takes(_fsdd(data_folder()))
    if skipped:
        yield f"{skipped} files skipped: their names are not {{digit}}_{{speaker}}_{{take}}.wav"


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(SPLITS)}")


def _mnist_files(folder: Path) -> list[Path]:
    """Train pictures and labels, test pictures and labels; the first layout that has all four."""
    for layout in _MNIST_FOLDERS:
        both = [(folder / layout / f"{name}.gz", folder / layout / name) for name in _MNIST_FILES]
        files = [next(filter(Path.is_file, paths), None) for paths in both]
        found = [file for file in files if file is not None]
        if len(found) == len(_MNIST_FILES):
            return found
    layout = f"{_MNIST_FOLDERS[0]}/" + ", ".join(f"{name}.gz" for name in _MNIST_FILES)
    raise UserError("data.missing", what=_MNIST, layout=layout, source=_MNIST_SOURCE)


def _mnist_place(folder: Path) -> Path:
    return _mnist_files(folder)[0].parent


@lru_cache(maxsize=4)
def _pictures(
    images_file: Path, labels_file: Path, stats: tuple[Any, ...], split: str, dev: int
) -> Pictures:
    images = _idx(images_file, _PICTURES_MAGIC)
    labels = _idx(labels_file, _LABELS_MAGIC)
    if images.shape[1:] != (_SIZE, _SIZE):
        raise UserError("data.broken", file=images_file.name)
    if len(labels) != len(images) or labels.max(initial=0) > 9:
        raise UserError("data.broken", file=labels_file.name)
    rows = slice(None)
    if split != "test":
        if len(images) <= dev:  # nothing would be left to train on
            raise UserError("data.broken", file=images_file.name)
        first = len(images) - dev
        rows = slice(first) if split == "train" else slice(first, None)
    return Pictures(_frozen(images[rows]), _frozen(labels[rows].astype(np.int64)))


def _idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """The bytes of an idx file in the shape that its header tells."""
    broken = UserError("data.broken", file=path.name)
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise broken from error
    begin = 4 + 4 * (magic & 0xFF)  # the last byte of the magic number counts the axes
    if len(raw) < begin or int.from_bytes(raw[:4], "big") != magic:
        raise broken
    shape = [int.from_bytes(raw[at : at + 4], "big") for at in range(4, begin, 4)]
    values = np.frombuffer(raw, np.uint8, offset=begin)
    if values.size == 0 or values.size != np.prod(shape, dtype=object):
        raise broken
    return values.reshape(shape)


def _fsdd(folder: Path) -> _Source:
    """The tar, else the first folder with recordings."""
    tar = folder / _FSDD_TAR
    if tar.is_file():
        return _Source(tar, _key(tar.name, _stamp(tar)))
    for layout in _FSDD_FOLDERS:
        path = folder / layout
        stamps = [(f.name, *_stamp(f)) for f in _files(path)]
        if any(_NAME.fullmatch(name) for name, *_ in stamps):
            return _Source(path, _key(*stamps))
    layout = f"{_FSDD_FOLDERS[0]}/{{digit}}_{{speaker}}_{{take}}.wav"
    raise UserError("data.missing", what=_FSDD, layout=layout, source=_FSDD_SOURCE)


def _fsdd_place(folder: Path) -> Path:
    return _fsdd(folder).path


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file())


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _key(*facts: object) -> str:
    return hashlib.sha256(repr((_VERSION, facts)).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _takes(source: _Source) -> tuple[dict[_Take, str], int]:
    """The name of each recording, sorted by digit, speaker and take; how many names did not fit."""
    if source.path.is_dir():
        names = [path.name for path in _files(source.path)]
    else:
        with _opened(source.path) as tar:
            names = [member.name for member in _members(tar) if member.isfile()]
    fitting: dict[_Take, str] = {}
    for name in names:
        match = _NAME.fullmatch(name.rsplit("/", 1)[-1])
        if match is not None:
            fitting.setdefault(_Take(int(match[1]), match[2], int(match[3])), name)
    return dict(sorted(fitting.items())), len(names) - len(fitting)


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError("data.broken", file=path.name) from error


def _members(tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    try:
        return tar.getmembers()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError("data.broken", file=Path(str(tar.name)).name) from error


def _contents(source: _Source, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file named, in the order in which they lie."""
    try:
        if source.path.is_dir():
            for name in names:
                yield name, (source.path / name).read_bytes()
            return
        wanted = set(names)
        with _opened(source.path) as tar:
            for member in _members(tar):
                file = tar.extractfile(member) if member.name in wanted else None
                if file is not None:
                    yield member.name, file.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError("data.broken", file=source.path.name) from error


@lru_cache(maxsize=3)
def _recordings(source: _Source, split: str) -> Recordings:
    takes = list(_takes(source)[0])
    rows = [row for row, take in enumerate(takes) if _split(take.take) == split]
    if not rows:
        raise UserError("data.broken", file=source.path.name)
    kept = [takes[row] for row in rows]
    return Recordings(
        _frozen(_waves(source)[rows].astype(np.float32) / np.float32(2**15)),
        _frozen(np.array([take.digit for take in kept], np.int64)),
        _frozen(np.array([take.speaker for take in kept], np.str_)),
        _frozen(np.array([take.take for take in kept], np.int64)),
    )


def _split(take: int) -> str:
    return "test" if take in TEST_TAKES else "dev" if take in DEV_TAKES else "train"


def _waves(source: _Source) -> NDArray[np.int16]:
    """All recordings, (N, 16000) int16, from the cache or decoded into it."""
    path = cache_folder() / f"fsdd-{source.key}.npy"
    takes, _ = _takes(source)
    found = load_array(path)
    if found is None or found.shape != (len(takes), RATE) or found.dtype != np.int16:
        row_of = {name: row for row, name in enumerate(takes.values())}
        found = np.zeros((len(takes), RATE), np.int16)
        for name, content in _contents(source, list(row_of)):
            found[row_of[name]] = _one_second(_decode(content, name.rsplit("/", 1)[-1]))
        store_array(path, found)
    return found


def _decode(content: bytes, name: str) -> NDArray[np.int16]:
    """The samples of a WAV or FLAC file, one channel at 16 kHz."""
    # Wider than the 16 bits it ends in, so that the resampler does not round on its way.
    resampler = av.AudioResampler(format="s32", layout="mono", rate=RATE)
    parts: list[NDArray[Any]] = []
    try:
        with av.open(BytesIO(content), "r", options={"format_whitelist": "wav,flac"}) as container:
            for frame in container.decode(audio=0):
                parts += [made.to_ndarray().reshape(-1) for made in resampler.resample(frame)]
        if parts:
            parts += [made.to_ndarray().reshape(-1) for made in resampler.resample(None)]
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise UserError("data.broken", file=name) from error
    if not parts:
        raise UserError("data.broken", file=name)
    samples = np.rint(np.concatenate(parts) / 2.0**16)
    return samples.clip(-(2**15), 2**15 - 1).astype(np.int16)


def _one_second(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Shorter: zeros on both sides. Longer: the second with the most energy.

    Of all seconds that hold nearly as much, the one with the energy most nearly in its middle.
    """
    spare = RATE - len(samples)
    if spare >= 0:
        return np.pad(samples, (spare // 2, spare - spare // 2))
    power = np.square(samples, dtype=np.float64)
    total = np.concatenate([[0.0], np.cumsum(power)])
    energy = total[RATE:] - total[:-RATE]
    loudest = np.flatnonzero(energy >= _AS_LOUD * energy.max())
    best = int(energy.argmax())
    part = power[best : best + RATE]
    middle = best + float(part @ np.arange(RATE)) / max(float(part.sum()), 1.0)
    start = int(loudest[np.abs(loudest + RATE / 2 - middle).argmin()])
    return samples[start : start + RATE]


def _frozen(array: _Array) -> _Array:
    """Read-only: all callers share what the process keeps."""
    array.flags.writeable = False
    return array
