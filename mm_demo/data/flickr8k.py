"""Flickr8k: photographs of people and animals, five captions each (Hodosh, Young and Hockenmaier, JAIR 47, 2013).

Read from the folder that `MM_DEMO_DATA` names, or `flickr8k/` in it, in the official split:

* the publisher's form: `Flicker8k_Dataset/` with the pictures, `Flickr8k.token.txt` (or
  `captions.txt`) and the lists `Flickr_8k.trainImages.txt`, `.devImages.txt`, `.testImages.txt`;
* tars: `flickr8k-train.tar`, `-dev.tar`, `-test.tar` and `flickr8k-captions.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mm_demo.data.captions_table import read_published, text_of
from mm_demo.data.folder import data_folder
from mm_demo.data.forms import first, lacking, looked
from mm_demo.data.photo_set import Photos, told, with_captions
from mm_demo.data.picture_files import in_folder, in_tar

OFFICIAL = {"train": 6000, "dev": 1000, "test": 1000}
_WHAT = "Flickr8k"
_SOURCE = "https://hockenmaier.cs.illinois.edu/Framing_Image_Description/KCCA.html"
_FOLDERS = ("", "flickr8k", "Flickr8k", "Flickr8k_text", "flickr8k/Flickr8k_text")
_PICTURES = ("Flicker8k_Dataset/", "Flickr8k_Dataset/", "Images/", "images/")
_TABLES = ("flickr8k-captions.tsv", "Flickr8k.token.txt", "captions.txt")


def read(split: str) -> Photos:
    """The photographs of a split that have both picture and captions.

    UserError: `data.no_folder`, `data.missing`, `photos.half` (what, absent, source),
    `data.broken` (file), `photos.no_match`; ValueError for an unknown split.
    """
    table_file, place, listed = _found(split)
    table = read_published(table_file)
    captions = {Path(name).stem: found for name, found in table.captions.items()}
    if listed is None:
        pictures = in_tar(place)
        photos = with_captions("flickr8k", split, pictures, captions, set(pictures), table.odd)
        absent = max(0, OFFICIAL[split] - len(pictures))
        return replace(photos, missing=photos.missing + absent)
    wanted = {Path(name).stem for name in text_of(listed).split()}
    return with_captions("flickr8k", split, in_folder(place), captions, wanted, table.odd)


def _found(split: str) -> tuple[Path, Path, Path | None]:
    """The captions, the pictures of a tar or folder and, with a folder, the list of the split."""
    if split not in OFFICIAL:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(OFFICIAL)}")
    folders = [data_folder() / folder for folder in _FOLDERS]
    tar_name, list_name = f"flickr8k-{split}.tar", f"Flickr_8k.{split}Images.txt"
    table = first(folders, _TABLES)
    tar, pictures = first(folders, [tar_name]), first(folders, _PICTURES)
    listed = first(folders, [list_name])
    if table and tar:
        return table, tar, None
    if table and pictures and listed:
        return table, pictures, listed
    raise lacking(
        _WHAT,
        _SOURCE,
        {tar_name: tar, "flickr8k-captions.tsv": table},
        {"Flicker8k_Dataset/": pictures, "Flickr8k.token.txt": table, list_name: listed},
    )


def at_hand() -> tuple[bool, str]:
    """Whether all splits are there, and a line: which files, or what is missing. Opens none."""
    return looked(_found, OFFICIAL)


def build() -> Iterator[str]:
    """Read each split once; a line about each."""
    for split in OFFICIAL:
        yield told(read(split))
