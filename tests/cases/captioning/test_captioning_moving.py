"""The sentences while it trains: what the piece shows of a preview, and how it says how true they are."""

import re

import pytest

from mm_demo import words
from mm_demo.cases.captioning.art import card
from mm_demo.cases.captioning.moving import spoken, value
from mm_demo.cases.captioning.preview import Diary

PICTURES = ["data:image/jpeg;base64,AAAA", "data:image/jpeg;base64,BBBB"]
REFERENCES = ["a red boat", "two <b>houses</b>"]


def said(text, probability=0.5):
    return [(word, probability) for word in text.split()]


def text_of(html):
    return re.sub(r"<[^>]*>", "", html)


def shown(diary, *sentences, right=None, language="en"):
    return value(diary(PICTURES, [said(each) for each in sentences], REFERENCES, language, right))


def test_nothing_before_the_first_evaluation():
    assert value({}) == {}
    assert value({"pictures": [], "sentences": [{"en": "a red boat"}] * 16}) == {}


def test_every_sentence_stands_with_its_picture_facts_and_reference():
    html = shown(Diary(), "a red boat", "a house", right=[(2, 2), (0, 1)])["html"]
    first, second = html.split("<li><img")[1:]
    assert "AAAA" in first
    assert "a red boat" in text_of(first)
    assert "ce-facts good" in first
    assert words.say("en", "captioning.moving.facts", true=2, stated=2) in first
    assert "BBBB" in second
    assert "ce-facts bad" in second
    assert "two &lt;b&gt;houses&lt;/b&gt;" in second


def test_the_finding_adds_up_all_words_and_all_facts():
    found = Diary()(
        PICTURES, [[("a", 0.9), ("boat", 0.3)], [("a", 0.6)]], REFERENCES, "en", [(2, 5), (1, 1)]
    )
    html = value(found)["html"]
    assert words.say("en", "captioning.moving.now", sure="0.60", true=3, stated=6) in html
    assert "ce-facts some" in html


def test_photographs_have_no_facts_to_count():
    html = shown(Diary(), "a dog", "a cat")["html"]
    assert "ce-facts" not in html
    assert words.say("en", "captioning.moving.sure", sure="0.50") in html


def test_a_sentence_that_states_nothing_is_not_called_true():
    html = shown(Diary(), "the the", "a a", right=[(0, 0), (0, 0)])["html"]
    assert html.count("ce-facts bad") == 2
    assert words.say("en", "captioning.moving.no_facts") in html


@pytest.mark.parametrize("evaluations", [1, 2, 3, 4, 9])
def test_it_keeps_the_first_sentence_and_the_last_two(evaluations):
    diary = Diary()
    for number in range(evaluations):
        html = shown(diary, f"sentence {number}", "always the same")["html"]
    first, second = html.split("<li><img")[1:]
    earlier = re.findall(r'<li title="[^"]*">(.*?)</li>', first.split("ce-said")[0])
    old = [f"sentence {number}" for number in range(evaluations - 1)]
    assert earlier == (old if len(old) <= 3 else [old[0], "…", *old[-2:]])
    assert "ce-before" not in second  # what it still says is not what it said before


def test_chinese_is_joined_without_spaces_and_named_as_chinese():
    html = spoken([("红", 0.25), ("船", 1)], "zh")
    assert text_of(html) == "红船"
    assert 'lang="zh-CN"' in html
    assert "--p:0.25" in html


def test_words_from_a_persons_captions_are_no_markup():
    assert "<script>" not in spoken([("<script>", 0.1)], "en")


def test_the_card_at_home_underlines_its_word_in_both_languages():
    svg = card()
    assert 'viewBox="0 0 420 190"' in svg
    for language, sentence in (
        ("en", "a red boat left of a green house"),
        ("zh", "一艘红色的船在绿色房子的左边"),
    ):
        text = re.search(f'<text class="{language}".*?</text>', svg).group()
        assert text_of(text) == sentence
        word = words.say(language, "captioning.art.word")
        assert re.search(f'underline" fill="var\\(--glow\\)"><tspan [^>]*>{word}<', text)
