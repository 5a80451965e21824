"""Knobs: ranges, strings, and one sentence for each mistake."""

import pytest

from mm_demo.cases.clip import ClipConfig
from mm_demo.config import TrainConfig
from mm_demo.errors import UserError


def test_strings_become_numbers():
    config = TrainConfig().changed({"steps": "80", "learning_rate": "1e-3"})
    assert (config.steps, config.learning_rate) == (80, 0.001)


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"steps": 0}, {"name": "steps", "value": "0", "allowed": "1 – 200000"}),
        ({"steps": "-3"}, {"name": "steps", "value": "-3", "allowed": "1 – 200000"}),
        ({"steps": "abc"}, {"name": "steps", "value": "abc", "allowed": "1 – 200000"}),
        ({"learning_rate": "nan"}, {"name": "learning_rate", "value": "nan", "allowed": "0 – 1"}),
        ({"language": "fr"}, {"name": "language", "value": "fr", "allowed": "en, zh, both"}),
        ({"seed": -1}, {"name": "seed", "value": "-1", "allowed": "0 – 2147483647"}),
    ],
)
def test_illegal_values(settings, facts):
    with pytest.raises(UserError) as error:
        ClipConfig().changed(settings)
    assert error.value.key == "knob.illegal"
    assert error.value.facts == facts


def test_unknown_knob_names_the_known():
    with pytest.raises(UserError) as error:
        ClipConfig().changed({"stepz": 3})
    assert error.value.key == "knob.unknown"
    assert "steps" in error.value.facts["known"]


def test_settings_are_what_differs():
    base = ClipConfig()
    assert base.changed({"batch_size": 64, "seed": 0}).settings(base) == {"batch_size": 64}


def test_every_knob_of_every_class_is_described():
    for knob in ClipConfig.knobs():
        bounded = knob.low is not None and knob.high is not None
        assert knob.choices or bounded or isinstance(knob.default, bool), knob.name
        assert knob.shown in ("main", "more", "none")
