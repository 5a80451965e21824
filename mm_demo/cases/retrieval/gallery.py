"""A gallery of pictures that is kept on disk or in a bucket, and searched by embeddings.

LanceDB (Pace et al., "Lance: Efficient Random Access in Columnar Storage", arXiv:2504.15247) holds
one table of pictures and one of embeddings for each model. A model's id is its name and the hash of
its weights ("retrieval-scenes@0123456789abcdef"): other weights are another model, whose embeddings
are made anew. A row is written whole or not at all, first the picture, then its embedding; a picture
that a kill left without one counts as outdated.
"""

from __future__ import annotations

import csv
import io
import operator
import os
import re
import threading
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from mm_demo.cases.retrieval import gallery_items as items_of
from mm_demo.cases.retrieval.gallery_items import OWN, Added, Embed, Hit, Item, New, quoted
from mm_demo.cases.retrieval.gallery_memory import Snapshot
from mm_demo.cases.retrieval.gallery_tables import (
    BUILT,
    PICTURES,
    Tables,
    embeddings_name,
    embeddings_schema,
)
from mm_demo.data.arrays import cache_folder
from mm_demo.errors import UserError
from mm_demo.events import Preparing

BATCH = 64  # pictures, written and acknowledged together
MOST_FRAGMENTS = 64  # of a table, before its pieces are joined
_TABLE, _BUILT = "pictures", "built"
_TOLD = ("id", "caption", "source", "owner", "width", "height")
_ID = re.compile(r"[0-9a-f]{32}")


def gallery_place() -> str | Path:
    """The place that `MM_DEMO_GALLERY` names, else a folder of the user's cache."""
    return os.environ.get("MM_DEMO_GALLERY") or cache_folder() / "gallery"


