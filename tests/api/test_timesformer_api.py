"""`/timesformer_classify` through a real client: answers, and a sentence for every mistake."""

import av
import gradio_client
import numpy as np
import pytest

from mm_demo.cases.timesformer import TIMESFORMER, studio
from mm_demo.cases.timesformer.scenery import scenery
from mm_demo.data.camera_motion import MOTIONS

pytestmark = pytest.mark.skipif(
    not TIMESFORMER.checkpoint().is_dir(), reason="no model of camera moves is bundled"
)


@pytest.fixture(scope="module")
def pan(tmp_path_factory):
    """A clip of ours in which the camera pans left."""
    frames = studio.shoot(scenery("road"), ["pan_left"])
    return studio.write(frames, tmp_path_factory.mktemp("clips") / "pan")


def classify(client, file=None, **more):
    # as the page's upload does it: a file of any kind, not only what a client knows as a video
    video = {"video": gradio_client.handle_file(str(file))} if file else {"video": None}
    return client.predict(**video, **more, api_name="/timesformer_classify")


def said(client, *arguments, **more):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        classify(client, *arguments, **more)
    return str(refused.value)


def test_a_clip_is_answered(client, pan):
    answer = classify(client, pan)
    assert answer["model"] == "timesformer-camera_motion"
    assert answer["ranking"][0]["label"] == "pan_left"
    assert {row["label"] for row in answer["ranking"]} == set(MOTIONS)
    shares = [row["probability"] for row in answer["ranking"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=0.01)
    assert answer["stretches"][0]["start"] == 0
    assert answer["stretches"][-1]["end"] == pytest.approx(answer["seconds"], abs=0.02)
    assert answer["scheme"] in answer["opinions"]
    assert isinstance(answer["outside"], bool)


def test_a_file_is_what_it_contains_not_what_it_is_called(client, pan, tmp_path):
    other = tmp_path / "clip.txt"
    other.write_bytes(pan.read_bytes())
    assert classify(client, other)["ranking"] == classify(client, pan)["ranking"]


@pytest.mark.parametrize("ending", ["avi", "mpg", "mkv", "webm", "gif"])
def test_other_formats(client, pan, tmp_path, ending):
    codec = {"avi": "mpeg4", "mpg": "mpeg1video", "mkv": "libx264", "webm": "libvpx", "gif": "gif"}
    path = tmp_path / f"clip.{ending}"
    with av.open(str(pan)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream(codec[ending], rate=24)
        stream.width, stream.height = studio.WIDTH, studio.HEIGHT
        stream.pix_fmt = "rgb8" if ending == "gif" else "yuv420p"
        for frame in source.decode(video=0):
            target.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
        target.mux(stream.encode(None))
    assert classify(client, path)["ranking"][0]["label"] == "pan_left"


def test_nothing_is_said_so(client):
    assert "There is no video file here." in said(client)


def no_video(path, _):
    path.write_bytes(b"not a video at all")


def cut_short(path, pan):
    data = pan.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 12])


def sound_only(path, _):
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=48_000)
        for _ in range(40):
            quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "flt", "mono")
            quiet.sample_rate = 48_000
            container.mux(track.encode(quiet))
        container.mux(track.encode(None))


def nothing(path, _):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (no_video, "This file is not a video that can be opened here."),
        (cut_short, "The video is damaged"),
        (sound_only, "There is only sound in it."),
        (nothing, "There is no frame in it."),
    ],
)
def test_a_video_that_cannot_be_used_is_named(client, pan, tmp_path, write, sentence):
    path = tmp_path / "clip.mp4"
    write(path, pan)
    told = said(client, path)
    assert sentence in told
    assert str(tmp_path) not in told


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("nope", "There is no model “nope” here."),
        ("../../etc", "There is no model “../../etc” here."),
        ("run-1", "There is no model “run-1” of yours."),
    ],
)
def test_a_model_that_is_not_there_is_named(client, pan, model, sentence):
    assert sentence in said(client, pan, model=model)


def test_only_the_named_endpoints_are_public(client):
    told = client.view_api(return_format="dict")
    ours = {name for name in told["named_endpoints"] if "timesformer" in name}
    assert ours == {"/timesformer_classify", "/timesformer_train"}
    assert not told["unnamed_endpoints"]
