"""The loop's arithmetic: schedule, marks, reference minutes, diagnosis."""

import math
from itertools import pairwise

import pytest

from mm_demo.config import TrainConfig
from mm_demo.training.diagnosis import Diagnosis
from mm_demo.training.loop import _marks
from mm_demo.training.optimiser import learning_rate
from mm_demo.training.reference import reference_minutes


def test_warm_up_then_half_a_cosine():
    config = TrainConfig(steps=110, warmup=10 / 110, learning_rate=0.2)
    rates = [learning_rate(config, step) for step in range(110)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[9] == pytest.approx(0.2)
    assert rates[10] == pytest.approx(0.2)
    assert rates[60] == pytest.approx(0.1)
    assert 0 < rates[-1] < 0.001
    assert all(a >= b for a, b in pairwise(rates[9:]))


def test_one_step_and_no_warm_up():
    assert learning_rate(TrainConfig(steps=1, warmup=0, learning_rate=0.2), 0) == pytest.approx(0.2)


def test_marks_end_with_the_last_step():
    assert _marks(100, 4) == {25, 50, 75, 100}
    assert max(_marks(7, 3)) == 7
    assert _marks(2, 8) <= {0, 1, 2}


def test_reference_minute():
    assert reference_minutes(96.0, 0.2) == pytest.approx(1.0)


def said(diagnosis, losses, figures=None):
    return [d.key for i, loss in enumerate(losses) for d in diagnosis.watch(i, loss, figures or {})]


def test_diagnosis_says_each_fault_once():
    config = TrainConfig(steps=200)
    stuck = [math.log(128)] * 200
    assert said(Diagnosis(config, math.log(128)), stuck) == ["diagnosis.stuck"]
    assert said(Diagnosis(config, math.log(128)), [2.0, math.nan, math.nan]) == [
        "diagnosis.diverged"
    ]
    assert said(Diagnosis(config, math.log(128)), [math.inf]) == ["diagnosis.diverged"]
    learning = [math.log(128) * 0.98**i for i in range(200)]
    assert said(Diagnosis(config, math.log(128)), learning) == []
    assert said(Diagnosis(config, math.log(128)), stuck, {"spread": 0.001}) == [
        "diagnosis.collapsed"
    ]


def test_triplets_stuck_at_the_margin_are_told_from_hard_work():
    config = TrainConfig(steps=200)
    alike = {"alike_loss": 0.2, "margin_kept": 0.01, "spread": 0.001}
    assert said(Diagnosis(config, 0.36), [0.2] * 200, alike) == ["diagnosis.margin"]
    busy = {"alike_loss": 0.2, "margin_kept": 0.3, "spread": 0.9}
    assert said(Diagnosis(config, 0.36), [0.2] * 200, busy) == []
    early = said(Diagnosis(config, 0.36), [0.2] * 59, alike)
    assert early == []
    (event,) = Diagnosis(config, 0.36).watch(100, 0.2, alike)
    assert event.facts["loss"] == 0.2
