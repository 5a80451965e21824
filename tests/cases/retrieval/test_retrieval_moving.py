"""The map while it trains: what it shows of a preview, and what it says of it."""

import math

import numpy as np
import pytest

from mm_demo.cases.retrieval.moving import distances, value


def preview(own, spread=1.0, n=12):
    """Pictures on a circle, each one's text `own` away from it."""
    turns = [2 * math.pi * i / n for i in range(n)]
    pictures = [[spread * math.cos(t), spread * math.sin(t)] for t in turns]
    return {
        "pictures": pictures,
        "texts": [[x + own, y] for x, y in pictures],
        "names": [f"text {i}" for i in range(n)],
        "thumbnails": ["data:,"] * n,
        "variance": 0.347,
        "hardest": [{"row": 0, "negative": 1, "own": 0.3, "other": 0.2}],
    }


def test_nothing_before_the_first_evaluation():
    assert value({}) == {}
    assert value({"pictures": [[0, 0]], "texts": []}) == {}


def test_distances_are_those_of_all_pairs():
    rng = np.random.default_rng(0)
    pictures, texts = rng.standard_normal((2, 7, 2))
    every = np.linalg.norm(pictures[:, None] - texts[None], axis=-1)
    own, others = distances(pictures.tolist(), texts.tolist())
    assert own == pytest.approx(every.diagonal().mean())
    assert others == pytest.approx(every[~np.eye(7, dtype=bool)].mean())


@pytest.mark.parametrize(
    ("own", "said"),
    [(0.02, "found each other"), (0.7, "Pairs approach"), (6.0, "Not yet")],
)
def test_it_says_how_far_pairs_have_come(own, said):
    shown = value(preview(own))
    assert said in shown["say"]["en"]
    assert shown["share"]["en"].count("35%") == 1


def test_it_counts_the_pictures_next_to_their_own_sentence():
    assert "12 of 12" in value(preview(0.01))["label"]["en"]
    assert "12 of 12" not in value(preview(0.9))["label"]["en"]


def test_all_that_the_drawing_needs_goes_through():
    shown = value(preview(0.1))
    for name in ("pictures", "texts", "names", "thumbnails", "hardest"):
        assert shown[name] == preview(0.1)[name]
