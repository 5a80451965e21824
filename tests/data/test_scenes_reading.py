"""Sentences read back: what the grammar says, and what remains of sentences that break it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.data.scenes import LANGUAGES, captions, sample_scene, scenes_for
from mm_demo.data.scenes.reading import Stated, Thing, read

seeds = st.integers(0, 2**32)
languages = st.sampled_from(LANGUAGES)


def caption_of(seed, language):
    rng = np.random.default_rng(seed)
    return captions(sample_scene(rng, "train"), rng, language, 1)[0]


def pieces(text, language):
    return list(text) if language == "zh" else text.split()


def joined(words, language):
    return ("" if language == "zh" else " ").join(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_caption_is_read_as_it_was_meant(language, split):
    rng = np.random.default_rng(3)
    for scene in scenes_for(split, 600, 21):
        for caption in captions(scene, rng, language):
            stated = read(caption.text, language)
            assert stated.facts() == caption.facts, caption.text
            assert all(len(said) <= 1 for thing in stated.things
                       for said in (thing.sizes, thing.colours, thing.places))  # fmt: skip


@given(seeds, languages)
def test_punctuation_case_and_spaces_do_not_matter(seed, language):
    caption = caption_of(seed, language)
    bare = caption.text.replace("，", "")
    spaced = " ".join(bare) if language == "zh" else bare.title().replace(" ", " , ") + "."
    assert read(bare, language) == read(spaced, language) == read(caption.text, language)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("a small red cat on the left", {"object small red cat left"}),
        ("a big violet ship in the upper left corner", {"object large purple boat top_left"}),
        ("two cats", set()),
        ("at the top right there is a kitty", {"object * * cat *"}),
        ("a toy ball over a parasol over the waves",
         {"above * * ball of * * umbrella", "background sea"}),
        ("a cat with a red house on its right", {"left_of * * cat of * red house"}),
        ("a cat and left of it a red house", {"left_of * red house of * * cat"}),
        ("a cat and further down a star", {"above * * cat of * * star"}),
        ("a tree with a bird beneath it near snowy peaks",
         {"below * * bird of * * tree", "background mountains"}),
        ("a tree on snowy ground", {"object * * tree *", "background snow"}),
        ("just a star at the bottom", {"object * * star bottom", "count 1"}),
        ("a star and a red cat and nothing else",
         {"object * * star *", "object * red cat *", "count 2"}),
        ("a red cat and a blue cat", {"object * red cat *", "object * blue cat *"}),
    ],
)  # fmt: skip
def test_english(text, facts):
    assert read(text).facts() == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("左边有一只红色的小猫", {"object small red cat left"}),
        ("大海上，有一只大猫", {"object large * cat *", "background sea"}),
        ("画面的左边有一只猫", {"object * * cat left"}),
        ("一只猫，在一栋红房子的左边", {"left_of * * cat of * red house"}),
        ("一只猫，它的左边有一栋房子", {"left_of * * house of * * cat"}),
        ("一只猫，在一棵树的下面，左上角还有一个气球",
         {"below * * cat of * * tree", "object * * balloon top_left"}),
        ("一个气球，一个皮球，一个球", {"object * * balloon *", "object * * ball *"}),
        ("一只猫，只有它自己", {"object * * cat *", "count 1"}),
    ],
)  # fmt: skip
def test_chinese(text, facts):
    assert read(text, "zh").facts() == facts


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("", Stated()),
        ("a photo of a photo of", Stated()),
        ("nothing else on the left of red", Stated()),
        ("red and a cat", Stated((Thing("cat"),))),
        ("a red the cat", Stated((Thing("cat"),))),
        ("a red blue red cat", Stated((Thing("cat", colours=("red", "blue")),))),
        ("a cat high up far left", Stated((Thing("cat", places=("top", "left")),))),
        ("far left a cat", Stated((Thing("cat"),))),
        ("above a cat", Stated((Thing("cat"),))),
        ("a cat above", Stated((Thing("cat"),))),
        ("a cat on its right", Stated((Thing("cat"),))),
        ("at night in the snow", Stated(backgrounds=frozenset({"night", "snow"}))),
        ("a cat cat", Stated((Thing("cat"), Thing("cat")))),
        ("a cat above below a star",
         Stated((Thing("cat"), Thing("star")), frozenset({("below", 0, 1)}))),
        ("a cat left of a star above a car",
         Stated((Thing("cat"), Thing("star"), Thing("car")),
                frozenset({("left_of", 0, 1), ("above", 1, 2)}))),
    ],
)  # fmt: skip
def test_what_a_half_trained_captioner_says(text, stated):
    assert read(text) == stated


def test_what_is_contradictory_states_both():
    assert read("a red blue cat on the left on the right").facts() == {
        f"object * {colour} cat {place}"
        for colour in ("red", "blue")
        for place in ("left", "right")
    }


@given(st.text(), languages)
def test_any_text_can_be_read(text, language):
    assert isinstance(read(text, language).facts(), frozenset)


@given(seeds, languages, st.randoms(use_true_random=False))
def test_shuffled_words_state_no_thing_that_is_not_named(seed, language, random):
    caption = caption_of(seed, language)
    words = pieces(caption.text, language)
    random.shuffle(words)
    stated = read(joined(words, language), language)
    assert all(i != j and max(i, j) < len(stated.things) for _, i, j in stated.relations)
    assert len(stated.things) <= len(words)
    if language == "en":  # a noun is one word: no order hides it
        said = sorted(thing.kind for thing in read(caption.text).things)
        assert sorted(thing.kind for thing in stated.things) == said


@given(seeds, languages, st.integers(0, 60))
def test_a_truncated_caption_names_the_first_of_its_things(seed, language, length):
    text = caption_of(seed, language).text
    whole = read(text, language)
    part = read(joined(pieces(text, language)[:length], language), language)
    assert len(part.things) <= len(whole.things)
    if language == "en":
        assert part.relations <= whole.relations
        for cut, thing in zip(part.things, whole.things, strict=False):
            assert (cut.kind, cut.sizes, cut.colours) == (thing.kind, thing.sizes, thing.colours)


def test_unknown_language():
    with pytest.raises(ValueError, match="unknown language"):
        read("un chat", "fr")
