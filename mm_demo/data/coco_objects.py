"""Photographs of COCO with the kinds of things in them: for measuring, not for training.

Read where `coco.py` reads:

* tars: `coco-objects-dev.tar`, `coco-objects-test.tar` and `coco-objects.tsv`, which has the split;
* the publisher's form: `val2017/` and `annotations/instances_val2017.json`. Photographs with an
  even number are dev, the others test; `coco`'s dev split are the same photographs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mm_demo.data.coco import OBJECTS_TABLE, SOURCE, WHAT, folders, labels_of, rows_of
from mm_demo.data.forms import first, lacking, looked
from mm_demo.data.photo_set import Photos, told
from mm_demo.data.picture_files import in_folder, in_tar
from mm_demo.errors import UserError

SPLITS = ("dev", "test")
# The publisher's, in alphabetical order: all of them are asked for even where a split lacks one.
KINDS = (
    "airplane", "apple", "backpack", "banana", "baseball bat", "baseball glove", "bear", "bed",
    "bench", "bicycle", "bird", "boat", "book", "bottle", "bowl", "broccoli", "bus", "cake", "car",
    "carrot", "cat", "cell phone", "chair", "clock", "couch", "cow", "cup", "dining table", "dog",
    "donut", "elephant", "fire hydrant", "fork", "frisbee", "giraffe", "hair drier", "handbag",
    "horse", "hot dog", "keyboard", "kite", "knife", "laptop", "microwave", "motorcycle", "mouse",
    "orange", "oven", "parking meter", "person", "pizza", "potted plant", "refrigerator", "remote",
    "sandwich", "scissors", "sheep", "sink", "skateboard", "skis", "snowboard", "spoon",
    "sports ball", "stop sign", "suitcase", "surfboard", "teddy bear", "tennis racket", "tie",
    "toaster", "toilet", "toothbrush", "traffic light", "train", "truck", "tv", "umbrella", "vase",
    "wine glass", "zebra",
)  # fmt: skip


def read(split: str) -> Photos:
    """The photographs of a split and, of `KINDS`, what is in each (nothing: an empty set).

    UserError: `data.no_folder`, `data.missing`, `photos.half` (what, absent, source),
    `data.broken` (file), `photos.no_match`; ValueError for an unknown split.
    """
    table, place = _found(split)
    if place.is_dir():
        kinds, odd = _instances(table, split), 0
        pictures = in_folder(place)
    else:
        kinds, odd = _listed(table, split)
        pictures = in_tar(place)
    stems = sorted(kinds.keys() & pictures.keys())
    if not stems:
        raise UserError("photos.no_match", what="coco_objects", split=split)
    return Photos(
        "coco_objects",
        split,
        tuple(f"{stem}.jpg" for stem in stems),
        (),
        tuple(kinds[stem] for stem in stems),
        len(kinds) - len(stems),
        tuple(pictures[stem] for stem in stems),
        odd,
    )


def _found(split: str) -> tuple[Path, Path]:
    """The table, and the pictures: a tar or a folder."""
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(SPLITS)}")
    places = folders()
    forms: list[dict[str, Path | None]] = [
        {name: first(places, [name]) for name in names}
        for names in (
            (OBJECTS_TABLE, f"coco-objects-{split}.tar"),
            ("annotations/instances_val2017.json", "val2017/"),
        )
    ]
    for form in forms:
        table, pictures = form.values()
        if table and pictures:
            return table, pictures
    raise lacking(WHAT, SOURCE, *forms)


def _listed(path: Path, split: str) -> tuple[dict[str, frozenset[str]], int]:
    """By name the kinds of a split's photographs, and how many lines say something else."""
    kinds, odd = {}, 0
    for row in rows_of(path, ("name", "split", "kinds")):
        named = frozenset(kind.strip() for kind in row["kinds"].split(","))
        if row["split"] not in SPLITS or not named <= set(KINDS):
            odd += 1
        elif row["split"] == split:
            kinds[Path(row["name"]).stem] = named
    return kinds, odd


def _instances(path: Path, split: str) -> dict[str, frozenset[str]]:
    found = labels_of(path)
    half = SPLITS.index(split)
    try:
        names = {i["id"]: Path(i["file_name"]).stem for i in found["images"] if i["id"] % 2 == half}
        called = {category["id"]: category["name"] for category in found["categories"]}
        seen: dict[str, set[str]] = {name: set() for name in names.values()}
        for row in found["annotations"]:
            if row["image_id"] in names:
                seen[names[row["image_id"]]].add(called[row["category_id"]])
    except (KeyError, TypeError) as error:
        raise UserError("data.broken", file=path.name) from error
    if not set(called.values()) <= set(KINDS):
        raise UserError("data.broken", file=path.name)
    return {name: frozenset(kinds) for name, kinds in seen.items()}


def at_hand() -> tuple[bool, str]:
    """Whether both splits are there, and a line: which files, or what is missing. Opens none."""
    return looked(_found, SPLITS)


def build() -> Iterator[str]:
    """Read each split once; a line about each."""
    for split in SPLITS:
        yield told(read(split))
