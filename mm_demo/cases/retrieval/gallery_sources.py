"""Where a gallery's pictures come from, and several galleries searched as one."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.cases.retrieval.gallery_items import (
    OWN,
    OWNERS_ONLY,
    Added,
    Embed,
    Hit,
    New,
    is_public,
)
from mm_demo.data import flickr8k
from mm_demo.data.own_photos import MOST_BYTES
from mm_demo.data.photo_folder import read_pictures
from mm_demo.data.photo_set import Photos, joined
from mm_demo.data.picture_files import Stored, contents
from mm_demo.data.scenes import ALL_PAIRS, Scene, captions, draw, sample_single, scenes_for
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.media.image import Picture

SCENES = 1000
SCENE_SIZE = 192  # pixels: sharp enough to be looked at, and drawn in seconds
MOST_ADDED = 2000  # own pictures at once
SOURCES = ("scenes", "packages", "flickr8k")

# Photographs inside of installed packages: package, file below it, and what one sees.
_PACKAGED = (
    ("gradio", "media_assets/images/cheetah1.jpg", "A cheetah looks into the camera."),
    ("gradio", "media_assets/images/cheetah.jpg", "A cheetah runs past, blurred by its speed."),
    ("gradio", "media_assets/images/lion.jpg", "A lion with a dark mane lies on a rock."),
    ("gradio", "media_assets/images/tower.jpg", "The Eiffel Tower, lit up at dusk."),
    ("gradio", "media_assets/images/bus.png", "A drawing of a red bus."),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "An old woman in a navy uniform before a flag."),
    ("sklearn", "datasets/images/china.jpg", "A Chinese tower above trees and a lake."),
    ("sklearn", "datasets/images/flower.jpg", "An orange flower in front of dark leaves."),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DrawnScenes:
    """The first scenes of the test split, and each colour and kind alone, drawn when asked for.

    What is searched for by a short name is to be found: alone, many a pair is in another split.
    """

    count: int = SCENES

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[New]:
        rng = np.random.default_rng(0)
        alone = _alone()[: self.count // 10]
        for scene in [*scenes_for("test", self.count - len(alone), 0), *alone]:
            picture = Picture(draw(scene, SCENE_SIZE), (SCENE_SIZE, SCENE_SIZE))
            yield New(picture, captions(scene, rng, "en", 1)[0].text, "scenes")


def _alone() -> list[Scene]:
    """A scene of each pair by itself, from the first split that has one."""
    rng, found = np.random.default_rng(1), []
    for pair in ALL_PAIRS:
        for split in ("test", "dev", "train"):
            with suppress(ValueError):
                found.append(sample_single(rng, pair, split))
                break
    return found


@dataclass(frozen=True, eq=False)
class Photographs:
    """The photographs of a set, opened when they are asked for."""

    photos: Photos
    source: str

    def __len__(self) -> int:
        return len(self.photos)

    def __iter__(self) -> Iterator[New]:
        files = contents(self.photos.files)
        for content, said in zip(files, self.photos.captions, strict=True):
            yield New(content, "\n".join(said), self.source)


def own_pictures(places: Sequence[str | Path]) -> Photographs:
    """A person's pictures, and folders and zips of them, with the captions that those have.

    Zips stay packed. UserError: `retrieval.own.nothing`, `retrieval.own.too_many` (limit),
    `photos.too_large` (limit), as `read_pictures` raises.
    """
    parts = [_brought(Path(place)) for place in places]
    if not parts:
        raise UserError("retrieval.own.nothing")
    photos = joined(OWN, parts)
    if len(photos) > MOST_ADDED:
        raise UserError("retrieval.own.too_many", limit=MOST_ADDED)
    if sum(file.member.file_size for file in photos.files if file.member) > MOST_BYTES:
        raise UserError("photos.too_large", limit=MOST_BYTES)
    return Photographs(photos, OWN)


def _brought(place: Path) -> Photos:
    if place.is_dir() or place.suffix.lower() == ".zip":
        return read_pictures(place)
    return Photos(OWN, "all", (place.name,), ((),), (), 0, (Stored(place),))


def packaged() -> list[New]:
    """The photographs that installed packages ship; packages are looked for, not imported."""
    found = []
    for package, file, caption in _PACKAGED:
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            path = Path(folder) / file
            if path.is_file():
                found.append(New(path, caption, "packages"))
    return found


def at_hand() -> tuple[str, ...]:
    """The sources that a gallery can be built from here and now."""
    known = [name for name in SOURCES if not (name in OWNERS_ONLY and is_public())]
    return tuple(name for name in known if name != "flickr8k" or flickr8k.at_hand()[0])


def build(
    gallery: Gallery, sources: Sequence[str], embed: Embed, model: str
) -> Generator[Preparing, None, Added]:
    """Fill a gallery from sources; what an earlier call has finished is passed over at once.

    A build that was cut short goes on where it stopped. UserError as the gallery and the sources
    raise; ValueError for a source that is not of `SOURCES`, or not for a public page.
    """
    new = duplicates = broken = 0
    for source in sources:
        if source not in SOURCES or (source in OWNERS_ONLY and is_public()):
            raise ValueError(f"no source {source!r} here")
        if source in gallery.built():
            continue
        added = yield from gallery.add(_pictures(source), embed, model)
        gallery.mark_built(source)
        new, duplicates = new + added.new, duplicates + added.duplicates
        broken += added.broken
    return Added(new, duplicates, broken)


def _pictures(source: str) -> DrawnScenes | Photographs | list[New]:
    if source == "scenes":
        return DrawnScenes()
    return packaged() if source == "packages" else Photographs(flickr8k.read("dev"), source)


class Galleries:
    """The shared gallery and a visitor's own, looked at as one."""

    def __init__(self, *galleries: Gallery) -> None:
        self.galleries = galleries

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        *,
        sources: Sequence[str] | None = None,
        model: str,
    ) -> list[Hit]:
        """The k best of all, best first; of equal scores, those of the gallery named first."""
        hits = [h for g in self.galleries for h in g.search(query, k, sources=sources, model=model)]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def thumbnails(self, ids: Sequence[str]) -> dict[str, bytes]:
        """JPEG bytes by id."""
        return {i: file for g in self.galleries for i, file in g.thumbnails(ids).items()}

    def count(self, model: str) -> int:
        """How many pictures `search` looks at."""
        return sum(gallery.count(model) for gallery in self.galleries)
