"""Against loops, scikit-learn, and what must hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mm_demo.metrics.calibration import (
    expected_calibration_error,
    fit_platt,
    reliability,
    sigmoid,
)


def drawn(seed, count, slope=1.7, offset=-0.4):
    """Logits whose true probability is sigmoid(slope * logit + offset)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, count)
    return logits, rng.random(count) < sigmoid(slope * logits + offset)


def test_sigmoid():
    np.testing.assert_allclose(sigmoid([0.0, np.log(3), -np.log(3)]), [0.5, 0.75, 0.25])
    assert sigmoid([-1e9, 1e9]).tolist() == [0.0, 1.0]
    assert sigmoid(-50.0) == pytest.approx(np.exp(-50.0))  # no loss far out


@pytest.mark.parametrize("seed", range(5))
def test_platt_is_logistic_regression_on_smoothed_targets(seed):
    """A target of 0.9 is nine tenths of a true example and one tenth of a false one."""
    logits, truths = drawn(seed, 300)
    high = (truths.sum() + 1) / (truths.sum() + 2)
    low = 1 / ((~truths).sum() + 2)
    targets = np.where(truths, high, low)
    peer = LogisticRegression(C=1e9, tol=1e-10, max_iter=2000).fit(
        np.concatenate([logits, logits])[:, None],
        np.repeat([1, 0], len(logits)),
        sample_weight=np.concatenate([targets, 1 - targets]),
    )
    slope, offset = fit_platt(logits, truths)
    assert slope == pytest.approx(float(peer.coef_[0, 0]), rel=1e-4)
    assert offset == pytest.approx(float(peer.intercept_[0]), rel=1e-3, abs=1e-4)


def test_platt_is_plain_logistic_regression_where_examples_are_many():
    logits, truths = drawn(0, 50_000)
    peer = LogisticRegression(C=1e6, tol=1e-10, max_iter=2000).fit(logits[:, None], truths)
    slope, offset = fit_platt(logits, truths)
    assert slope == pytest.approx(float(peer.coef_[0, 0]), rel=5e-3)
    assert slope == pytest.approx(1.7, rel=0.05)
    assert offset == pytest.approx(float(peer.intercept_[0]), abs=5e-3)


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans()), min_size=1, max_size=30),
)
@settings(max_examples=200)
def test_platt_is_always_finite_and_flat_at_its_fit(rows):
    """Separable, constant, one-sided or wild: finite, and the loss has no slope there."""
    logits, truths = np.array([x for x, _ in rows]), np.array([t for _, t in rows])
    slope, offset = fit_platt(logits, truths)
    assert np.isfinite([slope, offset]).all()
    high, low = (truths.sum() + 1) / (truths.sum() + 2), 1 / ((~truths).sum() + 2)
    wrong = sigmoid(slope * logits + offset) - np.where(truths, high, low)
    assert abs(wrong.sum()) < 1e-4 * len(rows)
    if np.ptp(logits) > 1e-3:
        z = (logits - logits.mean()) / logits.std()
        assert abs((wrong * z).sum()) < 1e-4 * len(rows)


