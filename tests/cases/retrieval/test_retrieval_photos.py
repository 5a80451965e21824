"""Photographs: heads trained on a small folder of one's own (drawn pictures, bundled networks)."""

import numpy as np
import pytest
import torch
from PIL import Image

from mm_demo import store, training
from mm_demo.case import OWN
from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.cases.retrieval.photos.model import POOLED, SENTENCE, PhotoRetrieval
from mm_demo.cases.retrieval.photos.predict import GRID, Predictor
from mm_demo.cases.retrieval.photos.task import Task, evaluate_checkpoint, shown
from mm_demo.data import flickr8k
from mm_demo.data.photo_heads import PhotoEncoders
from mm_demo.data.photo_pairs import pairs_of, read
from mm_demo.data.scenes import captions, draw, scenes_for
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished
from mm_demo.media.image import Picture, open_picture

SMALL = RETRIEVAL.preset("quick", OWN).changed(
    {"steps": 30, "backbones": "lite0", "embed_dim": 32, "evaluations": 2, "threads": 1}
)


def done(working):
    while True:
        try:
            next(working)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Thirty drawn pictures with two captions each."""
    place = tmp_path_factory.mktemp("album")
    for row, scene in enumerate(scenes_for("train", 30, 9)):
        Image.fromarray(draw(scene, 128)).save(place / f"{row:02}.png")
        said = [c.text for c in captions(scene, np.random.default_rng(row), "en", 2)]
        (place / f"{row:02}.txt").write_text("\n".join(said), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def run(album, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "photos"
    return list(training.run(RETRIEVAL, str(album), SMALL, out)), out


def test_a_folder_of_ones_own_is_learned_and_measured(run, album):
    events, out = run
    last = events[-1]
    assert isinstance(last, Finished)
    metrics, examples = evaluate_checkpoint(out, str(album), "dev", 0, {})
    held = read(str(album), "dev")
    assert examples == len(held)
    assert metrics == pytest.approx(last.metrics, abs=0.2)  # few pictures, half precision
    assert metrics["text_to_image_r1_chance"] == 1 / len(held)
    previews = [e.preview for e in events if isinstance(e, Evaluated)]
    assert [len(p["pictures"]) for p in previews] == [len(held)] * len(previews)
    assert previews[0]["names"][0] in {said for each in held.captions for said in each}
    with pytest.raises(UserError, match="unknown"):
        evaluate_checkpoint(out, str(album), "dev", 0, {"language": "en"})


@pytest.mark.parametrize(
    ("dataset", "split", "told"),
    [
        ("flickr8k", "test", {"headline_examples": 7}),
        ("coco", "test", {}),  # it has none
        (OWN, "test", {}),
    ],
)
def test_the_headline_says_of_how_many_photographs_it_is(
    tmp_path, monkeypatch, dataset, split, told
):
    store.write_json(tmp_path / store.RUN, {"dataset": dataset})
    monkeypatch.setattr(flickr8k, "read", {split: range(7)}.__getitem__)
    assert shown(tmp_path, split, 0) == told


def test_what_is_scored_was_not_trained_on(album):
    assert not set(read(str(album), "train").names) & set(read(str(album), "dev").names)


def test_training_features_are_standardised_and_kept(run, album):
    model = Predictor(run[1]).encoders.model
    train = done(pairs_of(read(str(album), "train"), ("lite0",)))
    assert model.mean.numpy() == pytest.approx(train.pooled[0].float().mean(0).numpy(), abs=2e-3)


def test_shuffled_pairs_train_on_other_pictures(album):
    true, shuffled = (Task(SMALL.changed({"pairs": p}), str(album)) for p in ("true", "shuffled"))
    for each in (true, shuffled):
        list(each.prepare())
    assert not torch.equal(true.train.pooled, shuffled.train.pooled)
    assert torch.equal(true.train.sentences, shuffled.train.sentences)
    assert torch.equal(true.dev.pooled, shuffled.dev.pooled)


def test_cached_features_and_opened_pictures_meet_in_one_vector(run, album):
    predictor = Predictor(run[1])
    held = read(str(album), "dev")
    pairs = done(pairs_of(held, ("lite0",)))
    opened = [open_picture(album / name) for name in held.names]
    images = predictor.embed_pictures(opened)
    assert images == pytest.approx(predictor.encoders.images_of(pairs).numpy(), abs=0.02)
    assert np.linalg.norm(images, axis=1) == pytest.approx(1, abs=1e-5)
    texts = predictor.embed_texts([said for each in held.captions for said in each])
    assert texts == pytest.approx(predictor.encoders.texts(pairs.sentences).numpy(), abs=0.02)
    assert images.shape[1] == texts.shape[1] == predictor.dim == 32


def test_a_mirror_image_counts_as_much_as_the_picture():
    torch.manual_seed(0)
    encoders = PhotoEncoders(PhotoRetrieval(("lite0",), 16).eval())

    def embedded(picture):
        return encoders.images(encoders.look([picture])).numpy()

    pixels = draw(scenes_for("dev", 1, 2)[0], 128)
    picture, flipped = (Picture(p, (128, 128)) for p in (pixels, pixels[:, ::-1].copy()))
    assert embedded(picture) == pytest.approx(embedded(flipped), abs=1e-4)
    encoders.model.mirrored = False
    assert np.abs(embedded(picture) - embedded(flipped)).max() > 1e-3


def test_words_that_it_does_not_know_are_named(run):
    predictor = Predictor(run[1])
    assert predictor.unknown("a dog 犬 xkqzvw") == ["犬", "xkqzvw"]
    assert predictor.knows("dog 犬")
    with pytest.raises(UserError, match="english_only"):
        predictor.query("犬")
    assert predictor.query("a dog", without=["people"]).shape == (32,)


def test_the_map_of_evidence_is_on_the_grid(run, album):
    grid = np.array(Predictor(run[1]).evidence(open_picture(album / "00.png"), "a red boat"))
    assert grid.shape == (GRID, GRID)
    assert grid.max() == 1
    assert grid.min() >= 0


def test_both_sides_meet_as_unit_vectors_and_the_semantic_vector_is_read():
    torch.manual_seed(0)
    model = PhotoRetrieval(("lite0", "lite2"), embed_dim=24).eval()
    pooled, seen = torch.rand(3, 2 * POOLED), torch.randn(3, SENTENCE)
    images, texts = model(pooled, seen, torch.randn(5, SENTENCE))
    assert images.shape == (3, 24)
    assert texts.shape == (5, 24)
    assert images.norm(dim=-1).tolist() == pytest.approx([1] * 3, abs=1e-5)
    assert not torch.allclose(images, model.embed_images(pooled, seen + 1), atol=1e-3)
    model.mean += 4
    model.deviation *= 2
    assert torch.allclose(images, model.embed_images(2 * pooled + 4, seen), atol=1e-5)


def test_a_folder_with_too_little_says_so(tmp_path):
    for name in ("a", "b"):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        list(Task(SMALL, str(tmp_path)).prepare())
    assert raised.value.key == "photos.too_few"
