"""The answer card of Try: sentence, sureness, words, the link; the beam tree's layout."""

import json
import re
from html import unescape
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image

from mm_demo.cases.captioning import try_answer
from mm_demo.cases.captioning.decode import LIMITS, METHODS, Decoding
from mm_demo.cases.captioning.speaker import Alternative, Caption, Node, Word
from mm_demo.cases.captioning.try_answer import Asked
from mm_demo.cases.captioning.try_settings import _SLIDERS, NUMBERS, settings
from mm_demo.cases.captioning.try_settings import METHODS as OFFERED
from mm_demo.cases.captioning.try_tree import MOST_ROWS, place, tree_card
from mm_demo.cases.captioning.try_worlds import Answering
from mm_demo.media.image import Picture
from mm_demo.ui.composer import drawn

SCENE = "sea.boat-red-large-left"
PICTURE = Picture(np.full((40, 60, 3), 120, np.uint8), (60, 40))
WHO = Answering(None, "scenes", "scenes")
HOW = {
    "method": "beam", "beam": 3, "length_penalty": 0.7, "temperature": 1, "top_p": 0.9, "seed": 7,
    "max_words": 30,
}  # fmt: skip
ASKED = Asked("/nowhere/x.png", "auto", "scenes", "en", "en", HOW)


def word(text, p, mapped=True, others=("ship",)):
    nearly = [Alternative(text, p), *(Alternative(other, 0.01) for other in others)]
    return Word(text, p, nearly, [[0.0, 1.0], [0.0, 0.2]] if mapped else None)


def caption(*words, **more):
    language = more.pop("language", "en")
    known = {
        "caption": ("" if language == "zh" else " ").join(each.word for each in words),
        "sureness": 0.7, "trust": 0.963, "trust_of": "facts", "outside": False, "strangeness": 0.5,
        "model": "captioning-scenes", "language": language, "method": "beam", "others": [],
        "words": list(words), "tree": [],
    }  # fmt: skip
    return Caption(**{**known, **more})


BOAT = caption(word("a", 0.98), word("red", 0.86), word("boat", 0.52))


def test_how_sure_it_is_names_the_least_sure_word_and_what_that_is_worth():
    html = try_answer.head(BOAT, WHO, ASKED)["html"]
    assert "Fairly sure: 0.70 a word on average." in html
    assert "Least sure of “boat” (0.52)." in html
    assert "Of 100 things that it says this surely, 96 are true" in html
    words = try_answer.head(caption(*BOAT.words, trust_of="words", trust=0.4), WHO, ASKED)["html"]
    assert "Of 100 words that it says this surely, 40 are among those that people used" in words
    assert "Of 100" not in try_answer.head(caption(*BOAT.words, trust=None), WHO, ASKED)["html"]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (1, "very"),
        (0.85, "very"),
        (0.849, "fairly"),
        (0.6, "fairly"),
        (0.35, "little"),
        (0, "guess"),
    ],
)
def test_sureness_in_a_word(value, key):
    assert try_answer.sureness_key(value) == key


def test_a_strange_picture_is_said_to_be_so_before_the_sentence_and_not_trusted():
    told = try_answer.head(caption(*BOAT.words, outside=True), WHO, ASKED)
    assert told["html"].index("unlike the drawn scenes") < told["html"].index("cp-said")
    assert told["say"].index("do not rely") < told["say"].index("a red boat")
    assert "Of 100" not in told["html"]


def test_what_the_model_says_is_escaped():
    evil = caption(word("<b>x</b>", 0.9, others=('"><i>',)), word('"', 0.8))
    html = try_answer.head(evil, WHO, ASKED)["html"] + try_answer.strip(evil, PICTURE)
    html += try_answer.foot(evil, 0.1, ASKED, WHO)
    html += try_answer.instead('"><script> b', [], '"><script>', "en")
    assert "<b>x" not in html
    assert "<script" not in html
    assert not re.search(r'data-(speak|instead|copy)="[^"]*<', html)


def test_the_strip_has_a_button_a_word_and_a_map_for_each():
    html = try_answer.strip(BOAT, PICTURE)
    strip = html[: html.index("cp-look")]
    assert re.findall(r'data-word="(\d)"', strip) == ["0", "1", "2"]
    assert re.findall(r'tabindex="(-?\d)"', strip) == ["0", "-1", "-1"]
    told = json.loads(unescape(re.search(r'data-evidence="([^"]*)"', html)[1]))
    assert [each["grid"] for each in told["words"]] == [[[0.0, 1.0], [0.0, 0.2]]] * 3
    assert told["words"][2]["say"]["en"] == "Where the model looked for “boat”: top right"


def test_the_word_that_looked_at_the_smallest_spot_is_shown_first():
    wide = Word("photograph", 0.9, [], [[1.0, 0.9], [0.8, 0.9]])
    html = try_answer.strip(caption(wide, word("cat", 0.9), wide), PICTURE)
    strip = html[: html.index("cp-look")]
    assert re.findall(r'aria-pressed="(\w+)"', strip) == ["false", "true", "false"]
    assert re.findall(r'data-for="(\d)"( hidden)?', html) == [
        ("0", " hidden"),
        ("1", ""),
        ("2", " hidden"),
    ]


def test_the_plain_model_has_no_maps_and_says_why():
    plain = caption(word("a", 0.9, mapped=False), word("boat", 0.5, mapped=False))
    html = try_answer.strip(plain, PICTURE)
    assert "<canvas" not in html
    assert "This model has no attention" in html
    assert json.loads(unescape(re.search(r'data-evidence="([^"]*)"', html)[1])) == {"words": []}


