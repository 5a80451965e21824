"""A person's own classes: a folder (or a zip) with a sub-folder of clips for each.

The layout of torchvision's and the Hub's video folders. The folder's name is the class.
"""

from __future__ import annotations

import tempfile
import unicodedata
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.media.video import MAX_BYTES, open_video, uniform_times

FRAMES = 32  # kept of a clip, spread over all of it: its length tells nothing
SIDE = 72  # pixels of the square that is kept of a frame's middle
LEAST_CLIPS = 2  # of a class: one to learn from, one to be measured on
MOST_CLIPS, MOST_CLASSES = 600, 50
HELD_OUT = 0.3  # the share of each class's clips that is never trained on
MOST_UNPACKED = 1_000_000_000  # bytes, of a zip
_LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, eq=False)
class ClipSet:
    """frames (N, FRAMES, SIDE, SIDE, 3) uint8, labels (N,) into classes, names "class/file".

    shapes (N, 2): width and height of each clip as it was filmed.
    """

    classes: tuple[str, ...]
    frames: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    shapes: NDArray[np.int64]

    def rows(self, rows: NDArray[np.integer]) -> ClipSet:
        """Some of the clips."""
        names = tuple(self.names[row] for row in rows)
        return ClipSet(self.classes, self.frames[rows], self.labels[rows], names, self.shapes[rows])


class ClipFolder:
    """A folder of classes, or a zip of one, whose clips are read when they are asked for.

    Held-out clips are both dev and test. Made by the listing alone, which tells the classes.

    UserError: `clips.no_classes` (fewer than two sub-folders), `clips.same_name` (name, twice but
    for case), `clips.too_few` (name, count, least), `clips.too_many` (count, limit),
    `clips.not_a_zip`, `clips.too_large` (limit, unpacked).
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._found = list_folder(place) if place.is_dir() else None
        self.classes = tuple(self._found or _list_zip(place))
        self._splits: dict[str, ClipSet] = {}

    def reading(self) -> Iterator[Preparing]:
        """Read all clips, once, telling of each; UserError `clips.broken` (file)."""
        if self._splits:
            return
        with opened(self.place) as folder:
            found = yield from read_clips(self._found or list_folder(folder))
        train, held = split_rows(found.labels)
        self._splits = {"train": found.rows(train), "dev": found.rows(held)}

    def split(self, name: str) -> ClipSet:
        """The clips of train, dev or test, read by now or here."""
        for _ in self.reading():
            pass
        return self._splits["train" if name == "train" else "dev"]


def list_folder(folder: Path) -> dict[str, list[Path]]:
    """The clips of each class, in the order of their names; hidden files are passed over.

    UserError as `ClipFolder`, which also takes a zip.
    """
    found = {path.name: _files(path) for path in sorted(folder.iterdir()) if _counts(path, True)}
    _check(found)
    return found


def read_clips(found: dict[str, list[Path]]) -> Generator[Preparing, None, ClipSet]:
    """The clips of each class, telling of each before it is read; UserError `clips.broken` (file)."""
    files = [file for clips in found.values() for file in clips]
    read = []
    for done, file in enumerate(files):
        yield Preparing("reading", done, len(files))
        read.append(_read(file))
    return ClipSet(
        tuple(found),
        np.stack([frames for frames, _ in read]),
        np.asarray([k for k, clips in enumerate(found.values()) for _ in clips], np.int64),
        tuple(f"{file.parent.name}/{file.name}" for file in files),
        np.asarray([shape for _, shape in read], np.int64),
    )


def _counts(path: Path, folder: bool) -> bool:
    plain = not path.name.startswith(".") and path.name not in _LITTER and not path.is_symlink()
    return plain and (path.is_dir() if folder else path.is_file())


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if _counts(path, False)]


def _check(found: Mapping[str, Sequence[object]]) -> None:
    if len(found) < 2:
        raise UserError("clips.no_classes", count=len(found))
    seen: dict[str, str] = {}
    for name, files in found.items():
        plain = unicodedata.normalize("NFKC", name).casefold().strip()
        if plain in seen:
            raise UserError("clips.same_name", name=name)
        seen[plain] = name
        if len(files) < LEAST_CLIPS:
            raise UserError("clips.too_few", name=name, count=len(files), least=LEAST_CLIPS)
    if len(found) > MOST_CLASSES:
        raise UserError("clips.too_many_classes", count=len(found), limit=MOST_CLASSES)
    count = sum(map(len, found.values()))
    if count > MOST_CLIPS:
        raise UserError("clips.too_many", count=count, limit=MOST_CLIPS)


def _read(file: Path) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    name = f"{file.parent.name}/{file.name}"
    try:
        video = open_video(file)
        frames = video.frames_at(uniform_times(0, video.seconds, FRAMES), SIDE)
    except UserError as error:
        raise UserError("clips.broken", file=name) from error
    return square(frames), (video.width, video.height)


def middle_square(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames (T, H, W, 3) without what is beyond the square in their middle."""
    height, width = frames.shape[1:3]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return frames[:, top : top + side, left : left + side]


