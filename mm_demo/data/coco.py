"""COCO: photographs of everyday things with about five captions each (Lin et al., ECCV 2014; Chen et al., 2015).

Read from the folder that `MM_DEMO_DATA` names, or `coco/` in it. train and dev are what the
publisher's 2017 split calls train and val:

* the publisher's form: `train2017/`, `val2017/` and `annotations/captions_train2017.json`,
  `annotations/captions_val2017.json`;
* tars: `coco-train.tar`, `coco-dev.tar`, `coco-captions.tsv`, and `coco-pictures.tsv` for the split.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mm_demo.data.captions_table import Table, read_published, text_of
from mm_demo.data.folder import data_folder
from mm_demo.data.forms import first, lacking, looked
from mm_demo.data.photo_set import Photos, told, with_captions
from mm_demo.data.picture_files import in_folder, in_tar
from mm_demo.errors import UserError

SPLITS = ("train", "dev")
WHAT, SOURCE = "COCO", "https://cocodataset.org/#download"
OBJECTS_TABLE = "coco-objects.tsv"
_YEAR = {"train": "train2017", "dev": "val2017"}


def folders() -> list[Path]:
    """Where COCO's files may lie. UserError `data.no_folder`."""
    return [data_folder() / folder for folder in ("", "coco", "COCO")]


def read(split: str) -> Photos:
    """The photographs of a split that have both picture and captions.

    What `coco-objects.tsv` keeps for measuring is never in train. UserError: `data.no_folder`,
    `data.missing`, `photos.half` (what, absent, source), `data.broken` (file), `photos.no_match`;
    ValueError for an unknown split.
    """
    table_file, place, listed = _found(split)
    if place.is_dir():
        table, wanted = _captions(table_file)
        pictures = in_folder(place)
    else:
        table, pictures = read_published(table_file), in_tar(place)
        wanted = set(pictures)
        if listed is not None:
            rows = rows_of(listed, ("name", "split"))
            wanted = {Path(row["name"]).stem for row in rows if row["split"] == split}
            table.odd += sum(row["split"] not in SPLITS for row in rows)
    if split == "train":
        wanted -= _kept_for_measuring()
    captions = {Path(name).stem: found for name, found in table.captions.items()}
    return with_captions("coco", split, pictures, captions, wanted, table.odd)


def _found(split: str) -> tuple[Path, Path, Path | None]:
    """The captions, the pictures of a tar or folder and, with a tar, the table of the split."""
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(SPLITS)}")
    places, year = folders(), _YEAR[split]
    forms: list[dict[str, Path | None]] = [
        {name: first(places, [name]) for name in names}
        for names in (
            ("coco-captions.tsv", f"coco-{split}.tar"),
            (f"annotations/captions_{year}.json", f"{year}/"),
        )
    ]
    for form in forms:
        table, pictures = form.values()
        if table and pictures:
            listed = first(places, ["coco-pictures.tsv"]) if pictures.is_file() else None
            return table, pictures, listed
    raise lacking(WHAT, SOURCE, *forms)


def _kept_for_measuring() -> set[str]:
    table = first(folders(), [OBJECTS_TABLE])
    return {Path(row["name"]).stem for row in rows_of(table, ("name",))} if table else set()


def rows_of(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table by tabs without quotes, whose header names at least `columns`.

    A row that breaks off has "" where nothing stands. UserError `data.broken` (file).
    """
    lines = io.StringIO(text_of(path), newline="")
    reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise UserError("data.broken", file=path.name) from error
    if not set(columns) <= set(reader.fieldnames or ()):
        raise UserError("data.broken", file=path.name)
    return rows


def labels_of(path: Path) -> dict[str, Any]:
    """A file of the publisher's annotations. UserError `data.broken` (file)."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError("data.broken", file=path.name) from error
    if not isinstance(found, dict):
        raise UserError("data.broken", file=path.name)
    return found


def _captions(path: Path) -> tuple[Table, set[str]]:
    """The captions, and the names without ending of all photographs that the file lists."""
    found, table = labels_of(path), Table()
    try:
        names = {image["id"]: image["file_name"] for image in found["images"]}
        for row in found["annotations"]:
            table.add(names[row["image_id"]], row["caption"])
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError("data.broken", file=path.name) from error
    return table, {Path(name).stem for name in names.values()}


def at_hand() -> tuple[bool, str]:
    """Whether both splits are there, and a line: which files, or what is missing. Opens none."""
    return looked(_found, SPLITS)


def build() -> Iterator[str]:
    """Read each split once; a line about each."""
    for split in SPLITS:
        yield told(read(split))
