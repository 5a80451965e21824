"""Training, figures and checkpoints of TimeSformer, with a network of a few thousand weights."""

import threading

import numpy as np
import pytest
import torch

from mm_demo import store
from mm_demo.cases.timesformer import TIMESFORMER, baselines, camera, figures, task
from mm_demo.cases.timesformer.networks import ABOUT, TimeSformers, load_networks, load_trunk
from mm_demo.data import camera_motion
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished, Progress
from mm_demo.training.loop import train

SMALL = {
    "steps": 4, "batch_size": 4, "embed_dim": 16, "num_layers": 1, "num_heads": 2, "threads": 1,
    "evaluations": 1,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def few_clips():
    """A few clips over a few textures instead of thousands."""
    patch = pytest.MonkeyPatch()
    for part in (camera_motion.clips, camera_motion.pictures):
        part.cache_clear()
    patch.setattr(camera_motion, "COUNTS", {"train": 40, "dev": 30, "test": 50})
    patch.setattr(camera_motion, "PICTURES", {"train": 20, "dev": 10, "test": 10})
    yield
    patch.undo()
    for part in (camera_motion.clips, camera_motion.pictures):
        part.cache_clear()


def config(**changes):
    return TIMESFORMER.preset("quick", "camera_motion").changed({**SMALL, **changes})


def run(out, start_from=None, **changes):
    return list(
        train(
            TIMESFORMER, "camera_motion", config(**changes), out,
            preset="quick", resume=False, start_from=start_from, stop=threading.Event(),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory, few_clips):
    out = tmp_path_factory.mktemp("runs") / "all"
    return out, run(out, attention="all")


def losses(events):
    return [event.loss for event in events if isinstance(event, Progress)]


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(tmp_path):
    first, again, other = (
        losses(run(tmp_path / name, seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert len(first) == SMALL["steps"]
    assert first == again
    assert first != other


def test_three_schemes_learn_from_the_same_clips_and_share_nothing(trained):
    out, events = trained
    ended = events[-1]
    assert isinstance(ended, Finished)
    assert {"top1", "top5", "top1_divided", "top1_joint", "top1_space"} <= set(ended.metrics)
    assert ended.metrics["top1"] == ended.metrics["top1_divided"]
    assert ended.metrics["top1_chance"] == pytest.approx(0.1)
    model, about = load_networks(out)
    assert [scheme for scheme, _ in model.each()] == ["divided", "joint", "space"]
    assert about["classes"] == list(camera_motion.MOTIONS)
    assert about["span"] == 1.0
    assert about["cropped"] is False
    assert 0 < about["sure"] <= 1


def test_a_scheme_trains_the_same_alone_and_beside_the_others():
    """Its gradient is that of its own loss, undivided."""
    made = task.Task(config(attention="all"), "camera_motion")
    frames = torch.randint(0, 256, (4, 8, 3, 32, 32), dtype=torch.uint8)
    labels = torch.tensor([0, 1, 2, 3])
    total, _ = made.loss((frames, labels))
    total.backward()
    network = made.model.of("joint")
    grouped = network.head.weight.grad.clone()
    network.zero_grad()
    own = torch.nn.functional.cross_entropy(made.model(frames)["joint"], labels)
    own.backward()
    torch.testing.assert_close(network.head.weight.grad, grouped)
    values = [torch.nn.functional.cross_entropy(z, labels) for z in made.model(frames).values()]
    assert float(total) == pytest.approx(float(torch.stack(values).mean()), rel=1e-5)


def test_half_of_a_batch_mirrors_the_other_half_under_other_names():
    batch = camera.Camera("textures", 32).training_batch(np.random.default_rng(0), 40)
    assert batch.frames.shape == (40, 8, 32, 32, 3)
    assert (batch.labels[:20] != batch.labels[20:]).any()
    still = np.isin(batch.labels[:20], [0, 9])  # static and shake stay what they are
    assert (batch.labels[20:][still] == batch.labels[:20][still]).all()


def test_without_flow_the_clips_are_plain_at_first(monkeypatch):
    asked = []
    drawn = camera_motion.draw_clips

    def noting(*args, plain=False):
        asked.append(plain)
        return drawn(*args, plain=plain)

    monkeypatch.setattr(camera_motion, "draw_clips", noting)
    for channels in ("difference", "flow"):
        source = camera.Camera("textures", 32, channels)
        for done in (0.0, 0.49, 0.51):
            source.training_batch(np.random.default_rng(0), 2, done)
    assert asked == [True, True, False, False, False, False]


def test_shuffled_frames_are_the_same_frames_in_another_order():
    clips = np.arange(5 * 8).reshape(5, 8, 1).astype(np.uint8)
    mixed = task._ordered(clips, "shuffled", np.random.default_rng(0))
    assert (np.sort(mixed, 1) == clips).all()
    assert (mixed != clips).any(axis=(1, 2)).all()
    assert task._ordered(clips, "true", np.random.default_rng(0)) is clips


def test_a_single_frame_of_pixels_tells_nothing_and_space_does_not_see_the_order():
    torch.manual_seed(0)
    model = TimeSformers(["space"], 10, channels="rgb", embed_dim=16, num_layers=1, num_heads=2)
    clips = camera_motion.clips("dev").frames
    said = figures.ask(model, clips)["space"]
    backwards = figures.ask(model, np.ascontiguousarray(clips[:, ::-1]))["space"]
    np.testing.assert_allclose(said, backwards, atol=1e-5)


def test_the_confusion_matrix_counts_and_keeps_the_surest_clip_of_a_cell():
    said = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]], np.float32)
    counts, surest = figures.confusion(said, np.array([0, 0, 0, 1]))
    assert counts.tolist() == [[1, 2], [1, 0]]
    assert surest == {(0, 0): 0, (0, 1): 2, (1, 0): 3}


def test_the_moving_picture_is_the_matrix_of_dev(trained):
    _, events = trained
    shown = [event for event in events if isinstance(event, Evaluated)][-1].preview
    assert np.sum(shown["counts"]) == 30
    assert all(url.startswith("data:image/webp") for url in shown["clips"].values())
    filled = {f"{r}-{c}" for r, row in enumerate(shown["counts"]) for c, n in enumerate(row) if n}
    assert set(shown["clips"]) == filled


def test_a_trunk_brings_all_but_the_heads(trained):
    out, _ = trained
    known, _ = load_networks(out)
    model = TimeSformers(["divided"], 3, embed_dim=16, num_layers=1, num_heads=2)
    head = model.of("divided").head.weight.clone()
    load_trunk(model, out)
    ours, theirs = model.of("divided"), known.of("divided")
    assert torch.equal(ours.blocks[0].mlp[0].weight, theirs.blocks[0].mlp[0].weight)
    assert torch.equal(ours.patch_embed[1].running_mean, theirs.patch_embed[1].running_mean)
    assert torch.equal(ours.head.weight, head)
    with pytest.raises(UserError):
        load_trunk(TimeSformers(["divided"], 3, embed_dim=32, num_layers=1, num_heads=2), out)


def test_going_on_from_a_models_weights(trained, tmp_path):
    out, _ = trained
    made = task.Task(config(attention="all"), "camera_motion")
    made.load(out)
    known, _ = load_networks(out)
    for name, value in known.state_dict().items():
        assert torch.equal(made.model.state_dict()[name], value), name


def test_figures_of_a_checkpoint_with_the_simple_answers_beside_them(trained):
    out, _ = trained
    found, examples = task.evaluate_checkpoint(out, "camera_motion", "test", 3, {})
    assert examples == 50
    assert found["top1"] == found["top1_divided"]
    assert {"top1_frame_difference", "top1_single_frame", "top1_chance"} <= set(found)
    again, _ = task.evaluate_checkpoint(out, "camera_motion", "test", 3, {})
    assert again == found
    assert task.shown(out, "test", 0)["headline_examples"] == 50


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"source": "moon"}, "knob.illegal"), ({"order": "up"}, "knob.illegal"),
        ({"snr_db": "0"}, "knob.unknown"),
    ],
)  # fmt: skip
def test_a_setting_that_is_none_is_named(trained, settings, key):
    with pytest.raises(UserError) as error:
        task.evaluate_checkpoint(trained[0], "camera_motion", "test", 0, settings)
    assert error.value.key == key


def test_what_is_no_checkpoint_of_this_kind_is_refused(trained, tmp_path):
    store.write_json(tmp_path / store.CONFIG, {"schemes": ["sideways"]})
    with pytest.raises(UserError) as error:
        load_networks(tmp_path)
    assert error.value.key == "checkpoint.foreign"
    for file in trained[0].iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    store.write_json(tmp_path / ABOUT, {"classes": []})
    with pytest.raises(UserError):
        load_networks(tmp_path)


def test_the_baselines_see_what_they_say():
    rng = np.random.default_rng(0)
    frames = rng.integers(100, 110, (60, 8, 16, 16, 3), dtype=np.uint8)
    labels = np.arange(60) % 2
    frames[labels == 1, ::2] += 60  # flickers
    clips = camera_motion.Clips(frames, labels)
    train_part, test_part = (
        camera_motion.Clips(clips.frames[rows], clips.labels[rows])
        for rows in (slice(0, 40), slice(40, 60))
    )
    assert baselines.frame_difference_baseline(train_part, test_part) == 1.0
    assert baselines.single_frame_baseline(train_part, test_part, 1) < 0.9
