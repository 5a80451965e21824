"""What a gallery takes in and gives back, and whose of it is whose."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture

OWN = "own"
OWNERS_ONLY = ("flickr8k",)  # sources whose terms keep them off a public page
LONGEST_SIDE = 320  # pixels of a thumbnail

Embed = Callable[[list[Picture]], NDArray[np.float32]]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class New:
    """A picture to be added: opened, or its file or bytes; its sentences, one on a line."""

    picture: Picture | Path | bytes
    caption: str = ""
    source: str = OWN


@dataclass(frozen=True)
class Item:
    """A picture of the gallery.

    id: 32 hex digits of its pixels' hash. thumbnail: JPEG, longest side `LONGEST_SIDE`. caption:
    its sentences, one on a line. source: "scenes", "packages", "flickr8k" or "own". size: (width,
    height) of the picture it was made from.
    """

    id: str
    thumbnail: bytes
    caption: str
    source: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Hit:
    """A picture that was found, without its thumbnail; `score` is the inner product."""

    id: str
    score: float
    caption: str
    source: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Added:
    """How many were new, were there before (the same pixels), and could not be opened."""

    new: int
    duplicates: int
    broken: int


def is_public() -> bool:
    """Whether strangers see this page: on a Space, or where `MM_DEMO_PUBLIC` is 1."""
    return os.environ.get("MM_DEMO_PUBLIC") == "1" or "SPACE_ID" in os.environ


def shown_to(owner: str, rows: pa.Table) -> NDArray[np.bool_]:
    """Which rows (source, owner) a gallery of this owner ("": nobody in particular) shows.

    Own pictures are their owner's; on a public page those of nobody in particular are the person's
    who started it, and stay hidden with the sources of `OWNERS_ONLY`.
    """
    own = pc.equal(rows["source"], OWN)
    nobody = is_public() and not owner
    mine = pa.scalar(False) if nobody else pc.equal(rows["owner"], owner)
    banned = pa.array(OWNERS_ONLY if is_public() else (), pa.string())
    allowed = pc.invert(pc.is_in(rows["source"], value_set=banned))
    return pc.if_else(own, mine, allowed).to_numpy()


def quoted(text: str) -> str:
    """A string in SQL."""
    return "'" + text.replace("'", "''") + "'"


def row_of(item: New, owner: str) -> dict[str, object] | None:
    """The row of a picture; None for one that cannot be opened."""
    try:
        given = item.picture
        picture = given if isinstance(given, Picture) else open_picture(given)
    except UserError:
        return None
    whose = owner if item.source == OWN else ""
    width, height = picture.original_size
    return {
        "id": pixels_hash(picture, whose),
        "thumbnail": _thumbnail(picture),
        "caption": item.caption,
        "source": item.source,
        "owner": whose,
        "width": width,
        "height": height,
    }


def pixels_hash(picture: Picture, owner: str = "") -> str:
    """The id of these pixels in the hands of an owner."""
    head = f"{owner}\n{picture.pixels.shape}".encode()
    return sha256(head + np.ascontiguousarray(picture.pixels).tobytes()).hexdigest()[:32]


def _thumbnail(picture: Picture) -> bytes:
    image = Image.fromarray(picture.pixels)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, "JPEG", quality=90, subsampling=0)
    return file.getvalue()


def in_batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of `size`, the last one shorter."""
    while batch := list(islice(items, size)):
        yield batch


def embedded(embed: Embed, thumbnails: Sequence[bytes]) -> NDArray[np.float32]:
    """(n, D) float32 of thumbnails as they are stored, so that embedding anew sees the same.

    ValueError where `embed` answers with another shape or something not finite.
    """
    vectors = np.asarray(embed([open_picture(file) for file in thumbnails]), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(thumbnails) or not np.isfinite(vectors).all():
        raise ValueError(
            f"embed gave {vectors.shape} for {len(thumbnails)} pictures, or no numbers"
        )
    return vectors
