"""Photographs with what is known of them: captions, or the kinds of things in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mm_demo.data.picture_files import Stored, contents
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture


@dataclass(frozen=True, eq=False)
class Photos:
    """A split of a data set of photographs, sorted by name.

    names: (N,), as the publisher has them. captions: (N,), those of each; () where the set has
    none. kinds: (N,), what is in each; () where that is not known. missing: photographs of the
    split that have no picture, or nothing known of them, and are left out. odd: lines of the table
    that are no rows. files: (N,), where the pictures lie.
    """

    name: str
    split: str
    names: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]
    kinds: tuple[frozenset[str], ...]
    missing: int
    files: tuple[Stored, ...] = field(repr=False)
    odd: int = 0

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, rows: Sequence[int]) -> Photos:
        """Some of the photographs, in the order of `rows`."""
        return replace(
            self,
            names=tuple(self.names[row] for row in rows),
            captions=tuple(self.captions[row] for row in rows) if self.captions else (),
            kinds=tuple(self.kinds[row] for row in rows) if self.kinds else (),
            files=tuple(self.files[row] for row in rows),
        )

    def picture(self, row: int) -> Picture:
        """A photograph, opened. UserError: `image.*`, as `open_picture` raises."""
        return open_picture(next(contents([self.files[row]])))

    def pictures(self, rows: Sequence[int] | None = None) -> Iterator[Picture | None]:
        """Each photograph, opened; None for one that cannot be."""
        chosen = self.files if rows is None else [self.files[row] for row in rows]
        for content in contents(chosen):
            try:
                picture = open_picture(content)
            except UserError:
                picture = None
            yield picture

    def squares(
        self, size: int, rows: Sequence[int] | None = None
    ) -> Iterator[NDArray[np.uint8] | None]:
        """Each photograph squeezed to (size, size, 3) uint8; None for one that cannot be opened."""
        from mm_demo.nn.preprocess import square  # brings torch, which the readers do without

        for picture in self.pictures(rows):
            yield None if picture is None else square(picture.pixels, size)


def with_captions(
    name: str,
    split: str,
    pictures: Mapping[str, Stored],
    captions: Mapping[str, Sequence[str]],
    wanted: set[str],
    odd: int,
) -> Photos:
    """The photographs of a split (`wanted`: names without ending) that have picture and captions.

    UserError `photos.no_match` where not one has both.
    """
    stems = sorted(stem for stem in wanted if stem in pictures and captions.get(stem))
    if not stems:
        raise UserError("photos.no_match", what=name, split=split)
    return Photos(
        name,
        split,
        tuple(f"{stem}.jpg" for stem in stems),
        tuple(tuple(captions[stem]) for stem in stems),
        (),
        len(wanted) - len(stems),
        tuple(pictures[stem] for stem in stems),
        odd,
    )


def joined(name: str, parts: Sequence[Photos]) -> Photos:
    """The photographs of several sets, one set after the other."""
    return Photos(
        name,
        parts[0].split,
        tuple(n for part in parts for n in part.names),
        tuple(c for part in parts for c in part.captions),
        tuple(k for part in parts for k in part.kinds),
        sum(part.missing for part in parts),
        tuple(f for part in parts for f in part.files),
        sum(part.odd for part in parts),
    )


def told(photos: Photos) -> str:
    """A line about a split: how many there are, and what was left out."""
    captions = sum(map(len, photos.captions))
    line = f"{photos.split:6} {len(photos)} photographs"
    if photos.captions:
        line += f", {captions} captions"
    if photos.kinds:
        line += f", {len(frozenset().union(*photos.kinds))} kinds of things"
    if photos.missing:
        line += f"; {photos.missing} left out: no picture, or nothing known of it"
    if photos.odd:
        line += f"; {photos.odd} lines of the table are no rows"
    return line
