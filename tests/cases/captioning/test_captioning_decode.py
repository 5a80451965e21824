"""Decoding: the same sentences as a naive search, each method's promises, and no weights that break it."""

import math
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from mm_demo.cases.captioning.decode import (
    LIMITS,
    METHODS,
    Decoding,
    Words,
    beam,
    decode,
    greedy,
    sample,
)
from mm_demo.cases.captioning.explain import explain, word_probabilities
from mm_demo.cases.captioning.model import ImageCaptioningModel
from mm_demo.errors import UserError

VOCABULARY, END = 14, 13
WORDS = Words((2,), END, (0, 1, 2))


@cache
def made(seed=0, end=0.0, attention=True, scale=1.5):
    """A model of random weights whose sentences end the sooner the larger `end` is; 8 pictures."""
    torch.manual_seed(seed)
    model = ImageCaptioningModel(
        VOCABULARY, 12, 16, 10, grid_dim=6 if attention else 0, attention_dim=8
    ).eval()
    model.requires_grad_(False)
    for parameter in model.parameters():
        parameter *= scale
    for parameter in (*model.lstm.parameters(), *model.hidden_out.parameters()):
        parameter *= 3  # else a word is likeliest after itself
    model.bias.normal_(std=0.5)
    model.bias[END] += end
    return model, model.look(torch.randn(8, 10), torch.randn(8, 5, 6))


def logs(model, looked, words, ids):
    """log P of what follows the words, by reading all of them anew."""
    logits = model.step(torch.tensor([[*words.start, *ids]]), looked)[0][0, -1].double()
    logits[[*words.never, *([] if ids or words.begun else [words.end])]] = -torch.inf
    return logits.log_softmax(-1).tolist()


def naive_beam(model, looked, words, width, penalty, most):
    """Beam search over lists that reads each hypothesis from its beginning at every step."""
    live, done, given = [((), 0.0)], [], words.begun
    for step in range(most):
        weighed = []
        for ids, score in live:
            gains = logs(model, looked, words, ids)
            weighed += [((*ids, n), score + g) for n, g in enumerate(gains) if g > -math.inf]
        weighed.sort(key=lambda each: -each[1])
        weighed = weighed[: 2 * width]
        done += [
            (ids[:-1], score / (given + step) ** penalty)
            for ids, score in weighed[:width]
            if ids[-1] == words.end
        ]
        done = sorted(done, key=lambda each: -each[1])[:width]
        live = [each for each in weighed if each[0][-1] != words.end][:width]
        if len(done) == width or (done and done[0][1] >= live[0][1] / (given + most) ** penalty):
            break
    return done or [(ids, score / (given + len(ids)) ** penalty) for ids, score in live]


def rows(looked):
    return [looked.rows(torch.tensor([n])) for n in range(len(looked.image))]


def log_p(model, looked, words, ids, ended):
    gains = explain(model, looked, words, ids)[0].double()
    total = sum(float(gains[place, word]) for place, word in enumerate(ids))
    return total + (float(gains[len(ids), words.end]) if ended else 0)


@pytest.mark.parametrize("attention", [True, False], ids=["attention", "plain"])
@pytest.mark.parametrize("end", [0.0, 2.5])
@pytest.mark.parametrize(
    ("width", "penalty"), [(1, 0.7), (2, 0.0), (3, 0.7), (4, 1.0), (5, 2.0), (7, 0.7), (20, 1.0)]
)
def test_beam_search_is_the_naive_one(width, penalty, end, attention):
    model, looked = made(width, end, attention)
    found = beam(model, looked, WORDS, 6, width=width, length_penalty=penalty)
    for row, own in enumerate(rows(looked)[:4]):
        wanted = naive_beam(model, own, WORDS, width, penalty, 6)
        assert found.ids[row] == [list(ids) for ids, _ in wanted]
        assert found.scores[row] == pytest.approx([score for _, score in wanted], abs=1e-4)


def test_sentences_that_end_and_that_do_not_are_both_met():
    lengths = {
        len(ids[0])
        for end in (0.0, 2.5)
        for width in (2, 3, 7)
        for ids in beam(*made(width, end), WORDS, 6, width=width).ids
    }
    assert {1, 6} <= lengths
    assert len(lengths) >= 4


def test_the_beginning_that_one_chose_goes_on_as_naively():
    model, looked = made(1, 1.5)
    words = WORDS.after([7, 4])
    found = beam(model, looked, words, 5, width=4, length_penalty=1.0)
    assert words.after([5]) == WORDS.after([7, 4, 5])
    for row, own in enumerate(rows(looked)):
        wanted = naive_beam(model, own, words, 4, 1.0, 5)
        assert found.ids[row] == [list(ids) for ids, _ in wanted]
        assert found.scores[row] == pytest.approx([score for _, score in wanted], abs=1e-4)
    assert [] in [ids for said in found.ids for ids in said]  # it may end at once
    assert WORDS.after([]).begun == 0  # nothing said yet


