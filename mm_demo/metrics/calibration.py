"""Does 0.8 mean 8 in 10? Platt scaling, reliability and expected calibration error."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray


class ReliabilityBin(TypedDict):
    """One bar of a reliability diagram: low <= probability < high (the last bin includes 1)."""

    low: float
    high: float
    mean_probability: float
    share_true: float
    count: int


def sigmoid(logits: ArrayLike) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), any shape, without overflow."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, dtype=np.float64)))


def fit_platt(logits: ArrayLike, truths: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Slopes and offset such that sigmoid(logits @ slopes + offset) is a probability.

    logits: (N,) or (N, F), finite; truths: (N,) bool; the slopes have shape () or (F,). Platt
    (1999) with his smoothed targets, which keep separable data finite; Newton's method with halved
    steps as in Lin, Lin and Weng (2007). The slope of what never varies is 0.
    ValueError: shapes, no examples, a logit that is not finite.
    """
    x, true = np.asarray(logits, dtype=np.float64), np.asarray(truths, dtype=bool)
    if x.ndim not in (1, 2) or x.shape[:1] != true.shape or len(x) == 0:
        raise ValueError(f"logits {x.shape} and truths {true.shape} must both be (N, ...)")
    if not np.isfinite(x).all():
        raise ValueError("a logit is not finite")
    n_true = int(true.sum())
    targets = np.where(true, (n_true + 1) / (n_true + 2), 1 / (len(x) - n_true + 2))
    # Standardised, so that neither scale nor place of the logits matters to the arithmetic.
    columns = x.reshape(len(x), -1)
    centre = columns.mean(0)
    deviation = columns.std(0)  # of equal numbers it may be a rounding error instead of 0
    spread = np.where((np.ptp(columns, axis=0) > 0) & (deviation > 0), deviation, np.inf)
    design = np.column_stack([(columns - centre) / spread, np.ones(len(x))])  # (N, F + 1)

    def loss(weights: NDArray[np.float64]) -> float:
        z = design @ weights
        return float(np.sum(np.logaddexp(0.0, z) - targets * z))

    weights = np.zeros(design.shape[1])
    for _ in range(100):
        p = sigmoid(design @ weights)
        gradient = design.T @ (p - targets)
        hessian = (design.T * (p * (1 - p))) @ design + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(hessian, gradient)
        size, before = 1.0, loss(weights)
        while size > 1e-10 and loss(weights - size * step) > before:
            size /= 2
        weights = weights - size * step
        if np.abs(step).max() < 1e-10:
            break
    slopes = weights[:-1] / spread
    return slopes.reshape(x.shape[1:]), float(weights[-1] - slopes @ centre)


def expected_calibration_error(
    probabilities: ArrayLike, truths: ArrayLike, bins: int = 10
) -> float:
    """Mean over examples of |share true - mean probability| of the example's bin, in [0, 1].

    probabilities: (N,) in [0, 1]; truths: (N,) bool; equal-width bins (Naeini et al. 2015).
    ValueError: as for `reliability`.
    """
    rows = reliability(probabilities, truths, bins)
    total = sum(row["count"] for row in rows)
    gaps = (row["count"] * abs(row["share_true"] - row["mean_probability"]) for row in rows)
    return sum(gaps) / total


def reliability(
    probabilities: ArrayLike, truths: ArrayLike, bins: int = 10
) -> list[ReliabilityBin]:
    """The bars of a reliability diagram, lowest first; bins without examples are left out.

    probabilities: (N,) in [0, 1]; truths: (N,) bool.
    ValueError: shapes, no examples, a probability outside [0, 1] or nan, bins < 1.
    """
    p, true = np.asarray(probabilities, dtype=np.float64), np.asarray(truths, dtype=bool)
    if p.ndim != 1 or p.shape != true.shape or len(p) == 0:
        raise ValueError(f"probabilities {p.shape} and truths {true.shape} must both be (N,)")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities must be in [0, 1]")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    edges = np.arange(bins + 1) / bins
    index = np.minimum(np.searchsorted(edges, p, side="right") - 1, bins - 1)
    return [
        ReliabilityBin(
            low=float(edges[b]),
            high=float(edges[b + 1]),
            mean_probability=float(p[index == b].mean()),
            share_true=float(true[index == b].mean()),
            count=int((index == b).sum()),
        )
        for b in np.unique(index)
    ]
