"""What the pad sends is opened, and nothing else is."""

import base64
import io
import tempfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from mm_demo.errors import UserError
from mm_demo.ui.pad import MOST_CHARACTERS, SIDE, cleared, drawing_pad, pad_picture, told

PREFIX = "data:image/png;base64,"


def url(image, kind="PNG", prefix=PREFIX):
    file = io.BytesIO()
    image.save(file, kind)
    return prefix + base64.b64encode(file.getvalue()).decode()


def drawing():
    image = Image.new("RGB", (SIDE, SIDE), "white")
    image.paste("black", (100, 40, 120, 240))
    return image


def test_a_drawing_is_opened_as_it_was_drawn():
    picture = pad_picture(url(drawing()))
    assert np.array_equal(picture.pixels, np.asarray(drawing()))
    assert picture.original_size == (SIDE, SIDE)


def test_what_is_transparent_is_white():
    picture = pad_picture(url(Image.new("RGBA", (SIDE, SIDE))))
    assert (picture.pixels == 255).all()


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_pad_is_no_picture(empty):
    assert pad_picture(empty) is None


@pytest.mark.parametrize(
    "sent",
    [
        "x",
        PREFIX,
        PREFIX + "!!!!",
        PREFIX + "AAA",
        PREFIX + "é",
        PREFIX + base64.b64encode(b"no picture").decode(),
        url(drawing())[:-400],
        url(drawing()) + "\n",
        " " + url(drawing()),
        url(drawing(), "JPEG"),
        url(drawing(), "JPEG", "data:image/jpeg;base64,"),
        url(Image.new("1", (7000, 7000))),
        "/etc/passwd",
        {"path": "/etc/passwd"},
        5,
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_anything_else_is_damaged(sent):
    with pytest.raises(UserError) as refused:
        pad_picture(sent)
    assert refused.value.key == "image.damaged"


def test_more_than_300_kb_is_damaged():
    noise = np.random.default_rng(0).integers(0, 256, (320, 320, 3), dtype=np.uint8)
    sent = url(Image.fromarray(noise))
    assert len(sent) > MOST_CHARACTERS
    with pytest.raises(UserError, match=r"image\.damaged"):
        pad_picture(sent)


def test_no_file_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pad_picture(url(drawing()))
    with pytest.raises(UserError):
        pad_picture(url(drawing())[:-400])
    assert list(Path(tmp_path).iterdir()) == []


@pytest.mark.parametrize(
    ("data", "image"),
    [
        ({"image": "data:x"}, "data:x"),
        ({"image": ""}, ""),
        ({"image": 5}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_what_an_event_tells(data, image):
    assert told(gr.EventData(None, data)) == image


def test_every_clearing_is_a_new_value():
    assert cleared() != cleared()
    assert set(cleared()) == {"clear"}


def test_the_pad_is_labelled_in_both_languages():
    with gr.Blocks():
        pad = drawing_pad("own-pad")
    assert pad.elem_id == "own-pad"
    for word in ("Undo", "撤销", "Clear", "清空", "Draw here", "在这里画", "Drawing pad", "画板"):
        assert word in pad.html_template
