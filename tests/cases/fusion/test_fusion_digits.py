"""Samples of written and spoken digits, from a few made-up ones: no real data is needed."""

import numpy as np
import pytest
import torch

from mm_demo.cases.fusion import digits, task, trust
from mm_demo.cases.fusion.model import SIGHT, SOUND, Listener
from mm_demo.cases.fusion.samples import Samples
from mm_demo.data import av_digits
from mm_demo.errors import UserError
from tests.cases.fusion.conftest import TINY


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    """Digit k: a bar at its own height, a tone of its own pitch. Takes and pictures all differ."""
    time = np.arange(16_000) / 16_000

    def pictures(split):
        rng = np.random.default_rng(len(split))
        labels = np.arange(60) % 10
        images = rng.integers(0, 30, (60, 28, 28)).astype(np.uint8)
        for image, k in zip(images, labels, strict=True):
            image[4 + 2 * k : 6 + 2 * k, 6:22] = 255
        return av_digits.Pictures(images, labels)

    def recordings(split):
        rng = np.random.default_rng(len(split) + 10)
        labels = np.repeat(np.arange(10), 6)
        speakers = np.array(av_digits.SPEAKERS * 10)
        tones = np.sin(2 * np.pi * (300 + 250 * labels[:, None]) * time)
        waves = (0.3 * tones + rng.normal(0, 0.01, tones.shape)).astype(np.float32)
        waves *= np.where(np.isin(speakers, av_digits.NEW_SPEAKERS), 0.01, 1)[:, None]
        return av_digits.Recordings(waves.astype(np.float32), labels, speakers, np.arange(60))

    monkeypatch.setattr(av_digits, "pictures", pictures)
    monkeypatch.setattr(av_digits, "recordings", recordings)
    digits._by_digit.cache_clear()
    yield
    digits._by_digit.cache_clear()


def test_new_speakers_are_never_trained_on_and_alone_in_the_test():
    names = av_digits.recordings("train").speakers
    _, heard = digits._by_digit("train", "new")
    assert not np.isin(names[np.concatenate(heard)], av_digits.NEW_SPEAKERS).any()
    _, heard = digits._by_digit("train", "all")
    assert len(np.concatenate(heard)) == 60


def test_who_is_heard_in_which_split(monkeypatch):
    asked = []
    real = av_digits.draw_pairs
    monkeypatch.setattr(
        av_digits, "draw_pairs", lambda p, r, *more: asked.append(len(r)) or real(p, r, *more)
    )
    digits.held_out("test", 0, "new")
    digits.held_out("dev", 0, "new")
    digits.held_out("test", 0, "all")
    assert asked == [20, 40, 60]


def test_a_batch_has_both_senses_and_contradictions_only_where_they_are_apart():
    rng = np.random.default_rng(0)
    batch = digits.training_batch("all", rng, 200)
    assert batch.pictures.shape == (200, 28, 28)
    assert batch.mel.shape == (200, 40, 63)
    assert 0 <= float(batch.pictures.min()) <= float(batch.pictures.max()) <= 1
    assert torch.isfinite(batch.mel).all()
    assert (batch.strengths >= 0).all()
    assert (batch.strengths == 0).any(0).all()  # clean ones among them
    assert batch.strengths.max() <= 1


def test_held_out_is_what_was_asked_for():
    clean = digits.held_out("test", 0)
    again = digits.held_out("test", 0)
    assert torch.equal(clean.mel, again.mel)
    assert not torch.equal(clean.mel, digits.held_out("test", 1).mel)
    assert len(clean.labels) == 60
    noisy = digits.held_out("test", 0, snr_db=-10, occlusion=0.5)
    assert torch.equal(noisy.labels, clean.labels)
    covered = (noisy.pictures != clean.pictures).float().mean((1, 2))
    assert float(covered.mean()) == pytest.approx(0.5 * 20 * 20 / 28 / 28, abs=0.03)
    spread = [float(m.std()) for m in (clean.mel, noisy.mel)]
    assert spread[1] < 0.7 * spread[0]  # the noise fills the gaps
    mixed = digits.held_out("test", 0, mixed=True)
    assert float(mixed.strengths.std(0).min()) > 0.15


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"snr_db": "loud"}, "knob.illegal"),
        ({"snr_db": "nan"}, "knob.illegal"),
        ({"occlusion": "2"}, "knob.illegal"),
        ({"speakers": "george"}, "knob.illegal"),
        ({"corruption": "misleading"}, "knob.unknown"),
    ],
)
def test_settings_that_are_none(settings, key):
    with pytest.raises(UserError) as told:
        digits.read_settings(settings)
    assert told.value.key == key


def test_settings_as_set_brings_them():
    assert digits.read_settings({}) == ("all", {"snr_db": None, "occlusion": 0.0})
    found = digits.read_settings({"snr_db": "-5", "occlusion": "0.5", "speakers": "new"})
    assert found == ("new", {"snr_db": -5.0, "occlusion": 0.5})


def test_a_run_on_digits_from_end_to_end(train, tmp_path):
    train(tmp_path / "m", TINY.changed({"speakers": "both", "strategy": "late"}), "av_digits")
    found, examples = task.evaluate_checkpoint(
        tmp_path / "m", "av_digits", "test", 0, {"speakers": "new", "snr_db": "0"}
    )
    assert examples == 60
    assert {"accuracy_late", "outside_sight_auc", "outside_sound_auc"} <= set(found)
    with pytest.raises(UserError, match=r"checkpoint\.other_dataset"):
        task.evaluate_checkpoint(tmp_path / "m", "sounding_shapes", "test", 0, {})
    shown = task.shown(tmp_path / "m", "test", 0)
    assert shown["curves"]["sound"]["x"][0] == 40
    assert len(shown["curves"]["sight"]["accuracy"]["late"]) == 6


def test_a_group_that_was_not_trained_is_said(train, tmp_path):
    train(tmp_path / "m", TINY.changed({"strategy": "audio"}), "av_digits")
    with pytest.raises(UserError, match=r"checkpoint\.group"):
        task.evaluate_checkpoint(tmp_path / "m", "av_digits", "test", 0, {"speakers": "new"})


def test_what_is_familiar_is_told_from_what_is_not():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 3
    centres = torch.tensor([[0.0, 0], [6, 0], [0, 6]])

    def draw():
        return centres[labels] + torch.randn(600, 2, generator=generator)

    judge = trust.Familiar.fit(draw(), labels, draw())
    assert float((judge(draw()) > 1).float().mean()) == pytest.approx(0.02, abs=0.02)
    assert float(judge(torch.tensor([[3.0, 3.0]]))) > 1  # between the classes
    assert float(judge(centres[:1])) < 0.3


def test_a_fusion_judges_where_no_single_sense_was_trained():
    late, sight = Listener("late", 8, width=4), Listener("visual", 8, width=4)
    assert trust.listener({"late": late, "visual": sight}, SIGHT) is sight
    assert trust.listener({"late": late, "visual": sight}, SOUND) is late
    assert trust.listener({"visual": sight}, SOUND) is None
    samples = Samples(
        torch.rand(4, 28, 28), torch.randn(4, 40, 63), torch.arange(4), torch.rand(4, 2)
    )
    assert trust.features(late, samples, SOUND).shape == (4, late.sound_encoder.dim)
