"""The moving picture of a TimeSformer: the confusion matrix and the clips behind its cells."""

import re

import gradio as gr
import pytest

from mm_demo import words
from mm_demo.cases.timesformer import TIMESFORMER, moving

PREVIEW = {
    "classes": ["static", "pan_left", "pan_right"],
    "counts": [[10, 0, 0], [1, 5, 4], [0, 2, 8]],
    "clips": {"0-0": "data:a", "1-0": "data:b", "1-2": "data:c", "2-2": "data:d"},
}


def shown(**changes):
    return moving.preview(TIMESFORMER).value({**PREVIEW, **changes})


def body(html):
    """The table's rows: [[(number, share of c1 in percent, button's key)]]."""
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', html)
    return [
        [
            (
                re.sub(r"<span class=\"sr\">.*</span>|<[^>]*>", "", cell),
                int(share),
                (re.findall(r'data-cell="([\d-]+)"', cell) or [None])[0],
            )
            for share, cell in re.findall(r'<td class="c[^>]*--share:(\d+)%">(.*?)</td>', row)
        ]
        for row in rows
    ]


def test_rows_are_true_and_columns_answered():
    rows = body(shown()["html"])
    assert [[number for number, _, _ in row] for row in rows] == [
        ["10", "", ""], ["1", "5", "4"], ["", "2", "8"],
    ]  # fmt: skip
    assert rows[1][2][2] == "1-2"
    assert rows[2][1][2] is None  # no clip, no button
    said = re.search(r'data-cell="1-2".*?class="sr">(.*?)</span></button>', shown()["html"])[1]
    assert "true: pan left, answered: pan right: 4 of 10" in said
    assert "实际：左摇，回答：右摇" in said


def test_the_colour_is_the_share_of_the_row():
    rows = body(shown(counts=[[2, 0, 0], [100, 100, 0], [0, 0, 0]])["html"])
    assert [share for _, share, _ in rows[0]] == [100, 0, 0]
    assert rows[1][0][1] == rows[1][1][1] == 41  # half, on the curve of every table here
    assert [share for _, share, _ in rows[2]] == [0, 0, 0]  # an empty row divides by nothing


def test_numbers_can_be_read_on_their_colour():
    html = shown()["html"]
    assert re.search(r'class="c lw db right" style="--share:100%"', html)
    assert re.search(r'class="c lb dw" style="--share:0%"', html)


def test_the_finding_names_the_commonest_mistake():
    found = shown()
    assert (
        "23 of 30 right. Most common mistake: pan left, taken for pan right (4 of 10)."
        in found["html"]
    )
    assert "30 段答对 23 段" in found["html"]
    assert found["worst"] == "1-2"


def test_of_equal_mistakes_the_first_is_named_and_without_any_none():
    assert moving.mixed_up([[1, 2], [2, 1]]) == (0, 1)
    assert moving.mixed_up([[3, 0], [0, 3]]) is None
    found = shown(counts=[[10, 0, 0], [0, 10, 0], [0, 0, 10]])
    assert "All 30 clips are told right." in found["html"]
    assert found["worst"] == "0-0"


def test_a_visitors_class_stands_as_typed_and_escaped():
    typed = '<img src=x onerror="alert(1)"> & 我的'
    found = shown(classes=[typed, "pan_left", "pan_right"])
    assert "<img" not in found["html"]
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; 我的" in found["html"]
    assert found["names"][0] == {"en": typed, "zh": typed}  # page.js escapes it
    assert found["names"][1] == {"en": "pan left", "zh": "左摇"}
    assert words.say("en", "timesformer.moving.look.own") in found["html"]
    assert words.say("en", "timesformer.moving.look.own") not in shown()["html"]


@pytest.mark.parametrize("braces", ["{count}", "{0}", "{"])
def test_braces_in_a_name_are_a_name(braces):
    found = shown(classes=[braces, "b", "c"], counts=[[1, 3, 0], [0, 1, 0], [0, 0, 1]])
    assert f"{braces}, taken for b (3 of 4)" in found["html"]


def test_many_classes_have_no_numbers_and_their_own_scroll():
    n = moving.MOST_CLASSES
    counts = [[7 * (i == j) for j in range(n)] for i in range(n)]
    found = shown(classes=[f"class {k}" for k in range(n)], counts=counts, clips={"3-3": "data:"})
    assert 'class="ts-grid many"' in found["html"]
    assert {number for row in body(found["html"]) for number, _, _ in row} == {""}
    assert "all: 7 of 7" not in found["html"]
    assert "class 3: 7 of 7" in found["html"]  # said to those who cannot see the colour


@pytest.mark.parametrize(
    "preview",
    [{}, {"classes": [], "counts": []}, {"classes": ["a", "b"], "counts": [[1, 2]]},
     {"classes": list("a" * 41), "counts": [[0] * 41] * 41}],
)  # fmt: skip
def test_what_cannot_be_drawn_is_left_out(preview):
    assert moving.value(preview) == {}


def test_before_the_first_measurement_it_says_what_will_come():
    with gr.Blocks():
        piece = moving.preview(TIMESFORMER).piece()
    assert "a row for what the camera did" in piece.html_template
    assert "{truth}" not in piece.html_template
    assert piece.html_template.count('data-n="truth"') == 2  # one in each language
