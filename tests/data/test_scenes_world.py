"""The world of `scenes`: names, splits, places, and the way to JSON and back."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.data.scenes import world
from mm_demo.data.scenes.world import (
    ALL_PAIRS,
    COLOURS,
    DEV_PAIRS,
    KINDS,
    PLACES,
    SPLITS,
    TEST_PAIRS,
    TRAINED_PAIRS,
    Scene,
    boxes,
    compose,
    sample_scene,
    sample_single,
    scene_split,
)

seeds = st.integers(0, 2**32)
splits = st.sampled_from(SPLITS)


def sample(seed: int, split: str = "train", n: int | None = None) -> Scene:
    return sample_scene(np.random.default_rng(seed), split, n)


def test_held_out_pairs_are_even():
    assert len(DEV_PAIRS) == 8
    assert len(TEST_PAIRS) == 16
    assert not DEV_PAIRS & TEST_PAIRS
    assert len(TRAINED_PAIRS) == len(ALL_PAIRS) - 24
    held_out = DEV_PAIRS | TEST_PAIRS
    assert held_out <= set(ALL_PAIRS)
    assert Counter(colour for colour, _ in held_out) == dict.fromkeys(COLOURS, 3)
    assert Counter(kind for _, kind in held_out) == dict.fromkeys(KINDS, 2)


@given(seeds, splits)
def test_a_scene_is_of_its_split_and_of_trained_pairs(seed, split):
    scene = sample(seed, split)
    assert scene_split(scene) == split
    pairs = [o.pair for o in scene.objects]
    assert set(pairs) <= set(TRAINED_PAIRS)
    assert len(set(pairs)) == len(pairs)


@given(seeds, splits, st.sampled_from([None, 1, 2, 3]))
def test_things_stay_in_the_picture_and_apart(seed, split, n):
    scene = sample(seed, split, n)
    assert len(scene.objects) in ((n,) if n else (1, 2, 3))
    found = boxes(scene)
    for o, (x0, y0, x1, y1) in zip(scene.objects, found, strict=True):
        low, high = world.SCALES[o.size]
        assert low <= o.scale <= high
        assert 1 / 6 <= o.scale <= 1 / 2
        assert 0 < x0 < o.x < x1 < 1
        assert 0 < y0 < o.y < y1 < 1
    for i, box in enumerate(found):
        assert all(world.overlap(box, other) <= world.MAX_OVERLAP for other in found[:i])


def test_sampling_is_even_and_repeatable():
    assert sample(7, "dev") == sample(7, "dev")
    rng = np.random.default_rng(0)
    counts = Counter(len(sample_scene(rng, "train").objects) for _ in range(900))
    assert all(240 < counts[n] < 360 for n in (1, 2, 3))
    for arguments in (("nowhere", None), ("train", 4), ("train", 0)):
        with pytest.raises(ValueError, match=r"split|objects"):
            sample_scene(rng, *arguments)


def test_single_objects_live_in_one_split():
    rng = np.random.default_rng(0)
    for split, pairs in (("dev", DEV_PAIRS), ("test", TEST_PAIRS)):
        for pair in pairs:
            scene = sample_single(rng, pair, split)
            assert [o.pair for o in scene.objects] == [pair]
            for other in set(SPLITS) - {split}:
                with pytest.raises(ValueError, match=r"no .* scene"):
                    sample_single(rng, pair, other)
    assert scene_split(sample_single(rng, TRAINED_PAIRS[0], "train")) == "train"
    with pytest.raises(ValueError, match="unknown pair"):
        sample_single(rng, ("red", "dragon"), "train")


def test_composed_scenes_are_as_asked():
    thing = {"kind": "boat", "colour": "red", "size": "large"}
    for place in PLACES:
        scene = compose([{**thing, "place": place}], "sea")
        assert scene == compose([("boat", "red", "large", place)], "sea")
        row, column = divmod(PLACES.index(place), 3)
        assert (scene.objects[0].x > 0.4) + (scene.objects[0].x > 0.6) == column
        assert (scene.objects[0].y > 0.4) + (scene.objects[0].y > 0.6) == row
        x0, y0, x1, y1 = boxes(scene)[0]
        assert min(x0, y0) > 0
        assert max(x1, y1) < 1
    both = compose([("cat", "red", "small", "left"), ("cat", "blue", "small", "left")])
    assert both.objects[0].x < both.objects[1].x
    for wrong in ([], [("cat", "red", "small", "left")] * 4, [("cat", "red")], [{"kind": "cat"}]):
        with pytest.raises(ValueError, match=r"thing|objects"):
            compose(wrong)
    with pytest.raises(ValueError, match="unknown place"):
        compose([("cat", "red", "small", "outside")])