class Gallery:
    """The pictures of a place: a folder or an `s3://` address, by default `gallery_place()`.

    Safe for threads; several processes may read and write the same place. `owner` is whose own
    pictures it shows, adds and deletes: on a public page a visitor, at home nobody in particular.
    Raises UserError as `Tables` does.
    """

    def __init__(self, place: str | Path | None = None, *, owner: str | None = None) -> None:
        self.place = gallery_place() if place is None else place
        self.owner = owner or ""
        self.tables = Tables(self.place)
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = threading.Lock()

    def add(
        self, items: Iterable[New], embed: Embed, model: str
    ) -> Generator[Preparing, None, Added]:
        """Add pictures and their embeddings; tells after each batch, which is then safe on disk.

        `embed` takes opened thumbnails and gives unit vectors (n, D) float32. ValueError for own
        pictures of nobody in particular on a public page.
        """
        total = operator.length_hint(items)
        there = set(self.tables.ids(_TABLE))
        done = new = duplicates = broken = 0
        for batch in items_of.in_batches(iter(items), BATCH):
            rows: dict[str, dict[str, Any]] = {}
            for item in batch:
                if item.source == OWN and items_of.is_public() and not self.owner:
                    raise ValueError("on a public page own pictures need an owner")
                row = items_of.row_of(item, self.owner)
                if row is None:
                    broken += 1
                elif row["id"] in there or row["id"] in rows:
                    duplicates += 1
                    rows.setdefault(str(row["id"]), row)
                else:
                    new += 1
                    rows[str(row["id"])] = row
            self._write(list(rows.values()), embed, model)
            there |= rows.keys()
            done += len(batch)
            yield Preparing("gallery", done, max(total, done))
        if self.tables.fragments(_TABLE) > MOST_FRAGMENTS:
            self.tables.compact()
        return Added(new, duplicates, broken)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        *,
        sources: Sequence[str] | None = None,
        model: str,
    ) -> list[Hit]:
        """The k pictures of the largest inner products with `query` (D,), best first; exact.

        Of equal scores the one added first. ValueError where the model's embeddings have another D.
        """
        found = self._snapshot(model).best(np.asarray(query, np.float32), k, sources)
        return [
            Hit(row["id"], score, row["caption"], row["source"], (row["width"], row["height"]))
            for score, row in found
        ]

    def items(self, ids: Sequence[str] | None = None) -> Iterator[Item]:
        """The pictures of these ids, or all, with their thumbnails; unknown ids are passed over."""
        wanted = self._ids() if ids is None else [i for i in ids if _ID.fullmatch(i)]
        for batch in items_of.in_batches(iter(wanted), 256):
            rows = self.tables.read(_TABLE, [*_TOLD, "thumbnail"], _among(batch))
            if rows is None:
                return
            shown = rows.filter(pa.array(items_of.shown_to(self.owner, rows)))
            found = {row["id"]: row for row in shown.to_pylist()}
            for row in (found[i] for i in batch if i in found):
                size = row["width"], row["height"]
                yield Item(row["id"], row["thumbnail"], row["caption"], row["source"], size)

    def thumbnails(self, ids: Sequence[str]) -> dict[str, bytes]:
        """JPEG bytes by id."""
        return {item.id: item.thumbnail for item in self.items(ids)}

    def embeddings(self, model: str) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors (n, D) of all pictures that `search` looks at."""
        known = self._snapshot(model)
        return [] if known.rows is None else known.rows["id"].to_pylist(), known.vectors

    def count(self, model: str) -> int:
        """How many pictures `search` looks at."""
        return len(self._snapshot(model))

    def outdated(self, model: str, *, sources: Sequence[str] | None = None) -> int:
        """How many pictures (of these sources, or all) have no embedding of this model."""
        return len(self._missing(model, sources))

    def reembed(
        self, embed: Embed, model: str, *, sources: Sequence[str] | None = None
    ) -> Generator[Preparing, None, int]:
        """Embed what `outdated` counts, from the thumbnails; returns how many."""
        missing = self._missing(model, sources)
        for at in range(0, len(missing), BATCH):
            ids = missing[at : at + BATCH]
            rows = self.tables.read(_TABLE, [*_TOLD, "thumbnail"], _among(ids))
            if rows is not None:
                self._embed(rows.to_pylist(), embed, model)
            yield Preparing("embeddings", min(at + BATCH, len(missing)), len(missing))
        self._drop_orphans(model)
        return len(missing)

    def delete(self, ids: Sequence[str]) -> int:
        """Delete own pictures, for every model; other ids are passed over. Returns how many.

        Their bytes leave the disk when the gallery is next compacted.
        """
        wanted = [i for i in ids if _ID.fullmatch(i)]
        if not wanted:
            return 0
        own = f"source = {quoted(OWN)} AND owner = {quoted(self.owner)} AND {_among(wanted)}"
        mine = self.tables.ids(_TABLE, own)
        if mine:
            for name in self._embedding_tables():
                self.tables.delete(name, _among(mine))
            self.tables.delete(_TABLE, own)
        return len(mine)

    def forget(self, model: str) -> None:
        """Drop the embeddings of a model that is gone."""
        self.tables.drop(embeddings_name(model))
        with self._lock:
            self._snapshots.pop(model, None)

    def built(self) -> tuple[str, ...]:
        """The sources that have been added to their end."""
        return tuple(self.tables.ids(_BUILT))

    def mark_built(self, source: str) -> None:
        """Remember that a source has been added to its end."""
        self.tables.merge(_BUILT, pa.table({"id": [source]}, schema=BUILT))

    def compact(self) -> None:
        """Join small files, and let go of deleted rows and old versions."""
        self.tables.compact()

    def export(self, path: str | Path) -> int:
        """Write a zip of all pictures shown, as kept, and `captions.csv`; returns how many.

        A folder of photographs with captions, as `read_photo_folder` reads it. UserError
        `disk.cannot_write` (folder, reason).
        """
        path = Path(path)
        beside = path.with_name(f".{path.name}.part")
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["file_name", "text", "source"])
        count = 0
        try:
            with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
                for item in self.items():
                    archive.writestr(f"{item.id}.jpg", item.thumbnail)
                    for sentence in item.caption.splitlines():
                        table.writerow([f"{item.id}.jpg", sentence, item.source])
                    count += 1
                archive.writestr("captions.csv", text.getvalue())
            beside.replace(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError("disk.cannot_write", folder=str(path.parent), reason=reason) from error
        finally:
            beside.unlink(missing_ok=True)
        return count

    def _write(self, rows: list[dict[str, Any]], embed: Embed, model: str) -> None:
        self.tables.merge(_TABLE, pa.Table.from_pylist(rows, PICTURES))
        if rows:
            known = set(self.tables.ids(embeddings_name(model), _among([r["id"] for r in rows])))
            self._embed([row for row in rows if row["id"] not in known], embed, model)

    def _embed(self, rows: list[dict[str, Any]], embed: Embed, model: str) -> None:
        if not rows:
            return
        vectors = items_of.embedded(embed, [row["thumbnail"] for row in rows])
        columns = {name: [row[name] for row in rows] for name in _TOLD}
        flat = pa.array(vectors.ravel(), pa.float32())
        columns["model"] = [model] * len(rows)
        columns["embedding"] = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        schema = embeddings_schema(vectors.shape[1])
        made = pa.table(columns, schema=schema)
        with self._lock:
            version, inserted = self.tables.merge(embeddings_name(model), made)
            known = self._snapshots.get(model)
            if known is not None and version == known.version + 1 and inserted == len(rows):
                # Nobody else wrote meanwhile: those who search need not read it from the disk.
                shown = items_of.shown_to(self.owner, made)
                self._snapshots[model] = known.extended(version, made.drop_columns("model"), shown)

    def _snapshot(self, model: str) -> Snapshot:
        """The model's embeddings as they are on disk now: what was written since is read here."""
        name = embeddings_name(model)
        table = self.tables.get(name)
        if table is None:
            return Snapshot(0)
        with self.tables.telling():
            version = table.version
        known = self._snapshots.get(model)
        if known is not None and known.version >= version:
            return known
        with self._lock:
            known = self._snapshots.get(model) or Snapshot(0)
            if known.version < version:
                known = self._snapshots[model] = self._read_on(known, name, version)
            return known

    def _read_on(self, known: Snapshot, name: str, version: int) -> Snapshot:
        columns = [*_TOLD, "embedding"]
        rows = self.tables.read(name, columns, skip=known.read - 1) if known.read else None
        if rows is not None and rows.num_rows and rows["id"][0].as_py() == known.last:
            rows = rows.slice(1)  # the last row is where it was: none before it is gone
        else:
            known, rows = Snapshot(0), self.tables.read(name, columns)
        if rows is None:
            return Snapshot(0)
        shown = items_of.shown_to(self.owner, rows)
        return known.extended(version, rows, shown)

    def _ids(self, sources: Sequence[str] | None = None) -> list[str]:
        where = None if sources is None else _one_of("source", sources)
        rows = self.tables.read(_TABLE, ["id", "source", "owner"], where)
        if rows is None:
            return []
        return rows.filter(pa.array(items_of.shown_to(self.owner, rows)))["id"].to_pylist()

    def _missing(self, model: str, sources: Sequence[str] | None) -> list[str]:
        there = set(self.tables.ids(embeddings_name(model)))
        return [i for i in self._ids(sources) if i not in there]

    def _drop_orphans(self, model: str) -> None:
        """Embeddings of pictures that somebody deleted while they were made."""
        name = embeddings_name(model)
        gone = set(self.tables.ids(name)) - set(self.tables.ids(_TABLE))
        if gone:
            self.tables.delete(name, _among(sorted(gone)))

    def _embedding_tables(self) -> list[str]:
        return [name for name in self.tables.names() if name.startswith("embeddings_")]


def _among(ids: Sequence[str]) -> str:
    return _one_of("id", ids)


def _one_of(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(map(quoted, values))})" if values else "false"
