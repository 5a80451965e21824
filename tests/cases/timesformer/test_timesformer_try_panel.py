"""Try: what the handlers put on the page, and the clips that it makes."""

import json
import re
from types import SimpleNamespace

import av
import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from mm_demo.cases.timesformer import (
    TIMESFORMER,
    film,
    studio,
    try_answer,
    try_make,
    try_panel,
    try_words,
    window,
)
from mm_demo.cases.timesformer.networks import ABOUT, TimeSformers
from mm_demo.cases.timesformer.predict import Answer, Label, Predictor, Stretch
from mm_demo.cases.timesformer.scenery import EXAMPLES, MOST_MOVES, SCENES, scenery
from mm_demo.cases.timesformer.try_handlers import Handlers
from mm_demo.data.camera_motion import MOTIONS
from mm_demo.errors import UserError
from mm_demo.media.video import open_video
from mm_demo.nn.flops import timesformer_flops
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs
from mm_demo.ui.video import VideoField

ME = SimpleNamespace(session_hash="me")
EVIL = "<script>alert(1)</script>"


class Loaded:
    """The predictors of a page, all of them one."""

    def __init__(self, one):
        self.one = one

    def get(self, case, folder):
        return self.one

    def forget(self, folder):
        pass


def checkpoint(folder, schemes=("divided", "joint"), classes=MOTIONS, span=1.0):
    torch.manual_seed(0)
    networks = TimeSformers(schemes, len(classes), embed_dim=16, num_layers=1, num_heads=2)
    networks.save_pretrained(folder)
    about = {"classes": list(classes), "span": span, "cropped": True, "sure": 0.0}
    (folder / ABOUT).write_text(json.dumps(about))
    return folder


def handlers_of(folder):
    with gr.Blocks():
        clip = VideoField()
    context = Context(TIMESFORMER, Language(), Runs(), Loaded(Predictor(folder)))
    return Handlers(context, clip)


@pytest.fixture
def handlers(tmp_path):
    return handlers_of(checkpoint(tmp_path / "timesformer-tiny"))


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    """A file of ours: a pan to the right, then a zoom in."""
    frames = studio.shoot(scenery("village"), ["pan_right", "zoom_in"])
    return studio.write(frames, tmp_path_factory.mktemp("clips") / "clip")


def told(**data):
    return SimpleNamespace(_data=data)


def saved(path, pictures, kind="mp4", codec="mpeg4", sound=False):
    with av.open(str(path), "w", format=kind) as container:
        if pictures:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = pictures[0].shape[:2]
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode(None))
        if sound:
            track = container.add_stream("aac", rate=48_000)
            for _ in range(40):
                quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "flt", "mono")
                quiet.sample_rate = 48_000
                container.mux(track.encode(quiet))
            container.mux(track.encode(None))
    return path


def noise(count, height=48, width=64):
    rng = np.random.default_rng(0)
    return list(rng.integers(0, 256, (count, height, width, 3), np.uint8))


def answer(*labels, outside=False, opinions=None, model="timesformer-tiny", ranking=None):
    """An answer of stretches of one second each."""
    labels = labels or ("pan_right",)
    ranking = ranking or [Label(labels[0], 0.9), *(Label(m, 0.01) for m in MOTIONS[5:])]
    return Answer(
        ranking=ranking,
        stretches=[Stretch(k, k + 1, label, 0.9) for k, label in enumerate(labels)],
        opinions=opinions or {"divided": Label(labels[0], 0.9)},
        outside=outside,
        scheme="divided",
        seconds=float(len(labels)),
        window=1.0,
        model=model,
    )


# what the handlers answer


def test_no_clip_is_the_empty_state_not_an_error(handlers):
    head, strip, foot, film_card, shown, time_card, times, asked = handlers.answer(
        ME, None, "divided", "camera_motion"
    )
    assert "Choose a clip" in head["html"]
    assert 'data-do="example"' in head["html"]
    assert (strip, foot, shown, times, asked) == ("", "", {}, "", None)
    assert film_card.visible is time_card.visible is False


