"""One visitor's whole visit to the real app, on a desk and on a phone."""

import pytest
from PIL import Image

from mm_demo.data.scenes import compose, draw

pytestmark = pytest.mark.browser

# small enough to learn a little in seconds, long enough to be stopped
KNOBS = "&steps=1500&batch_size=16&pictures=256&image_size=32&width=8&embed_dim=32&evaluations=4"
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def house(tmp_path):
    thing = {"kind": "house", "colour": "green", "size": "large", "place": "centre"}
    Image.fromarray(draw(compose([thing]), 256)).save(tmp_path / "house.png")
    return str(tmp_path / "house.png")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_a_whole_visit(open_page, page_url, house, width, height):
    page = open_page(
        page_url + "?case=clip&panel=train&lang=en" + KNOBS, width=width, height=height
    )

    # train: at least five updates of the curve, then stop
    page.click("#clip-start")
    page.wait_for_selector("#clip-stop", state="visible")
    seen = set()
    page.wait_for_function(
        "document.querySelector('#clip-loss .v').textContent !== ''", timeout=60_000
    )
    for _ in range(600):
        seen.add(page.locator("#clip-loss .v").inner_text())
        if len(seen) >= 6:
            break
        page.wait_for_timeout(50)
    assert len(seen) >= 6
    assert page.evaluate(SIDEWAYS) <= 0
    page.click("#clip-stop")
    page.wait_for_selector("#clip-status .notice.stop", timeout=60_000)

    # continue to the end, use the model
    page.get_by_role("button", name="Continue", exact=True).click()
    page.wait_for_function(
        "document.querySelector('#clip-status')?.innerText.includes('Done in')", timeout=120_000
    )
    page.get_by_role("button", name="Use this model").click()
    page.wait_for_selector("#clip-picture", state="visible")
    assert page.locator("#clip-model input:checked").input_value() == "run-1"

    # upload, score with it, then with the bundled one, then change a label
    page.locator("#clip-picture input[type=file]").first.set_input_files(house)
    page.fill("#clip-labels textarea", "green house\nred boat")
    page.click("#clip-match")
    foot = page.locator("#clip-foot")
    page.wait_for_function(
        "document.querySelector('#clip-foot')?.innerText.includes('run-1')", timeout=60_000
    )
    page.locator("#clip-model label").first.click()
    page.click("#clip-match")
    page.wait_for_function(
        "document.querySelector('#clip-foot')?.innerText.includes('clip-scenes')", timeout=60_000
    )
    assert "green house" in page.locator("#clip-head").inner_text()
    new = f"red car {width}"  # the app remembers the sentences of the other width
    page.fill("#clip-labels textarea", f"green house\n{new}")
    page.click("#clip-match")
    page.wait_for_function("document.querySelector('#clip-rows')?.innerText.includes('red car')")
    assert "1 from memory" in foot.inner_text()
    assert page.evaluate(SIDEWAYS) <= 0

    # Chinese and back: the answer on the page switches too, what was typed stays
    page.get_by_text("中文", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert "都不是" in page.locator("#clip-rows").inner_text()
    assert page.locator("#clip-labels textarea").input_value() == f"green house\n{new}"
    assert page.locator("#clip-model input").last.input_value() == "run-1"
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_text("English", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'en'")

    # the same setup by its link, in a new page
    again = open_page(page_url + "?case=clip&panel=train&seed=5&lang=en" + KNOBS, width=width)
    assert again.locator("#clip-knob-seed input").input_value() == "5"
    assert again.locator("#clip-knob-steps input[type=number]").input_value() == "1500"
    assert "run-1" not in again.locator("#clip-runs").inner_text()  # another visitor


def test_a_closed_page_frees_the_place(open_page, page_url):
    gone = open_page(
        page_url + "?case=clip&panel=train&lang=en" + KNOBS.replace("=1500", "=100000")
    )
    gone.click("#clip-start")
    gone.wait_for_selector("#clip-stop", state="visible")
    gone.wait_for_function(
        "document.querySelector('#clip-loss .v').textContent !== ''", timeout=60_000
    )
    other = open_page(page_url + "?case=clip&panel=train&lang=en" + KNOBS.replace("=1500", "=20"))
    gone.context.close()
    other.click("#clip-start")
    other.wait_for_function(
        "document.querySelector('#clip-status')?.innerText.includes('Done in')", timeout=120_000
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("panel", ["try", "train", "understand"])
def test_axe_finds_no_fault(open_page, page_url, barriers, theme, panel):
    page = open_page(page_url + f"?case=clip&panel={panel}&lang=en", theme=theme)
    page.wait_for_timeout(500)
    assert barriers(page) == ""
