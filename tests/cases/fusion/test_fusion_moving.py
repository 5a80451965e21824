"""The moving picture of a comparison: bars, the weight's line, and who is ignored."""

import re

import gradio as gr
import pytest

from mm_demo.cases.clip import CLIP
from mm_demo.cases.fusion import FUSION, moving

PREVIEW = {
    "group": "misleading",
    "accuracies": {"visual": 0.55, "audio": 0.58, "early": 0.791, "late": 0.8, "attention": 0.86},
    "weight": {"difference": [-0.9, 0.0, 0.9], "sight": [0.1, 0.5, 0.7]},
    "ignored": [],
}


def shown(**changes):
    found = moving.preview(FUSION).value({**PREVIEW, **changes})
    return found.get("html", "")


def test_each_strategy_has_its_bar_in_its_colour_with_its_value():
    rows = re.findall(
        r"<tr><th.*?stroke=\"var\(--c(\d)\)\".*?width:([\d.]+)%;background:var\(--c(\d)\).*?"
        r'class="fu-v">([\d.]+)</td>',
        shown(),
    )
    assert rows == [
        ("1", "86.0", "1", "0.86"),
        ("2", "80.0", "2", "0.80"),
        ("3", "79.1", "3", "0.79"),
        ("4", "58.0", "4", "0.58"),
        ("5", "55.0", "5", "0.55"),
    ]
    dashes = re.findall(r'stroke-width="2.6" stroke-dasharray="([^"]*)"', shown())
    assert len(set(dashes)) == 5


def test_the_courses_figure_is_dotted_across_every_bar():
    course = FUSION.claims["accuracy"]
    assert shown().count(f'<u style="left:{100 * course:.1f}%">') == 5
    assert f"course {course:.2f}" in shown()
    assert "<u" not in moving.value(PREVIEW)["html"]


def test_the_line_goes_where_the_weights_are():
    points = re.search(r'<polyline points="([^"]*)"', shown())[1].split()
    xs, ys = zip(*(map(float, point.split(",")) for point in points), strict=True)
    left, right, top, bottom = 34, 330, 12, 132
    assert xs == pytest.approx([left + (right - left) * s for s in (0.05, 0.5, 0.95)], abs=0.06)
    assert ys == pytest.approx([bottom - (bottom - top) * w for w in (0.1, 0.5, 0.7)], abs=0.06)


@pytest.mark.parametrize(
    ("sight", "says"),
    [([0.1, 0.5, 0.7], "climbs from 0.10 to 0.70"), ([0.9, 0.9, 0.95], "does not compare")],
)
def test_the_finding_is_said(sight, says):
    html = shown(weight={"difference": [-0.9, 0, 0.9], "sight": sight})
    said = re.search(r'id="fusion-moving-said">(.*?)</span><table', html)[1]
    assert "attention fusion at 0.86; the course claims 0.85" in said
    assert says in said
    assert html.count('aria-labelledby="fusion-moving-said"') == 2


def test_an_ignored_sense_is_an_amber_notice_that_names_both_and_the_cure():
    assert "notice" not in shown()
    html = shown(ignored=[["attention", "sound"], ("late", "sight")])
    assert html.count('class="notice warn"') == 2
    assert "Attention fusion does not listen: shuffling the sound costs it nothing." in html
    assert "Late fusion does not look: shuffling the pictures costs it nothing." in html
    assert "注意力融合没有在听" in html
    assert html.count("above 0.") == 2


def test_without_attention_there_is_no_line_but_a_word_why():
    html = shown(accuracies={"late": 0.7}, weight={"difference": [], "sight": []})
    assert "<polyline" not in html
    assert "Only attention fusion has a weight for each sample" in html
    assert html.count('<tr><th scope="row">') == 1


def test_before_the_first_evaluation_it_is_empty_and_says_what_will_come():
    assert moving.preview(FUSION).value({}) == {}
    with gr.Blocks():
        piece = moving.preview(FUSION).piece()
    assert "Each bar will be" in piece.html_template
    assert "fu-rest" in piece.html_template


def test_every_case_has_a_moving_picture():
    for case in (CLIP, FUSION):
        assert callable(case.module("moving").preview(case).value)
