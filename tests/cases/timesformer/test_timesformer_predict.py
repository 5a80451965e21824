"""Windows, stretches and evidence of a clip, with a network whose answers are known."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mm_demo.cases.timesformer import figures, footage
from mm_demo.cases.timesformer import predict as predicting
from mm_demo.cases.timesformer.networks import TimeSformers
from mm_demo.cases.timesformer.predict import Predictor
from mm_demo.cases.timesformer.studio import write
from mm_demo.errors import UserError
from mm_demo.media.video import open_video

CLASSES = ("static", "pan_left", "pan_right")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "timesformer-tiny"
    torch.manual_seed(0)
    model = TimeSformers(["divided", "joint"], 3, embed_dim=16, num_layers=1, num_heads=2)
    model.save_pretrained(folder)
    (folder / "timesformer.json").write_text(
        '{"classes": ["static", "pan_left", "pan_right"], "span": 1.0, "cropped": false, "sure": 0.0}'
    )
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Three seconds of a light square that goes to the right, 96 x 64."""
    frames = np.full((72, 64, 96, 3), 40, np.uint8)
    for k in range(72):
        frames[k, 20:44, k : k + 24] = 220
    return open_video(write(frames, tmp_path_factory.mktemp("clip") / "square"))


@pytest.fixture
def told(monkeypatch, checkpoint):
    """A function: told(probabilities of each window) -> a predictor that says just that."""

    def make(*said, joint=None):
        found = {"divided": np.array(said, np.float32)}
        found["joint"] = np.array(joint or said, np.float32)
        monkeypatch.setattr(figures, "ask", lambda model, frames: found)
        return Predictor(checkpoint)

    return make


def seconds(length):
    """A clip of this length whose frames do not matter."""
    shape = (4, 6, 3)
    return SimpleNamespace(
        seconds=length, frames_at=lambda times, side: np.zeros((len(times), *shape), np.uint8)
    )


STILL, LEFT, RIGHT = [0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]


def test_windows_of_a_second_overlap_by_half_and_reach_both_ends(checkpoint):
    predictor = Predictor(checkpoint)
    starts, span = predictor._windows(seconds(3.0))
    assert span == 1.0
    assert starts == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert predictor._windows(seconds(0.4)) == ([0.0], 0.4)
    starts, _ = predictor._windows(seconds(1.2))
    assert starts == pytest.approx([0, 0.2])
    starts, _ = predictor._windows(seconds(300.0))
    assert len(starts) == predicting.MOST_WINDOWS
    assert starts[-1] == pytest.approx(299)


def test_a_clip_is_cut_where_the_answer_changes(told):
    answer = told(LEFT, LEFT, RIGHT, RIGHT, RIGHT).watch(seconds(3.0))
    assert [(s.label, s.start, s.end) for s in answer.stretches] == [
        ("pan_left", 0.0, 1.25), ("pan_right", 1.25, 3.0),
    ]  # fmt: skip
    assert [label.label for label in answer.ranking] == ["pan_right", "pan_left", "static"]
    assert answer.ranking[0].probability == pytest.approx((2 * 0.1 + 3 * 0.8) / 5, abs=1e-3)
    assert sum(label.probability for label in answer.ranking) == pytest.approx(1, abs=1e-3)


def test_one_window_that_says_otherwise_between_two_sure_ones_is_no_stretch(told):
    doubt = [0.1, 0.48, 0.42]
    answer = told(RIGHT, RIGHT, doubt, RIGHT, RIGHT).watch(seconds(3.0))
    assert [s.label for s in answer.stretches] == ["pan_right"]


def test_stretches_follow_each_other_without_a_gap(told):
    rng = np.random.default_rng(0)
    said = rng.dirichlet([0.3] * 3, 39).tolist()
    stretches = told(*said).watch(seconds(20.0)).stretches
    assert stretches[0].start == 0
    assert stretches[-1].end == 20
    for one, after in pairwise(stretches):
        assert one.end == after.start
        assert one.label != after.label


