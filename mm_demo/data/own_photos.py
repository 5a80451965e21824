"""A visitor's own photographs with captions, gathered in a folder: from zips, or file by file."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mm_demo.data.inline import data_url
from mm_demo.data.photo_folder import MOST_PICTURES, read_folder_split, read_photo_folder
from mm_demo.data.photo_set import Photos
from mm_demo.data.picture_files import ENDINGS, contents
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture

MOST_BYTES = 500_000_000  # of one visitor
_THUMB = 96  # pixels of the longer side


@dataclass(frozen=True)
class Added:
    """What came in, and what was left out.

    alone: pictures without a caption and captions without a picture; broken: pictures that cannot
    be opened; odd: lines that are no rows.
    """

    photographs: int
    captions: int
    alone: int
    broken: int
    odd: int


@dataclass(frozen=True)
class Gathered:
    """All that is there: how many captions, photographs to learn from and held out; some of them."""

    captions: int
    train: int
    held_out: int
    shown: tuple[tuple[Path, str], ...]


def add(folder: Path, files: Sequence[str]) -> Added:
    """Copy photographs with captions into the visitor's folder, each with its text beside it.

    A zip counts for itself; all other files together are as one folder. All or none: UserError as
    `read_photo_folder`, `photos.none_opened`, `photos.too_many`, `photos.too_large` (limit).
    """
    fresh = folder.parent / f"{folder.name}-new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        loose, ready = fresh / "loose", fresh / "ready"
        loose.mkdir(parents=True)
        ready.mkdir()
        places = [Path(file) for file in files if file.lower().endswith(".zip")]
        for file in map(Path, files):
            if file not in places:
                shutil.copyfile(file, loose / file.name)
        if len(places) < len(files):
            places.append(loose)
        found = [read_photo_folder(place) for place in places]
        captions = _copy(found, folder, ready)
        kept = len(captions)
        broken = sum(map(len, found)) - kept
        if not kept:
            raise UserError("photos.none_opened", count=broken)
        if len(_pictures(folder)) + kept > MOST_PICTURES:
            raise UserError("photos.too_many", limit=MOST_PICTURES)
        for file in ready.iterdir():
            file.rename(folder / file.name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    alone, odd = sum(photos.missing for photos in found), sum(photos.odd for photos in found)
    return Added(kept, sum(captions), alone, broken, odd)


def _copy(found: Sequence[Photos], folder: Path, ready: Path) -> list[int]:
    """Into `ready`, numbered on from what is in `folder`; how many captions each one has."""
    room = MOST_BYTES - sum(file.stat().st_size for file in folder.iterdir())
    number = 1 + max((int(file.stem) for file in folder.iterdir()), default=0)
    captions: list[int] = []
    for photos in found:
        rows = zip(photos.names, photos.captions, contents(photos.files), strict=True)
        for name, said, content in rows:
            if not _opens(content):
                continue
            room -= len(content)
            if room < 0:
                raise UserError("photos.too_large", limit=MOST_BYTES)
            place = ready / f"{number + len(captions):06d}{Path(name).suffix.lower()}"
            place.write_bytes(content)
            place.with_suffix(".txt").write_text("\n".join(said), encoding="utf-8")
            captions.append(len(said))
    return captions


def _opens(content: bytes) -> bool:
    try:
        open_picture(content, longest_side=_THUMB)
    except UserError:
        return False
    return True


def gathered(folder: Path, most: int) -> Gathered | None:
    """What is there, with the first `most` photographs and a caption of each; None for nothing."""
    if not _pictures(folder):
        return None
    photos = read_photo_folder(folder)
    shown = tuple(
        (folder / name, said[0])
        for name, said in zip(photos.names[:most], photos.captions, strict=False)
    )
    train = len(read_folder_split(folder, "train"))
    return Gathered(sum(map(len, photos.captions)), train, len(photos) - train, shown)


def remove(folder: Path) -> None:
    """Delete all of it."""
    for file in folder.iterdir():
        file.unlink()


def thumbnail(picture: Path) -> str:
    """A small picture, a data URL."""
    return _thumbnail(picture, picture.stat().st_mtime_ns)


@lru_cache(maxsize=2000)
def _thumbnail(picture: Path, _changed: int) -> str:
    return data_url(open_picture(picture, longest_side=_THUMB).pixels, quality=60)


def _pictures(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.suffix in ENDINGS]
