"""Right or wrong: accuracy, top-k accuracy, area under the ROC curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def accuracy(scores: ArrayLike, labels: ArrayLike) -> float:
    """The share of rows whose label has the highest score, alone. See `top_k_accuracy`."""
    return top_k_accuracy(scores, labels, 1)


def top_k_accuracy(scores: ArrayLike, labels: ArrayLike, k: int) -> float:
    """The share of rows whose label is among the `k` highest scores.

    scores: (N, C); labels: (N,) integers in [0, C).
    A class that ties with the label counts as ahead of it: a constant score gets 0 for k < C.
    ValueError: shapes, a label outside [0, C), a score that is nan, k < 1.
    """
    table, truths = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    if table.ndim != 2 or truths.shape != table.shape[:1] or table.size == 0:
        raise ValueError(f"scores {table.shape} must be (N, C) and labels {truths.shape} (N,)")
    if not np.issubdtype(truths.dtype, np.integer):
        raise ValueError(f"labels must be integers, not {truths.dtype}")
    if truths.min() < 0 or truths.max() >= table.shape[1]:
        raise ValueError(f"labels must be in [0, {table.shape[1]})")
    if np.isnan(table).any():
        raise ValueError("a score is nan")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    own = np.take_along_axis(table, truths[:, None], axis=1)
    places = (table >= own).sum(axis=1)  # the label itself is one of them: from 1
    return float(np.mean(places <= k))


def chance(labels: ArrayLike) -> float:
    """What the best constant answer scores: the share of the most frequent of labels (N,)."""
    counts = np.bincount(np.asarray(labels))
    return float(counts.max() / counts.sum())


def roc_auc(positive_scores: ArrayLike, negative_scores: ArrayLike) -> float:
    """The chance that a positive scores above a negative; a tie is half a win.

    positive_scores: (P,); negative_scores: (N,). O((P + N) log N): the Mann-Whitney statistic.
    ValueError: either is empty or has a nan.
    """
    positives = np.asarray(positive_scores, dtype=np.float64)
    negatives = np.sort(np.asarray(negative_scores, dtype=np.float64), axis=None)
    if positives.ndim != 1 or len(positives) == 0 or len(negatives) == 0:
        raise ValueError("roc_auc needs at least one positive and one negative score")
    if np.isnan(positives).any() or np.isnan(negatives).any():
        raise ValueError("a score is nan")
    below = np.searchsorted(negatives, positives, side="left")
    up_to = np.searchsorted(negatives, positives, side="right")
    return float(np.mean(below + up_to) / (2 * len(negatives)))