def square(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle square of frames (T, H, W, 3), SIDE pixels wide; smaller ones are enlarged."""
    middle = middle_square(frames)
    side = middle.shape[1]
    if side == SIDE:
        return middle
    places = (np.arange(SIDE) * side) // SIDE
    return middle[:, places][:, :, places]


def split_rows(labels: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(train, held out): of each class at least one clip in both, the same for the same clips."""
    rng = np.random.default_rng(0)
    train: list[int] = []
    held: list[int] = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        count = min(len(rows) - 1, max(1, round(HELD_OUT * len(rows))))
        held += rows[:count].tolist()
        train += rows[count:].tolist()
    return np.sort(np.asarray(train)), np.sort(np.asarray(held))


def unpack(archive: Path, into: Path) -> None:
    """Put the clips of a zip into CLASS/FILE below `into`, whatever folders they lie in.

    Only the last two parts of a member's name are used, so none can leave `into`. UserError:
    `clips.not_a_zip`, `clips.too_large` (limit: unpacked), `clips.too_many`.
    """
    with _zip_told(), zipfile.ZipFile(archive) as file:
        left = MOST_UNPACKED
        for number, (name, clip, member) in enumerate(_members(file)):
            left -= _copy(file, member, into / name / f"{number:04d}-{clip}", left)


def _list_zip(archive: Path) -> list[str]:
    found: dict[str, list[str]] = {}
    with _zip_told(), zipfile.ZipFile(archive) as file:
        for name, clip, _ in _members(file):
            found.setdefault(name, []).append(clip)
    _check(found)
    return sorted(found)


@contextmanager
def _zip_told() -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # nearly anything can happen on hostile bytes
        raise UserError("clips.not_a_zip") from error


def _members(file: zipfile.ZipFile) -> list[tuple[str, str, zipfile.ZipInfo]]:
    """(class, clip, member) of all that count."""
    members = [m for m in file.infolist() if not m.is_dir() and _wanted(m.filename)]
    if len(members) > MOST_CLIPS:
        raise UserError("clips.too_many", count=len(members), limit=MOST_CLIPS)
    parts = [member.filename.replace("\\", "/").split("/")[-2:] for member in members]
    return [(name, clip, member) for (name, clip), member in zip(parts, members, strict=True)]


def _wanted(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return (
        len(parts) >= 2
        and not any(
            part in ("", ".", "..", *_LITTER) or part.startswith(".") for part in parts[-2:]
        )
        and "__MACOSX" not in parts
    )


def _copy(file: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, left: int) -> int:
    """Bytes written; what a member says of its size is not believed."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError("clips.not_a_zip")  # zipfile unpacks the others without a limit
    limit = min(left, MAX_BYTES)
    to.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with file.open(member) as source, to.open("wb") as target:
        while part := source.read(1 << 20):
            written += len(part)
            if written > limit:
                raise UserError("clips.too_large", limit=limit)
            target.write(part)
    return written


@contextmanager
def opened(place: Path) -> Iterator[Path]:
    """A folder of classes: `place` itself, or what a zip holds, for as long as it is needed."""
    if place.is_dir():
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="mm-clips-") as folder:
        unpack(place, Path(folder))
        yield Path(folder)
