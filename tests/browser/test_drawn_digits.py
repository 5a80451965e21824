"""Twenty digits drawn by hand with the mouse, read by the bundled model of digits.

The strokes are tests/cases/fusion/strokes.json: two handwritings, x and y from 0 to 1. They were
recorded without the model and must not be fitted to it.
"""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
STROKES = ROOT / "tests/cases/fusion/strokes.json"
ENOUGH = 16  # of twenty
SLOW = 60_000  # ms, the model is read at the first stroke


@pytest.fixture
def digits(open_page, page_url):
    """The fusion tab's Try panel with the model of digits chosen."""
    if not (ROOT / "checkpoints/fusion-av_digits/model.safetensors").is_file():
        pytest.skip("there is no model of digits in checkpoints/fusion-av_digits")
    page = open_page(page_url + "?case=fusion&panel=try&lang=en")
    page.wait_for_selector("#fusion-pad canvas", state="visible")
    page.locator("#fusion-model input[value=av_digits]").check(force=True)
    page.wait_for_selector("#fusion-model input[value=av_digits]:checked", state="attached")
    return page


def stroke(page, points):
    """Draw one stroke and wait until the answer to it is there."""
    canvas = page.locator("#fusion-pad canvas")
    canvas.scroll_into_view_if_needed()
    before = _seen(page)
    box = canvas.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    _changed(page, before)


def clear(page):
    before = _seen(page)
    page.locator("#fusion-pad").get_by_role("button", name="Clear", exact=True).click(force=True)
    _changed(page, before)
    page.wait_for_selector("#fusion-head table", state="detached")


def sight_only(page):
    """What the row "sight only" of the five answers says."""
    row = page.locator('#fusion-head tr:has(th:has-text("sight only"))')
    return row.locator("td").first.inner_text().strip()


def _seen(page):
    """The picture as the networks get it, "" if there is none: new with each answer."""
    return page.evaluate("document.querySelector('#fusion-sees img')?.src || ''")


def _changed(page, before):
    page.wait_for_function(
        "was => (document.querySelector('#fusion-sees img')?.src || '') !== was",
        arg=before,
        timeout=SLOW,
    )
    page.wait_for_timeout(150)  # the other parts of the same answer


def test_digits_drawn_by_hand_are_read(digits):
    wrong = []
    drawn = json.loads(STROKES.read_text())["digits"]
    for one in drawn:
        for points in one["strokes"]:
            stroke(digits, points)
        said = sight_only(digits)
        if said != str(one["digit"]):
            wrong.append(f"{one['digit']} of hand {one['hand']} was read as {said!r}")
        clear(digits)
    right = len(drawn) - len(wrong)
    print(f"{right} of {len(drawn)} right", *wrong, sep="\n")
    assert right >= ENOUGH, f"{right} of {len(drawn)}: " + "; ".join(wrong)
