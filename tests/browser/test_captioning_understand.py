"""Captioning's moving picture and Understand panel in a real browser, on a page with these alone:
`python -m tests.browser.test_captioning_understand`.
"""

import json
import math

import pytest

from tests.browser.conftest import served

pytestmark = pytest.mark.browser
METRICS = {
    "bleu4": 0.55, "bleu4_constant": 0.213, "bleu4_shuffled": 0.11, "cider": 1.62,
    "cider_constant": 0.31, "cider_shuffled": 0.2, "fact_precision": 0.981, "fact_recall": 0.71,
    "fact_f1": 0.824, "fact_precision_references": 1.0, "fact_recall_references": 0.648,
    "fact_f1_references": 0.786,
}  # fmt: skip
COMMAND = "python -m mm_demo evaluate captioning --dataset scenes --split test --json"


@pytest.fixture(scope="module")
def panels_url(tmp_path_factory):
    yield from served(["-m", "tests.browser.test_captioning_understand"], tmp_path_factory)


def at(page, name):
    return page.locator(f"#captioning-understand [data-n='{name}']").first


def ready(page):
    """The example and its BLEU have come."""
    at(page, "steps").locator("[data-n=bleu]").wait_for(timeout=60_000)
    return page


def number(text):
    return float(text.replace("−", "-"))


def slide(page, value):
    at(page, "sharpness").evaluate(
        "(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }", value
    )


