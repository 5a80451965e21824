"""Data sets of two families in one tab: the knobs and the held-out chart follow the choice."""

import sys
import types

import pytest

from tests.browser.conftest import served
from tests.made_up import ALBUM, CASE, with_words

pytestmark = pytest.mark.browser

STEPS = "#clip-knob-steps input[type=number]"
TITLE = "document.querySelector('#clip-held .cap span')?.innerText"


@pytest.fixture(scope="module")
def page_url(tmp_path_factory):
    """The page around a trainer that learns nothing, with the made-up case alone."""
    yield from served(["-m", "tests.browser.test_families"], tmp_path_factory)


def choose(page, name, dataset):
    page.locator(f"#clip-{name} input[value='{dataset}']").locator("xpath=..").click()


def stands_at(page, steps):
    page.wait_for_function(f"document.querySelector('{STEPS}')?.value === '{steps}'")


def told(page, part):
    page.wait_for_function(f"document.querySelector('#clip-runs')?.innerText.includes('{part}')")


def test_knobs_follow_the_family_and_stay_within_it(open_page, page_url):
    page = open_page(page_url + "?case=clip&panel=train&lang=en")
    stands_at(page, CASE.presets["quick"].steps)
    choose(page, "dataset", "prints")
    stands_at(page, ALBUM.presets["quick"].steps)
    told(page, "--dataset prints --preset quick --seed 0 --out")
    page.wait_for_function(f"{TITLE}?.startsWith('R@1')")
    assert "7 min" in page.locator("#clip-status").inner_text()
    page.fill(STEPS, "110")
    page.press(STEPS, "Tab")
    told(page, "--set steps=110")
    choose(page, "dataset", "slides")
    told(page, "--dataset slides --preset quick --seed 0 --set steps=110 --out")
    choose(page, "preset", "full")
    stands_at(page, ALBUM.presets["full"].steps)
    choose(page, "dataset", "scenes")
    stands_at(page, CASE.presets["full"].steps)
    page.wait_for_function(f"{TITLE}?.startsWith('Zero-shot')")


def test_a_link_leads_to_a_family_and_on_from_there(open_page, page_url):
    page = open_page(page_url + "?case=clip&dataset=slides&preset=quick&batch_size=48&lang=en")
    stands_at(page, ALBUM.presets["quick"].steps)
    told(page, "--dataset slides --preset quick --seed 0 --set batch_size=48 --out")
    choose(page, "dataset", "prints")  # the same family: what the link set stays
    told(page, "--dataset prints --preset quick --seed 0 --set batch_size=48 --out")


def test_the_held_out_chart_is_the_runs(open_page, page_url):
    page = open_page(page_url + "?case=clip&panel=train&steps=60&lang=en", width=390, height=844)
    for dataset, lines in (("scenes", 1), ("prints", 1), ("slides", 2)):
        choose(page, "dataset", dataset)
        page.wait_for_timeout(500)
        page.click("#clip-start")
        page.wait_for_selector("#clip-stop", state="visible")
        page.wait_for_selector("#clip-status .btn.p", timeout=30_000)
        assert page.locator("#clip-held polyline").count() == lines
    assert page.evaluate(TITLE).startswith("R@1")
    assert "0.45" in page.locator("#clip-held .plot").inner_text()
    assert page.locator("#clip-loss polyline").count() == 3
    assert page.locator("#clip-runs th.n:visible").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


if __name__ == "__main__":
    from tests.ui import fake

    fake.stand_in_panels()
    own = types.ModuleType("mm_demo.cases.clip.own_panel")
    sys.modules[own.__name__] = own
    import gradio as gr

    own.build = lambda context: gr.Column(visible=False)
    with_words(pytest.MonkeyPatch())
    from mm_demo.page import build, launch

    predictors = fake.Predictors()
    page = build([CASE], predictors, fake.start)
    launch(page, [CASE], predictors, server_port=int(sys.argv[1]), quiet=True)
