"""Photographs: a decoder trained on a small folder of one's own, a random network in the backbone's place."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from mm_demo import store, training
from mm_demo.case import OWN
from mm_demo.cases.captioning import CAPTIONING
from mm_demo.cases.captioning.decode import beam
from mm_demo.cases.captioning.photos import task
from mm_demo.cases.captioning.photos.features import features_at_once, features_of
from mm_demo.cases.captioning.photos.model import POOLED, SENTENCE, PhotoCaptioner
from mm_demo.cases.captioning.photos.predict import Predictor
from mm_demo.cases.captioning.photos.task import Task, evaluate_checkpoint, known_words
from mm_demo.data import photo_domain, pretrained
from mm_demo.data.non_photographs import non_photographs
from mm_demo.data.photo_pairs import read
from mm_demo.data.scenes import captions, draw, scenes_for
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished, Progress
from mm_demo.media.image import open_picture
from mm_demo.metrics.captions import normalised
from mm_demo.nn.backbone import Seen
from mm_demo.nn.knowledge import probabilities, semantic
from mm_demo.nn.preprocess import to_tensor
from mm_demo.training import loop

SMALL = CAPTIONING.preset("quick", OWN).changed(
    {
        "steps": 4, "batch_size": 8, "embed_dim": 16, "hidden_dim": 24, "attention_dim": 8,
        "evaluations": 2, "threads": 1, "mirrored": True, "prototypes": 0,
    }
)  # fmt: skip


class Eye(nn.Module):
    """Random weights where a backbone would be: 2 x 2 cells of a picture of 64 pixels."""

    size, width = 64, 320

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 320, 32, 32)
        self.head, self.classifier = nn.Linear(320, POOLED), nn.Linear(POOLED, 1000)
        self.requires_grad_(False)

    def stages(self, images):
        return self.conv(images)

    def seen(self, stages):
        pooled = self.head(stages.mean((2, 3)))
        return Seen(stages, pooled, self.classifier(pooled))

    def forward(self, images):
        return self.seen(self.stages(images))


@pytest.fixture(scope="module", autouse=True)
def eye(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        made = Eye()
        patch.setattr(pretrained, "backbone", lambda name: made)
        patch.setattr(photo_domain, "non_photographs", lambda seed: non_photographs(seed, 3))
        patch.setattr(loop, "product_seconds", lambda: 0.2)
        patch.setenv("MM_DEMO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield made


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Twenty-four drawn pictures with captions, some of a dog, and before them one that is none."""
    place = tmp_path_factory.mktemp("album")
    for row, scene in enumerate(scenes_for("train", 24, 9)):
        Image.fromarray(draw(scene, 128)).save(place / f"{row:02}.png")
        said = [c.text for c in captions(scene, np.random.default_rng(row), "en", 2)]
        said += [f"a small dog runs to number {row}"] if row % 2 else []
        (place / f"{row:02}.txt").write_text("\n".join(said), encoding="utf-8")
    (place / "00 broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    (place / "00 broken.txt").write_text("never seen", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def prepared(album):
    made = Task(SMALL, str(album))
    list(made.prepare())
    return made


@pytest.fixture(scope="module")
def run(album, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "photos"
    return list(training.run(CAPTIONING, str(album), SMALL, out)), out


def losses(events):
    return {e.step: e.loss for e in events if isinstance(e, Progress)}


def directly(eye, pixels):
    """Pooled, semantic and grid of one square."""
    images = to_tensor(pixels[None].copy())
    seen = eye(images)
    known = semantic(
        probabilities([seen.logits]), torch.from_numpy(pretrained.imagenet_classes()[1])
    )
    return seen.pooled[0], known[0], eye.conv(images)[0].flatten(1).T


def close(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=3e-3, rtol=3e-3)  # kept in half precision


def test_features_are_what_the_networks_see_in_either_view(album, eye):
    found = read(str(album), "train")
    working = features_of(found, ("lite0",), grids=True, mirrored=True)
    while True:
        try:
            next(working)
        except StopIteration as end:
            features = end.value
            break
    assert features.pooled.shape[:2] == (2, len(features))
    rows, views = np.array([0, 3, 3, 11]), np.array([0, 0, 1, 1])
    for n, each in enumerate(zip(*features.rows(views, rows), strict=True)):
        pixels = next(features.photos.squares(eye.size, [int(rows[n])]))
        close(each, directly(eye, pixels[:, ::-1] if views[n] else pixels))
    plain = features_at_once(found, ("lite0",), grids=False)
    assert plain.grids is None
    assert plain.rows(np.array([0]), np.array([1]))[2] is None


def test_a_photograph_that_cannot_be_opened_goes_with_its_captions(album):
    seen = 0
    for split in ("train", "dev"):
        found = read(str(album), split)
        features = features_at_once(found, ("lite0",), grids=True)
        wanted = [name for name in found.names if name != "00 broken.png"]
        seen += len(found) - len(wanted)
        assert list(features.photos.names) == wanted
        assert len(features.photos.captions) == len(features.grids) == len(features)
        for name, said in zip(wanted, features.photos.captions, strict=True):
            lines = (album / name).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
            assert sorted(said) == sorted(set(lines))
    assert seen == 1
    assert read(str(album), "train").names[0] == "00 broken.png"
    assert not set(read(str(album), "train").names) & set(read(str(album), "dev").names)


def told(made, batch):
    """The sentences of a batch."""
    start = list(made.words.words("en").start)
    sentences = []
    for ids in batch.captions.tolist():
        end = ids.index(made.words.end)
        assert ids[: len(start)] == start
        assert not any(ids[end + 1 :])
        sentences.append(made.words.text(ids[len(start) : end], "en"))
    return sentences


def owners(made, batch):
    """Of each row the photograph and the view that its features are of."""
    views, count = made.train.pooled.shape[:2]
    known = made.train.pooled.float().flatten(0, 1)
    places = (batch.pooled[:, None] - known[None]).abs().sum(-1).argmin(1)
    return [(int(place) % count, int(place) // count) for place in places], views


def test_a_batch_holds_a_photographs_own_captions_in_both_views(prepared):
    stream, seen = prepared.batches("train", 0), set()
    for _ in range(4):
        batch = next(stream)
        places, _ = owners(prepared, batch)
        for n, ((row, view), sentence) in enumerate(
            zip(places, told(prepared, batch), strict=True)
        ):
            own = prepared.train.photos.captions[row]
            assert sentence in {" ".join(normalised(text)) for text in own}
            seen.add(view)
            grid = prepared.train.grids.rows(np.array([view]), np.array([row]))[0]
            assert torch.equal(batch.grids[n], grid)
            assert torch.equal(batch.semantic[n], prepared.train.semantic[view, row])
        assert batch.captions[:, -1].any()  # no more padding than the longest needs
    assert seen == {0, 1}


def test_a_batch_depends_on_seed_and_step_alone(prepared):
    stream = prepared.batches("train", 5)
    for _ in range(3):
        third = next(stream)
    again, other = (next(prepared.batches("train", seed, 2)) for seed in (5, 6))
    assert torch.equal(third.captions, again.captions)
    assert torch.equal(third.pooled, again.pooled)
    assert third.captions.shape != other.captions.shape or not torch.equal(
        third.captions, other.captions
    )


def test_captions_of_about_one_length_are_together(prepared, monkeypatch):
    monkeypatch.setattr(task, "_NEAR", 2)  # of so few captions eight batches would be all
    spread = [
        float((batch.captions != 0).sum(1).float().std())
        for batch, _ in zip(prepared.batches("train", 1), range(8), strict=False)
    ]
    everything = (torch.from_numpy(prepared.ids) != 0).sum(1).float()
    assert np.mean(spread) < 0.6 * float(everything.std())


def test_shuffled_pairs_tell_of_other_photographs(album):
    made = Task(SMALL.changed({"pairs": "shuffled"}), str(album))
    list(made.prepare())
    right = []
    for batch, _ in zip(made.batches("train", 0), range(4), strict=False):
        for (row, _view), sentence in zip(owners(made, batch)[0], told(made, batch), strict=True):
            own = {" ".join(normalised(text)) for text in made.train.photos.captions[row]}
            right.append(sentence in own)
    assert np.mean(right) < 0.3


def test_a_share_are_pseudo_pictures_of_what_no_caption_names(album):
    made = Task(SMALL.changed({"prototypes": 0.5}), str(album))
    list(made.prepare())
    grids = made.train.grids.parts[0]
    known = np.stack([view[: len(made.train)] for view in grids]).astype(np.float32)
    alone = dogs = 0
    for batch, _ in zip(made.batches("train", 0), range(6), strict=False):
        for n, sentence in enumerate(told(made, batch)):
            away = np.abs(known - batch.grids[n].numpy()).sum((2, 3))
            row, view = int(away.min(0).argmin()), int(away.min(1).argmin())
            own = {" ".join(normalised(text)) for text in made.train.photos.captions[row]}
            moved = not torch.equal(batch.pooled[n], made.train.pooled[view, row].float())
            assert moved == (n < 4)
            if not moved:
                assert sentence in own
            elif " runs to number " in sentence:  # a dog's caption, about its own photograph
                dogs += 1
                assert sentence.rsplit(maxsplit=1)[1] in {
                    text.rsplit(maxsplit=1)[1] for text in own
                }
                assert sentence not in own
            else:
                alone += 1
            assert made.words.unknown not in batch.captions[n]
    assert alone > 5
    assert dogs > 2


def test_a_word_too_rare_to_be_known_is_not_asked_for(prepared):
    prepared.model.eval()
    batch = next(prepared.batches("train", 0))
    captions = batch.captions.clone()
    captions[:, 3] = prepared.words.unknown
    rare = task.Batch(batch.pooled, batch.semantic, batch.grids, captions)
    logits = prepared.model(batch.pooled, batch.semantic, captions[:, :-1], batch.grids)
    logs, total, count = logits.log_softmax(-1), 0.0, 0
    for row, ids in enumerate(captions.tolist()):
        for place, word in enumerate(ids[1:]):
            if word and place != 2:
                total -= (logs[row, place].mean() * 0.1 + logs[row, place, word] * 0.9).item()
                count += 1
    assert prepared.config.smoothing == 0.1
    assert prepared.loss(rare)[0].item() == pytest.approx(total / count, rel=1e-4)


def test_a_folder_of_ones_own_is_learned_and_measured(run, album):
    events, out = run
    assert list(losses(events)) == [1, 2, 3, 4]
    last = events[-1]
    assert isinstance(last, Finished)
    for name, value in last.metrics.items():
        most = 10 if name.startswith("cider") else 1
        assert (-1 if name == "bleu4_above_constant" else 0) <= value <= most
    assert last.metrics["bleu4_constant"] > 0
    metrics, examples = evaluate_checkpoint(out, str(album), "dev", 0, {})
    assert set(metrics) == set(last.metrics)
    assert metrics["bleu4_constant"] == last.metrics["bleu4_constant"]
    assert examples == len([n for n in read(str(album), "dev").names if n != "00 broken.png"])
    with pytest.raises(UserError, match="unknown"):
        evaluate_checkpoint(out, str(album), "dev", 0, {"language": "en"})
    for preview in (e.preview for e in events if isinstance(e, Evaluated)):
        assert len(preview["pictures"]) == len(preview["sentences"]) == min(4, examples)
        assert "right" not in preview
        assert set(preview["references"]) <= {
            text for said in read(str(album), "dev").captions for text in said
        }


def test_killed_and_resumed_as_if_nothing_had_been(run, album, tmp_path):
    stream = training.run(CAPTIONING, str(album), SMALL, tmp_path / "cut")
    for event in stream:
        if isinstance(event, Progress) and event.step == 3:
            break
    stream.close()
    rest = list(training.run(CAPTIONING, str(album), SMALL, tmp_path / "cut", resume=True))
    assert losses(rest) == {step: loss for step, loss in losses(run[0]).items() if step > 2}


def test_an_opened_picture_is_read_as_the_cached_features_are(run, album):
    predictor = Predictor(run[1])
    features = features_at_once(read(str(album), "dev"), ("lite0",), grids=True)
    rows = np.arange(len(features))
    cached = predictor.model.look(*features.rows(np.zeros_like(rows), rows))
    opened = [open_picture(album / name) for name in features.photos.names]
    looked, strangeness = predictor.look(opened)
    close(looked, cached)
    distance = predictor.domain.distance(features.pooled[0].float())
    assert strangeness == pytest.approx(distance.tolist(), abs=0.05)
    answers = predictor.captions(opened)
    with torch.inference_mode():
        found = beam(predictor.captioner, looked, predictor.words.words("en"))
    assert [a.caption for a in answers] == [predictor.words.text(i[0], "en") for i in found.ids]
    assert {answer.trust_of for answer in answers} == {"words"}
    assert [a.outside for a in answers] == [value > 1 for value in strangeness]
    grid = np.array(predictor.caption(opened[0], evidence=True).words[0].map)
    assert grid.shape[0] == grid.shape[1]
    assert 0 <= grid.min() <= grid.max() <= 1
    with pytest.raises(UserError, match="other_language"):
        predictor.caption(opened[0], language="zh")


def test_a_sentence_begins_with_what_the_classifier_is_sure_of(run, album):
    predictor = Predictor(run[1])
    picture = open_picture(album / "00.png")
    plain = predictor.caption(picture)
    assert plain.named == ""
    word = next(
        word
        for word, number in predictor.words.tokenizer.get_vocab().items()
        if word.isalpha() and word not in plain.caption.split()
        and number not in predictor.words.words("en").never
    )  # fmt: skip
    predictor.naming = SimpleNamespace(beginning=lambda known, said: [word])
    begun = predictor.caption(picture, evidence=True)
    assert begun.named == word
    assert begun.caption.split()[0] == word
    assert [each.word for each in begun.words] == begun.caption.split()
    said = [node.word for step in begun.tree for node in step if node.chosen]
    assert said[: len(begun.words) - 1] == begun.caption.split()[1:]
    predictor.naming = SimpleNamespace(beginning=lambda known, said: ["unheard", "of"])
    assert predictor.caption(picture) == plain  # a word that it cannot say changes nothing


def test_training_features_are_standardised_and_kept(run, album, prepared):
    model = Predictor(run[1]).model
    pooled = prepared.train.pooled.float().flatten(0, 1)
    torch.testing.assert_close(model.mean, pooled.mean(0), atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(model.deviation, pooled.std(0) + 1e-3, atol=2e-3, rtol=2e-3)
    again = Task(SMALL, str(album))
    again.load(run[1])
    again.model.mean += 1  # as if it had been trained on others
    before = again.model.mean.clone()
    list(again.prepare())
    assert torch.equal(again.model.mean, before)


def test_the_plain_variant_looks_at_no_grid(album, tmp_path):
    made = Task(SMALL.changed({"attention": False}), str(album))
    list(made.prepare())
    assert made.train.grids is None
    batch = next(made.batches("train", 0))
    assert batch.grids is None
    made.loss(batch)[0].backward()
    made.save(tmp_path)
    answer = Predictor(tmp_path).caption(open_picture(album / "00.png"), evidence=True)
    assert answer.caption
    assert {word.map for word in answer.words} == {None}


def test_two_backbones_stand_one_after_the_other_and_the_last_ones_grid_is_looked_at():
    model = PhotoCaptioner(12, ("lite0", "lite2"), 16, 24, 352, 8).eval()
    images = SimpleNamespace(
        pooled=torch.rand(2, 2 * POOLED),
        semantic=torch.rand(2, SENTENCE),
        grid=torch.rand(2, 4, 352),
    )
    looked = model.look(images.pooled, images.semantic, images.grid)
    assert looked.keys.shape == (2, 4, 8)
    changed = images.pooled.clone()
    changed[:, POOLED:] += 1
    assert not torch.allclose(model.look(changed, images.semantic, images.grid).image, looked.image)


def test_words_that_people_used_too():
    said = "A red dog is on the Beach."
    assert known_words(said, ["the dog runs", "a beach!"]) == (2, 3)
    assert known_words("it is", ["a dog"]) == (0, 0)
    assert known_words("dog dog cat", ["dog"]) == (2, 3)


def test_a_folder_with_too_little_says_so(tmp_path):
    for name in ("a", "b"):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        Task(SMALL, str(tmp_path))
    assert raised.value.key == "photos.too_few"


def test_the_constant_sentence_travels_with_the_weights(run, album):
    kept = store.read_json(run[1] / task.CONSTANT)["constant"]
    normal = {" ".join(normalised(t)) for said in read(str(album), "train").captions for t in said}
    assert kept in normal