def test_a_clip_is_answered_along_its_time_and_looked_at(handlers, footage):
    head, strip, foot, film_card, shown, time_card, times, asked = handlers.answer(
        ME, str(footage), "joint", "camera_motion"
    )
    assert "the whole clip, 3.5 s" in head["html"]
    assert head["html"].count('<th scope="row"') == 5
    assert strip.count('aria-pressed="true"') == 1
    assert "timesformer-tiny" in foot
    assert "Joint" in foot
    assert film_card.visible
    assert time_card.visible
    assert len(shown["frames"]) == 8
    assert times.count("<rect") == 64
    assert asked == {"path": str(footage), "model": "camera_motion", "scheme": "joint"}


def test_another_stretch_is_looked_at(handlers, footage):
    asked = {"path": str(footage), "model": "camera_motion", "scheme": "divided"}
    shown, card, times = handlers.look(ME, told(do="look", at="2.9"), asked)
    assert "2.4 to 3.4 s, 8 frames" in shown["html"]
    assert card.visible
    assert 'role="img"' in times


@pytest.mark.parametrize(
    ("event", "change"),
    [({"at": "soon"}, {}), ({}, {}), ({"at": "1"}, {"path": "/nowhere.mp4"}), ({"at": "1"}, None)],
)
def test_what_can_no_longer_be_looked_at_is_said_so(handlers, footage, event, change):
    asked = {"path": str(footage), "model": "camera_motion", "scheme": "divided"}
    shown, card, _ = handlers.look(ME, told(**event), None if change is None else asked | change)
    assert "cannot be looked at again" in shown["html"]
    assert shown["frames"] == []
    assert card.visible is False


@pytest.mark.parametrize(
    ("name", "write", "says"),
    [
        ("a.mp4", lambda path: path.write_bytes(b"no video at all"), "This is not a video"),
        ("a.mp4", lambda path: saved(path, [], sound=True), "There is only sound in it."),
        ("a.mp4", lambda path: path.write_bytes(b""), "There is no frame in it."),
        (
            "a.mp4",
            lambda path: path.write_bytes(saved(path, noise(9)).read_bytes()[:200]),
            "The video is damaged",
        ),
        ("gone.mp4", lambda path: None, "There is no video file here."),
    ],
)
def test_a_mistake_is_an_error_card_and_nothing_is_lost(handlers, tmp_path, name, write, says):
    write(tmp_path / name)
    head, *rest = handlers.answer(ME, str(tmp_path / name), "divided", "camera_motion")
    assert 'class="notice bad" role="alert"' in head["html"]
    assert says in head["html"]
    assert "Your clip is kept." in head["html"]
    assert str(tmp_path) not in head["html"]
    assert rest[-1] is None


@pytest.mark.parametrize(
    ("name", "kind", "codec", "count"),
    [
        ("still.mp4", "mp4", "mpeg4", 1),
        ("old.avi", "avi", "mpeg4", 40),
        ("old.mpg", "mpeg", "mpeg1video", 40),
        ("new.mkv", "matroska", "libx264", 40),
    ],
)
def test_what_a_browser_cannot_play_is_answered(handlers, tmp_path, name, kind, codec, count):
    path = saved(tmp_path / name, noise(count), kind, codec)
    head, *_, asked = handlers.answer(ME, str(path), "divided", "camera_motion")
    assert "notice bad" not in head["html"]
    assert asked["path"] == str(path)


def test_a_scheme_that_the_model_lacks_is_said_so_and_cannot_be_chosen(handlers, footage):
    head, *_ = handlers.answer(ME, str(footage), "space", "camera_motion")
    assert "This model has no Space only attention" in head["html"]
    scheme, cost = handlers.chosen(ME, "space", "camera_motion")
    assert scheme.value == "divided"
    assert "no-space" in scheme.elem_classes
    assert "no-joint" not in scheme.elem_classes
    assert "million multiply-adds for a window of 8 frames" in cost
    assert "about one second" in cost
    assert handlers.chosen(ME, "joint", "camera_motion")[0].value == "joint"


