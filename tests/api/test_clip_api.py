"""`/clip_classify` through a real client: answers, and a sentence for every mistake."""

import shutil
import struct
import zlib

import gradio_client
import pytest
from gradio.media import get_image
from PIL import Image

from mm_demo import case
from mm_demo.cases.clip import CLIP
from mm_demo.cases.clip.examples import EXAMPLES
from mm_demo.data.scenes import draw
from mm_demo.events import Finished, Started

LABELS = "a red boat, a green house, a purple car"


def copies_the_bundled_model(case, dataset, config, out, **more):
    """A training that ends at once with a model that answers."""
    yield Started(0, 1, 1, 1, 1, "cpu", 1.0)
    shutil.copytree(case.checkpoint(), out)
    yield Finished(str(out), dict.fromkeys(case.table, 0.5), 1, 1, 1.0, 1.0, 0.1)


needs_photos = pytest.mark.skipif(
    not CLIP.checkpoint("photos").is_dir(), reason="checkpoints/clip-photos is not there"
)


@pytest.fixture(scope="module")
def start():
    return copies_the_bundled_model


@pytest.fixture
def client(url):
    return gradio_client.Client(url, verbose=False)


@pytest.fixture(scope="module")
def boat(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "boat.png"
    Image.fromarray(draw(EXAMPLES[0].scene, 256)).save(path)
    return str(path)


def classify(client, image, labels=LABELS, template="a photo of a {}", model="auto"):
    handled = gradio_client.handle_file(str(image)) if image else None
    return client.predict(handled, labels, template, model, api_name="/clip_classify")


def said(client, *arguments, **more):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        classify(client, *arguments, **more)
    return str(refused.value)


def test_it_answers_with_plain_values(client, boat):
    answer = classify(client, boat)
    labels = [score["label"] for score in answer["ranking"]]
    assert sorted(labels) == ["a green house", "a purple car", "a red boat"]
    shares = [score["probability"] for score in answer["ranking"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert 0 <= answer["none"] <= 1
    assert answer["model"] == "clip-scenes"
    assert answer["outside"] in (True, False)


def test_without_a_model_the_picture_chooses_it(client, boat):
    handled = gradio_client.handle_file(boat)
    answer = client.predict(handled, LABELS, api_name="/clip_classify")
    assert answer["model"] == "clip-scenes"
    assert answer["ranking"] == classify(client, boat, model="scenes")["ranking"]


def test_the_bundled_model_goes_by_both_names(client, boat):
    answers = [classify(client, boat, model=name) for name in ("scenes", "clip-scenes")]
    assert answers[0]["ranking"] == answers[1]["ranking"]


@needs_photos
def test_a_photograph_is_answered_by_its_model_unless_another_is_named(client):
    lion, labels = get_image("lion.jpg"), "a lion, a bus, a tower"
    answer = classify(client, lion, labels)
    assert answer["model"] == "clip-photos"
    assert answer["ranking"][0]["label"] == "a lion"
    assert any(score["witness"] for score in answer["ranking"])
    assert classify(client, lion, labels, model="photos")["ranking"] == answer["ranking"]
    other = classify(client, lion, labels, model="scenes")
    assert (other["model"], other["outside"]) == ("clip-scenes", True)


@needs_photos
def test_words_in_another_script_are_named(client):
    answer = classify(client, get_image("lion.jpg"), "a lion, 一头狮子", model="photos")
    unknown = {score["label"]: score["unknown"] for score in answer["ranking"]}
    assert unknown == {"a lion": [], "一头狮子": ["一头狮子"]}


@needs_photos
def test_a_picture_one_pixel_wide_is_answered(client, tmp_path):
    path = tmp_path / "thin.png"
    Image.new("RGB", (1, 5000), "#336699").save(path)
    answer = classify(client, path, "a lion, a bus")
    assert answer["model"] == "clip-photos"
    assert sum(score["probability"] for score in answer["ranking"]) == pytest.approx(1)


def test_without_the_photographs_model_scenes_answers(client, tmp_path, monkeypatch):
    shutil.copytree(CLIP.checkpoint(), tmp_path / "clip-scenes")
    monkeypatch.setattr(case, "CHECKPOINTS", tmp_path)
    answer = classify(client, get_image("lion.jpg"), "a lion, a bus")
    assert (answer["model"], answer["outside"]) == ("clip-scenes", True)
    sentence = said(client, get_image("lion.jpg"), model="photos")
    assert "The model clip-photos lacks its file" in sentence
    assert str(tmp_path) not in sentence


def test_labels_come_as_lines_commas_emoji_and_chinese(client, boat):
    labels = "a red boat\na green house,🚤，红色的船、蓝色的汽车"
    answer = classify(client, boat, labels)
    assert {score["label"] for score in answer["ranking"]} == {
        "a red boat", "a green house", "🚤", "红色的船", "蓝色的汽车",
    }  # fmt: skip
    by_label = {score["label"]: score["sentence"] for score in answer["ranking"]}
    assert by_label["红色的船"] == "一张红色的船的照片"


def test_one_label_has_the_whole_share(client, boat):
    (score,) = classify(client, boat, "a red boat")["ranking"]
    assert score["probability"] == pytest.approx(1)
    assert 0 < score["alone"] < 1


def test_the_first_frame_of_an_animated_gif_is_used(client, tmp_path):
    frames = [Image.fromarray(draw(example.scene, 64)) for example in EXAMPLES[:2]]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert classify(client, path)["ranking"]


def huge_png(path):
    """30,000 by 30,000 pixels in a few kilobytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 3751 * 100))
        + chunk(b"IEND", b"")
    )
    return path


def text_as_png(path):
    path.write_text("I am a text.")
    return path


def half_a_jpeg(path):
    whole = path.with_suffix(".jpg")
    Image.fromarray(draw(EXAMPLES[1].scene, 256)).save(whole)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (huge_png, "It has 900 megapixels; 40 is the most. Make it smaller."),
        (text_as_png, "This file is not a picture that can be opened here."),
        (half_a_jpeg, "The picture is damaged: its data breaks off or makes no sense."),
    ],
)
def test_a_file_that_cannot_be_used_is_named(client, tmp_path, make, sentence):
    assert sentence in said(client, make(tmp_path / "picture.png"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"labels": ""}, "There are no labels yet."),
        ({"labels": " ,\n，"}, "There are no labels yet."),
        (
            {"labels": ",".join(f"label {i}" for i in range(10_000))},
            "There are 10,000 labels; 200 is the most.",
        ),
        ({"labels": "x" * 300}, "has more than 200 characters"),
        ({"labels": "word " * 500}, "has more than 200 characters"),
        ({"template": "a photo"}, "The sentence “a photo” has no {}."),
        ({"template": "{}" + "x" * 300}, "The sentence has more than 200 characters."),
        ({"model": "nope"}, "There is no model “nope” here. Known are: scenes, photos."),
        ({"model": "../../etc"}, "There is no model “../../etc” here."),
        ({"model": "run-1"}, "There is no model “run-1” of yours."),
    ],
)
def test_words_that_cannot_be_used_are_named(client, boat, arguments, sentence):
    assert sentence in said(client, boat, **arguments)


def test_no_picture_is_said_so(client):
    assert "There is no picture file here. Choose one." in said(client, None)


def test_a_broken_model_is_named_without_its_path(client, boat, tmp_path, monkeypatch):
    broken = tmp_path / "clip-scenes"
    shutil.copytree(CLIP.checkpoint(), broken)
    (broken / "model.safetensors").write_bytes(b"not weights")
    monkeypatch.setattr(case, "CHECKPOINTS", tmp_path)
    sentence = said(client, boat)
    assert "The file model.safetensors of the model clip-scenes cannot be read." in sentence
    assert str(tmp_path) not in sentence
    shutil.rmtree(broken)
    sentence = said(client, boat, model="clip-scenes")
    assert "The model clip-scenes lacks its file" in sentence
    assert str(tmp_path) not in sentence


def test_two_clients_do_not_see_each_others_models(url, boat):
    owner, other = (gradio_client.Client(url, verbose=False) for _ in range(2))
    job = owner.submit(api_name="/clip_train")
    assert job.result()["checkpoint"] == "run-1"
    assert classify(owner, boat, model="run-1")["model"] == "clip-run-1"
    assert "There is no model “run-1” of yours." in said(other, boat, model="run-1")


def test_only_the_named_endpoints_are_public(client):
    public = client.view_api(return_format="dict")["named_endpoints"]
    assert {name for name in public if "clip" in name} == {"/clip_classify", "/clip_train"}
    assert not client.view_api(return_format="dict")["unnamed_endpoints"]
    for private in ("/match", "/look", "/example", "/fill", "/follow"):
        with pytest.raises(ValueError, match="Cannot find a function"):
            client.predict(api_name=private)
