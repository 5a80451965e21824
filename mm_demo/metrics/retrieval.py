"""Ranked search: R@K, median rank, mean average precision, and the same with one answer only.

Ties never help: an irrelevant item with the same score as a relevant one counts as ahead of it.
A constant score so scores at its worst, whatever the order of the gallery.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ranks(scores: ArrayLike, relevant: ArrayLike) -> NDArray[np.int64]:
    """The place of each query's best-placed relevant item, from 1.

    scores: (Q, G), higher is better; relevant: (Q, G) bool. Returns (Q,).
    An item that ties with the best relevant one counts as ahead of it unless it is relevant too.
    ValueError: shapes differ or are empty, a score is nan, a query has no relevant item.
    """
    table, truths = _checked(scores, relevant)
    flat = np.flatnonzero(truths)
    rows, theirs = flat // table.shape[1], table.reshape(-1)[flat]
    first = np.searchsorted(rows, np.arange(len(table)))
    best = np.maximum.reduceat(theirs, first)
    alike = np.add.reduceat(theirs >= best[rows], first, dtype=np.int64)
    reached = np.count_nonzero(table >= best[:, None], axis=1)
    return np.asarray(1 + reached - alike, dtype=np.int64)


def recall_at(ranks: ArrayLike, k: int) -> float:
    """R@K: the share of queries with a relevant item among the first `k`. ranks: (Q,), from 1."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return float(np.mean(_places(ranks) <= k))


def median_rank(ranks: ArrayLike) -> float:
    """The median of (Q,) ranks; halfway between the middle two where Q is even."""
    return float(np.median(_places(ranks)))


def mean_average_precision(scores: ArrayLike, relevant: ArrayLike) -> float:
    """Mean over queries of the mean, over relevant items, of the precision at the item's place.

    scores: (Q, G); relevant: (Q, G) bool. Within a tie irrelevant items come first.
    ValueError: as for `ranks`.
    """
    table, truths = _checked(scores, relevant)
    return float(np.mean([_average_precision(*row) for row in zip(table, truths, strict=True)]))


def retrieval_figures(
    scores: ArrayLike, relevant: ArrayLike, own: ArrayLike, prefix: str
) -> dict[str, float]:
    """`{prefix}_r1`, `_r5`, `_r10`, `_median_rank`, `_map` and `_r1_strict`.

    scores, relevant: (Q, G); own: (Q,), the index of the item that the query was made for.
    Strict: only the own item counts, and other relevant ones ahead of it are mistakes.
    ValueError: as for `ranks`; also where an own item is not marked relevant.
    """
    truths = np.asarray(relevant, dtype=bool)
    places = ranks(scores, truths)
    index = np.asarray(own)
    if index.shape != places.shape or not np.issubdtype(index.dtype, np.integer):
        raise ValueError(f"own must be {places.shape} integers, not {index.shape} {index.dtype}")
    if index.min() < 0 or index.max() >= truths.shape[1]:
        raise ValueError("own must point into the gallery")
    alone = np.zeros_like(truths)
    alone[np.arange(len(index)), index] = True
    if not truths[alone].all():
        raise ValueError("the own item of every query must be relevant")
    figures = {f"{prefix}_r{k}": recall_at(places, k) for k in (1, 5, 10)}
    figures[f"{prefix}_median_rank"] = median_rank(places)
    figures[f"{prefix}_map"] = mean_average_precision(scores, truths)
    figures[f"{prefix}_r1_strict"] = recall_at(ranks(scores, alone), 1)
    return figures


def evaluate_retrieval(
    image_embeddings: ArrayLike,
    text_embeddings: ArrayLike,
    owner: ArrayLike | None = None,
    *,
    true: ArrayLike | None = None,
) -> dict[str, float]:
    """`retrieval_figures` of both directions, under `image_to_text` and `text_to_image`.

    Unit vectors of images (N, D) and texts (M, D), as they are compared: by their products.
    owner: (M,), the image that each text was written for, None for text i of image i; every image
    needs a text. true: (N, M) bool, which texts fit which images, None for an image's own texts.
    ValueError: as for `retrieval_figures`.
    """
    images, texts = np.asarray(image_embeddings), np.asarray(text_embeddings)
    written_for = np.arange(len(texts)) if owner is None else np.asarray(owner)
    own = written_for == np.arange(len(images))[:, None]
    truths = own if true is None else np.asarray(true, dtype=bool)
    scores = images @ texts.T
    return {
        **retrieval_figures(scores, truths, own.argmax(1), "image_to_text"),
        **retrieval_figures(scores.T, truths.T, written_for, "text_to_image"),
    }


def _average_precision(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> float:
    hits = np.sort(scores[relevant])[::-1]
    others = np.sort(scores[~relevant])
    ahead = len(others) - np.searchsorted(others, hits, side="left")  # left: ties are ahead
    found = np.arange(1, len(hits) + 1)
    return float(np.mean(found / (found + ahead)))


def _checked(
    scores: ArrayLike, relevant: ArrayLike
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    table, truths = np.asarray(scores), np.asarray(relevant, dtype=bool)
    if table.dtype not in (np.float32, np.float64):
        table = table.astype(np.float64)
    if table.ndim != 2 or table.shape != truths.shape or table.size == 0:
        raise ValueError(f"scores {table.shape} and relevant {truths.shape} must both be (Q, G)")
    if np.isnan(table.min()):  # a minimum hands nan on
        raise ValueError("a score is nan")
    if not truths.any(axis=1).all():
        raise ValueError("a query has no relevant item")
    return table, truths


def _places(ranks: ArrayLike) -> NDArray[np.int64]:
    places = np.asarray(ranks)
    if places.ndim != 1 or len(places) == 0 or places.min() < 1:
        raise ValueError("ranks must be (Q,), at least one, each from 1")
    return places