def test_greedy_is_beam_search_of_width_one_and_sampling_without_warmth():
    for seed in range(6):
        model, looked = made(seed, 1.0)
        wanted = greedy(model, looked, WORDS, 8)
        thin = beam(model, looked, WORDS, 8, width=1, length_penalty=0.7)
        assert wanted.ids == thin.ids
        for temperature, top_p in ((0, 0.9), (1e-310, 1.0), (1.0, 1e-9)):
            drawn = sample(model, looked, WORDS, 8, temperature=temperature, top_p=top_p, seed=3)
            assert drawn.ids == wanted.ids
        for row, own in enumerate(rows(looked)):
            (ids,) = wanted.ids[row]
            score = log_p(model, own, WORDS, ids, ended=len(ids) < 8)
            assert wanted.scores[row] == pytest.approx([score], abs=1e-4)


@pytest.mark.parametrize(
    "how", [Decoding("beam", 4), Decoding("greedy"), Decoding("sample", seed=5)]
)
def test_a_batch_changes_no_sentence(how):
    model, looked = made(3, 1.0)
    together = decode(model, looked, WORDS, how)
    first = looked.rows(torch.arange(3))
    assert decode(model, first, WORDS, how).ids == together.ids[:3]
    assert decode(model, rows(looked)[0], WORDS, how).ids == together.ids[:1]
    if how.method != "sample":  # whose dice depend on the place
        assert decode(model, rows(looked)[5], WORDS, how).ids == together.ids[5:6]


def test_samples_repeat_with_the_seed_and_differ_without():
    model, looked = made(0, scale=1.0)
    one, again, other = (
        sample(model, looked, WORDS, 8, temperature=1.5, seed=seed) for seed in (1, 1, 2)
    )
    assert one == again
    assert one.ids != other.ids
    same = looked.rows(torch.zeros(8, dtype=torch.long))
    drawn = sample(model, same, WORDS, 8, temperature=1.5, seed=1)
    assert len({tuple(ids) for (ids,) in drawn.ids}) > 4  # eight throws, not one


@pytest.mark.parametrize(
    ("temperature", "top_p"), [(1.0, 1.0), (1.0, 0.7), (2.0, 0.9), (0.5, 0.95)]
)
def test_words_are_drawn_as_often_as_the_nucleus_says(temperature, top_p):
    model, looked = made(2, 1.0, scale=1.0)
    many = looked.rows(torch.zeros(3000, dtype=torch.long))
    drawn = sample(model, many, WORDS, 1, temperature=temperature, top_p=top_p, seed=11)
    shares = np.exp(np.array(logs(model, rows(looked)[0], WORDS, [])) / temperature)
    shares /= shares.sum()
    order = np.argsort(-shares)
    inside = order[: 1 + int(np.searchsorted(np.cumsum(shares[order]), top_p))]
    wanted = np.zeros(VOCABULARY)
    wanted[inside] = shares[inside] / shares[inside].sum()
    counts = np.bincount([ids[0][0] for ids in drawn.ids], minlength=VOCABULARY)
    assert not counts[wanted == 0].any()
    assert (wanted > 0).sum() > 3
    if top_p < 1:
        assert (wanted > 0).sum() < VOCABULARY - 4
    there = wanted > 0
    assert chisquare(counts[there], 3000 * wanted[there]).pvalue > 0.001


@pytest.mark.parametrize("method", METHODS)
def test_a_thousand_sentences_whatever_the_weights(method):
    said = 0
    for seed in range(125):
        scale = (0.0, 0.3, 1.0, 4.0, 100.0)[seed % 5]
        model, looked = made(seed, (-50.0, 0.0, 50.0)[seed % 3], seed % 2 == 0, scale)
        how = Decoding(
            method, beam=1 + seed % 7, temperature=(0.1, 1.0, 5.0)[seed % 3],
            top_p=(0.01, 0.9, 1.0)[seed % 3], max_words=1 + seed % 30, seed=seed,
        )  # fmt: skip
        found = decode(model, looked, WORDS, how)
        for several in found.ids:
            said += 1
            for ids in several:
                assert 1 <= len(ids) <= how.max_words
                assert not {*WORDS.never, END} & set(ids)
    assert said == 1000


@settings(max_examples=40)
@given(st.integers(0, 20), st.integers(1, 7), st.floats(0, 2), st.integers(1, 8), st.floats(-2, 4))
def test_what_beam_search_finds(seed, width, penalty, most, end):
    model, looked = made(seed, round(end))
    found = beam(model, looked, WORDS, most, width=width, length_penalty=penalty)
    for own, several, scores in zip(rows(looked), found.ids, found.scores, strict=True):
        assert 1 <= len(several) <= width
        assert len({tuple(ids) for ids in several}) == len(several)
        assert scores == sorted(scores, reverse=True)
        for ids, score in zip(several, scores, strict=True):
            gain = log_p(model, own, WORDS, ids, ended=len(ids) < most)
            assert score == pytest.approx(gain / len(ids) ** penalty, abs=1e-3)