def test_the_words_probabilities_multiply_to_the_sentences(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=en"))
    rows = at(page, "chain").locator("tr")
    likely = [float(text) for text in rows.locator("td:nth-child(3)").all_inner_texts()]
    assert rows.last.locator("th").inner_text() == "end"
    assert len(likely) == at(page, "strip").locator("button").count() + 1
    log = sum(math.log(max(p, 0.004)) for p in likely)
    assert number(at(page, "log").inner_text()) == pytest.approx(log, abs=0.02 * len(likely))
    assert number(at(page, "mean").inner_text()) == pytest.approx(
        math.exp(number(at(page, "log").inner_text()) / len(likely)), abs=0.01
    )


def test_the_temperature_spreads_and_gathers_the_map(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=en"))
    weights = at(page, "most").locator("b")
    slide(page, -2)
    sharp, few = number(weights.first.inner_text()), number(at(page, "cells").inner_text())
    slide(page, 2)
    assert number(at(page, "tau").inner_text()) == 4
    assert number(weights.first.inner_text()) < sharp
    assert number(at(page, "cells").inner_text()) > few
    assert number(at(page, "cells").inner_text()) <= number(at(page, "all").inner_text()) + 0.05


def test_another_word_has_another_map(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=en"))
    strip = at(page, "strip").locator("button")
    strip.first.click()
    assert strip.first.get_attribute("aria-pressed") == "true"
    before = at(page, "most").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert strip.nth(1).get_attribute("aria-pressed") == "true"
    assert at(page, "most").inner_text() != before


def test_a_wrong_word_is_put_in_and_judged(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=en"))
    at(page, "slip-words").locator("button").nth(1).click()
    wrong = at(page, "slip-wrong").locator("button").first
    word = wrong.inner_text()
    wrong.click()
    marked = at(page, "slip").locator(".wrong")
    marked.wait_for(timeout=30_000)
    assert marked.inner_text() == word
    assert "true" in at(page, "slip").locator(".ce-facts").first.inner_text()
    at(page, "slip-words").locator("button").first.click()  # another place: what was said is gone
    assert at(page, "slip").inner_text() == ""


def test_bleu_counts_what_was_typed(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=en"))
    at(page, "sentence").fill("the the the the the the the")
    at(page, "references").fill("the cat is on the mat\nthere is a cat on the mat")
    at(page, "sentence").press("Enter")
    page.get_by_text("2/7 = 0.29").wait_for(timeout=30_000)
    assert at(page, "bleu").inner_text() == "0.000"
    at(page, "references").fill("")
    page.get_by_role("button", name="Count").click()
    at(page, "steps").get_by_role("alert").wait_for(timeout=30_000)
    assert "at least one reference" in at(page, "steps").inner_text()
    assert at(page, "sentence").input_value() == "the the the the the the the"


def test_dice_and_another_scene_change_the_sentences(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=en"))
    first = at(page, "decoding").inner_text()
    assert "a reference" in first
    page.get_by_role("button", name="Roll the dice again").click()
    page.wait_for_function(
        "first => document.querySelector('[data-n=decoding]').innerText !== first", arg=first
    )
    page.locator("[data-example='2']").click()
    page.wait_for_function("""() => document.querySelector('[data-n=references]').value
        .includes('purple')""")
    assert page.locator("[data-example='2']").get_attribute("aria-pressed") == "true"


def test_the_page_in_chinese_asks_for_chinese(open_page, panels_url):
    page = ready(open_page(panels_url + "?lang=zh", width=390, theme="dark"))
    assert "船" in at(page, "references").input_value()
    assert at(page, "strip").locator("button").first.get_attribute("lang") == "zh-CN"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.evaluate("mm.setLanguage('en')")
    page.wait_for_function("document.querySelector('[data-n=references]').value.includes('boat')")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_sentences_change_while_it_learns(open_page, panels_url):
    page = open_page(panels_url + "?lang=en", width=390)
    moving = page.locator("#captioning-moving")
    moving.locator(".ce-said").first.wait_for()
    assert moving.locator(".ce-said").count() == 4
    assert moving.locator(".ce-before").count() == 0
    assert "1 of 8 facts" in moving.inner_text()
    page.locator("#next").click()
    moving.locator(".ce-before").first.wait_for()
    assert moving.locator(".ce-before").first.inner_text() == "a a boat"
    assert moving.locator(".ce-said").first.inner_text() == "a red boat on the sea"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_nobody_is_kept_out(open_page, panels_url, barriers, width, theme):
    page = ready(open_page(panels_url + "?lang=en", width=width, theme=theme))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == ""


def _learning():
    """What a run shows of four pictures: early, then late."""
    from mm_demo.cases.captioning.preview import Diary
    from mm_demo.cases.captioning.understand_numbers import references, scenes
    from mm_demo.data.inline import data_url
    from mm_demo.data.scenes import draw

    diary = Diary()
    pictures = [data_url(draw(scene, 128)) for scene in scenes()]
    told = [references(index, "en")[0] for index in range(4)]
    late = ["a", "red", "boat", "on", "the", "sea"]
    early = diary(pictures, [[("a", 0.9), ("a", 0.2), ("boat", 0.4)]] * 4, told, "en",
                  [(1, 2), (0, 2), (0, 2), (0, 2)])  # fmt: skip
    said = [[(word, 0.3 + 0.1 * place) for place, word in enumerate(late)]] * 4
    return early, diary(pictures, said, told, "en", [(3, 3), (1, 3), (0, 3), (1, 3)])


def _page():
    import tempfile
    from pathlib import Path
    from types import SimpleNamespace

    import gradio as gr

    from mm_demo import case as cases
    from mm_demo.cases.captioning import CAPTIONING, moving, understand
    from mm_demo.cases.captioning.predict import Predictor
    from mm_demo.ui import theme
    from tests.cases.captioning.small_captioner import saved

    cases.CHECKPOINTS = Path(tempfile.mkdtemp())
    folder = CAPTIONING.checkpoint()
    folder.mkdir()
    model = Predictor(saved(folder))
    (folder / "metrics.json").write_text(json.dumps({"metrics": METRICS, "command": COMMAND}))
    show, (early, late) = moving.preview(CAPTIONING).value, _learning()
    with gr.Blocks(analytics_enabled=False) as demo, gr.Column(elem_classes="mm-top"):
        gr.HTML("<h1>Captioning</h1>")
        after = gr.Button("Next", elem_id="next")
        with gr.Row(elem_classes="mm-two"):
            piece = moving.preview(CAPTIONING).piece()
        understand.build(SimpleNamespace(case=CAPTIONING, predictor=lambda session, name: model))
        demo.load(lambda: show(early), None, piece)
        after.click(lambda: show(late), None, piece)
    demo.launch(theme=theme.theme(), head=theme.head(), ssr_mode=False, footer_links=[])


if __name__ == "__main__":
    _page()
