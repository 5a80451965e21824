"""Log-mel spectrograms, as librosa computes them (Slaney's mel scale and area normalisation)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LINEAR = 200 / 3  # Hz per mel below 1 kHz (Slaney, Auditory Toolbox, 1998)
_BREAK = 1000.0
_LOG_STEP = torch.log(torch.tensor(6.4, dtype=torch.float64)) / 27  # 27 mels from 1 to 6.4 kHz


def hz_to_mel(frequency: Tensor) -> Tensor:
    """Slaney's scale: linear up to 1 kHz, logarithmic above. Any shape, Hz."""
    logarithmic = _BREAK / _LINEAR + (frequency.clamp(min=_BREAK) / _BREAK).log() / _LOG_STEP
    return torch.where(frequency < _BREAK, frequency / _LINEAR, logarithmic)


def mel_to_hz(mel: Tensor) -> Tensor:
    """The inverse of `hz_to_mel`."""
    start = _BREAK / _LINEAR
    return torch.where(
        mel < start, mel * _LINEAR, _BREAK * (_LOG_STEP * (mel.clamp(min=start) - start)).exp()
    )


def mel_filters(rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float) -> Tensor:
    """Triangles of unit area, evenly spaced in mel: (n_mels, n_fft // 2 + 1) float32."""
    low, high = hz_to_mel(torch.tensor([fmin, fmax], dtype=torch.float64))
    corners = mel_to_hz(torch.linspace(float(low), float(high), n_mels + 2, dtype=torch.float64))
    bins = torch.linspace(0, rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return (triangles * 2 / (right - left)).float()


class LogMel(nn.Module):
    """Waves (B, samples) in [-1, 1] to natural-log mel power (B, n_mels, frames).

    Centred Hann windows, zeros beyond the ends, frames = samples // hop + 1. The band stops short
    of 4 kHz by default: telephone speech has nothing above, and no voice should be known by it.
    """

    filters: Tensor
    window: Tensor

    def __init__(
        self,
        rate: int = 16_000,
        n_fft: int = 512,
        hop: int = 256,
        n_mels: int = 40,
        fmin: float = 60.0,
        fmax: float = 3800.0,
        floor: float = 1e-6,
    ) -> None:
        super().__init__()
        self.n_fft, self.hop, self.floor = n_fft, hop, floor
        self.register_buffer("filters", mel_filters(rate, n_fft, n_mels, fmin, fmax), False)
        self.register_buffer("window", torch.hann_window(n_fft), False)

    def forward(self, waves: Tensor) -> Tensor:
        spectra = torch.stft(
            waves, self.n_fft, self.hop, window=self.window, pad_mode="constant",
            return_complex=True,
        )  # fmt: skip
        power = spectra.real.square() + spectra.imag.square()
        return (self.filters @ power + self.floor).log()
