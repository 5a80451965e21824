"""The Understand panel: counts from the equations, figures from metrics.json alone."""

import html as entities
import json
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from mm_demo import case as cases
from mm_demo.cases.timesformer import TIMESFORMER, costs, model, understand
from mm_demo.nn import motion
from mm_demo.nn.flops import timesformer_flops

CLASSES = ["static", "pan_left", "<i>mine</i>"]
CONFUSION = [[8, 2, 0], [1, 9, 0], [0, 0, 10]]
METRICS = {
    "metrics": {"top1_divided": 0.874, "top1_joint": 0.881, "top1_space": 0.412},
    "headline_examples": 500,
    "confusion": CONFUSION,
    "channels": {"rgb": 0.341, "difference": 0.762, "flow": 0.883},
}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """page(metrics.json's content, timesformer.json's) -> the panel's HTML."""
    monkeypatch.setattr(cases, "CHECKPOINTS", tmp_path)

    def made(metrics=None, about=None):
        folder = TIMESFORMER.checkpoint()
        folder.mkdir(exist_ok=True)
        for name, content in (("metrics.json", metrics), ("timesformer.json", about)):
            if content is not None:
                (folder / name).write_text(json.dumps(content), encoding="utf-8")
        return understand.page(TIMESFORMER)

    return made


def card(html, key):
    return re.search(rf'<section [^>]*data-card="{key}">.*?</section>', html)[0]


def facts(html):
    return json.loads(entities.unescape(re.search(r'data-facts="([^"]*)"', html)[1]))


def test_formulas_are_spoken_and_sliders_named(page):
    html = page()
    spoken = re.findall(r'role="math" aria-labelledby="([^"]+)"', html)
    assert len(set(spoken)) == 4
    labelled = re.findall(r'aria-labelledby="([^"]+)"', html)
    sliders = re.findall(r'<input class="range" type="range" id="([^"]+)"', html)
    assert len(sliders) == 5
    for name in labelled:
        assert html.count(f'id="{name}"') == 1, name
    for name in sliders:
        assert f'<label for="{name}">' in html


def test_every_number_that_the_script_moves_has_its_place(page):
    script = understand._SCRIPT.read_text(encoding="utf-8")
    html = page()
    for name in re.findall(r"(?:put|write|slider)\('([a-z-]+)'", script, re.IGNORECASE):
        assert f'data-n="{name}"' in html, name
    made = [f"keys-{s}" for s in costs.SCHEMES] + [f"weight-{k}" for k in range(3)]
    for name in (*made, "flow-truth", "flow-full", "flow-half", "shift-now"):
        assert f'data-n="{name}"' in html, name
    for plot in re.findall(r"lines\('([a-z]+)'", script):
        assert f'data-plot="{plot}"' in html, plot
    assert "fetch" not in script


def test_the_scripts_constants_are_the_models():
    script = understand._SCRIPT.read_text(encoding="utf-8")
    told = dict(re.findall(r"\b(WIDTH|ENERGY|FASTEST) = ([\d.]+)", script))
    assert float(told["ENERGY"]) == motion._LEAST_ENERGY
    assert float(told["FASTEST"]) == motion._FASTEST
    assert int(told["WIDTH"]) == TIMESFORMER.preset("quick", "camera_motion").image_size
    assert motion.LEVELS == 2


def test_counts_are_the_equations(page):
    told = facts(page())
    assert costs.SCHEMES == model.SCHEMES == tuple(told["counted"])
    for scheme in costs.SCHEMES:
        row, column = told["sizes"].index(448), told["frames"].index(96)
        found = timesformer_flops(
            scheme, num_classes=400, num_frames=96, image_size=448, embed_dim=768, num_layers=12
        )
        assert told["counted"][scheme][row][column] == pytest.approx(
            found.multiply_adds / 1e9, abs=0.06
        )
        assert len(told["counted"][scheme]) == len(told["sizes"])
        assert {len(line) for line in told["counted"][scheme]} == {len(told["frames"])}


def test_the_courses_gflops_are_three_views(page):
    said = card(page(), "cost")
    assert "3 × 195.8 = 587 G multiply-adds, 590 when rounded" in said
    assert "it is 1,175 G" in said


