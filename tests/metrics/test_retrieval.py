"""Against loops that follow the sentence in the docstring, scikit-learn, and what must hold."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mm_demo.metrics.retrieval import (
    evaluate_retrieval,
    mean_average_precision,
    median_rank,
    ranks,
    recall_at,
    retrieval_figures,
)


def slow_order(scores, relevant):
    """Best first; within a tie the irrelevant ones first."""
    return sorted(range(len(scores)), key=lambda g: (-scores[g], bool(relevant[g])))


def slow_rank(scores, relevant):
    best = max(s for s, r in zip(scores, relevant, strict=True) if r)
    return 1 + sum(s >= best and not r for s, r in zip(scores, relevant, strict=True))


def slow_average_precision(scores, relevant):
    found, precisions = 0, []
    for place, item in enumerate(slow_order(scores, relevant), start=1):
        if relevant[item]:
            found += 1
            precisions.append(found / place)
    return sum(precisions) / len(precisions)


@st.composite
def tables(draw, levels=6):
    """(scores, relevant): few score levels, so that ties are common."""
    queries, gallery = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = rng.integers(0, levels, (queries, gallery)).astype(np.float32)
    relevant = rng.random((queries, gallery)) < draw(st.sampled_from([0.0, 0.2, 0.7]))
    relevant[np.arange(queries), rng.integers(0, gallery, queries)] = True
    return scores, relevant


@given(tables())
def test_equal_to_loops(table):
    scores, relevant = table
    pairs = list(zip(scores.tolist(), relevant.tolist(), strict=True))
    assert ranks(scores, relevant).tolist() == [slow_rank(*pair) for pair in pairs]
    first = [[relevant[q][g] for g in slow_order(*pair)].index(True) + 1
             for q, pair in enumerate(pairs)]  # fmt: skip
    assert ranks(scores, relevant).tolist() == first
    wanted = np.mean([slow_average_precision(*pair) for pair in pairs])
    assert mean_average_precision(scores, relevant) == pytest.approx(wanted, abs=1e-12)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_equal_to_scikit_learn_without_ties(seed):
    rng = np.random.default_rng(seed)
    scores, relevant = rng.permuted(np.tile(np.arange(40.0), (5, 1)), axis=1), rng.random((5, 40))
    relevant = relevant < 0.2
    relevant[:, 0] = True
    wanted = np.mean([average_precision_score(r, s) for r, s in zip(relevant, scores, strict=True)])
    assert mean_average_precision(scores, relevant) == pytest.approx(wanted, abs=1e-12)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_gallery_changes_nothing(table, random):
    scores, relevant = table
    order = random.sample(range(scores.shape[1]), scores.shape[1])
    own = relevant.argmax(axis=1)
    there = np.array([order.index(g) for g in own])
    assert retrieval_figures(scores, relevant, own, "t2i") == pytest.approx(
        retrieval_figures(scores[:, order], relevant[:, order], there, "t2i")
    )


@given(tables(levels=1))
def test_a_constant_scorer_is_at_its_worst(table):
    scores, relevant = table
    gallery = scores.shape[1]
    assert ranks(scores, relevant).tolist() == (gallery - relevant.sum(axis=1) + 1).tolist()
    for k in range(1, gallery + 1):
        chance = np.mean([slow_chance(gallery, int(row.sum()), k) for row in relevant])
        assert recall_at(ranks(scores, relevant), k) <= chance + 1e-12
    shuffled = np.random.default_rng(0)
    expected = np.mean(
        [mean_average_precision(shuffled.random(scores.shape), relevant) for _ in range(50)]
    )
    assume(expected < 1)  # not every item is relevant
    assert mean_average_precision(scores, relevant) < expected


def slow_chance(gallery, relevant, k):
    """The chance that one of `k` items drawn blindly is relevant."""
    miss = 1.0
    for drawn in range(k):
        miss *= max(0, gallery - relevant - drawn) / (gallery - drawn)
    return 1 - miss


@given(tables())
def test_perfect_scores_are_perfect(table):
    _, relevant = table
    own = relevant.argmax(axis=1)
    alone = np.eye(relevant.shape[1])[own]
    figures = retrieval_figures(relevant + alone, relevant, own, "i2t")
    assert figures.pop("i2t_median_rank") == 1
    assert set(figures.values()) == {1.0}


@given(tables(), st.integers(1, 9), st.data())
def test_one_more_relevant_item_never_lowers_recall(table, k, data):
    scores, relevant = table
    query = data.draw(st.integers(0, scores.shape[0] - 1))
    item = data.draw(st.integers(0, scores.shape[1] - 1))
    more = relevant.copy()
    more[query, item] = True
    assert recall_at(ranks(scores, more), k) >= recall_at(ranks(scores, relevant), k)


@given(tables())
def test_strict_never_beats_lenient_and_any_increasing_map_changes_nothing(table):
    scores, relevant = table
    own = relevant.argmax(axis=1)
    figures = retrieval_figures(scores, relevant, own, "x")
    assert figures["x_r1_strict"] <= figures["x_r1"] <= figures["x_r5"] <= figures["x_r10"]
    assert figures == retrieval_figures(np.exp(scores) - 5, relevant, own, "x")


def test_figures_of_a_case_worked_by_hand():
    scores = np.array([[9, 8, 7, 6.0], [1, 5, 5, 0.0], [2, 2, 2, 2.0]])
    relevant = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    figures = retrieval_figures(scores, relevant, [1, 1, 3], "t2i")
    assert ranks(scores, relevant).tolist() == [1, 2, 4]
    assert figures == pytest.approx(
        {
            "t2i_r1": 1 / 3,
            "t2i_r5": 1.0,
            "t2i_r10": 1.0,
            "t2i_median_rank": 2.0,
            "t2i_map": (1 + 1 / 2 + 1 / 4) / 3,
            "t2i_r1_strict": 0.0,
        }
    )
    assert all(type(value) is float for value in figures.values())
    assert median_rank([1, 2, 3, 8]) == 2.5
    assert recall_at([1, 2, 3, 8], 3) == 0.75


def test_infinite_scores_are_scores():
    inf = np.inf
    assert ranks([[-inf, -inf, 3.0], [inf, 1.0, inf]], [[1, 0, 0], [1, 0, 0]]).tolist() == [3, 2]


@pytest.mark.parametrize(
    ("scores", "relevant", "message"),
    [
        ([[1.0, np.nan]], [[True, False]], "nan"),
        ([[1.0, 2.0]], [[False, False]], "no relevant"),
        ([[1.0, 2.0]], [[True]], "must both"),
        ([1.0, 2.0], [True, False], "must both"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "must both"),
    ],
)
def test_what_cannot_be_scored(scores, relevant, message):
    for function in (ranks, mean_average_precision):
        with pytest.raises(ValueError, match=message):
            function(scores, relevant)


def test_wrong_arguments():
    for own in ([2], [-1], [0.0], [0, 0]):
        with pytest.raises(ValueError, match="own"):
            retrieval_figures([[1.0, 2.0]], [[True, True]], own, "x")
    with pytest.raises(ValueError, match="relevant"):
        retrieval_figures([[1.0, 2.0]], [[True, False]], [1], "x")
    with pytest.raises(ValueError, match="k must"):
        recall_at([1], 0)
    for places in ([], [0], [[1]]):
        with pytest.raises(ValueError, match="ranks"):
            median_rank(places)


def naive_figures(scores, owner):
    """R@1, R@10 and mean average precision by one full sort a query, no ties."""
    found = {}
    for name, table, right in (
        ("image_to_text", scores, lambda query, item: owner[item] == query),
        ("text_to_image", scores.T, lambda query, item: owner[query] == item),
    ):
        orders = [sorted(range(len(row)), key=lambda i, row=row: -row[i]) for row in table]
        hits = [[right(q, item) for item in order] for q, order in enumerate(orders)]
        for k in (1, 10):
            found[f"{name}_r{k}"] = np.mean([any(row[:k]) for row in hits])
        truths = [[right(q, item) for item in range(len(row))] for q, row in enumerate(table)]
        found[f"{name}_map"] = np.mean(
            [average_precision_score(t, row) for t, row in zip(truths, table, strict=True)]
        )
    return found


def test_both_directions_equal_a_full_sort_and_scikit_learn():
    rng = np.random.default_rng(0)
    images = rng.standard_normal((30, 8))
    owner = np.sort(np.concatenate([np.arange(30), rng.integers(0, 30, 60)]))
    texts = images[owner] + 2 * rng.standard_normal((90, 8))
    figures = evaluate_retrieval(images, texts, owner)
    wanted = naive_figures(images @ texts.T, owner)
    assert {name: figures[name] for name in wanted} == pytest.approx(wanted)
    first = np.array([np.flatnonzero(owner == n)[0] for n in range(30)])
    best = (images @ texts.T).argmax(1)
    assert figures["image_to_text_r1_strict"] == pytest.approx(np.mean(best == first))


def test_one_text_an_image_and_texts_that_also_fit_others():
    images = np.eye(3)
    texts = images[[1, 0, 2]]  # 0 and 1 are mixed up
    strict = evaluate_retrieval(images, texts)
    assert strict["image_to_text_r1"] == strict["text_to_image_r1"] == pytest.approx(1 / 3)
    true = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]])  # text 1 is true of picture 0 as well
    lenient = evaluate_retrieval(images, texts, true=true)
    assert lenient["image_to_text_r1"] == pytest.approx(2 / 3)
    assert lenient["text_to_image_r1"] == pytest.approx(2 / 3)
    assert lenient["image_to_text_r1_strict"] == pytest.approx(1 / 3)
    assert {name for name in lenient if name.startswith("text_to_image")} == {
        f"text_to_image_{each}" for each in ("r1", "r5", "r10", "median_rank", "map", "r1_strict")
    }


def test_an_image_without_a_text_cannot_be_scored():
    with pytest.raises(ValueError, match="no relevant"):
        evaluate_retrieval(np.eye(3), np.eye(3)[:2], [0, 1])
