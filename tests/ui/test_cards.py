"""Pieces: nothing of a visitor's runs as markup; figures where they belong."""

import re

import pytest

from mm_demo.cases.clip import CLIP
from mm_demo.errors import UserError
from mm_demo.ui import cards, run_cards
from mm_demo.ui.runs import Run
from mm_demo.ui.theme import scoped

NASTY = "<img src=x onerror=alert(1)>\"'"


def test_facts_of_an_error_are_escaped():
    html = cards.error_card(UserError("dataset.unknown", name=NASTY, known="scenes"))
    assert "<img" not in html
    assert 'role="alert"' in html


def test_a_command_is_escaped_and_can_be_copied():
    html = cards.command_line(f"python --set a={NASTY}")
    assert "<img" not in html
    assert html.count("data-copy=") == 1
    assert re.search(r'data-copy="[^"<>]*"', html)


def test_data_of_a_button_is_escaped():
    assert "<img" not in cards.button("use", "Use", run=NASTY)


def test_the_ruler_has_the_claim_dotted_and_a_tick_for_guessing():
    html = cards.ruler("zero-shot", 0.97, 0.65, 1 / 96)
    assert "left:65.0%" in html
    assert "left:1.0%" in html
    assert "width:97.0%" in html
    assert "0.97" in html
    assert "width:100.0%" in cards.ruler("x", 1.7, None)


def test_a_header_without_a_model_has_no_figure():
    assert "rul" not in cards.case_header(CLIP, None)
    html = cards.case_header(CLIP, {"metrics": {CLIP.headline: 0.9}, "headline_examples": 800})
    assert "0.90" in html
    assert "800" in html


def test_the_command_does_the_run_again():
    config = CLIP.preset("quick", "scenes").changed({"seed": 3, "batch_size": 64})
    assert run_cards.command(CLIP, "scenes", "quick", config) == (
        "python -m mm_demo train clip --dataset scenes --preset quick --seed 3 "
        "--set batch_size=64 --out my-clip"
    )


@pytest.mark.parametrize(("value", "verdict"), [(0.71, "above"), (0.65, "level"), (0.58, "says")])
def test_the_verdict_is_honest(tmp_path, value, verdict):
    run = Run(
        1, "clip", "scenes", "quick", CLIP.preset("quick", "scenes"), tmp_path,
        state="finished", metrics={CLIP.headline: value}, step=480, seconds=54,
    )  # fmt: skip
    card = run_cards.ended(CLIP, run, 1.9, False)
    assert verdict in card["say"]
    assert "54 s" in card["say"]
    assert 'data-do="use"' in card["html"]
    assert 'data-do="figure"' not in card["html"]


def test_the_table_names_what_differs(tmp_path):
    config = CLIP.preset("quick", "scenes").changed({"batch_size": 64})
    run = Run(2, "clip", "scenes", "quick", config, tmp_path, state="finished")
    html = run_cards.table(CLIP, [run], None, "", "")
    assert "64" in html
    assert 'data-models="run-2"' in html


def test_selectors_are_kept_inside_the_page():
    css = scoped("/* a */ .x, .y:is(p, b) { a: b; } @media (m) { .z { c: d; } } html[lang] .q { }")
    assert ".gradio-container .x, .gradio-container .y:is(p, b) {" in css
    assert "@media (m) {" in css
    assert ".gradio-container .z {" in css
    assert ".gradio-container html" not in css


def test_the_small_tick_is_guessing_or_the_best_constant_answer():
    assert cards.guess_of({"metrics": {"r1": 0.5, "r1_chance": 0.01}}, "r1") == 0.01
    assert cards.guess_of({"bleu4": 0.5, "bleu4_constant": 0.1}, "bleu4") == 0.1
    assert cards.guess_of({"bleu4": 0.5}, "bleu4") is None
