"""Ranks and R@K of 1,000 images x 5,000 texts, both ways, against an argsort for each query.

    python -m benchmarks.ranks

Prints how many times faster `metrics.retrieval` is in the same run, and fails where ranks or R@K
differ. The vectors are random, five texts near each image.
"""

import time
from collections.abc import Callable

import numpy as np

from mm_demo.metrics.retrieval import ranks, recall_at

IMAGES, TEXTS, DIM, NOISE, ROUNDS = 1000, 5, 256, 6, 7


def by_argsort(scores: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """The place of the first relevant item, query by query."""
    found = [
        1 + np.flatnonzero(true[np.argsort(-line)])[0]
        for line, true in zip(scores, relevant, strict=True)
    ]
    return np.array(found)


def seconds(work: Callable[[np.ndarray, np.ndarray], object], *tables: np.ndarray) -> float:
    begin = time.process_time()
    work(*tables)
    return time.process_time() - begin


def compare(name: str, scores: np.ndarray, relevant: np.ndarray) -> None:
    ours, theirs = ranks(scores, relevant), by_argsort(scores, relevant)
    assert np.array_equal(ours, theirs)
    assert all(recall_at(ours, k) == np.mean(theirs <= k) for k in (1, 5, 10))
    slow, fast = np.inf, np.inf
    for _ in range(ROUNDS):
        slow = min(slow, seconds(by_argsort, scores, relevant))
        fast = min(fast, seconds(ranks, scores, relevant))
    print(
        f"{name}: {slow / fast:.1f} times faster ({1000 * slow:.0f} ms, {1000 * fast:.1f} ms), "
        f"equal ranks, R@1 {recall_at(ours, 1):.3f}, R@10 {recall_at(ours, 10):.3f}"
    )


def main() -> None:
    rng = np.random.default_rng(0)
    images = rng.standard_normal((IMAGES, DIM), np.float32)
    owner = np.repeat(np.arange(IMAGES), TEXTS)
    texts = images[owner] + NOISE * rng.standard_normal((len(owner), DIM), np.float32)
    scores = images @ (texts / np.linalg.norm(texts, axis=1, keepdims=True)).T
    own = owner == np.arange(IMAGES)[:, None]
    compare("image to text", scores, own)
    compare("text to image", np.ascontiguousarray(scores.T), np.ascontiguousarray(own.T))


if __name__ == "__main__":
    main()
