"""TimeSformer's moving picture and Understand panel in a real browser, on a page with these alone:
`python -m tests.browser.test_timesformer_understand`.
"""

import json
import re

import numpy as np
import pytest

from tests.browser.conftest import served

pytestmark = pytest.mark.browser

MOTIONS = (
    "static", "pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out",
    "roll_clockwise", "roll_counterclockwise", "shake",
)  # fmt: skip
COUNTS = np.full((10, 10), 0)
np.fill_diagonal(COUNTS, 46)
COUNTS[7, 8], COUNTS[8, 7], COUNTS[1, 6], COUNTS[2, 1], COUNTS[0, 9], COUNTS[5, 6] = (
    9,
    6,
    3,
    4,
    5,
    1,
)


@pytest.fixture(scope="module")
def panels_url(tmp_path_factory):
    yield from served(["-m", "tests.browser.test_timesformer_understand"], tmp_path_factory)


def number(page, name):
    return page.locator(f"#timesformer-understand [data-n='{name}']").first.inner_text()


def slide(page, name, value):
    page.locator(f"#timesformer-{name}").evaluate(
        "(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }", value
    )


def test_sliders_move_their_numbers(open_page, panels_url):
    page = open_page(panels_url + "?lang=en")
    assert number(page, "weight-2") == "0.55"  # softmax(2, 1, 2.5)
    slide(page, "score", 20)
    assert number(page, "weight-2") == "0.94"  # softmax(2, 1, 5)
    slide(page, "root", 16)
    assert number(page, "weight-2") == "0.54"  # softmax(0.5, 0.25, 1.25)
    assert [number(page, f"keys-{s}") for s in ("divided", "joint", "space")] == [
        "205", "1,569", "197",
    ]  # fmt: skip
    assert number(page, "adds-divided") == "196 G"
    assert page.locator("[data-cost=less]").is_visible()
    slide(page, "frames", 96)
    slide(page, "size", 448)
    assert [number(page, f"keys-{s}") for s in ("divided", "joint", "space")] == [
        "881", "75,265", "785",
    ]  # fmt: skip
    assert page.locator("[data-cost=more]").is_visible()
    assert not page.locator("[data-cost=less]").is_visible()


@pytest.mark.parametrize("shift", [-5.0, -1.0, 0.0, 0.6, 1.5, 2.4, 3.6])
def test_the_toys_flow_is_the_models_own(open_page, panels_url, shift):
    import torch

    from mm_demo.nn.motion import MotionChannels

    places = torch.arange(32) + 0.5
    frames = torch.stack(
        [
            torch.sigmoid((places - 10.5 - side * shift / 2) / 1.2)
            - torch.sigmoid((places - 22.5 - side * shift / 2) / 1.2)
            for side in (-1, 1)
        ]
    )
    clips = frames[None, :, None, None].expand(1, 2, 3, 32, 32)
    found = MotionChannels("flow", 32)(clips)[0, 1, :, 16, 10]  # grey, change, x and y, twice
    page = open_page(panels_url + "?lang=en")
    slide(page, "shift", shift)
    told = [float(number(page, f"flow-{size}").replace("−", "-")) for size in ("full", "half")]
    assert told == pytest.approx([found[2].item(), found[4].item()], abs=0.0051)


def test_a_patch_shows_whom_it_looks_at(open_page, panels_url):
    page = open_page(panels_url + "?lang=en")
    lit = "[...document.querySelectorAll('[data-patch]')].filter(p => p.matches('.first, .then'))"
    assert page.evaluate(f"{lit}.length") == 4 + 16 - 1
    page.locator("[data-patch='3-0-0']").click()
    assert page.evaluate(f"{lit}.filter(p => p.dataset.patch.startsWith('3-')).length") == 16
    assert page.evaluate(f"{lit}.filter(p => p.dataset.patch.endsWith('-0-0')).length") == 4
    page.keyboard.press("ArrowLeft")  # over the edge: the frame before
    assert page.evaluate("document.activeElement.dataset.patch") == "2-0-3"
    page.get_by_role("button", name="Joint", exact=True).click()
    assert page.evaluate(f"{lit}.length") == 64
    page.get_by_role("button", name="Space only").click()
    assert page.evaluate(f"{lit}.length") == 16
    assert page.get_by_text("Its own frame alone").is_visible()


