"""Photographs by the data set's name; `photos` is the union of Flickr8k and COCO, for training."""

from __future__ import annotations

from collections.abc import Iterator

from mm_demo.data import coco, coco_objects, flickr8k
from mm_demo.data.photo_set import Photos, joined, told

__all__ = ["COCO_CARD", "DATASETS", "FLICKR8K_CARD", "Photos", "at_hand", "build", "read"]

DATASETS = ("flickr8k", "coco", "photos", "coco_objects")
# what a model card says of the data, its terms included
FLICKR8K_CARD = (
    "Flickr8k (M. Hodosh, P. Young and J. Hockenmaier, JAIR 47, 2013): 6,000 photographs of people "
    "and animals with five captions each, for research and education, not for commercial use; the "
    "photographs belong to their Flickr authors and are not shipped. Chosen on its 1,000 dev "
    "photographs; its 1,000 test photographs were scored once at the end."
)
COCO_CARD = (
    "1,203 photographs of COCO (T.-Y. Lin and others, ECCV 2014; captions CC BY 4.0; photographs "
    "under their authors' own licences, many non-commercial; not shipped)."
)


def read(dataset: str, split: str) -> Photos:
    """A split of one of `DATASETS`.

    `flickr8k` has train, dev and test, `coco` train and dev, `coco_objects` dev and test. Of
    `photos`, train are both sets' train photographs, dev and test are Flickr8k's. UserError as the
    readers raise; ValueError for another data set or split.
    """
    if dataset == "flickr8k":
        return flickr8k.read(split)
    if dataset == "coco":
        return coco.read(split)
    if dataset == "coco_objects":
        return coco_objects.read(split)
    if dataset != "photos":
        raise ValueError(f"unknown data set {dataset!r}: one of {', '.join(DATASETS)}")
    parts = [flickr8k.read(split)]
    if split == "train":
        parts.append(coco.read(split))
    return joined("photos", parts)


def at_hand() -> tuple[bool, str]:
    """Whether Flickr8k and COCO are there, and a line: which files, or what is missing."""
    looks = [part.at_hand() for part in (flickr8k, coco)]
    lacking = [line for there, line in looks if not there]
    lines = dict.fromkeys(lacking or [line for _, line in looks])
    return not lacking, "; ".join(lines)


def build() -> Iterator[str]:
    """Read each split once; a line about each."""
    for split in ("train", "dev", "test"):
        yield told(read("photos", split))
