"""Training on drawn scenes: what a batch holds, a run from end to end, what is kept and measured."""

import json
import math
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mm_demo import store, training
from mm_demo.cases.captioning import CAPTIONING, CaptioningConfig, task
from mm_demo.cases.captioning.decode import beam
from mm_demo.cases.captioning.predict import Predictor
from mm_demo.cases.captioning.preview import Diary
from mm_demo.cases.captioning.speaker import TRUST
from mm_demo.data.scene_samples import pixels
from mm_demo.data.scenes import scenes_for
from mm_demo.data.scenes.reading import read
from mm_demo.data.scenes.scoring import judged
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished, Preparing, Progress
from mm_demo.training import loop

TINY = CaptioningConfig(
    steps=4, batch_size=8, pictures=64, width=8, embed_dim=16, hidden_dim=32, attention_dim=8,
    picture="random", evaluations=2, threads=1, captions=2,
)  # fmt: skip
BLEU = [f"bleu{n}" for n in (1, 2, 3, 4)]
FACTS = ["fact_precision", "fact_recall", "fact_f1"]
KEYS = {
    *FACTS, *(f"{name}_references" for name in FACTS), "bleu4_above_constant",
    *(f"{name}{suffix}" for name in (*BLEU, "cider") for suffix in ("", "_constant", "_shuffled")),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _few_examples(monkeypatch):
    monkeypatch.setattr(task, "LIVE", 12)
    monkeypatch.setattr(task, "PICTURES", 24)
    monkeypatch.setattr(task, "FAMILIAR_TO", 20)
    monkeypatch.setattr(loop, "product_seconds", lambda: 0.2)  # measuring it takes a second
    task.constant.cache_clear()
    yield
    task.constant.cache_clear()  # it was chosen on these few


def prepared(**settings):
    torch.manual_seed(0)
    made = task.Task(TINY.changed(settings), "scenes")
    events = list(made.prepare())
    assert {type(event) for event in events} == {Preparing}
    return made


def take(made, count, seed=0, first_step=0):
    stream = made.batches("train", seed, first_step)
    return [next(stream) for _ in range(count)]


@cache
def scenes():
    return scenes_for("train", 1000, 0)


def rows_of(made, batch):
    """The scenes that a batch's pictures are drawings of."""
    known = {image.tobytes(): row for row, image in enumerate(made.train.images)}
    images = ((batch.images + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1)
    return [known[np.ascontiguousarray(image).tobytes()] for image in images.numpy()]


def said(made, text, language):
    """The sentences of a batch's ids, start and end taken off."""
    start = list(made.words.words(language).start)
    sentences = []
    for ids in text.tolist():
        assert ids[: len(start)] == start
        end = ids.index(made.words.end)
        assert not any(ids[end + 1 :])
        sentences.append(made.words.text(ids[len(start) : end], language))
    return sentences


def by_picture(made, batch, language):
    """Of each picture of a batch: its scene and its sentences."""
    rows = rows_of(made, batch)
    told = [(scenes()[row], []) for row in rows]
    for places, text in batch.texts:
        for place, sentence in zip(places.tolist(), said(made, text, language), strict=True):
            told[place][1].append(sentence)
    return told


def true_share(made, batch, language):
    parts = [
        part
        for scene, sentences in by_picture(made, batch, language)
        for sentence in sentences
        for part in judged(read(sentence, language), scene).values()
    ]
    assert len(parts) > 20
    return sum(map(bool, parts)) / len(parts)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_batch_holds_pictures_and_true_sentences(language):
    made = prepared(language=language, curriculum=0.0)
    (batch,) = take(made, 1)
    assert batch.images.shape == (8, 3, 64, 64)
    assert true_share(made, batch, language) == 1
    for _, sentences in by_picture(made, batch, language):
        assert len(sentences) == len(set(sentences)) == 2  # not one twice
    for _, text in batch.texts:
        assert made.words.unknown not in text
        assert text[:, -1].any()  # no more padding than the longest needs


def test_shuffled_pairs_tell_of_other_pictures():
    made = prepared(pairs="shuffled", curriculum=0.0)
    shares = [true_share(made, batch, "en") for batch in take(made, 3)]
    assert np.mean(shares) < 0.6


def test_single_things_come_first():
    made = prepared(curriculum=0.5)
    counts = [
        {len(scenes()[row].objects) for row in rows_of(made, batch)} for batch in take(made, 4)
    ]
    assert counts[:2] == [{1}, {1}]
    assert all(max(each) > 1 for each in counts[2:])
    (at_once,) = take(prepared(curriculum=0.0), 1)
    assert {len(scenes()[row].objects) for row in rows_of(made, at_once)} > {1}


def test_of_two_languages_a_batch_speaks_one():
    made = prepared(language="both", curriculum=0.0)
    spoken = []
    for batch in take(made, 8):
        marks = {made.words.word(int(n)) for _, text in batch.texts for n in text[:, 1]}
        assert len(marks) == 1
        language = marks.pop().strip("[]")
        spoken.append(language)
        assert true_share(made, batch, language) == 1
    assert set(spoken) == {"en", "zh"}


def test_a_batch_depends_on_seed_and_step_alone():
    made = prepared()
    whole, late = take(made, 4), take(made, 2, first_step=2)
    for one, other in zip(whole[2:], late, strict=True):
        assert torch.equal(one.images, other.images)
        for ours, theirs in zip(one.texts, other.texts, strict=True):
            assert all(map(torch.equal, ours, theirs))
    (other,) = take(made, 1, seed=1)
    assert not torch.equal(other.images, whole[0].images)


def test_loss_is_of_words_and_the_end_and_not_of_what_is_given():
    made = prepared(dropout=0.0)
    (batch,) = take(made, 1)
    loss, figures = made.loss(batch)
    total, count = 0.0, 0
    for rows, text in batch.texts:
        looked = made.model.look(batch.images).rows(rows)
        logits = made.model.captioner.step(text[:, :-1], looked)[0]
        asked = text[:, 1:].clone()
        asked[:, 0] = 0  # the mark of the language
        total += F.cross_entropy(
            logits.flatten(0, 1), asked.flatten(), reduction="sum", ignore_index=0
        )
        count += int((asked != 0).sum())
    assert count == sum(
        len(s.split()) + 1 for _, said in by_picture(made, batch, "en") for s in said
    )
    assert loss.item() == pytest.approx(total.item() / count, rel=1e-4)
    assert figures == {}
    assert made.guess_loss == pytest.approx(math.log(len(made.words)))
    smooth = prepared(dropout=0.0, smoothing=0.2)
    assert smooth.loss(batch)[0].item() > loss.item()


def test_a_batch_of_two_pictures_is_learned_from_as_well():
    made = prepared(batch_size=2, captions=1, curriculum=0.0)
    (batch,) = take(made, 1)
    assert sorted(place for rows, _ in batch.texts for place in rows.tolist()) == [0, 1]
    assert math.isfinite(made.loss(batch)[0].item())


def test_the_picture_network_starts_as_clips():
    made = task.Task(TINY.changed({"picture": "clip", "width": 32}), "scenes")
    stored = store.read_tensors(task.CLIP_SCENES / store.WEIGHTS)
    own = made.model.pictures.state_dict()
    assert len(own) == sum(name.startswith("image_encoder.") for name in stored) - len(
        [name for name in stored if name.startswith("image_encoder.projection")]
    )
    for theirs, ours in (
        ("image_encoder.pos_embed", "pos_embed"),
        ("image_encoder.patch_embed.layers.1.0.weight", "stem.layers.1.0.weight"),
        ("image_encoder.norm.running_var", "norm.running_var"),
    ):
        assert torch.equal(own[ours], stored[theirs].float())
    random = task.Task(TINY.changed({"width": 32}), "scenes")
    assert not torch.equal(random.model.pictures.pos_embed, made.model.pictures.pos_embed)


def test_another_width_than_clips_cannot_start_as_clip():
    with pytest.raises(UserError) as error:
        task.Task(TINY.changed({"picture": "clip"}), "scenes")
    assert error.value.key == "checkpoint.foreign"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "LIVE", 12)
        patch.setattr(task, "PICTURES", 24)
        patch.setattr(task, "FAMILIAR_TO", 20)
        patch.setattr(loop, "product_seconds", lambda: 0.2)
        out = tmp_path_factory.mktemp("run") / "both"
        config = TINY.changed({"language": "both"})
        return list(training.run(CAPTIONING, "scenes", config, out)), out


def losses(events):
    return {e.step: e.loss for e in events if isinstance(e, Progress)}


def test_the_story_of_a_run(run):
    events, out = run
    assert list(losses(events)) == [1, 2, 3, 4]
    last = events[-1]
    assert isinstance(last, Finished)
    assert set(last.metrics) == KEYS
    for name, value in last.metrics.items():
        most = 10 if name.startswith("cider") else 1
        assert (-1 if name == "bleu4_above_constant" else 0) <= value <= most
    assert last.metrics["bleu4_above_constant"] == pytest.approx(
        last.metrics["bleu4"] - last.metrics["bleu4_constant"]
    )
    assert last.metrics["fact_precision_references"] == 1
    assert last.metrics["bleu4_constant"] > last.metrics["bleu4_shuffled"] > 0
    names = {path.name for path in out.iterdir()}
    assert {store.WEIGHTS, store.CONFIG, store.TOKENIZER, TRUST, store.RUN} <= names
    for event in events:
        json.dumps(event.to_dict(), allow_nan=False)


def test_what_a_run_shows_of_four_pictures(run):
    previews = [e.preview for e in run[0] if isinstance(e, Evaluated)]
    for preview in previews:
        assert len(preview["pictures"]) == len(preview["sentences"]) == 4
        assert all(each.startswith("data:image/") for each in preview["pictures"])
        assert preview["language"] == "en"
        for words in preview["sentences"]:
            assert words
            assert all(0 <= each["probability"] <= 1 for each in words)
        assert all(0 <= true <= stated for true, stated in preview["right"])
    assert [len(told) for told in previews[0]["before"]] == [0] * 4
    first = [" ".join(w["word"] for w in words) for words in previews[0]["sentences"]]
    assert [told[0] for told in previews[1]["before"]] == first


def test_the_diary_keeps_each_sentence_once_and_in_order():
    diary = Diary()
    for word in ("a", "b", "a", "c"):
        shown = diary(["p"], [[(word, 0.12345), ("x", 1.0)]], ["r"], "zh", [(1, 2)])
    assert shown["before"] == [["ax", "bx"]]
    assert shown["sentences"] == [
        [{"word": "c", "probability": 0.123}, {"word": "x", "probability": 1.0}]
    ]
    assert shown["right"] == [[1, 2]]
    assert "right" not in Diary()(["p"], [[("a", 1.0)]], ["r"], "en")


def test_killed_and_resumed_as_if_nothing_had_been(run, tmp_path):
    config = TINY.changed({"language": "both"})
    stream = training.run(CAPTIONING, "scenes", config, tmp_path / "cut")
    for event in stream:
        if isinstance(event, Progress) and event.step == 3:
            break
    stream.close()
    rest = list(training.run(CAPTIONING, "scenes", config, tmp_path / "cut", resume=True))
    assert losses(rest) == {step: loss for step, loss in losses(run[0]).items() if step > 2}
    whole, cut = (store.read_tensors(p / store.WEIGHTS) for p in (run[1], tmp_path / "cut"))
    assert all(torch.equal(cut[name], tensor) for name, tensor in whole.items())
    assert rest[-1].metrics == run[0][-1].metrics


def test_another_seed_is_another_run(run, tmp_path):
    config = TINY.changed({"language": "both", "seed": 1})
    other = list(training.run(CAPTIONING, "scenes", config, tmp_path / "m"))
    assert losses(other)[4] != losses(run[0])[4]


def test_the_saved_model_is_measured_as_the_run_was_and_repeats(run):
    metrics, count = task.evaluate_checkpoint(run[1], "scenes", "dev", 0, {})
    assert count == 24
    assert metrics == pytest.approx(run[0][-1].metrics, abs=0.05)  # halved since
    assert task.evaluate_checkpoint(run[1], "scenes", "dev", 0, {})[0] == metrics
    fresh, _ = task.evaluate_checkpoint(run[1], "scenes", "dev", 7, {})
    assert fresh["fact_recall_references"] != metrics["fact_recall_references"]
    chinese, _ = task.evaluate_checkpoint(run[1], "scenes", "dev", 0, {"language": "zh"})
    assert set(chinese) == KEYS
    assert chinese["bleu4_constant"] != metrics["bleu4_constant"]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"beam": "3"}, "knob.unknown"),
        ({"language": "fr"}, "knob.illegal"),
        ({"language": "zh"}, "captioning.other_language"),
    ],
)
def test_a_setting_that_is_none_is_named(tmp_path, settings, key):
    english = task.Task(TINY, "scenes")
    english.save(tmp_path)
    with pytest.raises(UserError) as error:
        task.evaluate_checkpoint(tmp_path, "scenes", "dev", 0, settings)
    assert error.value.key == key


def test_what_is_measured_was_never_trained_on():
    train = set(scenes())
    for seed in (0, 1, task.TRUST_SEED):
        assert not train & set(scenes_for("dev", 200, seed))
    dev = set(scenes_for("dev", 200, 0))
    assert not dev & set(scenes_for("test", 200, 0))


def test_the_answer_is_what_was_measured(run):
    predictor = Predictor(run[1])
    held = scenes_for("dev", 3, 0)
    wanted, sure = task.captions_of(predictor.model, held, predictor.words, "en")
    looked = predictor.model.look(pixels(held, 64))
    found = beam(predictor.captioner, looked, predictor.words.words("en"))
    assert wanted == [predictor.words.text(ids[0], "en") for ids in found.ids]
    assert all(0 < each <= 1 for each in sure)
    assert set(predictor.trust.bins) == {"en", "zh"}
    assert predictor.trust.what == "facts"
