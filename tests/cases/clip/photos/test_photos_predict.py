"""A PhotoCLIP in use and in training, on the bundled networks: heads with random weights, drawn pictures."""

import shutil
from types import SimpleNamespace

import gradio
import numpy as np
import pytest
import torch
from PIL import Image

from mm_demo import training
from mm_demo.cases import find
from mm_demo.cases.clip.photos import trust
from mm_demo.cases.clip.photos.encoders import Encoders
from mm_demo.cases.clip.photos.model import POOLED, PhotoCLIP
from mm_demo.cases.clip.photos.predict import Predictor
from mm_demo.cases.clip.worlds import world_of
from mm_demo.data import photo_domain
from mm_demo.data.non_photographs import non_photographs
from mm_demo.data.photo_pairs import pairs_of, read
from mm_demo.data.scenes import draw, scenes_for
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished, Preparing
from mm_demo.media.image import Picture, open_picture
from mm_demo.nn.domain import Domain
from mm_demo.predictors import Predictors
from mm_demo.training import loop


def picture(seed=0, size=(120, 180)) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    return Picture(pixels, (size[1], size[0]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint with random heads on the smallest backbone."""
    place = tmp_path_factory.mktemp("clip-rough")
    torch.manual_seed(0)
    PhotoCLIP(("lite0",), embed_dim=32).save_pretrained(place)
    bank = torch.nn.functional.normalize(torch.randn(6, 32), dim=-1).numpy()
    trust.YesNo(np.array([3.0, 0.5, -1.0]), 0.2, bank).save(place)
    generator = torch.Generator().manual_seed(1)
    direction = torch.randn(POOLED, generator=generator)
    photo_domain.save(Domain(direction, 0.0), place)
    return place


@pytest.fixture(scope="module")
def predictor(folder):
    return Predictor(folder)


def test_shares_are_the_softmax_of_both_witnesses(predictor):
    answer = predictor.classify(picture(), "dog, cat, bus")
    logits = np.array([answer.logit_scale * s.cosine + s.witness for s in answer.ranking])
    shares = np.exp(logits) / np.exp(logits).sum()
    assert [s.probability for s in answer.ranking] == pytest.approx(shares, abs=1e-5)
    assert (np.diff(shares) <= 0).all()
    assert answer.none == pytest.approx(1 - max(s.alone for s in answer.ranking))
    assert {s.sentence for s in answer.ranking} == {
        "a photo of a dog", "a photo of a cat", "a photo of a bus"
    }  # fmt: skip
    assert all(s.witness < 0 for s in answer.ranking)


def test_sentences_are_read_once_and_the_answer_stays(predictor):
    first = predictor.classify(picture(), "elephant, violin")
    second = predictor.classify(picture(), "violin, elephant")
    assert (first.remembered, second.remembered) == (0, 2)
    assert [s.label for s in first.ranking] == [s.label for s in second.ranking]
    assert first.ranking[0].probability == pytest.approx(second.ranking[0].probability)


def test_the_matrix_says_what_single_answers_say(predictor):
    pictures = [picture(1), picture(2, (40, 200))]
    cosines, alone = predictor.matrix(pictures, ["dog", "red car"])
    for row, each in enumerate(pictures):
        scores = {s.label: s for s in predictor.classify(each, ["dog", "red car"]).ranking}
        assert cosines[row] == pytest.approx(
            [scores["dog"].cosine, scores["red car"].cosine], abs=1e-3
        )
        assert alone[row] == pytest.approx([scores["dog"].alone, scores["red car"].alone], abs=1e-3)


def test_evidence_is_where_the_score_comes_from(predictor):
    grid = np.array(predictor.evidence(picture(), "a photo of a dog"))
    assert grid.shape == (7, 7)
    assert grid.min() >= 0
    assert grid.max() == 1
    other = np.array(predictor.evidence(picture(), "a photo of a castle"))
    assert np.abs(grid - other).max() > 0.05


@pytest.mark.parametrize(
    ("label", "unknown"),
    [("zebra crossing", []), ("xqzvbk", ["xqzvbk"]), ("帆船", ["帆船"]), ("hot dog 🦄", ["🦄"])],
)
def test_words_that_the_tower_cannot_know_are_named(predictor, label, unknown):
    (score,) = predictor.classify(picture(), [label]).ranking
    assert score.unknown == unknown


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1), (3000, 2000)])
def test_pictures_of_any_shape_are_answered(predictor, size):
    answer = predictor.classify(picture(0, size), "dog, cat")
    assert sum(s.probability for s in answer.ranking) == pytest.approx(1)


def test_a_label_of_five_hundred_words_is_refused(predictor):
    with pytest.raises(UserError, match=r"labels\.too_long"):
        predictor.classify(picture(), "word " * 500)


def test_what_is_no_photograph_is_outside_and_photographs_are_not(folder, tmp_path):
    names = ("cheetah1.jpg", "lion.jpg", "tower.jpg")
    photographs = [open_picture(gradio.media.get_image(name)) for name in names]
    encoders = Encoders(PhotoCLIP(("lite0",), embed_dim=32).eval())
    pooled = encoders.look([*photographs] * 4).pooled
    known = SimpleNamespace(pooled=pooled[None])
    shutil.copytree(folder, tmp_path / "model")
    photo_domain.save(
        photo_domain.fit(*2 * (known.pooled[0, :, :POOLED].float(),), encoders.backbones[0]),
        tmp_path / "model",
    )
    model = Predictor(tmp_path / "model")
    assert all(model.strangeness(each) < 1.1 for each in photographs)
    for kind, pictures in non_photographs(7, 3).items():
        made = [Picture(pixels, pixels.shape[1::-1]) for pixels in pictures]
        assert all(model.classify(each, "dog").outside for each in made), kind


def test_files_of_two_models_are_not_one(folder, tmp_path):
    place = tmp_path / "mixed"
    PhotoCLIP(("lite0",), embed_dim=16).save_pretrained(place)
    for name in (trust.FILE, photo_domain.FILE):
        (place / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(UserError, match=r"checkpoint\.foreign"):
        Predictor(place)


def test_a_drawn_scene_goes_to_the_model_of_scenes_and_noise_does_not():
    predictors = Predictors()

    def get(world):
        assert world == "scenes"
        return predictors.get("clip", find("clip").checkpoint(world))

    drawn = [Picture(draw(scene, 240), (240, 240)) for scene in scenes_for("test", 10, 3)]
    assert [world_of(each, get) for each in drawn].count("scenes") >= 9
    assert world_of(picture(), get) == "photos"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of ten pictures with captions, and a cache of its own."""
    monkeypatch.setenv("MM_DEMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MM_DEMO_DATA", raising=False)
    monkeypatch.setattr(loop, "product_seconds", lambda: 0.2)
    place = tmp_path / "mine"
    place.mkdir()
    rows = ["file_name,text"]
    for row, scene in enumerate(scenes_for("train", 10, 0)):
        Image.fromarray(draw(scene, 96)).save(place / f"{row}.png")
        kinds = " and ".join(f"a {o.colour} {o.kind}" for o in scene.objects)
        rows += [f'{row}.png,"{kinds}, drawn"', f"{row}.png,a picture with {kinds}"]
    (place / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    return place


SMALL = {
    "steps": 6, "batch_size": 8, "backbones": "lite0", "embed_dim": 32, "evaluations": 1,
    "threads": 1, "mirrored": False,
}  # fmt: skip


def test_a_folder_of_ones_own_trains_a_model_that_answers(own, tmp_path):
    case = find("clip")
    config = case.preset("quick", str(own)).changed(SMALL)
    events = list(training.run(case, str(own), config, tmp_path / "run"))
    assert {e.what for e in events if isinstance(e, Preparing)} >= {"features", "sentences"}
    evaluated = next(e for e in events if isinstance(e, Evaluated))
    assert len(evaluated.preview["matrix"]) == len(evaluated.preview["pictures"])
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert 0 <= finished.metrics["image_to_text_r1"] <= 1
    model = Predictors().get("clip", tmp_path / "run")
    assert isinstance(model, Predictor)
    assert model.classify(picture(), "dog, cat").model == "run"


def test_the_same_seed_learns_the_same_and_a_stopped_run_goes_on_alike(own, tmp_path):
    case = find("clip")
    config = case.preset("quick", str(own)).changed({**SMALL, "prototypes": 0.1})
    first, second = (
        [
            event.loss
            for event in training.run(case, str(own), config, tmp_path / name)
            if event.__class__.__name__ == "Progress"
        ]
        for name in ("a", "b")
    )
    assert first == second
    assert first[-1] < first[0]


def test_mirrored_views_and_shuffled_pairs_change_what_is_learned_from(own):
    plain = _done(pairs_of(read(str(own), "train"), ("lite0",)))
    both = _done(pairs_of(read(str(own), "train"), ("lite0",), mirrored=True))
    assert both.pooled.shape == (3, len(plain), POOLED)
    assert torch.equal(both.pooled[1], plain.pooled[0])
    assert not torch.equal(both.pooled[2], plain.pooled[0])
    mean = both.pooled[1:].float().mean(0)
    assert torch.allclose(both.pooled[0].float(), mean, atol=1e-3, rtol=1e-3)
    assert torch.allclose(both.known.sum(-1), torch.ones(3, len(plain)), atol=1e-3)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_is_seen_in_use_as_it_was_for_the_figures(own, mirrored):
    known = _done(pairs_of(read(str(own), "train"), ("lite0",), mirrored=mirrored))
    torch.manual_seed(0)
    encoders = Encoders(PhotoCLIP(("lite0",), embed_dim=32, mirrored=mirrored).eval())
    look = encoders.look([known.photos.picture(row) for row in range(3)])
    assert torch.allclose(look.pooled, known.pooled[0, :3].float(), atol=0.02)
    cosines = (encoders.images(look) * encoders.images_of(known)[:3]).sum(-1)
    assert (cosines > 0.999).all()


def _done(working):
    while True:
        try:
            next(working)
        except StopIteration as done:
            return done.value
