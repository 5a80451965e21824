"""A small run on drawn scenes from the first event to the last, and what its checkpoint does."""

import json

import numpy as np
import pytest
import torch

from mm_demo import training
from mm_demo.cases.retrieval import RETRIEVAL, RetrievalConfig, task
from mm_demo.cases.retrieval.encoders import Encoders
from mm_demo.cases.retrieval.predict import Predictor
from mm_demo.cases.retrieval.ranking import guessing, hardness, loss_over_captions
from mm_demo.cases.retrieval.task import Task, evaluate_checkpoint
from mm_demo.data.scenes import captions, draw, scenes_for
from mm_demo.errors import UserError
from mm_demo.events import Diagnosed, Evaluated, Finished, Progress
from mm_demo.media.image import Picture

SMALL = RETRIEVAL.preset("quick", "scenes").changed(
    {"steps": 60, "pictures": 600, "batch_size": 32, "width": 8, "evaluations": 2, "threads": 1}
)


@pytest.fixture(autouse=True)
def small_gallery(monkeypatch):
    monkeypatch.setattr(task, "GALLERY", 100)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run: its events and its folder."""
    out = tmp_path_factory.mktemp("run") / "mine"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "GALLERY", 100)
        return list(training.run(RETRIEVAL, "scenes", SMALL, out)), out


def test_it_learns_and_the_map_is_drawn(run):
    events, _ = run
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.metrics["text_to_image_r10"] > 4 * last.metrics["text_to_image_r1_chance"]
    previews = [e.preview for e in events if isinstance(e, Evaluated)]
    assert len(previews) >= 2
    assert all(len(p["pictures"]) == len(p["texts"]) == task.PREVIEW for p in previews)
    assert previews[0]["names"] == previews[-1]["names"]

    def apart(p):
        return np.linalg.norm(np.subtract(p["pictures"], p["texts"]), axis=1).mean()

    spread = np.std(previews[-1]["pictures"])
    assert apart(previews[-1]) / spread < apart(previews[0]) / np.std(previews[0]["pictures"])
    assert not [e for e in events if isinstance(e, Diagnosed)]


def test_negatives_harden_as_told(run):
    told = [e.figures["hardness"] for e in run[0] if isinstance(e, Progress)]
    assert told == [hardness(SMALL, step) for step in range(60)]
    slow = SMALL.changed({"hardening": 0.5})
    assert [hardness(slow, step) for step in (0, 15, 30, 59)] == [0, 0.5, 1, 1]
    assert hardness(SMALL.changed({"hardening": 0}), 0) == 1


def test_the_checkpoint_is_evaluated_and_used(run):
    _, out = run
    metrics, examples = evaluate_checkpoint(out, "scenes", "dev", 0, {})
    assert examples == task.shown(out, "dev", 0)["headline_examples"] == 100
    assert metrics == pytest.approx(run[0][-1].metrics, abs=0.03)  # saved in half precision
    other, _ = evaluate_checkpoint(out, "scenes", "dev", 1, {})
    assert other != metrics
    with pytest.raises(UserError, match="unknown"):
        evaluate_checkpoint(out, "scenes", "dev", 0, {"margin": "1"})
    with pytest.raises(UserError, match="illegal"):
        evaluate_checkpoint(out, "scenes", "dev", 0, {"language": "fr"})


def test_the_predictor_finds_what_it_was_trained_to_find(run):
    predictor = Predictor(run[1])
    assert predictor.name == "mine"
    assert predictor.id.startswith("mine@")
    scenes = scenes_for("dev", 60, 3)
    pictures = [Picture(draw(scene, 64), (64, 64)) for scene in scenes]
    images = predictor.embed_pictures(pictures)
    assert images.shape == (60, predictor.dim)
    assert images.dtype == np.float32
    assert np.linalg.norm(images, axis=1) == pytest.approx(1, abs=1e-5)
    texts = [captions(s, np.random.default_rng(0), "en", 1)[0].text for s in scenes]
    scores = predictor.embed_texts(texts) @ images.T
    places = (scores >= scores.diagonal()[:, None]).sum(1)
    assert np.median(places) < 20  # by chance 30
    assert predictor.query(texts[0]) == pytest.approx(predictor.embed_texts(texts[:1])[0], abs=1e-6)
    assert predictor.query(picture=pictures[0]) == pytest.approx(images[0], abs=1e-5)


def test_words_that_it_does_not_know_are_named(run):
    predictor = Predictor(run[1])
    assert predictor.unknown("a red zeppelin") == ["zeppelin"]
    assert predictor.knows("zeppelin red")
    assert not predictor.knows("zeppelin 船")
    with pytest.raises(UserError, match="unknown_words"):
        predictor.query("zeppelin")


def test_the_map_of_evidence_is_on_the_grid(run):
    predictor = Predictor(run[1])
    (scene,) = scenes_for("dev", 1, 5)
    grid = np.array(predictor.evidence(Picture(draw(scene, 64), (64, 64)), "a red boat"))
    assert grid.shape == (8, 8)
    assert grid.max() == 1
    assert grid.min() >= 0


def test_a_batch_depends_on_seed_and_step_alone():
    made = Task(SMALL, "scenes")
    list(made.prepare())
    stream = made.batches("train", 4)
    next(stream)
    second, again = next(stream), next(made.batches("train", 4, 1))
    assert torch.equal(second.images, again.images)
    assert all(torch.equal(a, b) for a, b in zip(second.texts, again.texts, strict=True))
    assert second.untrue is not None
    own = torch.stack([each.diagonal() for each in second.untrue])
    assert not own.any()  # a picture's own captions are true of it
    assert any(each.sum() < each.numel() - len(each) for each in second.untrue)


def test_shuffled_pairs_teach_nothing(tmp_path):
    config = SMALL.changed({"pairs": "shuffled", "captions": 1})
    metrics = list(training.run(RETRIEVAL, "scenes", config, tmp_path / "no"))[-1].metrics
    assert metrics["text_to_image_r10"] < 0.25
    assert metrics["image_to_text_r1"] < 0.06


def test_a_collapse_is_named_while_it_happens(tmp_path):
    """The hardest negatives from the first step, and far too high a learning rate."""
    settings = {"steps": 100, "hardening": 0, "captions": 1, "learning_rate": 0.05}
    events = training.run(RETRIEVAL, "scenes", SMALL.changed(settings), tmp_path / "alike")
    told = next(e for e in events if isinstance(e, Diagnosed))
    assert told.key == "diagnosis.margin"
    assert told.facts["loss"] == SMALL.margin


def test_guessing_lies_above_the_margin_where_the_hardest_counts():
    config = RetrievalConfig(margin=0.2, embed_dim=64)
    assert guessing(config.changed({"negatives": "random"}), 512) == pytest.approx(0.2, abs=0.02)
    assert guessing(config, 512) > 0.4
    total = guessing(config.changed({"reduction": "sum"}), 512)
    assert total == pytest.approx(512 * guessing(config, 512), rel=1e-4)


def test_a_collapse_shows_in_the_figures():
    same = torch.nn.functional.normalize(torch.ones(8, 4), dim=-1)
    loss, found = loss_over_captions(RetrievalConfig(margin=0.3), same, [same, same], None, 1.0)
    assert loss.item() == pytest.approx(found["alike_loss"]) == pytest.approx(0.3)
    assert found["spread"] == pytest.approx(0, abs=1e-5)
    assert found["margin_kept"] == pytest.approx(0, abs=1e-5)


def test_train_and_held_out_scenes_differ_and_the_words_come_from_train():
    train = {repr(scene) for scene in scenes_for("train", 600, 0)}
    assert not train & {repr(scene) for scene in scenes_for("dev", 100, 0)}
    made = Task(SMALL, "scenes")
    assert made.tokenizer.token_to_id("boat") is not None
    assert made.tokenizer.token_to_id("船") is None


def test_a_card_is_written(run):
    text = (run[1] / "README.md").read_text(encoding="utf-8")
    assert "Retrieval on drawn scenes" in text
    assert "--dataset scenes --preset quick" in text
    assert json.loads((run[1] / "run.json").read_text())["case"] == "retrieval"


def test_encoders_embed_scenes_as_the_predictor_embeds_pictures(run):
    predictor = Predictor(run[1])
    scenes = scenes_for("dev", 3, 8)
    encoders = Encoders(predictor.encoders.model, predictor.encoders.tokenizer)
    drawn = [Picture(draw(scene, 64), (64, 64)) for scene in scenes]
    assert encoders.scenes(scenes) == pytest.approx(predictor.embed_pictures(drawn), abs=1e-5)
