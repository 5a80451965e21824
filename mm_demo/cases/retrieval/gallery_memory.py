"""A model's embeddings in memory, and the exact search among them.

A row is compared in eight bits first: a quarter of the bytes to be read. What the rounding may
change at most is known (Cauchy-Schwarz), so only rows that may be among the best are compared in
full, and the answer is that of a comparison of all.

No index stands above it: on photographs' vectors, asked for by captions, LanceDB's IVF_FLAT at a
recall@10 of 0.97 took 1.2 times as long among 100,000 and 0.9 times among 400,000 (`python -m
benchmarks.gallery index [pictures]`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import torch
from numpy.typing import NDArray

MOST_PIECES = 64  # of the rows' table: finding one among many takes time
FEW = 1 / 8  # of the rows: above this, a product with all is faster than picking some
_COLUMNS = ("vectors", "values", "scales")


def eight_bits(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(n, D) int8 and (n,) scales: each row over its scale, rounded to -127 ... 127."""
    scales = np.maximum(np.abs(rows).max(1, initial=0), np.float32(1e-12)) / np.float32(127)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


class Store:
    """Vectors with room for more: what is added lies behind what others are reading.

    vectors: (room, D) float32. values (room, D) int8 and scales (room,): the same in eight bits.
    The first `used` of them count. norm, lost: the largest of a row and of what rounding changed.
    """

    def __init__(self, dim: int, room: int) -> None:
        self.used = 0
        self.vectors = np.empty((room, dim), np.float32)
        self.values = np.empty((room, dim), np.int8)
        self.scales = np.empty(room, np.float32)
        self.norm = self.lost = 0.0

    def followed(self, count: int, vectors: NDArray[np.float32]) -> Store:
        """The first `count` rows and then these (n, D): this store, where it has room behind them."""
        store, end = self, count + len(vectors)
        if count != self.used or end > len(self.scales):
            store = Store(vectors.shape[1], end + end // 2 if count else end)
            for name in _COLUMNS:
                getattr(store, name)[:count] = getattr(self, name)[:count]
            store.norm, store.lost = self.norm, self.lost
        values, scales = eight_bits(vectors)
        store.vectors[count:end], store.values[count:end] = vectors, values
        store.scales[count:end] = scales
        changed = vectors - values * scales[:, None]
        store.norm = max(store.norm, np.linalg.norm(vectors, axis=1).max(initial=0))
        store.lost = max(store.lost, np.linalg.norm(changed, axis=1).max(initial=0))
        store.used = end
        return store


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A table as it was at `version`.

    read: rows of the table looked at, `last` the id of the last of them. rows: those of them that
    are shown, as a hit tells them; store: their vectors, and perhaps later ones behind them.
    """

    version: int
    read: int = 0
    last: str = ""
    rows: pa.Table | None = None
    store: Store | None = None

    def __len__(self) -> int:
        return 0 if self.rows is None else self.rows.num_rows

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(n, D) float32; (0, 0) where there are none."""
        none = np.zeros((0, 0), np.float32)
        return none if self.store is None else self.store.vectors[: len(self)]

    def extended(self, version: int, rows: pa.Table, shown: NDArray[np.bool_]) -> Snapshot:
        """With rows that were written since (id, caption, source, width, height, embedding).

        Not by two threads at once.
        """
        if not rows.num_rows:
            return replace(self, version=version)
        read, last = self.read + rows.num_rows, rows["id"][-1].as_py()
        if not shown.all():
            rows = rows.filter(pa.array(shown))
        told, vectors = rows.drop_columns(["embedding"]), as_matrix(rows["embedding"])
        store = (self.store or Store(vectors.shape[1], 0)).followed(len(self), vectors)
        if self.rows is not None:
            told = pa.concat_tables([self.rows, told])
        if told["id"].num_chunks > MOST_PIECES:
            told = told.combine_chunks()
        return Snapshot(version, read, last, told, store)

    def best(
        self, query: NDArray[np.float32], k: int, sources: Sequence[str] | None
    ) -> list[tuple[float, dict[str, Any]]]:
        """The k rows of the largest inner products, best first; of equal ones, the first written.

        query: (D,) float32. ValueError where the embeddings have another D.
        """
        if self.rows is None or not len(self) or k < 1:
            return []
        if query.shape != self.vectors.shape[1:]:
            raise ValueError(f"a query of shape {query.shape} for {self.vectors.shape[1:]}")
        rough, error = self._roughly(query)
        k = min(k, len(rough))
        if sources is not None:
            wanted = pa.array(list(sources), pa.string())
            asked = pc.is_in(self.rows["source"], value_set=wanted).to_numpy()
            rough[~asked] = -np.inf
            k = min(k, int(asked.sum()))
        if not k:
            return []
        least = np.partition(rough, len(rough) - k)[len(rough) - k] - 2 * error
        places = np.flatnonzero(rough >= least)
        if len(places) > FEW * len(rough):
            exact = (self.vectors @ query)[places]
        else:
            exact = self.vectors[places] @ query
        order = np.argsort(-exact, kind="stable")[:k]
        return [(float(exact[n]), self.rows.slice(int(places[n]), 1).to_pylist()[0]) for n in order]

    def _roughly(self, query: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """Inner products (n,) in eight bits, and how far one may be off.

        |x.q - x'.q'| <= |x - x'| |q| + |x'| |q - q'|, and what float32 itself rounds.
        """
        assert self.store is not None
        store, count = self.store, len(self)
        (values,), (scale,) = eight_bits(query[None])
        column = torch.from_numpy(values)[:, None]
        products = torch._int_mm(torch.from_numpy(store.values[:count]), column).numpy()[:, 0]
        rough = products.astype(np.float32)
        rough *= store.scales[:count] * scale
        length, changed = np.linalg.norm(query), np.linalg.norm(query - values * scale)
        error = store.lost * length + (store.norm + store.lost) * changed
        return rough, float(error + 1e-5 * store.norm * length)


def as_matrix(column: pa.ChunkedArray) -> NDArray[np.float32]:
    """(n, D) float32 of a column of embeddings."""
    dim = column.type.list_size
    parts = [chunk.flatten().to_numpy().reshape(-1, dim) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros((0, dim), np.float32)
