"""Sound to look at and to listen to: the spectrogram, the waveform, a player."""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

LN_RANGE = 8.0  # of a log-mel, from the darkest colour to the brightest
_COLOURS = np.array(  # dark plum, plum, red, amber, near white; evenly spaced
    [(0x2A, 0x0F, 0x2E), (0x6B, 0x20, 0x50), (0xB8, 0x47, 0x42), (0xF5, 0xA6, 0x23),
     (0xFF, 0xF6, 0xE3)],
    dtype=float,
)  # fmt: skip
_STEP, _THICK = 4, 2  # of the bars of a waveform


def spectrogram_url(mel: Sequence[Sequence[float]] | NDArray[np.floating], height: int = 84) -> str:
    """A log-mel spectrogram (n_mels, frames) as a PNG data URL, low frequencies at the bottom.

    Its maximum is the brightest, `LN_RANGE` below that the darkest, and so is silence: a
    spectrogram with one value only. Each value is a square; the picture is at least `height` high.
    """
    values = np.asarray(mel, dtype=float)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"a spectrogram has mels and frames, not the shape {values.shape}")
    size = max(1, -(-height // values.shape[0]))
    pixels = _coloured(_shares(values))[::-1].repeat(size, axis=0).repeat(size, axis=1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(values)
    if not finite.any() or np.ptp(values[finite]) == 0:
        return np.zeros_like(values)
    top = values[finite].max()
    return np.where(finite, 1 + (values - top) / LN_RANGE, 0).clip(0, 1)


def _coloured(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    stops = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(shares, stops, _COLOURS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def wave_svg(samples: ArrayLike, *, bars: int = 90, height: int = 48, classes: str = "") -> str:
    """The waveform of mono samples as thin bars, the loudest as high as the drawing; decoration."""
    heights = _loudness(np.asarray(samples, dtype=float).ravel(), bars) * (height - _THICK)
    middle = height / 2
    path = "".join(
        f"M{_STEP * i + _STEP / 2:g} {middle - h / 2:.2f}V{middle + h / 2:.2f}"
        for i, h in enumerate(heights)
    )
    return (
        f'<svg class="{escape(f"wave {classes}".strip())}" viewBox="0 0 {_STEP * bars} {height}" '
        f'aria-hidden="true"><path d="{path}" fill="none" stroke="var(--c2)" '
        f'stroke-width="{_THICK}" stroke-linecap="round"/></svg>'
    )


def _loudness(samples: NDArray[np.float64], bars: int) -> NDArray[np.float64]:
    parts = np.array_split(np.abs(np.nan_to_num(samples)), bars)
    peaks = np.array([part.max(initial=0.0) for part in parts])
    highest = float(peaks.max(initial=0.0))
    return peaks / highest if highest > 0 else peaks


def player(wav: bytes, label_html: str) -> str:
    """The browser's own player for a WAV file; `label_html` is its name for those who hear it."""
    name = f"player-{secrets.token_hex(4)}"
    sound = base64.b64encode(wav).decode("ascii")
    return (
        f'<div class="player"><span class="sr" id="{name}">{label_html}</span>'
        f'<audio controls preload="metadata" aria-labelledby="{name}" '
        f'src="data:audio/wav;base64,{sound}"></audio></div>'
    )
