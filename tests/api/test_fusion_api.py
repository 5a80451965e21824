"""`/fusion_classify` through a real client: answers, and a sentence for every mistake."""

import wave

import gradio_client
import numpy as np
import pytest
from PIL import Image

from mm_demo.cases.fusion import FUSION
from mm_demo.cases.fusion.strokes import drawn
from mm_demo.cases.fusion.try_handlers import ours
from mm_demo.data.sounding_shapes import RATE, THINGS
from mm_demo.media.audio import to_wav

SHAPES = "sounding_shapes"
STRATEGIES = {"visual", "audio", "early", "late", "attention"}
needs_digits = pytest.mark.skipif(
    not FUSION.checkpoint("av_digits").is_dir(), reason="no model for digits is bundled"
)


@pytest.fixture(scope="module")
def harp(tmp_path_factory):
    """Picture and sound of a harp as files."""
    folder = tmp_path_factory.mktemp("things")
    place = THINGS.index("harp")
    pixels = (255 * ours().pictures[place]).astype(np.uint8)
    Image.fromarray(pixels.repeat(8, 0).repeat(8, 1)).save(folder / "harp.png")
    (folder / "harp.wav").write_bytes(to_wav(ours().waves[place], RATE))
    return folder / "harp.png", folder / "harp.wav"


def classify(client, image=None, audio=None, model=SHAPES):
    given = [gradio_client.handle_file(str(file)) if file else None for file in (image, audio)]
    return client.predict(*given, model, api_name="/fusion_classify")


def said(client, *arguments, **more):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        classify(client, *arguments, **more)
    return str(refused.value)


def of(answer, strategy):
    return next(o for o in answer["opinions"] if o["strategy"] == strategy)


def test_both_senses_are_answered_by_all_five(client, harp):
    answer = classify(client, *harp)
    assert answer["model"] == "fusion-sounding_shapes"
    assert answer["ranking"][0]["label"] == "harp"
    assert {o["strategy"] for o in answer["opinions"]} == STRATEGIES
    shares = [row["probability"] for row in answer["ranking"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    attention = of(answer, "attention")
    assert attention["sight"] + attention["sound"] == pytest.approx(1)
    assert of(answer, "early")["sight"] is None
    assert set(answer["covered"]) == {"both", "sight", "sound"}


def test_a_picture_alone_is_seen(client, harp):
    answer = classify(client, harp[0])
    assert answer["looks_like"] == "harp"
    assert answer["sounds_like"] is None
    assert {o["strategy"] for o in answer["opinions"]} == STRATEGIES - {"audio"}
    assert of(answer, "attention")["sight"] == pytest.approx(1)


def test_a_sound_alone_is_heard(client, harp):
    answer = classify(client, None, harp[1])
    assert answer["sounds_like"] == "harp"
    assert answer["looks_like"] is None
    assert of(answer, "attention")["sound"] == pytest.approx(1)


def test_nothing_is_said_so(client):
    assert "One of them is enough." in said(client)


@needs_digits
def test_digits_answer_unless_another_model_is_asked_for(client, tmp_path):
    Image.fromarray(drawn("3")).save(tmp_path / "3.png")
    picture = gradio_client.handle_file(str(tmp_path / "3.png"))
    answer = client.predict(image=picture, audio=None, api_name="/fusion_classify")
    assert answer["model"] == "fusion-av_digits"
    assert answer["looks_like"] == "3"


def test_a_file_is_what_it_contains_not_what_it_is_called(client, harp, tmp_path):
    picture, sound = tmp_path / "picture.wav", tmp_path / "sound.png"
    picture.write_bytes(harp[0].read_bytes())
    sound.write_bytes(harp[1].read_bytes())
    assert classify(client, picture, sound)["ranking"] == classify(client, *harp)["ranking"]
    assert "This file is not a sound that can be opened here." in said(client, None, harp[0])
    assert "This file is not a picture that can be opened here." in said(client, harp[1])


def silent_video(path):
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for grey in range(0, 200, 20):
            pixels = np.full((64, 64, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def three_minutes(path):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        tone = np.sin(np.arange(180 * 16_000) * 0.1)
        file.writeframes((9000 * tone).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(
    ("make", "name", "sentence"),
    [
        (silent_video, "video.mp4", "This video has no sound. Choose one with a sound track."),
        (three_minutes, "long.wav", "60 is the most. Cut it shorter."),
    ],
)
def test_a_sound_that_cannot_be_used_is_named(client, tmp_path, make, name, sentence):
    told = said(client, None, make(tmp_path / name))
    assert sentence in told
    assert str(tmp_path) not in told


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("nope", "There is no model “nope” here. Known are: sounding_shapes, av_digits."),
        ("../../etc", "There is no model “../../etc” here."),
        ("run-1", "There is no model “run-1” of yours."),
    ],
)
def test_a_model_that_is_not_there_is_named(client, harp, model, sentence):
    assert sentence in said(client, *harp, model=model)


def test_only_the_named_endpoints_are_public(client):
    told = client.view_api(return_format="dict")
    of_fusion = {name for name in told["named_endpoints"] if "fusion" in name}
    assert of_fusion == {"/fusion_classify", "/fusion_train"}
    assert not told["unnamed_endpoints"]
