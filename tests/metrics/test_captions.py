"""Against sacrebleu, pycocoevalcap's CIDEr class, and arithmetic on paper."""

import math

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocoevalcap.cider.cider import Cider

from mm_demo.errors import UserError
from mm_demo.metrics.captions import (
    best_constant,
    bleu,
    cider,
    normalised,
    sentence_bleu_steps,
)

WORDS = ["a", "red", "dog"]  # so few that 4-grams match and sentences repeat themselves
sentences = st.lists(st.sampled_from(WORDS), min_size=0, max_size=9).map(" ".join)
spoken = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
several = st.lists(spoken, min_size=1, max_size=4)
corpora = st.lists(st.tuples(sentences, several), min_size=1, max_size=6).map(
    lambda rows: ([said for said, _ in rows], [known for _, known in rows])
)


def by_sacrebleu(hypotheses, references, order=4):
    most = max(map(len, references))
    columns = [[r[i] if i < len(r) else None for r in references] for i in range(most)]
    scorer = sacrebleu.BLEU(
        tokenize="none", smooth_method="none", max_ngram_order=order, force=True
    )
    return scorer.corpus_score(hypotheses, columns).score / 100


def by_pycocoevalcap(hypotheses, references):
    known = dict(enumerate(references))
    return Cider().compute_score(known, {i: [text] for i, text in enumerate(hypotheses)})[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A child in a pink dress .", ["a", "child", "in", "a", "pink", "dress"]),
        ('The man\'s "t-shirt",red;  (new)!', ["the", "mans", "tshirt", "red", "new"]),
        ("ＡＢＣ　ｄｏｇ", ["abc", "dog"]),
        ("snake_case 3 & 4", ["snake", "case", "3", "4"]),
        ("Ein Café\tam\nSee", ["ein", "café", "am", "see"]),
        (" ... - ' ", []),
    ],
)
def test_the_rule(text, words):
    assert normalised(text) == words


def test_chinese_is_read_by_characters():
    assert normalised("一只红猫，在 A3 海边。", "zh") == list("一只红猫在a3海边")


@given(st.text(), st.sampled_from(["en", "zh"]))
def test_what_is_normalised_stays_so(text, language):
    words = normalised(text, language)
    assert normalised(" ".join(words), language) == words
    assert all(word and not set(word) & set(" .,;:!?\"'，。-_\n") for word in words)


@given(corpora)
def test_bleu_equals_sacrebleu(corpus):
    figures = bleu(*corpus)
    for order in (1, 2, 3, 4):
        assert figures[f"bleu{order}"] == pytest.approx(by_sacrebleu(*corpus, order), abs=1e-9)


def test_bleu_by_hand():
    """Of five "the" two are allowed, as in the paper; of the lengths 6 and 8 the closest to 7 is 6."""
    figures = bleu(
        ["the the the the the cat mat"],
        [["the cat sat on the mat", "a cat lies there on a nice mat"]],
    )
    assert figures["bleu1"] == pytest.approx(4 / 7)
    assert figures["bleu2"] == pytest.approx(math.sqrt(4 / 7 * 1 / 6))
    assert figures["bleu3"] == figures["bleu4"] == 0


def test_bleu_is_of_the_corpus_and_of_the_closest_length():
    """Counts are summed before they are divided, and so are lengths: 2 + 4 words against 4 + 4."""
    figures = bleu(["a b", "a b c d"], [["a b c d", "a b c d e f"], ["a b c d"]])
    assert figures["bleu4"] == pytest.approx(math.exp(1 - 8 / 6))


def test_missing_references_are_no_references_of_length_0():
    ragged = [["a b c d e f g h"], ["a b c d", "... !", "a b c d e"]]
    assert bleu(["a b c d", "a b c d"], ragged)["bleu1"] == pytest.approx(math.exp(1 - 12 / 8))


def test_case_and_punctuation_do_not_count():
    assert bleu(["A dog runs , fast ."], [["a dog runs fast"]])["bleu4"] == pytest.approx(1)
    assert bleu(["一只红猫。"], [["一只，红猫"]], "zh")["bleu4"] == pytest.approx(1)


def test_nothing_said_scores_0():
    assert set(bleu(["", "."], [["a dog"], ["a cat"]]).values()) == {0.0}
    assert cider(["", "."], [["a dog"], ["a cat"]]) == 0


@given(corpora)
def test_cider_equals_pycocoevalcap(corpus):
    assert cider(*corpus) == pytest.approx(by_pycocoevalcap(*corpus), abs=1e-9)


def test_cider_is_10_for_the_only_reference_and_less_for_what_everybody_says():
    references = [["a dog runs on grass"], ["a cat sits on the sofa"], ["a bird in a tree"]]
    assert cider([r[0] for r in references], references) == pytest.approx(10)
    common = cider(["a dog", "a", "a bird"], references)
    rare = cider(["a dog", "cat", "a bird"], references)
    assert rare > common > 0


def test_cider_needs_several_pictures():
    assert cider(["a dog runs fast"], [["a dog runs fast"]]) == 0


