"""Clips move as their names say, splits share nothing, and one frame does not give it away."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from mm_demo.cases.timesformer.baselines import frame_difference_baseline, single_frame_baseline
from mm_demo.data import camera_motion as cm
from mm_demo.data.camera_motion import mirrors as changes
from mm_demo.data.camera_motion.paths import path
from mm_demo.errors import UserError
from mm_demo.nn.motion import lucas_kanade

MOVING = [m for m in cm.MOTIONS if m not in ("static", "shake")]


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(3)
    fine = Image.fromarray(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))
    return np.asarray(fine.resize((192, 192), Image.Resampling.BICUBIC))


def measured(frames):
    """The content's mean motion: x, y (pixels a frame), growth and clockwise turn (per frame)."""
    grey = torch.from_numpy(frames.mean(-1, dtype=np.float32))[None] / 64
    flow = torch.nn.functional.avg_pool2d(grey, 2)
    flow = lucas_kanade(flow)[0].mean(0)[:, 3:-3, 3:-3].numpy()
    line = np.arange(flow.shape[-1]) - (flow.shape[-1] - 1) / 2
    y, x = np.meshgrid(line, line, indexing="ij")
    far = (x**2 + y**2).mean()
    return np.array([
        flow[0].mean(), flow[1].mean(),
        (flow[0] * x + flow[1] * y).mean() / far, (flow[1] * x - flow[0] * y).mean() / far,
    ])  # fmt: skip


def answer(frames):
    """Which of the moving motions the flow of a clip shows: the camera's, so against the content's."""
    x, y, growth, turn = measured(frames)
    ways = {
        "pan_left": x, "pan_right": -x, "tilt_up": y, "tilt_down": -y, "zoom_in": 13 * growth,
        "zoom_out": -13 * growth, "roll_counterclockwise": 13 * turn, "roll_clockwise": -13 * turn,
    }  # fmt: skip
    return max(ways, key=ways.get)


@pytest.mark.parametrize("motion", MOVING)
def test_the_content_goes_as_the_camera_s_name_says(picture, motion):
    clip = cm.move(picture, motion, np.random.default_rng(0))
    assert clip.shape == (cm.FRAMES, cm.SIZE, cm.SIZE, 3)
    assert clip.dtype == np.uint8
    assert answer(clip) == motion


def test_a_pan_right_moves_the_content_left_by_phase_correlation(picture):
    clip = cm.move(picture, "pan_right", np.random.default_rng(0)).mean(-1)
    a, b = (np.fft.fft2(frame * np.outer(np.hanning(64), np.hanning(64))) for frame in clip[3:5])
    peak = np.fft.ifft2(a.conj() * b / (np.abs(a * b) + 1e-6)).real
    dy, dx = np.unravel_index(peak.argmax(), peak.shape)
    assert dy == 0
    assert dx > 32  # beyond the middle is to the left


def test_static_stays_and_a_shake_comes_back(picture):
    still = cm.move(picture, "static", np.random.default_rng(0))
    assert (still == still[0]).all()
    way = path("shake", np.random.default_rng(0), pure=True)
    steps = np.hypot(np.diff(way.x), np.diff(way.y)).sum()
    assert steps > 0.2
    assert np.hypot(way.x[-1] - way.x[0], way.y[-1] - way.y[0]) < 0.8 * steps


def test_a_picture_of_any_size_is_moved_over(picture):
    large = np.repeat(np.repeat(picture, 8, 0), 5, 1)
    for one in (large, picture[:40, :12], np.zeros((1, 1, 3), np.uint8)):
        assert cm.move(one, "zoom_in", np.random.default_rng(0), size=32).shape[1:] == (32, 32, 3)


def test_paths_keep_to_their_speeds():
    rng = np.random.default_rng(1)
    for _ in range(100):
        right, up = path("pan_right", rng), path("tilt_up", rng)
        assert 0.05 < right.x[-1] - right.x[0] < 1.4
        assert -1.4 < up.y[-1] - up.y[0] < -0.05
        for motion in cm.MOTIONS:
            way = path(motion, rng)
            assert len(way.x) == cm.FRAMES
            if motion != "shake" and "pan" not in motion and "tilt" not in motion:
                assert np.ptp(way.x) < 0.3
    with pytest.raises(ValueError, match="pan_left"):
        path("dolly", rng)


@pytest.mark.parametrize(
    ("change", "table"),
    [
        (changes.flip_horizontal, changes.HORIZONTAL), (changes.flip_vertical, changes.VERTICAL),
        (changes.reverse, changes.REVERSED), (changes.transpose, changes.TRANSPOSED),
    ],
)  # fmt: skip
def test_a_change_of_the_clip_is_the_change_of_its_label(picture, change, table):
    labels = np.array([cm.MOTIONS.index(motion) for motion in MOVING])
    clips = np.stack([cm.move(picture, motion, np.random.default_rng(0)) for motion in MOVING])
    frames, found = change(clips, labels)
    assert [cm.MOTIONS[k] for k in found] == [answer(clip) for clip in frames]
    back, same = change(frames, found)
    assert np.array_equal(back, clips)
    assert np.array_equal(same, labels)
    still = [cm.MOTIONS.index("static"), cm.MOTIONS.index("shake")]
    assert table[still].tolist() == still


