"""A person's own photographs with captions: a folder, or a zip of one.

Captions stand in a table (`metadata.csv`, `captions.csv`, `captions.tsv` or `captions.txt`, as the
Hub's imagefolder has it) with a column for the file and one for the caption, or in a text file of
the same name beside each picture, one on a line.
"""

from __future__ import annotations

import os
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from mm_demo.case import OWN
from mm_demo.data.captions_table import MOST_BYTES, Table, decoded, parse_table, tidy
from mm_demo.data.photo_set import Photos
from mm_demo.data.picture_files import ENDINGS, Stored, contents
from mm_demo.errors import UserError

SPLITS = ("train", "dev", "test")
TABLES = ("metadata.csv", "captions.csv", "captions.tsv", "captions.txt")
MOST_PICTURES = 20_000
MOST_FILES = 50_000  # of any kind: pictures, texts beside them, and what else lies there
MOST_TEXT = 1_000_000  # bytes of a text beside a picture
LEAST = 2  # photographs with captions: one to learn from, one to be measured on
ONE_IN = 5  # is held out
_LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")


def read_pictures(place: Path) -> Photos:
    """All pictures of a folder or zip with their captions, () of one that has none.

    Links and hidden files are passed over. `missing`: captions without a picture. UserError:
    `photos.not_a_folder` (neither folder nor zip), `photos.too_many` (pictures, limit),
    `photos.too_many_files` (limit), `photos.no_pictures`, `photos.no_header`, `photos.not_text`,
    `photos.large_table` (the last three: file).
    """
    files = dict(_limited(_in_folder(place) if place.is_dir() else _in_zip(place)))
    tables = [path for path in files if path.name.lower() in TABLES]
    pictures = everything = _pictures(files, PurePosixPath())
    if tables:
        chosen = min(tables, key=lambda p: (len(p.parts), TABLES.index(p.name.lower()), p))
        text = decoded(next(contents([files[chosen]], MOST_BYTES)), chosen.name)
        pictures = _pictures(files, chosen.parent)
        table = parse_table(text, chosen.name)
    else:
        table = _texts(files, pictures)
    captions: dict[PurePosixPath, list[str]] = {path: [] for path in everything.values()}
    absent = 0
    for name, said in table.captions.items():
        path = pictures.get(_key(name))
        if path is None:
            absent += 1
        else:
            captions.setdefault(path, []).extend(said)
    if not captions:
        raise UserError("photos.no_pictures")
    paths = sorted(captions)
    return Photos(
        OWN,
        "all",
        tuple(map(str, paths)),
        tuple(tuple(dict.fromkeys(captions[path])) for path in paths),
        (),
        absent,
        tuple(files[path] for path in paths),
        table.odd,
    )


def read_photo_folder(place: Path) -> Photos:
    """All photographs of a folder or zip that have captions.

    UserError as `read_pictures`, `photos.too_few` (count, least).
    """
    photos = read_pictures(place)
    rows = [row for row, said in enumerate(photos.captions) if said]
    if len(rows) < LEAST:
        raise UserError("photos.too_few", count=len(rows), least=LEAST)
    return replace(photos.rows(rows), missing=photos.missing + len(photos) - len(rows))


def read_folder_split(place: Path, split: str) -> Photos:
    """What of `read_photo_folder` is learned from (train), or held out (dev and test, the same).

    One in five is held out, at least one, chosen by its name: a folder that grows moves none from
    one side to the other, but for that one. ValueError for an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(SPLITS)}")
    photos = read_photo_folder(place)
    held = _held_out(photos.names)
    rows = [row for row in range(len(photos)) if (row in held) == (split != "train")]
    return replace(photos.rows(rows), split=split)


def _held_out(names: tuple[str, ...]) -> set[int]:
    hashes = [sha256(name.encode(errors="surrogatepass")).digest() for name in names]
    marks = [int.from_bytes(found[:8], "big") for found in hashes]
    order = sorted(range(len(names)), key=lambda row: (marks[row] % ONE_IN, marks[row]))
    held = sum(mark % ONE_IN == 0 for mark in marks)
    return set(order[: min(max(1, held), len(names) - 1)])


def _pictures(
    files: Mapping[PurePosixPath, Stored], below: PurePosixPath
) -> dict[str, PurePosixPath]:
    """The pictures below a folder, by what a table may call them from there."""
    return {
        _key(str(path.relative_to(below))): path
        for path in sorted(files, reverse=True)  # of names that differ by case, the first counts
        if path.suffix.lower() in ENDINGS and path.is_relative_to(below)
    }


def _key(name: str) -> str:
    """A name as other systems may write it: slashes, capitals, composed accents."""
    path = str(PurePosixPath(name.replace("\\", "/")))
    return unicodedata.normalize("NFC", path).casefold()


def _texts(files: Mapping[PurePosixPath, Stored], pictures: Mapping[str, PurePosixPath]) -> Table:
    """The lines of the text beside each picture; a text that is none counts as one odd line."""
    table = Table()
    beside = {name: path.with_suffix(".txt") for name, path in pictures.items()}
    there = [name for name, path in beside.items() if path in files]
    texts = contents((files[beside[name]] for name in there), MOST_TEXT)
    for name, content in zip(there, texts, strict=True):
        try:
            text = decoded(content, beside[name].name) if len(content) <= MOST_TEXT else ""
        except UserError:
            text = ""
        lines = [line for line in text.splitlines() if tidy(line)]
        for line in lines or [""]:
            table.add(name, line)
    return table


def _limited(
    files: Iterable[tuple[PurePosixPath, Stored]],
) -> Iterator[tuple[PurePosixPath, Stored]]:
    """Stop where there are too many, without looking at the rest."""
    pictures = 0
    for path, stored in files:
        pictures += path.suffix.lower() in ENDINGS
        if pictures > MOST_PICTURES:
            raise UserError("photos.too_many", limit=MOST_PICTURES)
        yield path, stored


def _in_folder(place: Path) -> Iterator[tuple[PurePosixPath, Stored]]:
    folders, count = [(str(place), "")], 0
    while folders:
        folder, below = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    if count > MOST_FILES:
                        raise UserError("photos.too_many_files", limit=MOST_FILES)
                    if not _counts(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((entry.path, f"{below}{entry.name}/"))
                    elif entry.is_file(follow_symlinks=False) and _of_use(entry.name):
                        yield PurePosixPath(below + entry.name), Stored(Path(entry.path))
        except OSError:  # a folder that may not be read is as one that is empty
            continue


def _in_zip(place: Path) -> Iterator[tuple[PurePosixPath, Stored]]:
    try:
        with zipfile.ZipFile(place) as archive:
            members = archive.infolist()
    except Exception as error:  # nearly anything can happen on hostile bytes
        raise UserError("photos.not_a_folder") from error
    if len(members) > MOST_FILES:
        raise UserError("photos.too_many_files", limit=MOST_FILES)
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        plain = not member.is_dir() and not path.is_absolute() and all(map(_counts, path.parts))
        if plain and _of_use(path.name):
            yield path, Stored(place, member=member)


def _of_use(name: str) -> bool:
    return name.lower().endswith((*ENDINGS, ".txt", ".csv", ".tsv"))


def _counts(name: str) -> bool:
    return not name.startswith(".") and name not in _LITTER
