"""Classes of one's own: a folder of gestures made here, its splits, and that each view is fresh."""

import io
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest
import torch
from PIL import Image

from mm_demo.cases.timesformer import TIMESFORMER, TimesformerConfig, figures
from mm_demo.cases.timesformer.own import FAR, Own, lit, parts, spread, view
from mm_demo.cases.timesformer.predict import Predictor
from mm_demo.cases.timesformer.task import Task, evaluate_checkpoint
from mm_demo.data.camera_motion import FRAMES, SIZE
from mm_demo.data.camera_motion.textures import texture
from mm_demo.data.clip_folder import ClipFolder, ClipSet, list_folder
from mm_demo.errors import UserError
from mm_demo.events import Preparing, Progress, Started, Stopped
from mm_demo.media.video import open_video
from mm_demo.training.loop import train

GESTURES = ("circle", "push", "wave")
RATE = 15  # frames a second
WIDTH, HEIGHT = 128, 96


def gesture(name: str, rng: np.random.Generator) -> np.ndarray:
    """A hand in front of a wall, filmed from the hand: (T, HEIGHT, WIDTH, 3) uint8.

    Place, size, colour, speed, phase, length, wall, light and the shake of the camera differ from
    clip to clip; which way the hand goes is all that tells the classes apart.
    """
    times = np.arange(round(RATE * rng.uniform(1.6, 2.6))) / RATE
    turns = 2 * np.pi * (rng.uniform(0.8, 1.4) * times + rng.random()) * rng.choice((-1, 1))
    far = rng.uniform(0.14, 0.24) * HEIGHT
    size = np.full(len(times), rng.uniform(0.13, 0.2) * HEIGHT)
    x = WIDTH * rng.uniform(0.42, 0.58) + np.zeros(len(times))
    y = HEIGHT * rng.uniform(0.42, 0.58) + np.zeros(len(times))
    if name == "push":
        size *= 1.1 + 0.5 * np.sin(turns)
    else:
        x += far * np.cos(turns)
        y += far * np.sin(turns) * (0.1 if name == "wave" else 1)
    shake = rng.normal(0, 0.4, (len(times), 2)).cumsum(0)
    wall = Image.fromarray(texture(rng)).resize((WIDTH + 40, HEIGHT + 40))
    return np.stack([_frame(wall, hand, rng) for hand in _hands(x, y, size, shake, rng)])


def _hands(x, y, size, shake, rng):
    colour = np.clip(rng.normal((200, 150, 120), 25), 0, 255)
    fingers = rng.integers(3, 6)
    lean = rng.uniform(-0.5, 0.5)
    return [(*hand, colour, fingers, lean) for hand in zip(x, y, size, shake, strict=True)]


def _frame(wall, hand, rng):
    x, y, size, shake, colour, fingers, lean = hand
    left, top = np.clip(20 + shake, 0, 40)
    picture = np.asarray(wall.crop((left, top, left + WIDTH, top + HEIGHT)), np.float32)[
        :HEIGHT, :WIDTH
    ]
    v, u = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    distance, angle = np.hypot(u - x, v - y), np.arctan2(v - y, u - x) + np.pi / 2 - lean
    edge = size * (1 + 0.35 * np.cos(fingers * 2 * angle) * (np.abs(angle) < 1.3))
    hand_here = np.clip(edge - distance + 0.5, 0, 1)[..., None]
    shaded = colour * (1 - 0.25 * distance / size)[..., None].clip(0.4, 1)
    picture = picture * (1 - hand_here) + shaded * hand_here
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def film(folder: Path, clips: int, seed: int) -> Path:
    """A folder of the three gestures, `clips` of each."""
    rng = np.random.default_rng(seed)
    for name in GESTURES:
        (folder / name).mkdir(parents=True)
        for number in range(clips):
            (folder / name / f"{number:02d}.mp4").write_bytes(_saved(gesture(name, rng)))
    return folder


