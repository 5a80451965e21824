"""What a visitor types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.cases.clip.labels import check_template, parse_labels, prompt, sentence
from mm_demo.data.scenes import ALL_PAIRS, LANGUAGES
from mm_demo.errors import UserError


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("a red boat, blue house", ["a red boat", "blue house"]),
        ("a red boat\nblue house\r\n\n", ["a red boat", "blue house"]),
        ("红色的船，绿色的房子、猫", ["红色的船", "绿色的房子", "猫"]),
        ("boat, boat,  boat ", ["boat"]),
        ("A RED BOAT, a red boat, a Red  Boat", ["A RED BOAT"]),
        ("⛵, red  boat", ["⛵", "red boat"]),
        (["one, with a comma", "two"], ["one, with a comma", "two"]),
    ],
)
def test_parsed_as_typed(typed, labels):
    assert parse_labels(typed) == labels


@pytest.mark.parametrize(
    ("typed", "key"),
    [("", "labels.empty"), (" ,\n，", "labels.empty"), (None, "labels.empty"),
     ("\n".join(map(str, range(10_000))), "labels.too_many"), ("x" * 201, "labels.too_long")],
)  # fmt: skip
def test_refused(typed, key):
    with pytest.raises(UserError) as error:
        parse_labels(typed)
    assert error.value.key == key


def test_too_many_says_how_many():
    with pytest.raises(UserError) as error:
        parse_labels("\n".join(map(str, range(10_000))))
    assert error.value.facts == {"count": 10_000, "limit": 200}


@given(st.text(max_size=300))
def test_any_text_parses_or_is_refused(text):
    try:
        labels = parse_labels(text)
    except UserError as error:
        assert error.key == "labels.empty" or len(text) > 200
    else:
        assert labels == parse_labels("\n".join(labels))


@pytest.mark.parametrize(
    ("label", "template", "expected"),
    [
        ("a red boat", "a photo of a {}", "a photo of a red boat"),
        ("An orange boat", "a photo of a {}", "a photo of an orange boat"),
        ("the sea", "{}", "sea"),
        ("a", "a photo of a {}", "a photo of an a"),
        ("红色的船", "a photo of a {}", "一张红色的船的照片"),
        ("red boat", "一张{}的照片", "a photo of a red boat"),
        ("红色的船", "look: {}", "look: 红色的船"),
    ],
)
def test_sentence(label, template, expected):
    assert sentence(label, template) == expected


def test_templates():
    assert check_template("  ") == "a photo of a {}"
    with pytest.raises(UserError) as error:
        check_template("a photo")
    assert error.value.key == "template.no_slot"
    with pytest.raises(UserError) as error:
        check_template("x" * 300 + "{}")
    assert error.value.key == "template.too_long"


def test_prompts_are_what_a_typed_label_becomes():
    assert prompt("red", "boat") == "a photo of a red boat"
    assert prompt("orange", "boat") == "a photo of an orange boat"
    assert prompt("red", "boat", "zh") == "一张红色的船的照片"
    assert sentence("orange boat", "a drawing of a {}") == "a drawing of an orange boat"
    assert sentence("orange boat", "look, {}") == "look, orange boat"
    assert sentence("红色的船", "图里有{}") == "图里有红色的船"
    assert len({prompt(*pair, lang) for pair in ALL_PAIRS for lang in LANGUAGES}) == 192
    with pytest.raises(ValueError, match="unknown language"):
        prompt("red", "boat", "fr")
