"""Try, train and understand fusion in a real browser, with the bundled models and a microphone."""

import os
import re
import wave

import numpy as np
import pytest
from PIL import Image

from mm_demo.cases.fusion import FUSION
from mm_demo.cases.fusion.strokes import STROKES, drawn
from mm_demo.data.sounding_shapes import THINGS, things
from mm_demo.media.audio import to_wav
from tests.browser.conftest import FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not FUSION.checkpoint("av_digits").is_dir(), reason="no model for digits is bundled"
    ),
]

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
KNOBS = "&dataset=sounding_shapes&preset=quick&steps=20&batch_size=16&width=4&hidden_dim=16"


@pytest.fixture(scope="module")
def chromium(chromium, tmp_path_factory):
    """A Chromium whose microphone hears a WAV of ours over and over."""
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    time = np.arange(2 * 48_000) / 48_000
    tone = np.sin(2 * np.pi * 180 * time) + 0.6 * np.sin(2 * np.pi * 720 * time)
    tone *= np.exp(-(((time - 1.0) / 0.25) ** 2))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes((12_000 * tone).astype("<i2").tobytes())
    system = "/usr/bin/chromium"
    browser = chromium.browser_type.launch(
        executable_path=system if os.path.exists(system) else None,
        args=[*FLAGS, f"--use-file-for-fake-audio-capture={path}"],
    )
    yield browser
    browser.close()


@pytest.fixture
def fusion(open_page, page_url):
    """A function: fusion(panel="try", query="", **options) -> the page with that panel open."""

    def opened(panel="try", query="", **options):
        page = open_page(f"{page_url}?case=fusion&panel={panel}&lang=en{query}", **options)
        page.context.grant_permissions(["microphone"])
        if panel == "try":
            page.locator("#fusion-pad canvas").wait_for()
        return page

    return opened