def _saved(frames: np.ndarray) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "23"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        out.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return film(tmp_path_factory.mktemp("film") / "gestures", 4, seed=0)


@pytest.fixture(scope="module")
def own(folder):
    return Own.of_folder(folder)


def source(frames, *, mirrored=False):
    """Two classes of the same frames, all splits alike."""
    labels = np.arange(len(frames)) % 2
    shapes = np.full((len(frames), 2), SIZE)
    clips = ClipSet(("a", "b"), frames, labels, tuple(map(str, labels)), shapes)
    return told(clips, mirrored=mirrored)


def told(clips, *, mirrored=False):
    return Own(clips.classes, lambda split: clips, lambda: iter(()), mirrored=mirrored)


def test_a_folder_is_split_by_class_and_what_is_held_out_is_never_trained_on(folder, own):
    train, dev, test = (own.held_out(split, 0) for split in ("train", "dev", "test"))
    assert own.classes == GESTURES
    assert np.array_equal(dev.frames, test.frames)
    assert np.bincount(train.labels).tolist() == [3, 3, 3]
    assert np.bincount(dev.labels).tolist() == [1, 1, 1]
    seen = {clip.tobytes() for clip in train.frames} | {clip.tobytes() for clip in dev.frames}
    assert len(seen) == sum(map(len, list_folder(folder).values()))
    again = Own.of_folder(folder)
    assert np.array_equal(again.held_out("dev", 1).frames, dev.frames)
    assert own.shapes("dev").tolist() == [[WIDTH, HEIGHT]] * 3


@pytest.mark.parametrize("side", [SIZE, 72, 40])
def test_a_view_keeps_shape_and_type_and_is_another_each_time(side):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (4, 24, side, side, 3), dtype=np.uint8)
    found = source(frames).training_batch(np.random.default_rng(1), 16)
    assert (found.frames.dtype, found.labels.shape) == (np.uint8, (16,))
    assert found.frames.shape == (16, FRAMES, SIZE, SIZE, 3)
    assert len({clip.tobytes() for clip in found.frames}) == 16
    again = source(frames).training_batch(np.random.default_rng(1), 16)
    assert np.array_equal(again.frames, found.frames)
    assert np.array_equal(again.labels, found.labels)


def test_every_class_is_drawn_as_often_however_few_its_clips():
    frames = np.zeros((11, 24, SIZE, SIZE, 3), np.uint8)
    frames[10] = 100
    clips = ClipSet(("a", "b"), frames, np.array([0] * 10 + [1]), ("",) * 11, np.ones((11, 2), int))
    found = told(clips).training_batch(np.random.default_rng(0), 300)
    assert 0.4 < found.labels.mean() < 0.6


