"""A visitor's own references: what is taken, what is refused, which words are marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.cases.captioning.try_score import (
    MOST_LETTERS,
    MOST_LINES,
    card,
    covered,
    failed,
    parse,
    score,
)  # fmt: skip
from mm_demo.errors import UserError
from mm_demo.metrics.captions import normalised, sentence_bleu_steps


def refused(text, language="en"):
    with pytest.raises(UserError) as error:
        parse(text, language)
    return error.value.key, error.value.facts


def test_one_reference_a_line_blank_lines_and_spaces_apart():
    assert parse("  a red  boat \r\n\n\ta ship\n", "en") == ["a red boat", "a ship"]


@pytest.mark.parametrize("text", [None, "", " \n\t\n"])
def test_nothing_to_compare_with(text):
    assert refused(text)[0] == "captions.empty_reference"


def test_only_marks_are_nothing_to_compare_with():
    with pytest.raises(UserError) as error:
        score("a boat", "...\n!?", "en")
    assert error.value.key == "captions.empty_reference"


def test_limits_name_the_line():
    assert refused("\n".join(["boat"] * (MOST_LINES + 1))) == (
        "captioning.many_references", {"limit": MOST_LINES},
    )  # fmt: skip
    assert len(parse("\n".join(["boat"] * MOST_LINES), "en")) == MOST_LINES
    assert refused("boat\n\n" + "x" * (MOST_LETTERS + 1)) == (
        "captioning.long_reference", {"line": 3, "limit": MOST_LETTERS},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "line"),
    [("a boat\n一艘船", "en", 2), ("a boat", "zh", 1), ("一艘船\n\nthe sea", "zh", 3)],
)
def test_a_reference_in_the_other_language_is_named(text, language, line):
    assert refused(text, language) == (
        "captioning.other_reference", {"line": line, "spoken": language},
    )  # fmt: skip


def test_a_latin_letter_within_chinese_is_no_other_language():
    assert parse("一件T恤", "zh") == ["一件T恤"]


def test_the_refusal_says_the_language_by_its_name():
    html = failed(UserError("captioning.other_reference", line=1, spoken="zh"))
    assert "(Chinese)" in html
    assert "（中文）" in html
    assert "kept" in html


def test_a_repeated_word_is_marked_as_often_as_it_counts():
    steps = sentence_bleu_steps("the cat the dog", ["the bird"])
    assert covered(steps.words, steps.precisions[0]) == [True, False, False, False]


def test_marked_runs_of_words_are_those_that_match():
    steps = score("a red boat on the sea", "a red boat in the sea\nred boats", "en")
    assert covered(steps.words, steps.precisions[0]) == [True, True, True, False, True, True]
    assert covered(steps.words, steps.precisions[1]) == [True, True, True, False, True, True]
    assert covered(steps.words, steps.precisions[2]) == [True, True, True, False, False, False]
    assert covered(steps.words, steps.precisions[3]) == [False] * 6
    html = card(steps, "en")
    assert "<mark>a red boat</mark> on <mark>the sea</mark>" in html
    assert "5 of 6" in html
    assert "No run of 4 words is the same" in html
    assert ">0.00<" in html


def test_a_short_sentence_is_told_its_penalty():
    html = card(score("a red boat on", "a red boat on the sea here", "en"), "en")
    assert "(4 words against 7)" in html
    assert "multiplied by 0.47" in html  # exp(1 - 7 / 4)
    assert "multiplied" not in card(score("a red boat on", "a red boat on", "en"), "en")


def test_chinese_is_joined_without_spaces():
    html = card(score("海上有船", "海上有一艘船", "zh"), "zh")
    assert "<mark>海上有船</mark>" in html
    assert "character by character" in html
    assert "character by character" not in card(score("a boat", "a boat", "en"), "en")


WORDS = st.lists(st.sampled_from(["a", "red", "boat", "<b>", "sea"]), min_size=1, max_size=9)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_as_many_words_are_marked_as_match(said, references):
    said, references = " ".join(said), "\n".join(" ".join(each) for each in references)
    if not normalised(references):
        return
    steps = score(said, references, "en")
    marks = covered(steps.words, steps.precisions[0])
    assert sum(marks) == steps.precisions[0].matched
    for precision in steps.precisions[1:]:
        assert any(covered(steps.words, precision)) == (precision.matched > 0)
    assert "<b>" not in card(steps, "en").replace("<b>0", "").replace("<b>1", "")