@settings(max_examples=25)
@given(st.integers(0, 20), st.integers(1, 6), st.integers(1, 7), st.integers(0, 2))
def test_the_tree_tells_what_was_weighed(seed, width, most, end):
    model, looked = made(seed, end)
    own, tree = rows(looked)[0], []
    found = beam(model, own, WORDS, most, width=width, tree=tree)
    kept = [()]
    paths = set()
    for step, weighed in enumerate(tree):
        assert 1 <= len(weighed) <= 2 * width
        assert [each.score for each in weighed] == sorted(
            (each.score for each in weighed), reverse=True
        )
        onward = []
        for each in weighed:
            ids = (*kept[each.parent], each.word)
            assert (each.fate == "ended") == (each.word == END)
            body = ids[:-1] if each.word == END else ids
            gain = log_p(model, own, WORDS, body, ended=each.word == END)
            assert each.score == pytest.approx(gain, abs=1e-3)
            if each.fate == "kept":
                onward.append(ids)
            paths.add(ids)
        assert len(onward) == min(width, VOCABULARY - 4) or step > 0
        cut = [each.score for each in weighed if each.fate == "cut"]
        ours = [each.score for each in weighed if each.fate == "kept"]
        assert not cut or min(ours) >= max(cut)
        kept = onward
    for ids in found.ids[0]:
        assert (*ids, END) in paths or (len(ids) == most and tuple(ids) in paths)


def test_what_the_model_thought_is_a_distribution_over_what_may_be_said():
    model, looked = made(4, 1.0)
    own = rows(looked)[2]
    thought, weights = explain(model, own, WORDS, [5, 6, 7])
    assert thought.shape == (4, VOCABULARY)
    assert weights.shape == (4, 5)
    assert thought.exp().sum(-1).tolist() == pytest.approx([1] * 4, abs=1e-5)
    assert torch.isinf(thought[:, list(WORDS.never)]).all()
    assert torch.isinf(thought[0, END])
    assert torch.isfinite(thought[1:, END]).all()
    for place in range(4):
        wanted = logs(model, own, WORDS, [5, 6, 7][:place])
        assert thought[place].tolist() == pytest.approx(wanted, abs=1e-4)
    later, _ = explain(model, own, WORDS.after([5]), [6, 7])
    torch.testing.assert_close(later, thought[1:])
    assert explain(*(made(4, attention=False)[0], own), WORDS, [5])[1] is None


@pytest.mark.parametrize("words", [WORDS, Words((2, 3), END, (0, 1, 2, 3))])
def test_probabilities_of_many_sentences_are_those_of_each(words):
    model, looked = made(1, 1.5)
    found = beam(model, looked, words, 7)
    likely = word_probabilities(model, looked, words, found)
    assert len({len(ids[0]) for ids in found.ids}) > 1  # else no padding is met
    for own, (ids, *_), gained in zip(rows(looked), found.ids, likely, strict=True):
        thought = explain(model, own, words, ids)[0].exp()
        wanted = [float(thought[place, word]) for place, word in enumerate([*ids, END])]
        assert gained == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("beam", value) for value in (0, 1000, 2.5, "x", True, math.nan, None, math.inf)),
        ("temperature", -1), ("temperature", math.nan), ("top_p", 0), ("max_words", 0),
        ("max_words", 31), ("length_penalty", -0.1), ("seed", -1), ("seed", 2**31),
        ("method", "viterbi"), ("method", None),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(name, value):
    with pytest.raises(UserError) as error:
        Decoding(**{name: value})
    assert error.value.key == "knob.illegal"
    assert error.value.facts["name"] == name
    assert error.value.facts["value"] == str(value)
    if name in LIMITS:
        low, high = LIMITS[name]
        assert error.value.facts["allowed"] == f"{low:g} – {high:.10g}"


@pytest.mark.parametrize("name", LIMITS)
def test_the_ends_of_what_may_be_set_are_taken(name):
    model, looked = made(1)
    for value in LIMITS[name]:
        method = "sample" if name in ("temperature", "top_p", "seed") else "beam"
        found = decode(model, looked, WORDS, Decoding(method, **{name: value}))
        assert all(ids[0] for ids in found.ids)


def test_one_word_at_most_is_one_word():
    model, looked = made(6, 9.0)
    for method in METHODS:
        found = decode(model, looked, WORDS, Decoding(method, max_words=1))
        assert [len(ids[0]) for ids in found.ids] == [1] * 8
