"""The composer's words for scenes, its files, and what it refuses."""

import re

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from mm_demo.data.scenes import BACKGROUNDS, COLOURS, KINDS, PLACES, SIZES, compose, draw
from mm_demo.errors import UserError
from mm_demo.ui import composer
from mm_demo.ui.picture import Picture

THINGS = (("boat", "red", "large", "bottom_left"), ("bird", "blue", "small", "top_right"))
TEXT = "sea.boat-red-large-bottom_left.bird-blue-small-top_right"


def test_a_scene_is_one_word_and_back():
    assert composer.to_text(THINGS, "sea") == TEXT
    assert composer.from_text(TEXT) == compose(THINGS, "sea")


@pytest.mark.parametrize(
    "text",
    ["", "sea", "moon.boat-red-large-left", "sea.boat-red-large", "sea.boat-red-large-left-x",
     "sea.<script>-red-large-left", "../../etc/passwd", ".".join([TEXT, *TEXT.split(".")[1:]])],
)  # fmt: skip
def test_what_is_no_scene_is_refused(text):
    with pytest.raises(UserError) as refused:
        composer.from_text(text)
    assert refused.value.key == "scene.unknown"


def test_the_file_is_the_drawing_and_its_name_tells_the_scene(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with gr.Blocks():
        picture = Picture(type="filepath", image_mode=None)
        download = gr.DownloadButton()
    for component in (picture, download):
        path = composer.scene_file(component, TEXT)
        drawn = np.asarray(Image.open(path))
        assert np.array_equal(drawn, draw(compose(THINGS, "sea"), composer.DRAWN))
        assert composer.scene_of(path) == TEXT


@pytest.mark.parametrize(
    "path", [None, "/tmp/boat.png", "/tmp/scene.sea.png", "/tmp/scene.sea.boat-red-huge-left.png"]
)
def test_other_files_show_no_scene(path):
    assert composer.scene_of(path) is None


def test_it_is_described_in_both_languages():
    said = composer.described(TEXT)
    assert "large red boat, bottom left" in said["en"]
    assert "左下角有红色的大船" in said["zh"]


def test_the_form_offers_everything_that_the_world_has():
    html = composer._form("c")
    for group, keys in (
        ("c-background", BACKGROUNDS),
        ("c-0-kind", KINDS),
        ("c-0-colour", COLOURS),
        ("c-2-size", SIZES),
        ("c-1-place", PLACES),
    ):
        found = re.findall(rf'name="{group}" value="([a-z_]+)"', html)
        assert sorted(found) == sorted(keys)
    assert html.count('type="radio"') == html.count("<label")
    assert len(re.findall(r'name="c-\d-kind" value=""', html)) == 2  # the first is always there
