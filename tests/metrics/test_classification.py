"""Against loops, scikit-learn, and what must hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score, top_k_accuracy_score

from mm_demo.metrics.classification import accuracy, chance, roc_auc, top_k_accuracy


def slow_top_k(scores, labels, k):
    right = 0
    for row, label in zip(scores, labels, strict=True):
        ahead = sum(row[c] >= row[label] for c in range(len(row)) if c != label)
        right += ahead < k
    return right / len(labels)


def slow_auc(positives, negatives):
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


@st.composite
def tables(draw, ties=True):
    rows, classes = draw(st.integers(1, 12)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if ties:
        scores = rng.integers(0, 4, (rows, classes)).astype(np.float32)
    else:
        scores = rng.permuted(np.tile(np.arange(float(classes)), (rows, 1)), axis=1)
    return scores, rng.integers(0, classes, rows)


few = st.lists(st.integers(-3, 3), min_size=1, max_size=12)


@given(tables(), st.integers(1, 8))
def test_top_k_is_equal_to_loops(table, k):
    scores, labels = table
    assert top_k_accuracy(scores, labels, k) == pytest.approx(slow_top_k(scores, labels, k))
    assert accuracy(scores, labels) == top_k_accuracy(scores, labels, 1)
    assert accuracy(scores, labels) <= accuracy_score(labels, scores.argmax(axis=1))


@given(tables(ties=False), st.integers(1, 8))
@settings(max_examples=50)
def test_top_k_is_equal_to_scikit_learn_without_ties(table, k):
    scores, labels = table
    classes = scores.shape[1]
    assert accuracy(scores, labels) == accuracy_score(labels, scores.argmax(axis=1))
    if classes > 2 and k < classes:
        wanted = top_k_accuracy_score(labels, scores, k=k, labels=np.arange(classes))
        assert top_k_accuracy(scores, labels, k) == pytest.approx(wanted)


@given(tables(), st.integers(1, 8), st.randoms(use_true_random=False))
def test_the_order_of_classes_and_rows_changes_nothing(table, k, random):
    scores, labels = table
    order = random.sample(range(scores.shape[1]), scores.shape[1])
    renamed = np.argsort(order)[labels]
    assert top_k_accuracy(scores[:, order], renamed, k) == top_k_accuracy(scores, labels, k)
    assert top_k_accuracy(scores[::-1], labels[::-1], k) == top_k_accuracy(scores, labels, k)


@given(tables(), st.integers(1, 8))
def test_a_constant_scorer_never_beats_chance_and_the_truth_is_perfect(table, k):
    scores, labels = table
    classes = scores.shape[1]
    assert top_k_accuracy(np.zeros_like(scores), labels, k) == (1.0 if k >= classes else 0.0)
    assert top_k_accuracy(np.eye(classes)[labels], labels, k) == 1.0
    assert top_k_accuracy(scores, labels, k + 1) >= top_k_accuracy(scores, labels, k)


@given(few, few)
def test_auc_is_equal_to_loops_and_scikit_learn(positives, negatives):
    found = roc_auc(positives, negatives)
    assert found == pytest.approx(slow_auc(positives, negatives), abs=1e-12)
    truths = [1] * len(positives) + [0] * len(negatives)
    assert found == pytest.approx(roc_auc_score(truths, positives + negatives), abs=1e-12)
    assert found + roc_auc(negatives, positives) == pytest.approx(1.0)
    assert roc_auc(np.exp(positives), np.exp(negatives)) == found


def test_auc_of_a_constant_a_perfect_and_a_wrong_scorer():
    assert roc_auc([1, 1], [1, 1, 1]) == 0.5
    assert roc_auc([2, 3], [0, 1]) == 1.0
    assert roc_auc([0], [1]) == 0.0
    assert roc_auc([np.inf], [-np.inf]) == 1.0


def test_auc_of_a_million_scores_needs_no_table_of_pairs():
    rng = np.random.default_rng(0)
    found = roc_auc(rng.normal(1, 1, 500_000), rng.normal(0, 1, 500_000))
    assert found == pytest.approx(0.7602, abs=2e-3)  # the normal distribution at 1 / sqrt(2)


@pytest.mark.parametrize(
    ("scores", "labels", "k", "message"),
    [
        ([[1.0, np.nan]], [0], 1, "nan"),
        ([[1.0, 2.0]], [2], 1, "labels must be in"),
        ([[1.0, 2.0]], [-1], 1, "labels must be in"),
        ([[1.0, 2.0]], [0.0], 1, "integers"),
        ([[1.0, 2.0]], [0, 1], 1, r"must be \(N, C\)"),
        (np.zeros((0, 2)), np.zeros(0, int), 1, r"must be \(N, C\)"),
        ([[1.0, 2.0]], [0], 0, "k must"),
    ],
)
def test_what_cannot_be_scored(scores, labels, k, message):
    with pytest.raises(ValueError, match=message):
        top_k_accuracy(scores, labels, k)


def test_what_has_no_auc():
    for positives, negatives in (([], [1]), ([1], []), ([np.nan], [1]), ([1], [np.nan])):
        with pytest.raises(ValueError, match=r"nan|at least one"):
            roc_auc(positives, negatives)


def test_chance_is_the_most_frequent_labels_share():
    assert chance([0, 2, 2, 2]) == 0.75
    assert chance(np.array([1, 0])) == 0.5
