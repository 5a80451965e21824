"""Every knob gets one control, whose values make the config again."""

import gradio as gr
import pytest

from mm_demo.cases import CASES
from mm_demo.cases.clip import CLIP
from mm_demo.errors import UserError
from mm_demo.ui.knobs import controls, slider_range
from mm_demo.ui.language import Language


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def made(request):
    with gr.Blocks():
        return controls(request.param, next(iter(request.param.presets)), Language())


def test_a_control_for_each_shown_knob_and_no_other(made):
    shown = [knob.name for knob in made.case.config.knobs() if knob.shown != "none"]
    assert made.names == shown
    assert len(set(map(id, made.components))) == len(shown)


def test_the_controls_as_made_stand_for_the_preset(made):
    preset = next(iter(made.case.presets))
    values = {name: control.value for name, control in made.by_name.items()}
    assert made.config(made.case.datasets[0], preset, values) == made.case.preset(
        preset, made.case.datasets[0]
    )


def test_sliders_reach_every_preset_and_stay_within_limits(made):
    for preset, config in made.case.presets.items():
        updates = dict(zip(made.names, made.updates(made.case.datasets[0], preset), strict=True))
        for knob in made.case.config.knobs():
            if isinstance(made.by_name.get(knob.name), gr.Slider):
                update = updates[knob.name]
                assert update["value"] == getattr(config, knob.name)
                assert update["minimum"] <= update["value"] <= update["maximum"]
                assert knob.low is None or update["minimum"] >= knob.low
                assert knob.high is None or update["maximum"] <= knob.high


def test_whole_numbers_stay_whole():
    with gr.Blocks():
        made = controls(CLIP, "quick", Language())
    config = made.config("scenes", "quick", {"batch_size": 64.0, "seed": 3.0})
    assert config.batch_size == 64
    assert isinstance(config.batch_size, int)
    with pytest.raises(UserError):
        made.config("scenes", "quick", {"batch_size": 64.5})


def test_a_link_may_go_beyond_the_slider():
    knob = next(knob for knob in CLIP.config.knobs() if knob.name == "steps")
    low, high, step = slider_range(knob, 480, 100_000)
    assert (low, step) == (20, 20)
    assert high == 100_000


def test_an_illegal_value_is_the_users_error():
    with gr.Blocks():
        made = controls(CLIP, "quick", Language())
    with pytest.raises(UserError) as caught:
        made.config("scenes", "quick", {"warmup": 7})
    assert caught.value.key == "knob.illegal"
    with pytest.raises(UserError):
        made.config("scenes", "nothing", {})


def test_a_knob_that_does_nothing_for_the_data_is_not_shown():
    with gr.Blocks():
        made = controls(CLIP, "quick", Language())
    assert not made.by_name["backbones"].visible
    assert made.by_name["stem"].visible
    shown = dict(zip(made.names, made.updates("flickr8k", "quick"), strict=True))
    assert shown["backbones"]["visible"]
    assert not shown["stem"]["visible"]
    assert all("visible" in update for update in shown.values())