@pytest.mark.parametrize("figure", [bleu, cider])
def test_what_cannot_be_scored(figure):
    with pytest.raises(ValueError, match="equally many"):
        figure(["a dog"], [["a dog"], ["a cat"]])
    with pytest.raises(ValueError, match="at least one"):
        figure([], [])
    for empty in ([], ["", " . "]):
        with pytest.raises(UserError) as error:
            figure(["a dog", "a cat"], [["a dog"], empty])
        assert error.value.key == "captions.empty_reference"


@given(sentences, several)
def test_the_steps_lead_to_sacrebleus_sentence_bleu(said, known):
    steps = sentence_bleu_steps(said, known)
    wanted = sacrebleu.sentence_bleu(
        said, known, smooth_method="none", tokenize="none", use_effective_order=False
    )
    assert steps.bleu == pytest.approx(wanted.score / 100, abs=1e-9)
    assert steps.brevity_penalty == pytest.approx(wanted.bp)
    assert steps.reference_length == wanted.ref_len
    assert [p.matched for p in steps.precisions] == wanted.counts
    assert [p.total for p in steps.precisions] == wanted.totals
    assert (steps.zero_at is None) == (steps.bleu > 0)


def occurrences(ngram, words):
    return sum(tuple(words[i : i + len(ngram)]) == ngram for i in range(len(words)))


@given(spoken, several)
def test_each_step_shows_its_counts(said, known):
    steps = sentence_bleu_steps(said, known)
    words = said.split()
    assert list(steps.words) == words
    for p in steps.precisions:
        wanted = {}
        for ngram in zip(*(words[i:] for i in range(p.n)), strict=False):
            count = occurrences(ngram, words)
            most = max(occurrences(ngram, reference.split()) for reference in known)
            wanted[ngram] = (count, min(count, most))
        assert {each.words: (each.count, each.clipped) for each in p.ngrams} == wanted
        assert len(p.ngrams) == len(wanted)
        assert p.value == (p.matched / p.total if p.total else 0)


def test_the_steps_of_a_sentence():
    steps = sentence_bleu_steps("The the cat.", ["the cat sat on it", "a the", "the cat or the"])
    assert [(each.words, each.count, each.clipped) for each in steps.precisions[0].ngrams] == [
        (("the",), 2, 2),
        (("cat",), 1, 1),
    ]
    assert [p.value for p in steps.precisions] == [1, 0.5, 0, 0]
    assert steps.zero_at == 3
    assert steps.reference_length == 2  # of 2 and 4 the shorter
    assert steps.brevity_penalty == 1


def test_clipping_is_by_the_reference_with_the_most():
    steps = sentence_bleu_steps("the the the", ["the cat and the dog", "the the"])
    (the,) = steps.precisions[0].ngrams
    assert (the.count, the.clipped) == (3, 2)
    assert steps.precisions[1].value == pytest.approx(1 / 2)


def test_steps_of_nothing():
    steps = sentence_bleu_steps(" . ", ["a dog"])
    assert (steps.bleu, steps.brevity_penalty, steps.zero_at) == (0, 0, 1)
    assert not any(p.ngrams for p in steps.precisions)
    for empty in ([], ["", "!"]):
        with pytest.raises(UserError) as error:
            sentence_bleu_steps("a dog", empty)
        assert error.value.key == "captions.empty_reference"


def test_steps_in_chinese():
    steps = sentence_bleu_steps("一只红猫", ["一只小红猫"], "zh")
    assert [p.matched for p in steps.precisions] == [4, 2, 0, 0]
    assert steps.brevity_penalty == pytest.approx(math.exp(1 - 5 / 4))


@given(st.lists(spoken, min_size=1, max_size=5), st.lists(several, min_size=1, max_size=4))
@settings(max_examples=60)
def test_best_constant_equals_trying_them_all(candidates, references):
    text, score = best_constant(candidates, references)
    scores = [by_sacrebleu([c] * len(references), references) for c in candidates]
    assert score == pytest.approx(max(scores), abs=1e-9)
    assert scores[candidates.index(text)] == pytest.approx(max(scores), abs=1e-9)


def test_best_constant_on_sentences_that_repeat_and_differ_in_length():
    rng = np.random.default_rng(0)
    references = [
        [" ".join(rng.choice(WORDS, rng.integers(3, 12))) for _ in range(rng.integers(1, 6))]
        for _ in range(40)
    ]
    candidates = [text for known in references for text in known]
    text, score = best_constant(candidates, references)
    wanted = {c: bleu([c] * len(references), references)["bleu4"] for c in candidates}
    assert score == pytest.approx(max(wanted.values()), abs=1e-12)
    assert wanted[text] == pytest.approx(score, abs=1e-12)
    assert score > 0.1


def test_best_constant_looks_at_the_most_frequent_alone_and_takes_the_first_of_equals():
    references = [["a dog runs on the grass"], ["a dog sits on the grass"]]
    candidates = ["a cat", "A dog runs on the grass.", "a dog sits on the grass"]
    assert best_constant(candidates, references)[0] == "A dog runs on the grass."
    assert best_constant(candidates, references, count=1) == ("a cat", 0.0)
    for candidates, count in (([], 500), (["a"], 0)):
        with pytest.raises(ValueError, match="no candidate"):
            best_constant(candidates, references, count)