@pytest.mark.parametrize("seed", [1165, 9271])
def test_platt_with_a_few_logits_far_out(seed):
    """Newton's whole steps run away on these (found by search): they need to be halved."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_t(0.5, 60)
    truths = (logits > np.quantile(logits, 0.95)) ^ (rng.random(60) < 0.05)
    slope, offset = fit_platt(logits, truths)
    high, low = (truths.sum() + 1) / (truths.sum() + 2), 1 / ((~truths).sum() + 2)
    wrong = sigmoid(slope * logits + offset) - np.where(truths, high, low)
    z = (logits - logits.mean()) / logits.std()
    assert abs(wrong.sum()) < 1e-6
    assert abs((wrong * z).sum()) < 1e-6


@given(st.floats(0.01, 1000), st.floats(-100, 100))
@settings(max_examples=50)
def test_platt_does_not_mind_scale_and_place(scale, shift):
    logits, truths = drawn(3, 100)
    slope, offset = fit_platt(logits, truths)
    moved_slope, moved_offset = fit_platt(scale * logits + shift, truths)
    np.testing.assert_allclose(
        moved_slope * (scale * logits + shift) + moved_offset, slope * logits + offset, atol=1e-5
    )


def test_platt_on_separable_and_on_constant_logits():
    slope, offset = fit_platt([-2, -1, 1, 2], [False, False, True, True])
    assert 0 < slope < 10
    assert offset == pytest.approx(0, abs=1e-6)
    assert fit_platt([5.0] * 4, [True] * 4) == (0.0, pytest.approx(np.log(5)))
    assert fit_platt([1, 2, 3, 4], [True, True, False, False])[0] < 0


def slow_bins(probabilities, truths, bins):
    rows = []
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = [
            (p, t)
            for p, t in zip(probabilities, truths, strict=True)
            if low <= p < high or (b == bins - 1 and p == 1)
        ]
        if inside:
            rows.append(
                {
                    "low": low,
                    "high": high,
                    "mean_probability": sum(p for p, _ in inside) / len(inside),
                    "share_true": sum(t for _, t in inside) / len(inside),
                    "count": len(inside),
                }
            )
    return rows


@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(0, 1), st.integers(0, 20).map(lambda i: i / 20)), st.booleans()
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 20),
)
def test_reliability_and_error_are_equal_to_loops(rows, bins):
    probabilities, truths = [p for p, _ in rows], [t for _, t in rows]
    wanted = slow_bins(probabilities, truths, bins)
    found = reliability(probabilities, truths, bins)
    assert len(found) == len(wanted)
    for have, want in zip(found, wanted, strict=True):
        assert have == pytest.approx(want, abs=1e-12)
    error = sum(r["count"] * abs(r["share_true"] - r["mean_probability"]) for r in wanted)
    assert expected_calibration_error(probabilities, truths, bins) == pytest.approx(
        error / len(rows), abs=1e-12
    )
    assert sum(row["count"] for row in found) == len(rows)


def test_calibration_of_known_scorers():
    truths = [True, False, True, False]
    assert expected_calibration_error([1, 0, 1, 0], truths) == 0.0
    assert expected_calibration_error([0, 1, 0, 1], truths) == 1.0
    assert expected_calibration_error([0.5] * 4, truths) == 0.0
    assert expected_calibration_error([0.9] * 4, truths) == pytest.approx(0.4)
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    assert expected_calibration_error(p, rng.random(200_000) < p) < 0.01


def test_platt_scaling_calibrates_unseen_examples():
    logits, truths = drawn(1, 4000, slope=0.3, offset=1.0)  # far too sure of itself
    slope, offset = fit_platt(logits[:2000], truths[:2000])
    before = expected_calibration_error(sigmoid(logits[2000:]), truths[2000:])
    after = expected_calibration_error(sigmoid(slope * logits[2000:] + offset), truths[2000:])
    assert before > 0.15
    assert after < 0.04


def test_plain_values():
    row = reliability([0.25], [True])[0]
    assert row == {
        "low": 0.2, "high": 0.3, "mean_probability": 0.25, "share_true": 1.0, "count": 1
    }  # fmt: skip
    assert {type(value) for value in row.values()} == {float, int}
    assert type(expected_calibration_error([0.25], [True])) is float
    slopes, offset = fit_platt([0, 1], [True, False])
    assert slopes.shape == ()
    assert type(offset) is float


def test_platt_with_two_scores_equals_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 2)) * [3.0, 0.2]
    truths = rng.random(20_000) < sigmoid(0.8 * x[:, 0] - 4.0 * x[:, 1] + 0.5)
    slopes, offset = fit_platt(x, truths)
    public = LogisticRegression(C=1e6).fit(x, truths)
    assert slopes == pytest.approx(public.coef_[0], rel=0.01)
    assert offset == pytest.approx(public.intercept_[0], abs=0.01)


@pytest.mark.parametrize(
    ("values", "truths", "message"),
    [
        ([], [], "must both"),
        ([0.5], [True, False], "must both"),
        ([[0.5]], [[True]], "must both"),
        ([np.nan], [True], r"\[0, 1\]|finite"),
        ([np.inf], [True], r"\[0, 1\]|finite"),
    ],
)
def test_what_cannot_be_scored(values, truths, message):
    for function in (fit_platt, reliability, expected_calibration_error):
        with pytest.raises(ValueError, match=message):
            function(values, truths)


def test_probabilities_and_bins_out_of_range():
    for p in (-0.01, 1.01):
        with pytest.raises(ValueError, match="probabilities"):
            reliability([p], [True])
    with pytest.raises(ValueError, match="bins"):
        reliability([0.5], [True], bins=0)
