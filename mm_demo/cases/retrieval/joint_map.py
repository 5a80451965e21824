"""The joint space on a plane: pictures and texts of pairs, and what each is mistaken for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float32]
HARDEST = 5


class JointMap:
    """A plane through the joint space that stays where it was while the space moves.

    The two principal components of what is shown, fitted anew each time; then rotated or mirrored,
    nothing else, onto the places of the time before (orthogonal Procrustes, Schönemann 1966). So a
    point that wanders has moved in the space, and none jumps because a component changed its sign.
    """

    def __init__(self) -> None:
        self._former: _Array | None = None

    def __call__(self, images: _Array, texts: _Array) -> tuple[_Array, _Array, float]:
        """Unit vectors (N, D) of each side -> places (N, 2) of each, and their share of variance.

        Distances on the plane are those of the space, as far as two dimensions hold them.
        """
        points = np.concatenate([images, texts]).astype(np.float64)
        points -= points.mean(0)
        _, lengths, axes = np.linalg.svd(points, full_matrices=False)
        places = points @ axes[:2].T
        if self._former is not None and self._former.shape == places.shape:
            left, _, right = np.linalg.svd(places.T @ self._former)
            places = places @ (left @ right)
        self._former = places.astype(np.float32)
        energy = float((lengths**2).sum())
        share = float((lengths[:2] ** 2).sum() / energy) if energy > 0 else 1.0
        return self._former[: len(images)], self._former[len(images) :], share


def hardest(images: _Array, texts: _Array, untrue: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """The pictures whose closest untrue text is closest, compared with their own, worst first.

    images, texts: unit vectors (N, D), text i of picture i; untrue: (N, N). Distances are
    1 - cosine; `row` is the picture, `negative` the text.
    """
    cosines = images @ texts.T
    own = cosines.diagonal()
    wrong = np.where(untrue, cosines, -np.inf)
    picked = wrong.argmax(1)
    others = wrong[np.arange(len(wrong)), picked]
    order = np.argsort(own - others, kind="stable")
    return [
        {
            "row": int(row),
            "negative": int(picked[row]),
            "own": round(float(1 - own[row]), 4),
            "other": round(float(1 - others[row]), 4),
        }
        for row in order[:HARDEST]
        if np.isfinite(others[row])
    ]


def preview(
    joint_map: JointMap,
    images: _Array,
    texts: _Array,
    untrue: NDArray[np.bool_],
    names: list[str],
    thumbnails: list[str],
) -> dict[str, Any]:
    """What is drawn while a run goes on, in plain values; see `JointMap` and `hardest`."""
    pictures, sentences, share = joint_map(images, texts)
    return {
        "pictures": [[round(float(v), 4) for v in place] for place in pictures],
        "texts": [[round(float(v), 4) for v in place] for place in sentences],
        "names": names,
        "thumbnails": thumbnails,
        "variance": round(share, 4),
        "hardest": hardest(images, texts, untrue),
    }
