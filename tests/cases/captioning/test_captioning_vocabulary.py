"""Words of a captioner: what is said, what is only given, and what was too rare to learn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.cases.captioning.vocabulary import LEAST, Vocabulary, frequent_words, mark
from mm_demo.nn.tokens import END, PAD, START, UNKNOWN, build_tokenizer

TEXTS = ["a red boat", "一艘红色的船", "a house and a boat"]


def vocabulary(*languages):
    return Vocabulary(build_tokenizer(TEXTS, 40, [mark(each) for each in languages]))


WORDS = vocabulary("en", "zh")


def names(words, ids):
    return [words.tokenizer.id_to_token(number) for number in ids]


@pytest.mark.parametrize(
    ("languages", "asked", "start"),
    [
        (("en",), "en", [START, "[en]"]),
        (("zh",), "zh", [START, "[zh]"]),
        (("zh",), "en", [START, "[zh]"]),
        (("en", "zh"), "en", [START, "[en]"]),
        (("en", "zh"), "zh", [START, "[zh]"]),
        ((), "en", [START]),
        ((), "zh", [START]),
    ],
)
def test_a_sentence_begins_with_the_mark_of_its_language(languages, asked, start):
    words = vocabulary(*languages)
    assert words.languages == (languages or ("en",))
    assert names(words, words.words(asked).start) == start


@pytest.mark.parametrize("languages", [(), ("en",), ("en", "zh")])
def test_marks_and_what_stands_for_nothing_are_never_said_and_all_else_may_be(languages):
    words = vocabulary(*languages)
    own = {"en": {"a", "red", "boat", "house", "and"}, "zh": set("一艘红色的船")}
    for asked in ("en", "zh"):
        how = words.words(asked)
        other = own["zh" if asked == "en" else "en"] if len(languages) > 1 else set()
        marks = {PAD, UNKNOWN, START, *map(mark, languages)}
        assert set(names(words, how.never)) == marks | other
        assert names(words, [how.end]) == [END]
        assert how.begun == 0
    assert len(words) == len(languages) + 4 + len(
        {"a", "red", "boat", "house", "and", *"一艘红色的船"}
    )


def test_words_and_characters_there_and_back():
    words = vocabulary("en", "zh")
    for text, language in ((TEXTS[0], "en"), (TEXTS[1], "zh")):
        ids = words.ids(text)
        assert ids[-1] == words.end
        assert words.unknown not in ids
        assert words.text(ids[:-1], language) == text
    assert len(words.ids(TEXTS[1])) == 7
    assert words.word(words.end) == ""
    assert words.ids("") == [words.end]


def test_unknown_words_keep_their_place():
    words = vocabulary("en")
    ids = words.ids("A red dinghy 猫")
    assert names(words, ids) == ["a", "red", UNKNOWN, UNKNOWN, END]


@pytest.mark.parametrize("text", ["[zh] boat", "[EOT]", "[PAD] [SOT]"])
def test_nobody_types_a_mark(text):
    words = vocabulary("en", "zh")
    how = words.words("en")
    assert not {*how.never, how.end} - {words.unknown} & set(words.ids(text)[:-1])


@given(st.lists(st.sampled_from(["a", "red", "boat", "house", "and"]), min_size=1, max_size=30))
def test_any_known_sentence_comes_back(said):
    assert WORDS.text(WORDS.ids(" ".join(said))[:-1], "en") == " ".join(said)


def test_a_small_set_is_learned_whole_and_a_large_one_without_its_rare_words():
    captions = [["a", "dog"]] * 3 + [["a", "cat"]] + [["b"]] * 2
    order = ["a", "dog", "b", "cat"]
    small = frequent_words(captions)
    assert [small.id_to_token(n) for n in range(3, 3 + 4)] == order
    assert small.get_vocab_size() == 4 + 4
    often, seldom = [["often"]] * LEAST, [["seldom"]] * (LEAST - 1)
    large = frequent_words([["a"]] * (5000 - 2 * LEAST + 1) + often + seldom)
    assert {"a", "often"} < set(large.get_vocab())
    assert "seldom" not in large.get_vocab()
    one_less = frequent_words([["a"]] * (5000 - 2 * LEAST) + often + seldom)
    assert "seldom" in one_less.get_vocab()


def test_further_words_follow_however_rare():
    often = [["a", "dog"]] * 5000
    tokenizer = frequent_words([*often, ["seldom"]], ["a koala", "a sea lion"])
    order = [tokenizer.id_to_token(n) for n in range(3, tokenizer.get_vocab_size() - 1)]
    assert order == ["a", "dog", "koala", "sea", "lion"]


def test_equally_frequent_words_are_in_the_alphabets_order_whatever_came_first():
    assert (
        frequent_words([["b"], ["a"], ["c", "c"]]).get_vocab()
        == frequent_words([["a"], ["c"], ["c"], ["b"]]).get_vocab()
    )