def test_augment_leaves_the_clips_it_was_given(picture):
    clip = np.stack([cm.move(picture, "pan_left", np.random.default_rng(0))] * 12)
    labels, before = np.full(12, cm.MOTIONS.index("pan_left")), clip.copy()
    frames, found = cm.augment(clip, labels, np.random.default_rng(0))
    assert np.array_equal(clip, before)
    assert {cm.MOTIONS[k] for k in found} == {"pan_left", "pan_right", "tilt_up", "tilt_down"}
    assert [cm.MOTIONS[k] for k in found] == [answer(one) for one in frames]


def test_the_same_arguments_give_the_same_clips_and_others_do_not(monkeypatch):
    monkeypatch.setitem(cm.PICTURES, "test", 40)
    cm.pictures.cache_clear()
    first = cm.clips("test", 5, 20)
    cm.clips.cache_clear()
    cm.pictures.cache_clear()
    again = cm.clips("test", 5, 20)
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.labels, again.labels)
    assert first.frames.shape == (20, cm.FRAMES, cm.SIZE, cm.SIZE, 3)
    assert np.bincount(first.labels).tolist() == [2] * 10
    assert not np.array_equal(first.frames, cm.clips("test", 6, 20).frames)
    assert not first.frames.flags.writeable
    cm.pictures.cache_clear()


def test_splits_share_no_picture_and_no_clip():
    seen = {}
    for split in cm.SPLITS:
        found = {one.tobytes() for one in cm.pictures(split)}
        assert len(found) == cm.PICTURES[split]  # nor does a split hold one twice
        seen[split] = found | {one.tobytes() for one in cm.clips(split, 0, 50).frames}
    assert not seen["train"] & seen["dev"]
    assert not seen["train"] & seen["test"]
    assert not seen["dev"] & seen["test"]


def test_smaller_clips_are_drawn_at_their_size():
    found = cm.draw_clips(cm.pictures("dev"), np.arange(10), np.random.default_rng(0), 32)
    assert found.shape == (10, cm.FRAMES, 32, 32, 3)


def test_plain_clips_show_the_motion_and_little_else():
    labels = np.array([cm.MOTIONS.index(motion) for motion in MOVING] * 8)
    right = {}
    for plain in (True, False):
        found = cm.draw_clips(cm.pictures("dev"), labels, np.random.default_rng(0), plain=plain)
        right[plain] = np.mean(
            [answer(one) == cm.MOTIONS[k] for one, k in zip(found, labels, strict=True)]
        )
    assert right[True] > 0.7
    assert right[True] > right[False] + 0.1


@pytest.fixture(scope="module")
def sets():
    return cm.clips("train", 0, 1000), cm.clips("test", 0, 600)


def test_a_single_frame_tells_nothing(sets):
    for frame in (0, cm.FRAMES // 2, cm.FRAMES - 1):
        assert single_frame_baseline(*sets, frame) < 0.15


def test_the_trivial_answer_is_not_enough(sets):
    assert 0.1 < frame_difference_baseline(*sets) < 0.5


def test_unknown_names():
    with pytest.raises(ValueError, match="train, dev, test"):
        cm.clips("val")
    with pytest.raises(ValueError, match="textures, flickr8k"):
        cm.clips("dev", source="films")


def test_photographs_are_read_where_they_are(tmp_path, monkeypatch):
    monkeypatch.delenv("MM_DEMO_DATA", raising=False)
    assert not cm.at_hand()[0]
    with pytest.raises(UserError, match=r"data\.no_folder"):
        cm.clips("dev", 0, 10, "flickr8k")
    monkeypatch.setenv("MM_DEMO_DATA", str(tmp_path))
    assert "flickr8k-dev.tar" in cm.at_hand()[1]
    with pytest.raises(UserError, match=r"data\.missing"):
        cm.clips("dev", 0, 10, "flickr8k")
    rng = np.random.default_rng(0)
    for split in cm.SPLITS:
        with tarfile.open(tmp_path / f"flickr8k-{split}.tar", "w") as tar:
            for k in range(3):
                file = io.BytesIO()
                Image.fromarray(rng.integers(0, 255, (90, 120, 3), np.uint8)).save(file, "WEBP")
                member = tarfile.TarInfo(f"{k}.webp")
                member.size = file.tell()
                file.seek(0)
                tar.addfile(member, file)
    assert cm.at_hand() == (True, "flickr8k-train.tar, flickr8k-dev.tar, flickr8k-test.tar")
    cm.pictures.cache_clear()
    assert cm.pictures("dev", 0, "flickr8k").shape == (3, cm.SIDE, cm.SIDE, 3)
    assert len(cm.clips("dev", 7, 10, "flickr8k").labels) == 10
    (tmp_path / "flickr8k-test.tar").write_bytes(b"no tar")
    with pytest.raises(UserError, match=r"data\.broken"):
        cm.clips("test", 0, 10, "flickr8k")
    cm.pictures.cache_clear()
    cm.clips.cache_clear()
