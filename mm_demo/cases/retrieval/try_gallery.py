"""The gallery as the page sees it: built when first asked for, and whose pictures are whose."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mm_demo.cases.retrieval.gallery_items import OWN, Added, Item, is_public, shown_to
from mm_demo.data import flickr8k
from mm_demo.data.picture_files import contents
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.media.image import open_picture
from mm_demo.ui.runs import Runs

if TYPE_CHECKING:
    from mm_demo.cases.retrieval.gallery import Gallery
    from mm_demo.cases.retrieval.gallery_items import Hit

MOST_OWN_IN_PUBLIC = 500  # of one visitor
_MOST_SENTENCES = 20_000  # remembered for each model
_MOST_COUNTS = 200


def sources_at_hand() -> tuple[str, ...]:
    """What a visitor can search through; their own pictures last."""
    there = not is_public() and flickr8k.at_hand()[0]
    return ("scenes", "packages", *(("flickr8k",) if there else ()), OWN)


def scope(world: str) -> list[str]:
    """The sources that suit what a model learned from and are looked through in seconds."""
    return ["scenes" if world == "scenes" else "packages", OWN]


@dataclass(frozen=True)
class Found:
    """What a search gave: hits, best first, and how many pictures it looked at."""

    hits: list[Hit]
    looked_at: int


class PageGallery:
    """The shared gallery and, on a public page, each visitor's own. Safe for threads.

    Started by its owner, what they add is kept in the shared one; on a public page it is that
    visitor's alone and goes with them. LanceDB takes seconds to import: the first search does it.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._shared: Gallery | None = None
        self._opening, self._building = threading.Lock(), threading.Lock()
        self._of_runs: dict[str, Path] = {}
        self._done: set[tuple[str, str]] = set()  # model and source
        self._seen: dict[tuple[str, str], int] = {}  # model and place -> version of the pictures
        self._counts: dict[tuple[str, int, tuple[str, ...]], int] = {}
        self._sentences: dict[str, dict[str, NDArray[np.float32]]] = {}
        atexit.register(self._forget_runs, all_of_them=True)

    def own(self, session: str | None) -> Gallery:
        """Where this visitor's own pictures are."""
        from mm_demo.cases.retrieval.gallery import Gallery

        if is_public():
            folder = self._runs.own_data(session, "retrieval-gallery")
            return Gallery(folder, owner=session or "nobody")
        with self._opening:
            if self._shared is None:
                self._shared = Gallery()
            return self._shared

    def all(self, session: str | None) -> list[Gallery]:
        """The galleries that this visitor searches."""
        from mm_demo.cases.retrieval.gallery import Gallery

        own = self.own(session)
        if not is_public():
            return [own]
        with self._opening:
            if self._shared is None:
                self._shared = Gallery()
            return [self._shared, own]

    def ready(
        self, session: str | None, model: Any, sources: Sequence[str], folder: Path | None = None
    ) -> Iterator[Preparing]:
        """Build what is missing of the sources, embed what this model has not seen; tells how far.

        folder: that of a visitor's run, whose embeddings go when it goes.
        """
        from mm_demo.cases.retrieval.gallery_sources import build

        wanted = [name for name in sources if name != OWN]
        if self._is_ready(session, model, sources):
            return
        while not self._building.acquire(timeout=0.5):
            yield Preparing("gallery", 0, 1)  # somebody else builds it
        try:
            self._forget_runs()
            if folder is not None:
                self._of_runs[model.id] = folder
            shared, *visitors = self.all(session)
            yield from build(shared, wanted, model.embed_pictures, model.id)
            for gallery in (shared, *visitors):
                yield from gallery.reembed(model.embed_pictures, model.id, sources=sources)
            self._done |= {(model.id, name) for name in wanted}
            own = self.own(session)
            self._seen[model.id, str(own.place)] = _version(own)
        finally:
            self._building.release()

    def _is_ready(self, session: str | None, model: Any, sources: Sequence[str]) -> bool:
        """Whether a search of these sources has to wait for nothing."""
        if any((model.id, name) not in self._done for name in sources if name != OWN):
            return False
        own = self.own(session)
        return OWN not in sources or self._seen.get((model.id, str(own.place))) == _version(own)

    def search(
        self,
        session: str | None,
        model: Any,
        query: NDArray[np.float32],
        k: int,
        sources: Sequence[str],
        but: str | None = None,
    ) -> Found:
        """The best k of these sources, without the one whose id is `but`."""
        from mm_demo.cases.retrieval.gallery_sources import Galleries

        galleries = self.all(session)
        found = Galleries(*galleries).search(query, k + 1, sources=sources, model=model.id)
        hits = [hit for hit in found if hit.id != but][:k]
        return Found(hits, sum(self._count(gallery, sources) for gallery in galleries))

    def items(self, session: str | None, ids: Sequence[str]) -> dict[str, Item]:
        """Pictures with thumbnails, by id; what is not there, or not theirs, is left out."""
        return {item.id: item for g in self.all(session) for item in g.items(ids)}

    def mine(self, session: str | None) -> list[Item]:
        """This visitor's own pictures, in the order in which they came."""
        gallery = self.own(session)
        rows = gallery.tables.read("pictures", ["id", "source"])
        ids = [] if rows is None else rows.to_pylist()
        return list(gallery.items([row["id"] for row in ids if row["source"] == OWN]))

    def add(
        self, session: str | None, files: Sequence[str], model: Any
    ) -> Generator[Preparing, None, Added]:
        """Add pictures, and zips of them with or without captions.

        UserError: `retrieval.own.too_many` (limit), `photos.none_opened` (count), as the gallery,
        `own_pictures` and, of one picture alone, `open_picture` raise.
        """
        from mm_demo.cases.retrieval.gallery_sources import own_pictures

        fresh = own_pictures(files)
        if is_public() and len(self.mine(session)) + len(fresh) > MOST_OWN_IN_PUBLIC:
            raise UserError("retrieval.own.too_many", limit=MOST_OWN_IN_PUBLIC)
        added = yield from self.own(session).add(fresh, model.embed_pictures, model.id)
        if added.new + added.duplicates == 0:
            if len(fresh) == 1:
                open_picture(next(contents(fresh.photos.files)))  # says why
            raise UserError("photos.none_opened", count=added.broken)
        return added

    def sentences(
        self,
        session: str | None,
        model: Any,
        picture: NDArray[np.float32],
        sources: Sequence[str],
        k: int = 5,
    ) -> list[tuple[str, float]]:
        """The gallery's sentences that lie closest to a picture (D,), each with its cosine."""
        said: dict[str, None] = {}
        for gallery in self.all(session):
            for row in self._rows(gallery, sources):
                said.update(dict.fromkeys(line for line in row["caption"].splitlines() if line))
        lines = list(said)[:_MOST_SENTENCES]
        known = self._sentences.setdefault(model.id, {})
        fresh = [line for line in lines if line not in known]
        for at in range(0, len(fresh), 256):
            part = fresh[at : at + 256]
            known.update(zip(part, model.embed_texts(part), strict=True))
        if not lines:
            return []
        cosines = np.stack([known[line] for line in lines]) @ picture
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(lines[i], float(cosines[i])) for i in best]

    def _count(self, gallery: Gallery, sources: Sequence[str]) -> int:
        key = (str(gallery.place), _version(gallery), tuple(sources))
        count = self._counts.get(key)
        if count is None:
            count = len(self._rows(gallery, sources))
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            self._counts[key] = count
        return count

    def _rows(self, gallery: Gallery, sources: Sequence[str]) -> list[dict[str, Any]]:
        rows = gallery.tables.read("pictures", ["caption", "source", "owner"])
        if rows is None:
            return []
        shown = shown_to(gallery.owner, rows)
        pairs = zip(rows.to_pylist(), shown, strict=True)
        return [row for row, here in pairs if here and row["source"] in sources]

    def _forget_runs(self, all_of_them: bool = False) -> None:
        """Embeddings by runs that are gone go too."""
        for model, folder in list(self._of_runs.items()):
            if (all_of_them or not folder.is_dir()) and self._shared is not None:
                del self._of_runs[model]
                self._sentences.pop(model, None)
                self._shared.forget(model)
                self._done = {pair for pair in self._done if pair[0] != model}


def _version(gallery: Gallery) -> int:
    """It changes with each write of a picture."""
    table = gallery.tables.get("pictures")
    return 0 if table is None else int(table.version)
