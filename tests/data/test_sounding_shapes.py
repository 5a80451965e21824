"""What is drawn and synthesised, and what corruption does to it."""

import numpy as np
import pytest

from mm_demo.data import sounding_shapes as ss


@pytest.fixture(scope="module")
def clean():
    return ss.things("dev", 0, 200)


def test_the_same_arguments_give_the_same_things_and_splits_differ(clean):
    ss.things.cache_clear()
    again = ss.things("dev", 0, 200)
    assert np.array_equal(again.pictures, clean.pictures)
    assert np.array_equal(again.waves, clean.waves)
    others = [
        ss.things(split, seed, 200) for split, seed in (("train", 0), ("test", 0), ("dev", 1))
    ]
    for other in others:
        same = (other.pictures[:, None] == clean.pictures[None]).all((2, 3))
        assert not same.any()  # no picture of one split is in another, at any row
        assert not (other.waves[:, None, ::40] == clean.waves[None, :, ::40]).all(2).any()


def test_an_unknown_split_or_corruption_is_refused(clean):
    with pytest.raises(ValueError, match="train, dev, test"):
        ss.things("all")
    with pytest.raises(ValueError, match="misleading, independent"):
        ss.corrupt(clean, clean.labels, "both", np.random.default_rng(0))


def test_ranges_loudness_and_rows(clean):
    assert clean.pictures.shape == (200, 28, 28)
    assert clean.waves.shape == (200, 8000)
    assert 0 <= clean.pictures.min() < 0.01
    assert 0.9 < clean.pictures.max() <= 1
    np.testing.assert_allclose(np.sqrt((clean.waves**2).mean(1)), 0.1, atol=1e-3)
    for k, rows in enumerate(clean.rows):
        assert (clean.labels[rows] == k).all()
        assert len(rows) == 20


def test_nothing_is_cut_off_at_the_edge(clean):
    edge = np.concatenate([clean.pictures[:, 0], clean.pictures[:, -1]], 1)
    assert (edge > 0.5).mean() < 0.02


def _spectrum(wave):
    return np.abs(np.fft.rfft(wave))


def test_look_alikes_differ_by_a_hole_and_sound_alikes_hold_one_tone():
    rng = np.random.default_rng(3)
    drum, coin = (ss.draw(thing, np.random.default_rng(3)) for thing in ss.LOOK_ALIKE)
    differs = drum != coin
    assert 2 <= differs.sum() <= 40
    assert (coin[differs] < drum[differs]).all()
    for thing in ss.SOUND_ALIKE:  # nearly all energy within a narrow band
        power = _spectrum(ss.sound(thing, rng)) ** 2
        peak = int(power.argmax())
        assert power[max(0, peak - 40) : peak + 41].sum() > 0.9 * power.sum()


def test_misleading_shows_another_thing_by_the_noisier_sense_and_only_by_it(clean):
    labels = np.arange(500) % 10
    found = ss.corrupt(clean, labels, "misleading", np.random.default_rng(1))
    noisier = found.strengths.argmax(1)
    rows = np.arange(500)
    assert (found.shown[rows, noisier] != labels).all()
    assert (found.shown[rows, 1 - noisier] == labels).all()
    gap = np.abs(found.strengths[:, 0] - found.strengths[:, 1])
    assert gap.min() >= ss.LEAST_GAP
    assert 0.4 < noisier.mean() < 0.6


def test_independent_shows_the_truth_by_both(clean):
    labels = np.arange(300) % 10
    found = ss.corrupt(clean, labels, "independent", np.random.default_rng(1))
    assert (found.shown == labels[:, None]).all()
    assert abs(np.corrcoef(found.strengths.T)[0, 1]) < 0.2


@pytest.mark.parametrize("snr_db", [20.0, 0.0, -10.0])
def test_sound_noise_has_the_ratio_asked_for(clean, snr_db):
    wave = clean.waves[:50]
    mixed = ss.add_sound_noise(wave, np.full(50, snr_db, np.float32), np.random.default_rng(2))
    np.testing.assert_allclose(np.sqrt((mixed**2).mean(1)), 0.1, rtol=1e-4)
    unit = wave / np.linalg.norm(wave, axis=1, keepdims=True)
    signal = (mixed * unit).sum(1, keepdims=True) * unit
    heard = (signal**2).sum(1) / (wave != 0).sum(1)
    ratio = 10 * np.log10(heard / ((mixed - signal) ** 2).mean(1))
    assert ratio.mean() == pytest.approx(snr_db, abs=0.5)


def test_the_silence_around_a_short_sound_makes_no_noise_weaker():
    time = np.arange(8000, dtype=np.float32) / 16_000
    wave = np.sin(2 * np.pi * 440 * time)[None]
    wave[:, 2000:] = 0
    mixed = ss.add_sound_noise(wave, np.zeros(1, np.float32), np.random.default_rng(2))
    scale = (mixed * wave).sum() / (wave**2).sum()
    sound = scale**2 * (wave[:, :2000] ** 2).mean()
    assert 10 * np.log10(sound / (mixed[:, 2000:] ** 2).mean()) == pytest.approx(0, abs=0.5)


def test_no_noise_leaves_a_picture_as_it_is(clean):
    rng = np.random.default_rng(0)
    same = ss.add_picture_noise(clean.pictures[:5], np.zeros(5, np.float32), rng)
    assert np.array_equal(same, clean.pictures[:5])
    noisy = ss.add_picture_noise(clean.pictures[:5], np.ones(5, np.float32), rng)
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    assert np.abs(noisy - same).mean() > 0.2
