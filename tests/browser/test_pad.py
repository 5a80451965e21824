"""The drawing pad in a real browser, on a page of its own: `python -m tests.browser.test_pad`."""

import io
import json
import wave

import numpy as np
import pytest

from tests.browser.conftest import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pad_url(tmp_path_factory):
    yield from served(["-m", "tests.browser.test_pad"], tmp_path_factory)


def stroke(page, *points):
    """Draw through points from 0 to 1."""
    box = page.locator("#own-pad canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def received(page, event):
    """What the server says of the pad's n-th event."""
    field = page.locator("#seen textarea")
    page.wait_for_function(
        "n => (document.querySelector('#seen textarea').value || '').includes(`\"event\": ${n},`)",
        arg=event,
    )
    return json.loads(field.input_value())


def test_the_server_receives_what_is_drawn(open_page, pad_url):
    page = open_page(pad_url + "?lang=en")
    assert page.get_by_role("img", name="Drawing pad").count() == 1
    assert page.locator("#own-pad .here").is_visible()
    stroke(page, (0.3, 0.2), (0.3, 0.8))
    seen = received(page, 1)
    left, top, right, bottom = seen["box"]
    assert seen["size"] == [280, 280]
    assert abs((left + right) / 2 - 84) <= 2
    assert abs(right - left - 20) <= 2
    assert abs(top - 46) <= 3
    assert abs(bottom - 234) <= 3
    assert seen["corner"] == 255
    assert seen["darkest"] == 0
    assert not page.locator("#own-pad .here").is_visible()

    stroke(page, (0.7, 0.5))  # a dot
    assert abs(received(page, 2)["box"][2] - 206) <= 2
    page.get_by_role("button", name="Undo").click()
    assert received(page, 3)["box"] == seen["box"]
    page.get_by_role("button", name="Undo").click()
    assert received(page, 4)["box"] is None
    assert page.locator("#own-pad .here").is_visible()
    page.get_by_role("button", name="Undo").click(force=True)  # nothing to undo: no event
    stroke(page, (0.2, 0.2), (0.8, 0.8))
    stroke(page, (0.8, 0.2), (0.2, 0.8))
    assert received(page, 6)["box"] is not None
    page.get_by_role("button", name="Clear", exact=True).press("Enter")
    assert received(page, 7)["box"] is None


def test_the_server_clears_it_more_than_once(open_page, pad_url):
    page = open_page(pad_url + "?lang=zh")
    for event in (1, 2):
        stroke(page, (0.2, 0.2), (0.8, 0.8))
        assert received(page, event)["box"] is not None
        page.click("#wipe")
        page.locator("#own-pad .here").get_by_text("在这里画").wait_for()
        inked = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
        assert not page.locator("#own-pad canvas").evaluate(inked)


def test_it_is_square_white_and_within_the_phone(open_page, pad_url):
    page = open_page(pad_url, width=390, theme="dark")
    box = page.locator("#own-pad canvas").bounding_box()
    assert abs(box["width"] - box["height"]) < 1
    assert 300 < box["width"] < 380
    paper = page.locator("#own-pad .paper")
    assert paper.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    touch = page.locator("#own-pad canvas").evaluate("e => getComputedStyle(e).touchAction")
    assert touch == "none"


def test_sound_can_be_seen_and_played(open_page, pad_url):
    page = open_page(pad_url)
    page.wait_for_function("document.querySelector('.player audio').readyState >= 1")
    assert page.evaluate("document.querySelector('.player audio').duration") == pytest.approx(1.0)
    assert page.evaluate("document.querySelector('#mel img').naturalHeight") == 120


def _page():
    import gradio as gr
    from PIL import Image, ImageOps

    from mm_demo.ui import pad, theme
    from mm_demo.ui.pieces import piece
    from mm_demo.ui.spectrogram import player, spectrogram_url, wave_svg

    def look(count, event: gr.EventData):
        picture = pad.pad_picture(pad.told(event))
        seen = {"event": count + 1, "box": None}
        if picture is not None:
            grey = Image.fromarray(picture.pixels).convert("L")
            pixels = np.asarray(grey)
            box = ImageOps.invert(grey).point(lambda v: 255 * (v > 127)).getbbox()
            seen |= {"size": list(grey.size), "box": list(box)}
            seen |= {"corner": int(pixels[0, 0]), "darkest": int(pixels.min())}
        return count + 1, json.dumps(seen)

    time = np.arange(16_000) / 16_000
    samples = np.sin(2 * np.pi * 440 * time) * np.exp(-(((time - 0.5) / 0.2) ** 2))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes((samples * 32767).astype("<i2").tobytes())
    bands, frames = np.mgrid[0:40, 0:63]
    mel = -(((bands - 10 - frames / 4) / 6) ** 2) - ((frames - 31) / 15) ** 2
    with gr.Blocks(analytics_enabled=False) as demo, gr.Column(elem_classes="mm-top"):
        count = gr.State(0)
        with gr.Column(elem_classes="mm-card"):
            own = pad.drawing_pad("own-pad")
        wipe, seen = gr.Button("Wipe", elem_id="wipe"), gr.Textbox(elem_id="seen")
        piece(wave_svg(samples) + player(file.getvalue(), "Sound"), card=True)
        piece(f'<img class="mel" src="{spectrogram_url(mel)}" alt="">', elem_id="mel")
        own.input(look, count, [count, seen], queue=False, show_progress="hidden")
        wipe.click(pad.cleared, None, own, queue=False)
    demo.launch(theme=theme.theme(), head=theme.head(), ssr_mode=False, footer_links=[])


if __name__ == "__main__":
    _page()