def test_a_bug_is_not_told_to_the_visitor(handlers, footage, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError(EVIL)

    monkeypatch.setattr(handlers.context.predictors.one, "watch", broken)
    head, *_ = handlers.answer(ME, str(footage), "divided", "camera_motion")
    assert "Something broke on our side" in head["html"]
    assert "script" not in head["html"]


def test_the_endpoint_tells_all_and_says_mistakes_in_english(handlers, footage, tmp_path):
    found = handlers.classify(ME, str(footage))
    assert json.loads(json.dumps(found)) == found
    assert {row["label"] for row in found["ranking"]} == set(MOTIONS)
    assert set(found["opinions"]) == {"divided", "joint"}
    with pytest.raises(gr.Error, match="There is no video file here"):
        handlers.classify(ME)
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(gr.Error, match="not a video"):
        handlers.classify(ME, str(tmp_path / "a.mp4"))


# what is said


def test_one_move_is_said_with_what_the_content_does():
    head = try_answer.head(answer("pan_right"))
    assert ">pans right</span>" in head["html"]
    assert "What is in the picture moves left." in head["html"]
    assert ">The camera</span>" in head["html"]
    assert "向右摇" in head["html"]
    assert "The camera: pans right. Probability 0.90." in head["say"]
    assert "notice" not in head["html"]


def test_several_moves_are_said_in_their_order():
    head = try_answer.head(answer("pan_left", "zoom_in", "static"))["html"]
    assert "pans left, then zooms in, then stands still" in head
    assert "What is in the picture" not in head
    many = try_answer.head(answer("pan_left", "static", "pan_left", "zoom_in"))["html"]
    assert "mostly pans left" in many


def test_an_unsure_answer_is_said_to_be_one_and_still_shown():
    head = try_answer.head(answer(outside=True))["html"]
    assert 'class="notice warn"' in head
    assert "The model is unsure" in head
    assert "pans right" in head


def test_other_schemes_are_told_where_they_differ():
    opinions = {
        "divided": Label("pan_right", 0.9),
        "joint": Label("pan_right", 0.6),
        "space": Label("static", 0.31),
    }
    head = try_answer.head(answer(opinions=opinions))["html"]
    assert "The other attention differs: Space only says static (0.31)." in head
    assert "Joint says" not in head
    opinions["space"] = Label("pan_right", 0.3)
    assert "differs" not in try_answer.head(answer(opinions=opinions))["html"]


def test_ones_own_classes_are_shown_as_typed():
    ranking = [Label(EVIL, 0.8), Label("jumping jack", 0.2)]
    found = answer(
        EVIL,
        "jumping jack",
        ranking=ranking,
        opinions={"divided": ranking[0], "joint": ranking[1]},
        model=EVIL,
    )
    head = try_answer.head(found)
    html = head["html"] + head["say"] + try_answer.foot(found, 0.1)
    html += try_answer.stretches(found, 0)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "jumping jack" in html
    assert "This clip shows" in html
    assert "What is in the picture" not in html
    one = try_answer.head(answer("jumping jack", ranking=ranking[1:]))["html"]
    assert ">jumping jack</em>" in one


def test_a_class_of_ones_own_goes_all_the_way(tmp_path, footage, monkeypatch):
    monkeypatch.setattr(Runs, "folder", lambda *_: None)
    own = handlers_of(checkpoint(tmp_path / "run-1", ("divided",), (EVIL, "wave"), None))
    head, strip, _, _, shown, *_ = own.answer(ME, str(footage), "divided", "run-1")
    assert "<script" not in head["html"] + head["say"] + strip + shown["html"]
    assert "by run-1" in head["html"]
    assert "The window is the whole clip." in own.chosen(ME, "divided", "run-1")[1]


def test_the_whole_clip_is_a_strip_of_buttons_as_long_as_they_last():
    found = answer("pan_left", "static", "zoom_in")
    html = try_answer.stretches(found, 1)
    assert re.findall(r'data-at="([\d.]+)"', html) == ["0.500", "1.500", "2.500"]
    assert re.findall(r'aria-pressed="(\w+)"', html) == ["false", "true", "false"]
    assert "pan left, 0.0 to 1.0 s, probability 0.90. Look at it" in html
    assert html.count("flex:33.33 0 0") == 3
    assert "data-strip" in html
    assert "flex:100.00 0 0" in try_answer.stretches(
        Answer(**{**vars(answer()), "stretches": [Stretch(0, 0.1, "static", 1)], "seconds": 0.1}), 0
    )
    axis = html.partition('class="tf-axis"')[2]
    assert ">0 s</span>" in axis
    assert ">3 s</span>" in axis


def test_the_first_look_is_at_the_longest_stretch_of_the_first_answer():
    found = answer("pan_left", "static", "pan_left")
    assert try_answer.longest(found) == 0
    elsewhere = answer("static", "zoom_in", ranking=[Label("shake", 0.5)])
    assert try_answer.longest(elsewhere) == 0


# the window that was looked at


def evidence(frames=8, cropped=True):
    rng = np.random.default_rng(1)
    space = rng.random((frames, 4, 4), np.float32)
    counted = rng.random(frames, np.float32)
    return SimpleNamespace(
        ranking=[Label(EVIL, 0.7)],
        frames=rng.integers(0, 256, (frames, 48, 64, 3), np.uint8),
        times=[0.5 + k / frames for k in range(frames)],
        space=space / space.sum(),
        counted=counted / counted.sum(),
        cropped=cropped,
    )


def test_the_film_strip_says_where_it_looked_and_how_much_each_frame_counted():
    shown = film.strip(evidence())
    assert shown["html"].count('class="ev"') == len(shown["frames"]) == 8
    assert shown["html"].count('role="img"') == 8
    assert "The model sees the middle square" in shown["html"]
    assert "middle square" not in film.strip(evidence(cropped=False))["html"]
    assert "<script" not in shown["html"]
    first = shown["frames"][0]
    assert first["picture"].startswith("data:image/webp")
    assert np.shape(first["grid"]) == (4, 4)
    assert first["say"]["en"].startswith("Frame 1, at 0.50 s: counted 0.")
    grids = np.array([frame["grid"] for frame in shown["frames"]])
    assert grids.min() == 0
    assert grids.max() == 1


def test_the_veil_is_by_multiples_of_an_even_share():
    even = window.even_shares(np.full((8, 4, 4), 0.003, np.float32))
    assert even == pytest.approx(1)
    assert np.ptp(window.clearness(even)) == 0
    assert 0.1 < window.clearness(even).mean() < 0.4
    assert window.even_shares(np.zeros((2, 4, 4), np.float32)) == pytest.approx(1)
    uneven = window.clearness(np.array([[[0.5, 1.0, 3.0]]], np.float32))
    assert uneven[0, 0, 0] == 0
    assert uneven[0, 0, 2] == 1


def banded(weight):
    time = np.full((8, 8), 0.01, np.float32)
    for k in range(7):
        time[k, k + 1] = time[k + 1, k] = weight
    return time


@pytest.mark.parametrize(
    ("time", "key", "says"),
    [
        (np.eye(8, dtype=np.float32), "alone", "the order of the frames is lost on it"),
        (np.full((8, 8), 0.125, np.float32), "even", "no frame stands out"),
        (banded(0.2), "neighbours", "Neighbours matter most"),
        (0.05 + 0.2 * np.eye(8, dtype=np.float32)[[4] * 8], "frame", "most from frame 5"),
    ],
)
def test_the_matrix_says_what_to_see_in_it(time, key, says):
    assert window.finding(time).key == key
    html = film.matrix(time)
    assert says in html
    assert html.count("<rect") == 64
    assert 'role="img" aria-labelledby="timesformer-time-say"' in html
    assert 'id="timesformer-time-say"' in html


def test_what_a_window_costs_is_counted_from_the_networks(tmp_path):
    networks = Predictor(checkpoint(tmp_path / "tiny")).model
    assert window.multiply_adds(networks)["joint"] == (
        timesformer_flops(
            "joint",
            num_classes=10,
            image_size=32,
            patch_size=8,
            embed_dim=16,
            num_layers=1,
            channels=networks.read.channels,
            stem="convolutional",
        ).multiply_adds
    )


# clips of ours


def test_the_page_knows_the_motions_without_torch():
    assert try_words.motions() == MOTIONS
    assert set(try_make._ICONS) == set(MOTIONS)
    assert all(try_words.is_motion(motion) for motion in MOTIONS)


def shift(before, after):
    """How far the content went from one frame to the other, (down, right), in pixels."""
    spectra = [np.fft.fft2(frame.mean(-1) - frame.mean()) for frame in (before, after)]
    peak = np.fft.ifft2(spectra[1] * spectra[0].conj()).real
    place = np.array(np.unravel_index(peak.argmax(), peak.shape))
    size = np.array(peak.shape)
    return (place + size // 2) % size - size // 2


@pytest.mark.parametrize(
    ("motion", "down", "right"),
    [("pan_left", 0, 1), ("pan_right", 0, -1), ("tilt_up", 1, 0), ("tilt_down", -1, 0)],
)
def test_the_content_moves_against_the_camera(motion, down, right):
    frames = studio.shoot(scenery("road"), [motion])
    assert frames.shape == (48, studio.HEIGHT, studio.WIDTH, 3)
    middle = frames[:, :, 48:-48]
    assert np.sign(shift(middle[20], middle[26])).tolist() == [down, right]


def test_moves_follow_one_another_without_a_cut():
    frames = studio.shoot(scenery("harbour"), ["pan_left", "roll_clockwise", "zoom_in"])
    steps = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean((1, 2, 3))
    assert len(frames) == 126
    assert steps.max() < 4 * np.median(steps)


def test_a_still_camera_stands_still():
    frames = studio.shoot(scenery("night"), ["static"])
    assert (frames == frames[:1]).all()


@pytest.mark.parametrize("moves", [[], ["static"] * (MOST_MOVES + 1), ["dance"]])
def test_moves_that_there_are_not(moves):
    with pytest.raises(ValueError, match=r"moves, not|unknown motion"):
        studio.shoot(scenery("night"), moves)


def test_a_clip_of_ours_can_be_opened_and_played(footage):
    video = open_video(footage)
    assert (video.width, video.height) == (studio.WIDTH, studio.HEIGHT)
    assert video.seconds == pytest.approx(3.5, abs=0.05)
    with av.open(str(footage)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")


def test_examples_are_put_in(handlers):
    paths = [handlers.example(told(do="example", index=str(k))) for k in range(len(EXAMPLES))]
    assert len(set(paths)) == len(EXAMPLES)
    assert all(path.endswith(".mp4") for path in paths)
    for nonsense in ("9", "-1", "x", ""):
        assert handlers.example(told(index=nonsense)) == gr.skip()


def test_a_clip_is_made_over_a_scene_or_a_picture_of_ones_own(handlers, tmp_path):
    clip, head = handlers.make(told(scene="harbour", moves="pan_left zoom_in"), None)
    assert open_video(clip).seconds == pytest.approx(3.5, abs=0.05)
    assert head == gr.skip()
    pixels = np.random.default_rng(0).integers(0, 256, (50, 300, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "own.png")
    clip, _ = handlers.make(told(scene="harbour", moves="shake"), str(tmp_path / "own.png"))
    assert clip.endswith("clip.shake.mp4")


def test_what_cannot_be_filmed_is_said_and_the_clip_stays(handlers, tmp_path):
    (tmp_path / "own.png").write_bytes(b"no picture")
    for data, own, says in (
        ({"scene": "harbour", "moves": ""}, None, "There is no move to film"),
        ({"scene": "harbour", "moves": "pan_left " * 9}, None, "There is no move to film"),
        ({"scene": EVIL, "moves": "static"}, None, "notice bad"),
        ({"moves": "static"}, str(tmp_path / "own.png"), "This is not a picture"),
    ):
        clip, head = handlers.make(told(**data), own)
        assert clip == gr.skip()
        assert says in head["html"]
        assert "<script" not in head["html"]
    with pytest.raises(UserError):
        scenery("nowhere")


def test_the_form_has_all_scenes_and_moves():
    assert re.findall(r'value="(\w+)"', try_make.scenes()) == list(SCENES)
    form = try_make.form()
    assert re.findall(r'data-move="(\w+)"', form) == list(MOTIONS)
    assert f'data-most="{MOST_MOVES}"' in form


# the panel


def test_the_field_hands_the_file_over_as_it_is(tmp_path):
    file = tmp_path / "a.avi"
    file.write_bytes(b"anything")
    field = VideoField()
    assert field.preprocess(SimpleNamespace(path=str(file))) == str(file)
    assert field.preprocess(None) is None
    assert field.postprocess(str(file)).path == str(file)
    assert field.postprocess(None) is None


def test_the_panel_builds_with_every_word_and_one_public_endpoint(handlers):
    with gr.Blocks() as demo:
        panel = try_panel.build(handlers.context)
    values = [value for _, value in panel.model_choice.choices]
    assert values == list(TIMESFORMER.worlds)
    public = [f.api_name for f in demo.fns.values() if f.api_visibility == "public" and f.api_name]
    assert public == ["timesformer_classify"]