def test_this_machine_can_be_measured(open_page, panels_url):
    page = open_page(panels_url + "?lang=en")
    assert not page.locator(".ts-clock").is_visible()
    page.get_by_role("button", name="Measure here").click()
    page.locator(".ts-clock").wait_for(timeout=60_000)
    cells = page.locator(".ts-clock tbody td b").all_inner_texts()
    assert len(cells) == 9
    assert all(re.fullmatch(r"\d+\.\d ms", cell) for cell in cells)
    assert page.get_by_role("button", name="Measure here").is_enabled()


def test_a_cell_shows_its_clip(open_page, panels_url):
    page = open_page(panels_url + "?lang=en")
    look = page.locator("#timesformer-moving .ts-look")
    assert "roll clockwise, answered: roll counter-clockwise. 9 of 55" in look.inner_text()
    first = look.locator(".ts-strip").get_attribute("src")
    page.locator("[data-cell='1-6']").click()
    assert "True: pan left, answered: zoom out. 3 of 49 clips." in look.inner_text()
    assert look.locator(".ts-strip").get_attribute("src") != first
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.cell") == "1-1"
    page.keyboard.press("Enter")
    assert "True: pan left, answered: pan left. 46 of 49 clips." in look.inner_text()
    assert page.locator("#timesformer-moving [tabindex='0']").count() == 1
    page.locator("#next").click()  # the next measurement: what was chosen stays chosen
    page.wait_for_function(
        "document.querySelector('#timesformer-moving').innerText.includes('47 of')"
    )
    assert page.locator("[data-cell='1-1']").get_attribute("aria-pressed") == "true"


def test_nothing_reaches_beyond_a_phone(open_page, panels_url):
    page = open_page(panels_url + "?lang=zh", width=390, theme="dark")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (
        "实际：顺时针转，回答：逆时针转。55 段里有 9 段。" in page.locator(".ts-look").inner_text()
    )
    page.locator("#strange").click()  # 40 classes with long names
    page.locator("[data-cell='39-39']").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("#timesformer-moving th b").count() == 0


def found(counts, classes, seed=0):
    """A task's preview, its clips a white square that moves over a colour."""
    from mm_demo.data.inline import data_url

    rng = np.random.default_rng(seed)
    clips = {}
    for truth, answer in np.argwhere(counts):
        frames = np.empty((8, 48, 48, 3), np.uint8)
        frames[:] = rng.integers(60, 200, 3)
        for k, frame in enumerate(frames):
            frame[12:30, 2 + 4 * k : 18 + 4 * k] = 255
        clips[f"{truth}-{answer}"] = data_url(np.concatenate(list(frames), axis=1), 60)
    return {"classes": list(classes), "counts": counts.tolist(), "clips": clips}


def _page():
    import tempfile
    from pathlib import Path
    from types import SimpleNamespace

    import gradio as gr

    from mm_demo import case as cases
    from mm_demo.cases.timesformer import TIMESFORMER, moving, understand
    from mm_demo.ui import theme

    cases.CHECKPOINTS = Path(tempfile.mkdtemp())
    folder = TIMESFORMER.checkpoint()
    folder.mkdir()
    top1 = {"top1_divided": 0.874, "top1_joint": 0.881, "top1_space": 0.412}
    metrics = {
        "metrics": top1,
        "headline_examples": 500,
        "confusion": COUNTS.tolist(),
        "channels": {"rgb": 0.34, "difference": 0.76, "flow": 0.88},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "timesformer.json").write_text(json.dumps({"classes": MOTIONS}))
    strange = ["<b>我自己的一个很长很长的类别名</b>", "a class with a name that never ends"] * 20
    with gr.Blocks(analytics_enabled=False) as demo, gr.Column(elem_classes="mm-top"):
        with gr.Row():
            after, many = gr.Button("Next", elem_id="next"), gr.Button("Odd", elem_id="strange")
        with gr.Row(elem_classes="mm-two"):
            piece = moving.preview(TIMESFORMER).piece()
        understand.build(SimpleNamespace(case=TIMESFORMER))
        show = moving.preview(TIMESFORMER).value
        better = COUNTS + np.eye(10, dtype=int)
        demo.load(lambda: show(found(COUNTS, MOTIONS)), None, piece)
        after.click(lambda: show(found(better, MOTIONS, 1)), None, piece)
        many.click(lambda: show(found(3 * np.eye(40, dtype=int), strange)), None, piece)
    demo.launch(theme=theme.theme(), head=theme.head(), ssr_mode=False, footer_links=[])


if __name__ == "__main__":
    _page()
