"""The filter bank against librosa's, and what a tone looks like in it."""

import numpy as np
import pytest
import torch

from mm_demo.nn.mel import LogMel, hz_to_mel, mel_filters, mel_to_hz

librosa = pytest.importorskip("librosa")


@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels", "fmin", "fmax"),
    [(16_000, 512, 40, 60, 3800), (16_000, 400, 80, 0, 8000), (22_050, 1024, 64, 20, 11_025)],
)
def test_filters_are_librosas(rate, n_fft, n_mels, fmin, fmax):
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    ours = mel_filters(rate, n_fft, n_mels, fmin, fmax).numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_log_mel_is_librosas():
    wave = np.random.default_rng(0).normal(0, 0.2, 9000).astype(np.float32)
    theirs = librosa.feature.melspectrogram(
        y=wave, sr=16_000, n_fft=512, hop_length=256, n_mels=40, fmin=60, fmax=3800,
        pad_mode="constant",
    )  # fmt: skip
    ours = LogMel()(torch.from_numpy(wave)[None])[0].numpy()
    assert ours.shape == theirs.shape == (40, 9000 // 256 + 1)
    np.testing.assert_allclose(ours, np.log(theirs + 1e-6), atol=1e-4)


def test_scale_and_its_inverse():
    frequencies = torch.linspace(0, 8000, 101, dtype=torch.float64)
    torch.testing.assert_close(mel_to_hz(hz_to_mel(frequencies)), frequencies)
    assert float(hz_to_mel(torch.tensor(1000.0))) == pytest.approx(15)


def test_a_tone_is_brightest_in_its_band():
    time = torch.arange(16_000) / 16_000
    for frequency in (300.0, 1500.0, 3000.0):
        mel = LogMel()(torch.sin(2 * torch.pi * frequency * time)[None])[0, :, 20]
        corners = mel_to_hz(torch.linspace(*hz_to_mel(torch.tensor([60.0, 3800.0])).tolist(), 42))
        band = int(mel.argmax())
        assert corners[band] < frequency < corners[band + 2]