def draw(page, digit="3"):
    """Draw a digit with the mouse, as a hand would: through the points of our own."""
    pad = page.locator("#fusion-pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for stroke in STROKES[digit]:
        places = [(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100)
                  for x, y in stroke]  # fmt: skip
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()
    page.locator("#fusion-head .answer").get_by_text("looks like").first.wait_for()


def answer(page):
    return page.locator("#fusion-head .answer").inner_text()


def keys(page, slider, key, times=1):
    page.locator(f"#{slider} input[type=range]").focus()
    for _ in range(times):
        page.keyboard.press(key)


def upright(page, sense):
    """Where the vertical line of a chart stands."""
    line = page.locator(f"#fusion-curves [data-along={sense}] path.here").first
    return float(line.get_attribute("d").split()[0].removeprefix("M"))


def test_a_drawn_digit_is_read_covered_and_told_in_chinese(fusion):
    page = fusion()
    assert "Draw a digit, say a digit" in page.locator("#fusion-head").inner_text()
    draw(page, "3")
    page.wait_for_function(
        "document.querySelector('#fusion-head .answer').innerText.includes('looks like 3')"
    )
    assert page.locator("#fusion-sees img.fz-seen").is_visible()
    assert page.locator("#fusion-head tbody tr").count() == 4

    level, cover = upright(page, "sound"), upright(page, "sight")
    keys(page, "fusion-level", "ArrowRight", 5)
    page.locator("#fusion-readout").get_by_text("0 dB, as loud as the sound").wait_for()
    keys(page, "fusion-cover", "ArrowRight", 4)
    page.locator("#fusion-sees").get_by_text("20% covered").wait_for()
    page.wait_for_function(
        """([sound, sight]) => [['sound', sound], ['sight', sight]].every(([sense, was]) =>
        !document.querySelector(`[data-along=${sense}] path.here`).getAttribute('d')
        .startsWith(`M${was.toFixed(1)} `))""",
        arg=[level, cover],
    )
    assert upright(page, "sound") > level
    assert upright(page, "sight") > cover

    page.get_by_text("中文", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert "看起来是" in answer(page)
    assert "画一个数字" in page.locator("#fusion-draw").inner_text()
    assert "竖线" in page.locator("#fusion-curves").inner_text()
    assert page.locator("#fusion-curves svg text.zh", has_text="注意力").first.is_visible()
    assert not page.locator("#fusion-curves svg text.en").first.is_visible()


def test_an_uploaded_drawing_takes_the_place_of_the_drawn_one(fusion, tmp_path):
    Image.fromarray(drawn("7")).save(tmp_path / "seven.png")
    page = fusion()
    draw(page, "0")
    page.locator("#fusion-picture input[type=file]").set_input_files(str(tmp_path / "seven.png"))
    page.wait_for_function(
        "document.querySelector('#fusion-head .answer').innerText.includes('looks like 7')"
    )
    page.locator("#fusion-pad .here").wait_for()  # the pad is empty again
    page.locator("#fusion-examples button").nth(4).click()
    page.wait_for_function(
        "document.querySelector('#fusion-head .answer').innerText.includes('looks like 4')"
    )


def test_the_microphone_is_heard_and_joins_the_drawing(fusion):
    page = fusion()
    draw(page, "3")
    page.locator("#fusion-sound").get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(2500)
    page.locator("#fusion-sound").get_by_role("button", name="Stop", exact=True).click()
    page.locator("#fusion-hears img.mel").wait_for()
    page.wait_for_function(
        "document.querySelector('#fusion-head .answer').innerText.includes('sound')"
    )
    assert page.locator("#fusion-head tbody tr").count() == 5
    page.locator("#fusion-covered").get_by_text("eyes shut").wait_for()


def test_the_other_model_brings_its_words_examples_and_curves(fusion):
    page = fusion()
    before = page.locator("#fusion-curves").inner_text()
    page.locator("#fusion-model label").nth(1).click()
    page.locator("#fusion-draw").get_by_text("Draw something").wait_for()
    page.locator("#fusion-head").get_by_text("Draw something, or add a sound").wait_for()
    page.wait_for_function(
        "was => document.querySelector('#fusion-curves').innerText !== was", arg=before
    )
    page.locator("#fusion-examples .fz-pairs button").first.click()
    page.wait_for_function("document.querySelectorAll('#fusion-head tbody tr').length === 5")
    assert "sounds like" in answer(page)
    assert page.locator("#fusion-group").is_visible()


def number(page, name):
    """A number in Understand's formulas."""
    text = page.locator(f"#fusion-understand [data-n={name}]").first.inner_text()
    return float(text.replace("−", "-"))


def test_the_formulas_show_the_last_answers_numbers_and_move_on(fusion, tmp_path):
    (tmp_path / "bee.wav").write_bytes(to_wav(things("test", 7, 10).waves[THINGS.index("bee")]))
    page = fusion("understand")
    page.locator("#fusion-understand").get_by_text("The numbers are an example.").first.wait_for()
    page.get_by_role("tab", name="Try", exact=True).last.click()
    page.locator("#fusion-pad canvas").wait_for()
    draw(page, "3")
    page.locator("#fusion-sound").get_by_label("Upload file").click()
    page.locator("#fusion-sound input[type=file]").set_input_files(str(tmp_path / "bee.wav"))
    page.wait_for_function("document.querySelectorAll('#fusion-head tbody tr').length === 5")
    bar = page.locator("#fusion-head tr.on .fz-split > span").first
    shown = float(re.search(r"\d\.\d\d", bar.text_content() or "")[0])

    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("tab", name="Understand").last.click()
    yours = page.locator("#fusion-understand [data-own=attention]")
    yours.get_by_text("It looks like 3 and sounds like").first.wait_for()
    assert shown in (number(page, "weight-v"), number(page, "weight-a"))
    score, term = number(page, "score-a"), number(page, "z-0")
    page.locator("#fusion-slide-score").fill(str(number(page, "score-v")))
    assert number(page, "score-a") != score
    assert number(page, "weight-a") == pytest.approx(0.5, abs=0.01)
    assert number(page, "z-0") != term
    page.locator("#fusion-slide-early").fill("0")
    alone = number(page, "early-v-0") + float(
        page.locator("[data-n=early-b-0]").inner_text().replace("− ", "-").replace("+ ", "")
    )
    assert number(page, "early-z-0") == pytest.approx(max(0, alone), abs=0.02)
    assert asked == []

    page.get_by_role("tab", name="Try", exact=True).last.click()
    page.locator("#fusion-sound").get_by_label("Clear").click()
    page.wait_for_function("document.querySelectorAll('#fusion-head tbody tr').length === 4")
    page.get_by_role("tab", name="Understand").last.click()
    page.locator("#fusion-understand").get_by_text("The numbers are an example.").first.wait_for()
    assert not yours.is_visible()


def test_a_small_comparison_is_trained_and_used(fusion):
    page = fusion("train", KNOBS)
    page.click("#fusion-start")
    page.wait_for_function(
        "document.querySelector('#fusion-status')?.innerText.includes('Done in')", timeout=120_000
    )
    assert page.locator("#fusion-moving table.fu-bars tbody tr").count() == 5
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_role("button", name="Use this model").click()
    page.locator("#fusion-draw").get_by_text("Draw something").wait_for()
    page.wait_for_selector("#fusion-curves-card", state="hidden")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_no_barrier_and_no_sideways_scroll(fusion, barriers, width, theme):
    page = fusion(width=width, theme=theme)
    found = [barriers(page)]
    page.locator("#fusion-examples button").nth(3).click()
    page.wait_for_selector("#fusion-head table")
    assert page.evaluate(SIDEWAYS) <= 0
    found.append(barriers(page))
    for panel, sign in (("Train live", "#fusion-start"), ("Understand", ".fu-sheet")):
        page.get_by_role("tab", name=panel).last.click()
        page.locator(sign).first.wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate(SIDEWAYS) <= 0
        found.append(barriers(page))
    assert not any(found), found
