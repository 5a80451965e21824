"""Parts of statements: what one mistake costs, what vagueness earns, whose truth it is."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm_demo.data.scenes import (
    LANGUAGES,
    Caption,
    Scene,
    captions,
    compose,
    is_true,
    sample_scene,
    scenes_for,
)
from mm_demo.data.scenes.reading import read
from mm_demo.data.scenes.scoring import Part, fact_figures, judged, parts, true_parts

languages = st.sampled_from(LANGUAGES)
SCENE = compose(
    [("cat", "red", "small", "top_left"), ("car", "blue", "large", "bottom_right")], "sea"
)
CATS = compose([("cat", "red", "small", "left"), ("cat", "blue", "large", "right")], "snow")


def counts(text: str, scene: Scene = SCENE, language: str = "en") -> tuple[int, int]:
    """How many parts are true, and how many are not."""
    found = judged(read(text, language), scene)
    true = sum(part is not None for part in found.values())
    return true, len(found) - true


def wrong(text: str, scene: Scene = SCENE) -> Counter[str]:
    found = judged(read(text), scene)
    return Counter(part.name for part, about in found.items() if about is None)


@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        ("a small red cat at the top left above a large blue car by the sea", 10, 0),
        ("a cat", 1, 0),
        ("a small red cat", 3, 0),
        ("a small green cat", 2, 1),
        ("a large green cat", 1, 2),
        ("a green cat above a red car", 3, 2),
        ("a red cat below a blue car", 4, 1),
        ("a blue car right of a red cat", 5, 0),
        ("a red boat", 0, 2),
        ("a red boat above a blue car", 2, 3),
        ("a red cat and a red cat", 2, 2),
        ("a red blue cat", 2, 1),
        ("a cat at the top left", 3, 0),
        ("a cat at the top", 2, 0),
        ("a cat at the top right", 2, 1),
        ("a cat in the middle", 1, 1),
        ("a cat at sea at night", 2, 1),
        ("a cat and a car and nothing else", 3, 0),
        ("just a cat", 1, 1),
        ("", 0, 0),
    ],
)
def test_each_mistake_costs_one_part(text, true, false):
    assert counts(text) == (true, false)


def test_parts_of_a_sentence():
    text = "a red cat in the top left corner and a boat at the bottom and nothing else at night"
    assert parts(read(text)) == {
        Part("object", "cat", (0,)), Part("colour", "red", (0,)), Part("row", "top", (0,)),
        Part("column", "left", (0,)), Part("object", "boat", (1,)), Part("row", "bottom", (1,)),
        Part("count", "2"), Part("background", "night"),
    }  # fmt: skip


def test_parts_of_a_scene():
    assert true_parts(SCENE) == {
        Part("object", "cat", (0,)), Part("colour", "red", (0,)), Part("size", "small", (0,)),
        Part("row", "top", (0,)), Part("column", "left", (0,)),
        Part("object", "car", (1,)), Part("colour", "blue", (1,)), Part("size", "large", (1,)),
        Part("row", "bottom", (1,)), Part("column", "right", (1,)),
        Part("left_of", "", (0, 1)), Part("above", "", (0, 1)),
        Part("background", "sea"), Part("count", "2"),
    }  # fmt: skip
    assert Part("centre", "", (0,)) in true_parts(compose([("cat", "red", "small", "centre")]))


@pytest.mark.parametrize("text", ["a blue cat and a red cat", "a red cat left of a blue cat"])
def test_the_same_kind_twice_finds_its_own_object(text):
    assert wrong(text, CATS) == {}
    about = judged(read(text), CATS)
    assert about[Part("colour", "red", (text.index("red") > text.index("blue"),))] == Part(
        "colour", "red", (0,)
    )


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("a large red cat and a small blue cat", {"size": 2}),
        ("a red cat right of a blue cat", {"left_of": 1}),
        ("a large blue cat on the left", {"column": 1}),
        ("a red cat and a red cat", {"colour": 1}),
        ("a cat and a cat and a cat", {"object": 1}),
        ("a green cat and a pink cat", {"colour": 2}),
        ("a red cat and nothing else", {"count": 1}),
    ],
)
def test_attributes_belong_to_one_thing(text, mistakes):
    assert wrong(text, CATS) == mistakes


def test_a_babbler_is_read_in_no_time_and_believed_for_what_is_there():
    three = compose([("cat", "red", "small", place) for place in ("left", "right", "top")])
    found = judged(read(" ".join(["a red cat"] * 500)), three)
    assert len(found) == 1000
    assert sum(about is not None for about in found.values()) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_a_caption_is_true_of_its_scene(language):
    rng = np.random.default_rng(4)
    for scene in scenes_for("train", 800, 22):
        for caption in captions(scene, rng, language):
            found = judged(read(caption.text, language), scene)
            assert found
            assert None not in found.values(), (caption.text, found)


@given(st.integers(0, 2**32), languages)
@settings(max_examples=200)
def test_parts_are_true_where_the_facts_are(seed, language):
    """Captions of scenes that share much: all parts true means true, and the other way round."""
    rng = np.random.default_rng(seed)
    scene = sample_scene(rng, "train")
    others = [scene]
    for _ in range(8):
        things = [
            (o.kind, o.colour if rng.random() < 0.8 else "pink", o.size,
             rng.choice(["left", "top_right", "bottom"]))
            for o in scene.objects
        ]  # fmt: skip
        others.append(compose([tuple(map(str, thing)) for thing in things], scene.background))
    for caption in captions(scene, rng, language):
        stated = read(caption.text, language)
        apart = len({thing.kind for thing in stated.things}) == len(stated.things)
        for other in others:
            whole = None not in judged(stated, other).values()
            fact = is_true(Caption(caption.text, stated.facts()), other)
            assert whole == fact if apart else whole <= fact


REFERENCES = [
    "a red cat at the top and a car",
    "a blue car right of a cat by the sea",
]  # together: 2 objects, 2 colours, 1 row, left_of, background: 7; alone 4 and 5


def test_figures_by_hand():
    figures = fact_figures(["a red cat at the top left and a pink boat"], [SCENE], [REFERENCES])
    assert figures["fact_precision"] == pytest.approx(4 / 6)
    assert figures["fact_recall"] == pytest.approx(3 / 7)  # nobody said "left"
    assert figures["fact_f1"] == pytest.approx(2 * (4 / 6) * (3 / 7) / (4 / 6 + 3 / 7))
    assert figures["fact_precision_references"] == 1
    assert figures["fact_recall_references"] == pytest.approx((4 + 5) / (7 + 7))
    assert figures["fact_f1_references"] == pytest.approx(2 * 9 / 14 / (1 + 9 / 14))
    assert len(figures) == 6


def test_figures_are_of_all_scenes_together():
    figures = fact_figures(
        ["a red cat", "a blue cat left of a red cat"], [SCENE, CATS], [REFERENCES, ["a red cat"]]
    )
    assert figures["fact_precision"] == pytest.approx((2 + 4) / (2 + 5))
    assert figures["fact_recall"] == pytest.approx((2 + 2) / (7 + 2))


def test_an_untrue_reference_asks_for_nothing():
    figures = fact_figures(["a cat"], [SCENE], [["a green cat", "a boat"]])
    assert figures["fact_recall"] == 1
    assert figures["fact_precision_references"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reference_scores_as_references_do_and_strangers_do_not(language):
    scenes = scenes_for("dev", 200, 0)
    rng = np.random.default_rng(5)
    known = [[c.text for c in captions(scene, rng, language)] for scene in scenes]
    own = fact_figures([five[2] for five in known], scenes, known, language)
    assert own["fact_precision"] == own["fact_precision_references"] == 1
    assert own["fact_recall"] == pytest.approx(own["fact_recall_references"], abs=0.05)
    assert 0.5 < own["fact_recall_references"] < 0.8
    strangers = fact_figures([five[2] for five in known[1:] + known[:1]], scenes, known, language)
    assert strangers["fact_precision"] < 0.2
    assert strangers["fact_f1"] < 0.2


def test_nothing_said_scores_0():
    figures = fact_figures(["", "hm"], [SCENE, CATS], [REFERENCES, [""]])
    assert figures["fact_precision"] == figures["fact_recall"] == figures["fact_f1"] == 0


def test_what_cannot_be_scored():
    with pytest.raises(ValueError, match="at least one"):
        fact_figures([], [], [])
    with pytest.raises(ValueError, match="equally many"):
        fact_figures(["a cat"], [SCENE, CATS], [REFERENCES, REFERENCES])


@given(st.text(), languages, st.integers(0, 99))
@settings(max_examples=50)
def test_any_text_can_be_judged(text, language, seed):
    scene = sample_scene(np.random.default_rng(seed), "train")
    assert set(judged(read(text, language), scene)) == parts(read(text, language))
