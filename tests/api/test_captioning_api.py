"""`/captioning_caption` through a real client: answers, and a sentence for every mistake.

The model is a small one that learned a few scenes by heart.
"""

import math
import shutil
import struct
import zlib

import gradio_client
import pytest
from PIL import Image

from mm_demo import case
from mm_demo.cases.captioning import CAPTIONING
from mm_demo.data.scenes import draw
from mm_demo.events import Finished, Started
from mm_demo.page import build, launch
from mm_demo.predictors import Predictors
from mm_demo.ui.composer import from_text
from tests.cases.captioning.small_captioner import saved


def copies_the_bundled_model(case, dataset, config, out, **more):
    """A training that ends at once with a model that answers."""
    yield Started(0, 1, 1, 1, 1, "cpu", 1.0)
    shutil.copytree(case.checkpoint(), out)
    yield Finished(str(out), dict.fromkeys(case.table, 0.5), 1, 1, 1.0, 1.0, 0.1)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    saved(folder / "captioning-scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case, "CHECKPOINTS", folder)
        yield folder


@pytest.fixture(scope="module")
def url(checkpoints):
    predictors = Predictors()
    demo = build([CAPTIONING], predictors, copies_the_bundled_model)
    _, url, _ = launch(
        demo, [CAPTIONING], predictors,
        prevent_thread_lock=True, quiet=True, server_name="127.0.0.1",
    )  # fmt: skip
    yield url
    demo.close()


@pytest.fixture(scope="module")
def client(url):
    return gradio_client.Client(url, verbose=False)


@pytest.fixture(scope="module")
def boat(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "boat.png"
    scene = from_text("sea.boat-red-large-left.house-green-small-right")
    Image.fromarray(draw(scene, 256)).save(path)
    return str(path)


def caption(client, image, **settings):
    handled = gradio_client.handle_file(str(image)) if image else None
    return client.predict(handled, **settings, api_name="/captioning_caption")


def said(client, image, **settings):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        caption(client, image, **settings)
    return str(refused.value)


def test_it_answers_with_plain_values_and_their_evidence(client, boat):
    answer = caption(client, boat)
    texts = [word["word"] for word in answer["words"]]
    assert answer["caption"] == " ".join(texts)
    assert (answer["model"], answer["language"]) == ("captioning-scenes", "en")
    assert answer["outside"] in (True, False)
    assert all(0 <= word["probability"] <= 1 for word in answer["words"])
    for word in answer["words"]:
        assert all(0 <= value <= 1 for line in word["map"] for value in line)
        shares = [other["probability"] for other in word["alternatives"]]
        assert shares == sorted(shares, reverse=True)
    chosen = [node["word"] for step in answer["tree"] for node in step if node["chosen"]]
    assert chosen[: len(texts)] == texts
    assert len(answer["others"]) == 2
    # the words' geometric mean, that of the end included, lies between their extremes and 1
    logs = [math.log(word["probability"]) for word in answer["words"]]
    end = (len(texts) + 1) * math.log(answer["sureness"]) - sum(logs)
    assert end <= 1e-3


def test_each_method_takes_what_it_uses(client, boat):
    greedy = caption(client, boat, method="greedy")
    assert greedy["tree"] == []
    assert greedy["caption"] == caption(client, boat, beam=1)["caption"]
    assert greedy["caption"] == caption(client, boat, method="sample", temperature=0)["caption"]
    drawn = {
        caption(client, boat, method="sample", temperature=5, top_p=1, seed=n)["caption"]
        for n in range(3)
    }
    assert len(drawn) == 3
    again = [
        caption(client, boat, method="sample", temperature=5, top_p=1, seed=7) for _ in range(2)
    ]
    assert again[0]["caption"] == again[1]["caption"]


def test_one_word_at_most_is_one_word(client, boat):
    for method in ("greedy", "beam", "sample"):
        assert len(caption(client, boat, method=method, max_words=1)["words"]) == 1


def test_it_speaks_chinese_where_asked(client, boat):
    answer = caption(client, boat, language="zh")
    assert answer["language"] == "zh"
    assert " " not in answer["caption"]
    assert any("\u3400" <= letter <= "\u9fff" for letter in answer["caption"])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"beam": 0}, "beam cannot be 0; allowed: 1 – 20."),
        ({"beam": 1000}, "beam cannot be 1000; allowed: 1 – 20."),
        ({"beam": 2.5}, "beam cannot be 2.5"),
        ({"temperature": -1}, "temperature cannot be -1; allowed: 0 – 5."),
        ({"top_p": 0}, "top_p cannot be 0"),
        ({"max_words": 0}, "max_words cannot be 0; allowed: 1 – 30."),
        ({"seed": 2**31}, "seed cannot be 2147483648"),
        ({"beam": None}, "beam cannot be None"),
        ({"method": "nucleus"}, "allowed: greedy, beam, sample"),
        ({"language": "fr"}, "This model has not learned “fr”. It speaks: en, zh."),
        ({"model": "nope"}, "There is no model “nope” here."),
        ({"model": "../../etc"}, "There is no model “../../etc” here."),
        ({"model": "run-1"}, "There is no model “run-1” of yours."),
    ],
)
def test_a_setting_that_cannot_be_is_named(client, boat, settings, sentence):
    assert sentence in said(client, boat, **settings)


def huge_png(path):
    """30,000 by 30,000 pixels in a few kilobytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 3751 * 100))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (huge_png, "It has 900 megapixels; 40 is the most."),
        (lambda path: path.write_text("I am a text."), "This file is not a picture"),
        (lambda path: path.write_bytes(b""), "This file is not a picture"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(client, tmp_path, make, sentence):
    make(tmp_path / "picture.png")
    assert sentence in said(client, tmp_path / "picture.png")


def test_no_picture_is_said_so(client):
    assert "There is no picture file here. Choose one." in said(client, None)


def test_a_picture_one_pixel_wide_gets_a_sentence(client, tmp_path):
    Image.new("RGB", (1, 3000), "#336699").save(tmp_path / "thin.png")
    assert caption(client, tmp_path / "thin.png")["words"]


def test_a_missing_model_is_named_without_its_path(client, boat, checkpoints):
    sentence = said(client, boat, model="photos")
    assert "The model captioning-photos lacks its file" in sentence
    assert str(checkpoints) not in sentence


def test_two_clients_do_not_see_each_others_models(url, boat):
    owner, other = (gradio_client.Client(url, verbose=False) for _ in range(2))
    assert owner.submit(api_name="/captioning_train").result()["checkpoint"] == "run-1"
    assert caption(owner, boat, model="run-1")["model"] == "captioning-run-1"
    assert "There is no model “run-1” of yours." in said(other, boat, model="run-1")


def test_only_the_named_endpoints_are_public(client):
    api = client.view_api(return_format="dict")
    assert set(api["named_endpoints"]) == {"/captioning_caption", "/captioning_train"}
    assert not api["unnamed_endpoints"]
