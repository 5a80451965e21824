"""The pictures: sizes, where things are, what can be told apart."""

import colorsys
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mm_demo.data.scenes import (
    BACKGROUNDS,
    COLOURS,
    KINDS,
    Scene,
    SceneObject,
    boxes,
    draw,
    sample_scene,
)
from mm_demo.data.scenes.paint import tones
from mm_demo.data.scenes.world import STYLES


def thing(**changes):
    middle = SceneObject("boat", "red", "large", x=0.5, y=0.5, scale=0.5)
    return replace(middle, **changes)


@given(st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_scene_looks_the_same_at_every_size(seed):
    scene = sample_scene(np.random.default_rng(seed), "train")
    large, small = draw(scene, 256), draw(scene, 64)
    assert small.shape == (64, 64, 3)
    assert small.dtype == np.uint8
    reduced = np.asarray(Image.fromarray(large).reduce(4), float)
    assert np.abs(reduced - small).mean() < 4.5
    assert np.array_equal(small, draw(replace(scene), 64))


@pytest.mark.parametrize("size", [32, 100, 1024])
def test_any_size_within_limits(size):
    assert draw(Scene("sea", (thing(),)), size).shape == (size, size, 3)
    for wrong in (31, 1025):
        with pytest.raises(ValueError, match="size"):
            draw(Scene("sea", (thing(),)), wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_hold_what_is_drawn(kind):
    empty = draw(Scene("sea", (), 3), 256).astype(int)
    for style in range(STYLES):
        for tilt in (0.0, 0.12):
            scene = Scene("sea", (thing(kind=kind, style=style, tilt=tilt),), 3)
            changed = np.abs(draw(scene, 256).astype(int) - empty).max(-1) > 24
            rows, columns = changed.any(1).nonzero()[0], changed.any(0).nonzero()[0]
            drawn = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
            box = np.array(boxes(scene)[0]) * 256
            rim = 0.04 * 128
            assert (drawn[:2] >= box[:2] - rim).all(), (style, drawn, box)
            assert (drawn[2:] <= box[2:] + rim).all(), (style, drawn, box)
            assert (drawn[2:] - drawn[:2] >= 0.72 * (box[2:] - box[:2])).all(), (style, drawn, box)


def test_styles_colours_backgrounds_and_details_change_the_picture():
    for kind in KINDS:
        pictures = {
            draw(Scene("sea", (thing(kind=kind, style=style),)), 64).tobytes()
            for style in range(STYLES)
        }
        assert len(pictures) >= STYLES // 2  # a ball or a star faces nowhere
    assert len({draw(Scene("sea", (thing(colour=c),)), 64).tobytes() for c in COLOURS}) == 8
    assert len({draw(Scene(b, (), d), 64).tobytes() for b in BACKGROUNDS for d in (1, 2)}) == 12


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_everything_stands_out_from_its_background(background):
    """At the smallest, a thing's place differs clearly from the empty background."""
    for detail in range(3):
        empty = draw(Scene(background, (), detail), 64).astype(int)
        for kind in KINDS:
            for colour in COLOURS:
                for y in (0.3, 0.7):
                    small = thing(kind=kind, colour=colour, size="small", scale=0.19, y=y)
                    picture = draw(Scene(background, (small,), detail), 64).astype(int)
                    clear = (np.abs(picture - empty).sum(-1) > 75).sum()
                    assert clear >= 22, (kind, colour, y, detail, clear)


@given(st.sampled_from(COLOURS), st.floats(-1, 1), st.floats(-1, 1))
def test_shades_keep_their_colours_name(colour, hue, light):
    """The nearest plain colour to a shade is its own, with room to spare."""
    shade = np.array(tones(colour, hue, light, False)["main"], float)
    plain = {c: np.array(tones(c, 0, 0, False)["main"], float) for c in COLOURS}
    distances = {c: float(np.abs(shade - plain[c]).sum()) for c in COLOURS}
    nearest, second = sorted(distances, key=distances.__getitem__)[:2]
    assert nearest == colour
    assert distances[second] > 1.5 * distances[nearest]


def test_hues_of_neighbours_never_meet():
    def degrees(colour, hue):
        rgb = tones(colour, hue, 0, False)["main"]
        return (colorsys.rgb_to_hsv(*(v / 255 for v in rgb))[0] * 360 + 30) % 360

    for low, high in (("red", "orange"), ("orange", "yellow"), ("blue", "purple")):
        assert degrees(high, -1) - degrees(low, 1) > 12


def test_drawing_is_quick():
    """The real rate is above 1,000 a second on one core; here only that nothing went wrong."""
    rng = np.random.default_rng(0)
    start = process_time()
    for _ in range(300):
        draw(sample_scene(rng, "train"), 64)
    assert 300 / (process_time() - start) > 300