def test_time_runs_forward_in_every_view():
    frames = np.full((4, 24, SIZE, SIZE, 3), 100, np.uint8)
    for k in range(24):  # a bar goes to the right
        frames[:, k, :, 20 + k : 22 + k] = 160
    found = source(frames).training_batch(np.random.default_rng(0), 32).frames
    rows = found[:, :, SIZE // 2 - 4 : SIZE // 2 + 4].mean((2, 4))  # (32, FRAMES, SIZE)
    bar = np.abs(rows - np.median(rows, 1, keepdims=True)).argmax(2)
    assert (np.diff(bar, axis=1) >= 0).all()
    assert (bar[:, -1] > bar[:, 0]).all()


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_mirror_is_only_where_it_is_allowed(mirrored):
    across = np.full(SIZE, 120, np.uint8)
    across[: SIZE // 2 : 8] = across[1 : SIZE // 2 : 8] = 60  # bars on the left
    frames = np.broadcast_to(across[None, None, None, :, None], (4, 24, SIZE, SIZE, 3)).copy()
    found = source(frames, mirrored=mirrored).training_batch(np.random.default_rng(0), 64).frames
    change = np.abs(np.diff(found[:, 0].astype(int), axis=2)).sum((1, 3))  # (64, SIZE - 1)
    turned = change[:, SIZE // 2 :].sum(1) > change[:, : SIZE // 2].sum(1)
    assert turned.any() == mirrored
    assert not turned.all()


def test_a_view_is_a_square_of_the_frame_at_many_places_sizes_and_slants():
    frames = np.zeros((1, 72, 72, 3), np.uint8)
    frames[..., 0], frames[..., 1] = np.arange(72), np.arange(72)[:, None]  # where each pixel was
    rng = np.random.default_rng(0)
    seen = np.stack([view(frames, rng, FAR)[0, ..., :2] for _ in range(100)]).astype(int)
    middle = seen[:, SIZE // 2, SIZE // 2]
    assert np.ptp(middle, axis=0).min() > 12
    right = seen[:, SIZE // 2, SIZE // 2 + 16] - middle
    below = seen[:, SIZE // 2 + 16, SIZE // 2] - middle
    assert np.abs(right - below[:, ::-1] * (1, -1)).max() <= 1  # a turn, of one size
    assert right[:, 0].min() < 14 < 19 < right[:, 0].max()
    assert right[:, 1].min() < -2 < 2 < right[:, 1].max()


def test_a_light_keeps_edges_and_half_of_the_clips_are_negatives():
    rng = np.random.default_rng(0)
    clip = np.full((2, 1, 2, 3), 100, np.float32)
    clip[:, :, 1] = 150
    steps = np.stack([np.diff(lit(clip, rng, FAR).astype(int), axis=2) for _ in range(200)])
    assert 0.4 < (steps > 0).all((1, 2, 3, 4)).mean() < 0.6
    assert ((steps > 0).all((1, 2, 3, 4)) | (steps < 0).all((1, 2, 3, 4))).all()
    assert np.ptp(np.abs(steps), axis=4).max() > 10  # colours differ
    assert (steps[:, 0] == steps[:, 1]).all()  # and no frame does


def test_through_many_views_shines_a_still_of_any_class():
    frames = np.full((2, 24, SIZE, SIZE, 3), 128, np.uint8)
    frames[1, :, ::2] = 100  # the other class has stripes
    found = source(frames).training_batch(np.random.default_rng(0), 200)
    striped = found.frames[found.labels == 0].std(2).max((1, 2, 3)) > 0.5
    assert 0.2 < striped.mean() < 0.45  # half of the stills are of its own class


def test_a_folder_of_gestures_is_never_mirrored(own):
    assert not own.mirrored  # a wave to the left may be another class than one to the right


def test_training_on_a_folder_learns_its_classes_and_knows_them_again(folder, tmp_path):
    config = TimesformerConfig(
        batch_size=4, image_size=16, embed_dim=16, num_layers=1, num_heads=2, channels="difference"
    )
    torch.manual_seed(0)
    task = Task(config, str(folder))
    list(task.prepare())
    assert task.classes == GESTURES
    loss, _ = task.loss(next(task.batches("train", 0)))
    loss.backward()
    assert loss.item() == pytest.approx(task.guess_loss, abs=1)
    found = task.evaluate("dev")
    assert 0 <= found["top1"] <= 1
    assert np.sum(task.preview()["counts"]) == 3
    task.model.eval()
    task.save(tmp_path)
    again, count = evaluate_checkpoint(tmp_path, str(folder), "test", 0, {})
    assert count == 3
    assert again["top1"] == found["top1"]
    assert 0 <= again["top1_frame_shape"] <= 1


def test_a_run_tells_each_clip_that_it_reads_also_when_it_is_resumed(folder, tmp_path, monkeypatch):
    events = list(trained(folder, tmp_path / "run", stop_at=3))
    assert [(e.what, e.done, e.total) for e in events[:12]] == [
        ("reading", k, 12) for k in range(12)
    ]
    assert isinstance(events[-1], Stopped)
    again = list(trained(folder, tmp_path / "run", resume=True, stop_at=5))
    assert [type(event) for event in again[:12]] == [Preparing] * 12
    assert next(event for event in again if isinstance(event, Started)).first_step == 3
    assert again[-1].step == 5


def test_a_run_that_is_stopped_while_it_reads_ends_there(folder, tmp_path):
    stop = Event()
    events = trained(folder, tmp_path / "run", stop=stop)
    assert isinstance(next(events), Preparing)
    stop.set()
    assert list(events) == []


def test_a_clip_that_breaks_is_told_and_leaves_nothing(tmp_path):
    clips = film(tmp_path / "clips", 2, seed=1)
    (clips / "wave" / "00.mp4").write_bytes(b"no video at all")
    with pytest.raises(UserError) as caught:
        list(trained(clips, tmp_path / "run"))
    assert (caught.value.key, caught.value.facts) == ("clips.broken", {"file": "wave/00.mp4"})
    assert not (tmp_path / "run").exists()


def trained(clips, out, *, resume=False, stop_at=None, stop=None):
    """The events of a tiny run over a folder."""
    config = TimesformerConfig(
        batch_size=4, image_size=16, embed_dim=16, num_layers=1, num_heads=2, steps=8,
        channels="difference", attention="space", threads=1,
    )  # fmt: skip
    stop = stop or Event()
    for event in train(
        TIMESFORMER, str(clips), config, out,
        preset="own", resume=resume, start_from=None, stop=stop,
    ):  # fmt: skip
        yield event
        if isinstance(event, Progress) and event.step == stop_at:
            stop.set()


def test_a_checkpoint_of_other_classes_is_refused(folder, tmp_path):
    task = Task(TimesformerConfig(image_size=16, embed_dim=16, num_layers=1), str(folder))
    task.save(tmp_path / "model")
    other = film(tmp_path / "other", 2, seed=1)
    (other / "wave").rename(other / "nod")
    with pytest.raises(UserError, match=r"checkpoint\.other_dataset"):
        evaluate_checkpoint(tmp_path / "model", str(other), "test", 0, {})


def test_parts_cover_a_clip_and_run_forward():
    found = parts(32)
    assert found.shape[1] == FRAMES
    assert found[0, 0] <= 1
    assert found[-1, -1] >= 30
    assert (np.diff(found, axis=1) > 0).all()
    assert spread(FRAMES).tolist() == list(range(FRAMES))


class Light(torch.nn.Module):
    """Answers by how light the first three frames are."""

    num_frames = FRAMES

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(0.02))

    def forward(self, frames):
        assert frames.shape[1] == FRAMES
        return {"only": self.scale * frames.float().mean((2, 3, 4))[:, :3]}


def test_a_whole_clip_is_told_by_the_mean_over_its_parts():
    frames = np.random.default_rng(0).integers(0, 256, (5, 32, 1, 1, 3), dtype=np.uint8)
    said = figures.ask(Light(), frames)["only"]
    each = [figures.ask(Light(), frames[:, part])["only"] for part in parts(32)]
    assert np.abs(each[0] - each[-1]).max() > 0.1
    assert said == pytest.approx(np.mean(each, 0), abs=1e-6)
    assert said.sum(1) == pytest.approx(1)


def test_in_use_a_clip_is_read_as_it_is_for_the_figures(folder, tmp_path, monkeypatch):
    Task(TimesformerConfig(image_size=16, embed_dim=16, num_layers=1), str(folder)).save(tmp_path)
    clips, seen = ClipFolder(folder).split("dev"), []
    ask = figures.ask
    monkeypatch.setattr(figures, "ask", lambda *args: seen.append(args[1]) or ask(*args))
    answer = Predictor(tmp_path).watch(open_video(folder / clips.names[0]))
    assert answer.window is None
    assert [(s.start, s.end) for s in answer.stretches] == [(0, round(answer.seconds, 2))]
    assert seen[0].shape[:2] == clips.frames[:1].shape[:2]
    known, new = (frames.mean((2, 3, 4)) for frames in (clips.frames[:1], seen[0]))
    assert known == pytest.approx(new, abs=2)  # the same moments, at another size