def test_the_head_that_is_told_of_is_the_quick_presets(page):
    quick = TIMESFORMER.preset("quick", "camera_motion")
    d = quick.embed_dim // quick.num_heads
    assert f"has d = {d} numbers, so √d = {d**0.5:g}." in card(page(), "attention")


def test_the_confusion_matrix_is_the_bundled_models(page):
    said = card(page(METRICS, {"classes": CLASSES}), "confusion")
    cells = re.findall(r'<td class="c[^>]*>(\d*)</td>', said)
    assert cells == ["8", "2", "", "1", "9", "", "", "", "10"]
    assert "27 of 30 right" in said
    assert "&lt;i&gt;mine&lt;/i&gt;" in said
    assert "<i>" not in said
    assert "<button" not in said


@pytest.mark.parametrize(
    ("metrics", "about"),
    [
        (None, None),
        (METRICS, None),
        ({}, {"classes": CLASSES}),
        (METRICS, {"classes": CLASSES[:2]}),
        ({"confusion": [[1, 2], [3]]}, {"classes": CLASSES[:2]}),
        ({"confusion": "?"}, {"classes": CLASSES}),
        ({"confusion": []}, {"classes": []}),
        ([1], [2]),
    ],
)
def test_without_a_matrix_that_fits_its_classes_the_card_says_so(page, metrics, about):
    said = card(page(metrics, about), "confusion")
    assert "Not measured yet." in said
    assert "<table" not in said


def test_what_the_channels_are_worth_is_measured_or_not_told(page):
    values = r"width:([\d.]+)%.*?<b>([\d.]+)</b>"
    said = card(page(METRICS), "channels")
    assert re.findall(values, said) == [("34.1", "0.34"), ("76.2", "0.76"), ("88.3", "0.88")]
    assert said.index("Pixels alone") < said.index("Pixels, change<") < said.index("change, flow")
    for missing in ({}, {"channels": {"rgb": 0.3}}, {"channels": None}, {"metrics": None}):
        assert "Not measured yet." in card(page(missing), "channels")


@pytest.mark.parametrize(
    ("joint", "clips", "says"),
    [
        (0.881, 500, "cannot be told apart here: they differ by 0.007, and 500 clips leave ±0.041"),
        (0.874, 500, "they differ by 0.000"),
        (0.80, 500, "Divided is ahead by 0.074"),
        (0.95, 500, "Joint is ahead by 0.076"),
        (0.95, 50, "cannot be told apart here"),
    ],
)
def test_a_difference_is_told_from_chance(page, joint, clips, says):
    figures = {**METRICS["metrics"], "top1_joint": joint}
    html = page({**METRICS, "metrics": figures, "headline_examples": clips})
    assert says in card(html, "accuracy")


@pytest.mark.parametrize("lacking", ["headline_examples", "top1_joint"])
def test_schemes_that_were_not_measured_are_not_compared(page, lacking):
    figures = {k: v for k, v in METRICS["metrics"].items() if k != lacking}
    metrics = {**METRICS, "metrics": figures}
    metrics.pop(lacking, None)
    assert "Not measured yet." in card(page(metrics), "accuracy")


def test_the_clock_times_each_scheme_beside_its_count():
    found = understand.measure()["clock"]
    assert found["frames"] == [8, 16, 32]
    for scheme in costs.SCHEMES:
        assert all(ms > 0 for ms in found["ms"][scheme])
        assert found["count"][scheme] == sorted(found["count"][scheme])
    assert found["count"]["joint"][2] > 3 * found["count"]["divided"][2]


def test_a_clock_that_stops_is_told_not_raised(monkeypatch):
    def broken():
        raise RuntimeError("no memory")

    monkeypatch.setattr(costs, "measured", broken)
    assert understand.measure()["clock"] is None


def test_the_panel_asks_the_server_for_the_clock_alone():
    with gr.Blocks() as demo:
        understand.build(SimpleNamespace(case=replace(TIMESFORMER, worlds=("nowhere",))))
    (only,) = demo.fns.values()
    assert only.fn is understand.measure
    assert only.api_visibility == "private"


def test_the_page_is_built_without_torch():
    code = (
        "import sys; from mm_demo.cases.timesformer import TIMESFORMER, understand, moving; "
        "understand.page(TIMESFORMER); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
