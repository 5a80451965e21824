"""Training arrays: the pictures, captions and truths of the scenes they claim to be."""

import numpy as np
import pytest

from mm_demo.data.scenes import captions, draw, facts, scenes_for
from mm_demo.data.scenes import pairs as module
from mm_demo.data.scenes.facts import without_colours
from mm_demo.data.scenes.pairs import ScenePairs
from mm_demo.nn.tokens import build_tokenizer

COUNT = 60


@pytest.fixture
def pairs(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 40)
    scenes = [*scenes_for("train", 40, 0), *scenes_for("train", 40, 1)[:20]]
    texts = [written(scenes, row, language) for row in range(COUNT) for language in ("en", "zh")]
    tokenizer = build_tokenizer([c.text for caption in texts for c in caption], 40)
    made = ScenePairs("train", COUNT, 0, 32)
    list(made.prepare(("en", "zh"), tokenizer))
    return made, scenes, tokenizer


def written(scenes, row, language):
    seed, place = divmod(row, 40)
    rng = np.random.default_rng([seed, place, *language.encode()])
    return captions(scenes[row], rng, language, 5)


def test_pictures_are_those_of_the_scenes(pairs):
    made, scenes, _ = pairs
    for row in (0, 39, 40, 59):
        assert np.array_equal(made.images[row], draw(scenes[row], 32))
    assert list(made.single) == [row for row, s in enumerate(scenes) if len(s.objects) == 1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_captions_are_those_of_their_rows(pairs, language):
    made, scenes, tokenizer = pairs
    rows = np.array([0, 41, 59, 13])
    drawn = made.draw_captions(np.random.default_rng(0), rows, language, 5)
    for place, row in enumerate(rows):
        said = {tuple(i for i in made.tokens(numbers)[place] if i) for numbers in drawn}
        assert said == {tuple(tokenizer.encode(c.text).ids) for c in written(scenes, row, language)}


def test_untrue_is_never_said_of_a_true_caption(pairs):
    made, scenes, _ = pairs
    rows = np.arange(COUNT)
    wrong = 0
    for k, numbers in enumerate(made.draw_captions(np.random.default_rng(1), rows, "en", 5)):
        untrue = made.untrue(rows, numbers)
        for place, number in enumerate(numbers):
            caption = written(scenes, int(number) // 5 % COUNT, "en")[int(number) % 5]
            for row in rows:
                true = caption.facts <= facts(scenes[row])
                assert not (true and untrue[row, place]), (k, caption)
                wrong += not true and not untrue[row, place]
    assert wrong < 0.01 * 5 * COUNT * COUNT


def test_shuffled_pairs_tell_nothing(pairs):
    made, _, _ = pairs
    made.shuffle(0)
    rows = np.arange(COUNT)
    (numbers,) = made.draw_captions(np.random.default_rng(0), rows, "en", 1)
    assert sorted(numbers // 5) == list(rows)
    assert (numbers // 5 == rows).sum() < 6


def test_a_second_time_from_the_cache(pairs, monkeypatch):
    made, _, tokenizer = pairs
    monkeypatch.setattr(module, "captions", None)  # would fail if it were written anew
    again = ScenePairs("train", COUNT, 0, 32)
    list(again.prepare(("en", "zh"), tokenizer))
    assert np.array_equal(again.token_ids, made.token_ids)
    assert np.array_equal(again.bits, made.bits)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_colourless_captions_name_no_colour_and_are_true_of_any(pairs, language):
    made, scenes, tokenizer = pairs
    rows = np.arange(COUNT)
    (numbers,) = made.draw_captions(np.random.default_rng(0), rows, language, 1)
    which = rows % 2 == 0
    ids, plain = made.tokens(numbers, which), made.tokens(numbers)
    for row in rows:
        kept = [i for i in plain[row] if i and not (which[row] and i in made.colour_ids)]
        assert [i for i in ids[row] if i] == kept
        assert list(ids[row]) == kept + [0] * (len(ids[row]) - len(kept))
    named = {tokenizer.id_to_token(i) for i in made.colour_ids}
    assert named & ({"red", "violet"} if language == "en" else {"红", "紫"})
    # either side without colours: the rest of the sentence decides
    untrue = made.untrue(rows, numbers, which)
    for place, number in enumerate(numbers):
        caption = written(scenes, int(number) // 5 % COUNT, language)[int(number) % 5]
        stated = {without_colours(fact) for fact in caption.facts}
        for row in rows:
            compared = stated if which[row] or which[place] else caption.facts
            if compared <= facts(scenes[row]):
                assert not untrue[row, place]
