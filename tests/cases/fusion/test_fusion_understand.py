"""The Understand panel: its formulas, and figures from metrics.json alone."""

import json
import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace

import gradio as gr
import pytest

from mm_demo import case as cases
from mm_demo.cases.fusion import FUSION, understand

MISLEADING = {
    "accuracy": 0.871,
    "accuracy_attention": 0.871,
    "accuracy_late": 0.81,
    "accuracy_early": 0.77,
    "accuracy_audio": 0.6,
    "accuracy_visual": 0.5,
    "accuracy_late_sight_only": 0.333,
}
INDEPENDENT = {"accuracy_attention": 0.82, "accuracy_late": 0.84, "accuracy_early": 0.83}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """page(metrics.json's content or None) -> the panel's HTML."""
    monkeypatch.setattr(cases, "CHECKPOINTS", tmp_path)

    def made(metrics):
        folder = FUSION.checkpoint()
        folder.mkdir(exist_ok=True)
        if metrics is not None:
            (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        return understand.page(FUSION)

    return made


def tables(html):
    return re.findall(r'<table class="fu-bars">.*?</table>', html)


def values(table):
    return re.findall(r'width:([\d.]+)%.*?class="fu-v">([\d.]+)<', table)


def test_three_formulas_each_spoken_with_numbers_and_a_slider(page):
    html = page(None)
    spoken = re.findall(r'role="math" aria-labelledby="([^"]+)"', html)
    assert sorted(spoken) == [f"fusion-math-{name}" for name in ("attention", "early", "late")]
    for name in spoken:
        assert html.count(f'id="{name}"') == 1
    assert html.count('class="formula num"') == 3
    sliders = re.findall(r'<input class="range" type="range" id="([^"]+)"', html)
    assert sorted(sliders) == ["fusion-slide-early", "fusion-slide-late", "fusion-slide-score"]
    for name in sliders:
        assert f'<label for="{name}">' in html
    assert "there are no weights to read" in html


def test_every_number_that_the_script_moves_has_its_place(page):
    html = page(None)
    script = understand._SCRIPT.read_text(encoding="utf-8")
    places = re.findall(r"(put|write|bar)\(['`]([a-z${}-]+)['`]", script)
    assert len(places) > 20
    for kind, name in places:
        attribute = "data-bar" if kind == "bar" else "data-n"
        for filled in {name.replace("${k}", k) for k in "01"} - {"${name}-now"}:
            assert f'{attribute}="{filled}"' in html, filled
    for name in re.findall(r"slider\('([a-z]+)'", script):
        assert f'data-n="{name}-now"' in html, name
    assert "fetch" not in script
    assert "trigger(" not in script


def test_each_card_says_whose_numbers_it_shows(page):
    html = page(None)
    for name in ("attention", "late", "early"):
        assert f'data-example="{name}"' in html
        assert f'data-own="{name}" hidden' in html
    assert html.count("The numbers are an example.") == 3
    assert html.count("The numbers are those of your last answer.") == 3
    told = json.loads(unescape(re.search(r'data-terms="([^"]*)"', html)[1]))
    assert told["late"]["names"][0] == {"en": "drum", "zh": "鼓"}


def test_figures_are_read_from_metrics_json(page):
    misleading, independent = tables(page({"metrics": MISLEADING, "independent": INDEPENDENT}))
    assert values(misleading) == [
        ("87.1", "0.87"), ("81.0", "0.81"), ("77.0", "0.77"), ("60.0", "0.60"), ("50.0", "0.50"),
    ]  # fmt: skip
    assert values(independent) == [("82.0", "0.82"), ("84.0", "0.84"), ("83.0", "0.83")]
    html = page({"metrics": MISLEADING, "independent": INDEPENDENT})
    assert "Best here: attention fusion at 0.87." in html
    assert "Best here: late fusion at 0.84." in html
    assert "Adding up calibrated evidence is then close to ideal" in html
    assert "not been measured" not in html


def test_the_second_kind_of_noise_may_lie_among_the_metrics_or_be_missing(page):
    assert len(tables(page({"metrics": {**MISLEADING, "independent": INDEPENDENT}}))) == 2
    html = page({"metrics": MISLEADING})
    assert len(tables(html)) == 1
    assert "has not been measured on this kind of noise" in html


@pytest.mark.parametrize("metrics", [None, {}, {"metrics": {}}, [1], {"metrics": None}])
def test_without_figures_the_card_says_so(page, metrics):
    html = page(metrics)
    assert tables(html) == []
    assert "The bundled model has not been measured yet." in html


def test_the_panel_builds_and_asks_the_server_for_nothing():
    with gr.Blocks() as demo:
        understand.build(SimpleNamespace(case=replace(FUSION, worlds=("nowhere",))))
    assert len(demo.fns) == 0