def test_a_word_drawn_from_far_below_stands_among_what_it_nearly_said():
    far = Word("car", 0.004, [Alternative("boat", 0.9), Alternative("", 0.05)], None)
    html = try_answer.strip(caption(far), PICTURE)
    assert re.findall(r'class="said">(\w+)<', html) == ["car"]
    assert re.findall(r'data-instead="(\w*)"', html) == ["boat", ""]
    assert "&lt;1%" in html


@pytest.mark.parametrize(
    ("sentence", "before", "word", "language", "marked"),
    [
        ("a red ship is near", ["a", "red"], "ship", "en", "a red <u>ship</u> is near"),
        ("ship ahoy", [], "ship", "en", "<u>ship</u> ahoy"),
        ("海上有红色的船", ["海", "上", "有"], "红", "zh", "海上有<u>红</u>色的船"),
    ],
)
def test_the_other_word_is_marked_where_it_stands(sentence, before, word, language, marked):
    assert marked in try_answer.instead(sentence, before, word, language)


def test_the_end_instead_of_a_word_is_said_to_be_one():
    html = try_answer.instead("a red", ["a", "red"], "", "en")
    assert "Had it stopped there" in html
    assert "<u>" not in html


def test_another_language_than_asked_for_is_told():
    asked = Asked("", "photos", "photos", "zh", "en", HOW)
    assert "does not speak the language" in try_answer.head(BOAT, WHO, asked)["html"]
    assert "does not speak" not in try_answer.head(BOAT, WHO, ASKED)["html"]


def test_a_link_carries_a_scene_and_what_the_method_uses(tmp_path):
    path = tmp_path / f"scene.{SCENE}.png"
    Image.fromarray(drawn(SCENE)).save(path)
    asked = Asked(str(path), "scenes", "scenes", "zh", "zh", {**HOW, "method": "sample"})
    query = parse_qs(try_answer.link(asked)[1:])
    assert query == {
        "case": ["captioning"], "panel": ["try"], "scene": [SCENE], "speak": ["zh"],
        "method": ["sample"], "temperature": ["1"], "top_p": ["0.9"], "draw": ["7"],
        "max_words": ["30"], "model": ["scenes"],
    }  # fmt: skip
    own = tmp_path / "holiday.png"
    Image.fromarray(drawn(SCENE)).save(own)
    query = parse_qs(try_answer.link(Asked(str(own), "run-1", "run-1", "en", "en", HOW))[1:])
    assert "scene" not in query
    assert "model" not in query  # a run is its visitor's alone
    assert query["beam"] == ["3"]


def test_the_controls_begin_at_the_published_setting_and_stay_within_the_limits():
    assert OFFERED == METHODS
    first = {name: value for name, (_, _, value, _) in _SLIDERS.items()} | {"seed": 0}
    assert Decoding(**settings("beam", [first[name] for name in NUMBERS])) == Decoding()
    for name, (low, high, _, _) in _SLIDERS.items():
        assert LIMITS[name][0] <= low < high <= LIMITS[name][1]


TREE = [
    [Node(0, "a", -0.1, "kept", True), Node(0, "the", -2.0, "kept", False),
     Node(0, "one", -3.0, "cut", False)],
    [Node(1, "red", -2.1, "kept", False), Node(0, "boat", -0.3, "kept", True),
     Node(0, "car", -4.0, "cut", False), Node(1, "boat", -5.0, "cut", False)],
    [Node(1, "", -0.4, "ended", True), Node(0, "car", -2.5, "kept", False)],
]  # fmt: skip


def test_the_answer_runs_along_the_top_and_all_go_on_from_their_own():
    boxes, more = place(TREE)
    assert more == [0, 0, 0]
    assert [box.node.word for box in boxes if box.node.chosen] == ["a", "boat", ""]
    assert {box.row for box in boxes if box.node.chosen} == {0}
    came = {(box.step, box.node.word, box.node.score): box.parent for box in boxes}
    assert came[1, "red", -2.1].node.word == "the"  # parents count among the kept ones
    assert came[1, "boat", -0.3].node.word == "a"
    assert came[2, "", -0.4].node.word == "boat"
    assert came[2, "car", -2.5].node.word == "red"
    assert len({(box.step, box.row) for box in boxes}) == len(boxes)


def test_of_a_wide_beam_some_are_shown_and_the_rest_counted():
    wide = [[Node(0, f"w{n}", -float(n), "kept", n == 7) for n in range(12)]]
    wide.append([Node(n, "x", -20.0 - n, "kept", n == 7) for n in range(12)])
    boxes, more = place(wide)
    assert [sum(box.step == step for box in boxes) for step in (0, 1)] == [MOST_ROWS, MOST_ROWS]
    assert more == [7, 7]
    assert [box.node.chosen for box in boxes if box.row == 0] == [True, True]
    html = tree_card(caption(*BOAT.words, tree=wide, others=[f"s{n}" for n in range(9)]))
    assert "+7 more" in html
    assert len(re.findall('<li class="serif"', html)) == MOST_ROWS
    assert "+4 more" in html


def test_the_tree_as_svg_says_ends_and_scores():
    html = tree_card(caption(*BOAT.words, tree=TREE, others=["the <red>"]))
    assert "the &lt;red&gt;" in html
    assert ">−0.30<" in html
    assert html.count('<rect class="cut" x="') - 1 == 3  # one stands in the legend
    assert re.search(
        r'<text class="w said stop"[^>]*><tspan class="en" lang="en">end</tspan>', html
    )