def test_each_scheme_is_asked_and_the_one_asked_for_answers(told):
    predictor = told(STILL, joint=[LEFT])
    assert predictor.watch(seconds(0.5)).ranking[0].label == "static"
    answer = predictor.watch(seconds(0.5), "joint")
    assert answer.scheme == "joint"
    assert answer.ranking[0].label == "pan_left"
    assert {name: label.label for name, label in answer.opinions.items()} == {
        "divided": "static", "joint": "pan_left",
    }  # fmt: skip
    with pytest.raises(UserError) as error:
        predictor.watch(seconds(0.5), "space")
    assert error.value.key == "timesformer.no_scheme"


def test_it_is_outside_where_it_is_less_sure_than_of_what_it_gets_right(told):
    predictor = told(STILL, LEFT)
    predictor.sure = 0.7
    assert not predictor.watch(seconds(1.4)).outside
    predictor.sure = 0.9
    assert predictor.watch(seconds(1.4)).outside


def test_the_whole_clip_is_one_window_for_a_model_without_a_span(checkpoint):
    predictor = Predictor(checkpoint)
    predictor.span = None
    assert predictor._windows(seconds(7.0)) == ([0.0], 7.0)


def test_a_close_look_says_the_same_as_the_window_and_shows_its_frames(checkpoint, clip):
    predictor = Predictor(checkpoint)
    seen = predictor.look(clip, 1.5, "joint")
    assert seen.frames.shape == (8, 64, 96, 3)
    assert seen.times == pytest.approx([1 + (k + 0.5) / 8 for k in range(8)])
    assert seen.space.shape == (8, 4, 4)
    assert 0 < seen.space.sum() <= 1
    assert seen.time.sum(1) == pytest.approx(1, abs=1e-4)
    assert seen.counted.sum() == pytest.approx(1, abs=1e-4)
    frames = predictor._frames(clip, [1.0], 1.0)
    said = figures.ask(predictor.model, frames)["joint"][0]
    assert seen.ranking[0].probability == pytest.approx(float(said.max()), abs=1e-3)


def test_near_the_ends_the_window_stays_inside(checkpoint, clip):
    predictor = Predictor(checkpoint)
    assert predictor.look(clip, 0.0).times[0] > 0
    assert predictor.look(clip, 99.0).times[-1] < clip.seconds


def test_a_model_of_own_classes_sees_the_middle_square(checkpoint, clip):
    predictor = Predictor(checkpoint)
    predictor.cropped = True
    seen = predictor.look(clip, 1.5)
    assert seen.frames.shape == (8, 64, 64, 3)
    assert seen.cropped
    whole = clip.frames_at(seen.times, predicting.SHOWN)
    assert np.array_equal(seen.frames, whole[:, :, 16:80])


def test_footage_is_scored_by_still_and_moving_clips(told, checkpoint, tmp_path, monkeypatch, clip):
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("a", "b", "c", "d"):
        (videos / f"{name}.mp4").write_bytes(clip.path.read_bytes())
    rows = [("a.mp4", "static"), ("b.mp4", "pan right"), ("c.mp4", "pan left"), ("d.mp4", "mixed")]
    table = "file\tcamera\n" + "".join(f"{file}\t{camera}\n" for file, camera in rows)
    (videos / "videos.tsv").write_text(table)
    monkeypatch.setenv("MM_DEMO_DATA", str(tmp_path))
    found, count = footage.score(told(RIGHT, RIGHT, RIGHT, RIGHT, RIGHT) and checkpoint)
    assert count == 3
    assert found["top1_static"] == 0
    assert found["top1_moving"] == 0.5
    assert found["top1_balanced"] == 0.25
    assert found["top1"] == pytest.approx(1 / 3)


def test_footage_that_is_not_there_is_told(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_DATA", str(tmp_path))
    with pytest.raises(UserError) as error:
        footage.score(checkpoint)
    assert error.value.key == "data.missing"
