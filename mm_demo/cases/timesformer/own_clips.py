"""A visitor's own classes on the page: their clips, gathered one by one or from a zip."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path

from mm_demo.data.clip_folder import MOST_CLASSES, MOST_CLIPS, unpack
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.media.video import open_video

LONGEST_NAME = 40
MOST_BYTES = 500_000_000  # of one visitor
_THUMB = 64  # pixels


def classes(folder: Path) -> dict[str, list[Path]]:
    """The clips of each class, in the order of their names."""
    return {
        place.name: sorted(place.iterdir()) for place in sorted(folder.iterdir()) if place.is_dir()
    }


def add(folder: Path, name: str, files: list[str]) -> None:
    """Copy clips into the class `name`; a zip brings its own classes.

    All or none: UserError for what cannot be opened as a video, for a name that is none
    (`clips.bad_name`), `clips.too_many`, `clips.too_many_classes`, `clips.too_large` (limit).
    """
    fresh = folder.parent / f"{folder.name}-new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir()
        for number, file in enumerate(files):
            if Path(file).suffix.lower() == ".zip":
                unpack(Path(file), fresh)
            else:
                _put(Path(file), fresh / _class(name), number)
        for clip in (clip for clips in classes(fresh).values() for clip in clips):
            _check(clip)
        _check_room(folder, fresh)
        for label, clips in classes(fresh).items():
            place = folder / _like(folder, label)
            place.mkdir(exist_ok=True)
            first = 1 + max((int(old.stem) for old in place.iterdir()), default=0)
            for number, clip in enumerate(clips, first):
                clip.rename(place / f"{number:05d}{clip.suffix[:8]}")
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def remove(folder: Path, name: str, clip: str | None = None) -> None:
    """Delete a class, or one clip of it; nothing where there is none of that name."""
    found = classes(folder).get(name, [])
    for file in found:
        if clip in (None, file.name):
            file.unlink()
    if name in classes(folder) and not any((folder / name).iterdir()):
        (folder / name).rmdir()


def thumbnail(clip: Path) -> str:
    """The frame in the middle as a small picture, a data URL."""
    return _thumbnail(clip, clip.stat().st_mtime_ns)


@lru_cache(maxsize=2000)
def _thumbnail(clip: Path, _changed: int) -> str:
    video = open_video(clip)
    return data_url(video.frames_at([video.seconds / 2], _THUMB)[0], quality=60)


def _put(file: Path, place: Path, number: int) -> None:
    place.mkdir(exist_ok=True)
    shutil.copyfile(file, place / f"{number:05d}{file.suffix[:8]}")


def _class(name: str) -> str:
    """A class's name as a folder's."""
    plain = " ".join((name or "").split())
    if not plain or plain.startswith(".") or set(plain) & set('/\\\0:*?"<>|'):
        raise UserError("clips.bad_name")
    if len(plain) > LONGEST_NAME:
        raise UserError("clips.long_name", limit=LONGEST_NAME)
    return plain


def _like(folder: Path, name: str) -> str:
    """The class that is there already under this name but for capitals, or the name itself."""
    name = _class(name)
    return next((old for old in classes(folder) if old.casefold() == name.casefold()), name)


def _check(clip: Path) -> None:
    try:
        open_video(clip)
    except UserError as error:
        raise UserError("clips.broken", file=f"{clip.parent.name}/{clip.name}") from error


def _check_room(folder: Path, fresh: Path) -> None:
    both = [
        file for place in (folder, fresh) for files in classes(place).values() for file in files
    ]
    if len(both) > MOST_CLIPS:
        raise UserError("clips.too_many", count=len(both), limit=MOST_CLIPS)
    if sum(file.stat().st_size for file in both) > MOST_BYTES:
        raise UserError("clips.too_large", limit=MOST_BYTES)
    names = {name.casefold() for place in (folder, fresh) for name in classes(place)}
    if len(names) > MOST_CLASSES:
        raise UserError("clips.too_many_classes", count=len(names), limit=MOST_CLASSES)
