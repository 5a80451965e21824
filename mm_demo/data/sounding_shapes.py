"""Ten things that one can see and hear, drawn and synthesised; corrupted afresh each time.

Two look alike (drum and coin: a disc, the coin with a small hole) and two sound alike (flute and
whistle: a pure tone, the whistle with a faint tremor). Both senses are corrupted at a strength of
their own from 0 to 1, in one of two ways:

* `independent`: noise hides. What is left of each sense is evidence, and evidence adds up.
* `misleading`: the noisier sense shows another thing. Only comparing the two tells whom to believe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

THINGS = (
    "chime", "drum", "coin", "flute", "whistle", "horn", "bee", "siren", "cricket", "harp",
)  # fmt: skip
LOOK_ALIKE = ("drum", "coin")
SOUND_ALIKE = ("flute", "whistle")
CORRUPTIONS = ("misleading", "independent")
SIZE, RATE, SECONDS = 28, 16_000, 0.5
SAMPLES = int(RATE * SECONDS)
LEAST_GAP = 0.1  # between the strengths of the two senses where one of them misleads
COUNTS = {"train": 4000, "dev": 1000, "test": 4000}
# The noise at the strengths 0 and 1: grain in a picture, decibels of a sound. What misleads need not
# hide: it only has to tell that it is the noisier one.
GRAIN = {"misleading": 0.6, "independent": 1.0}
CLEANEST_DB = {"misleading": 20.0, "independent": 12.0}
NOISIEST_DB = {"misleading": -10.0, "independent": -28.0}
_STREAMS = {"train": 1, "dev": 2, "test": 3}
_FINE = 4  # drawn at four times the size, then averaged

Floats = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Things:
    """Clean pictures (N, 28, 28) in [0, 1] and waves (N, 8000), and the thing of each, in order.

    Row k of both is the same thing, and `rows[c]` are the rows of thing c.
    """

    pictures: Floats
    waves: Floats
    labels: NDArray[np.int64]
    rows: list[NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Corrupted:
    """What is seen and heard: pictures (B, 28, 28), waves (B, 8000), the truth, strengths (B, 2).

    `shown` (B, 2) is the thing that each sense shows, sight first.
    """

    pictures: Floats
    waves: Floats
    labels: NDArray[np.int64]
    shown: NDArray[np.int64]
    strengths: Floats


@lru_cache(maxsize=8)
def things(split: str, seed: int = 0, count: int | None = None) -> Things:
    """The clean things of a split; ValueError for an unknown one. Splits share no random number."""
    if split not in _STREAMS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(_STREAMS)}")
    rng = np.random.default_rng([_STREAMS[split], seed])
    labels = np.arange(count or COUNTS[split]) % len(THINGS)
    return Things(
        np.stack([draw(THINGS[k], rng) for k in labels]),
        np.stack([sound(THINGS[k], rng) for k in labels]),
        labels,
        [np.flatnonzero(labels == k) for k in range(len(THINGS))],
    )


def corrupt(clean: Things, labels: NDArray[np.int64], corruption: str, rng: Rng) -> Corrupted:
    """A fresh sample for each label (B,); ValueError for an unknown corruption."""
    if corruption not in CORRUPTIONS:
        raise ValueError(f"unknown corruption {corruption!r}: one of {', '.join(CORRUPTIONS)}")
    n = len(labels)
    strengths = rng.random((n, 2), np.float32)
    shown = np.stack([labels, labels], 1)
    if corruption == "misleading":
        close = np.abs(strengths[:, 0] - strengths[:, 1]) < LEAST_GAP
        while close.any():
            strengths[close] = rng.random((int(close.sum()), 2), np.float32)
            close = np.abs(strengths[:, 0] - strengths[:, 1]) < LEAST_GAP
        noisier = strengths.argmax(1)
        other = (labels + rng.integers(1, len(THINGS), n)) % len(THINGS)
        shown[np.arange(n), noisier] = other
    pick = [np.array([rng.choice(clean.rows[k]) for k in column], np.int64) for column in shown.T]
    return Corrupted(
        add_picture_noise(clean.pictures[pick[0]], strengths[:, 0], rng, GRAIN[corruption]),
        add_sound_noise(clean.waves[pick[1]], decibels(strengths[:, 1], corruption), rng),
        labels,
        shown,
        strengths,
    )


def decibels(strengths: Floats, corruption: str) -> Floats:
    """The signal over the noise of sounds that are corrupted at these strengths."""
    clean, noisy = CLEANEST_DB[corruption], NOISIEST_DB[corruption]
    found: Floats = clean + (noisy - clean) * strengths
    return found


def add_picture_noise(
    pictures: Floats, strengths: Floats, rng: Rng, most_grain: float = 1.0
) -> Floats:
    """Pictures (B, 28, 28) that fade by up to half under grain of up to `most_grain`, in [0, 1]."""
    strengths = strengths[:, None, None]
    grain = rng.standard_normal(pictures.shape, np.float32)
    return np.clip(pictures * (1 - 0.5 * strengths) + most_grain * strengths * grain, 0, 1)


def add_sound_noise(waves: Floats, snr_db: Floats, rng: Rng) -> Floats:
    """Waves (B, N) under white noise at these ratios (B,) in decibels, all equally loud (RMS 0.1).

    The ratio is that of the sound itself: zeros that a short one is padded with make no noise weaker.
    """
    noise = rng.standard_normal(waves.shape, np.float32)
    sounding = np.maximum((waves != 0).sum(1, keepdims=True, dtype=np.float32), 1)
    level = np.sqrt((waves**2).sum(1, keepdims=True) / sounding + 1e-12)
    mixed = waves / level + noise * 10 ** (-snr_db[:, None] / 20)
    loudness: Floats = np.sqrt((mixed**2).mean(1, keepdims=True))
    return 0.1 * mixed / loudness


# What they look like: corners on the unit circle's square, y down.


def _star(points: int, inner: float) -> list[tuple[float, float]]:
    turns = np.arange(2 * points) * math.pi / points - math.pi / 2
    radii = np.where(np.arange(2 * points) % 2, inner, 1.0)
    return [
        (float(r * math.cos(t)), float(r * math.sin(t))) for r, t in zip(radii, turns, strict=True)
    ]


_T = np.linspace(0, 2 * math.pi, 60)
_OUTLINES: dict[str, list[tuple[float, float]]] = {
    "chime": _star(5, 0.42),
    "drum": [(0.85 * math.cos(t), 0.85 * math.sin(t)) for t in _T],
    "coin": [(0.85 * math.cos(t), 0.85 * math.sin(t)) for t in _T],
    "flute": [(-1.0, -0.25), (1.0, -0.25), (1.0, 0.25), (-1.0, 0.25)],
    "whistle": [(math.cos(t), math.sin(t)) for t in np.linspace(0.9, 5.4, 40)]
    + [(0.35 + 0.72 * math.cos(t), 0.72 * math.sin(t)) for t in np.linspace(5.1, 1.2, 40)],
    "horn": [(0.0, -0.95), (0.95, 0.75), (-0.95, 0.75)],
    "bee": [(0.0, -1.0), (0.62, 0.0), (0.0, 1.0), (-0.62, 0.0)],
    "siren": [
        (x, y) for x, y in [
            (-0.3, -1.0), (0.3, -1.0), (0.3, -0.3), (1.0, -0.3), (1.0, 0.3), (0.3, 0.3),
            (0.3, 1.0), (-0.3, 1.0), (-0.3, 0.3), (-1.0, 0.3), (-1.0, -0.3), (-0.3, -0.3),
        ]
    ],
    "cricket": [(-0.75, -0.75), (0.75, -0.75), (0.75, 0.75), (-0.75, 0.75)],
    "harp": [
        (
            16 * math.sin(t) ** 3 / 17,
            -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 17,
        )
        for t in _T
    ],
}  # fmt: skip


def draw(thing: str, rng: Rng) -> Floats:
    """A thing at a place, size and tilt of its own: (28, 28) in [0, 1], bright on dark."""
    side = SIZE * _FINE
    scale, tilt = side * rng.uniform(0.3, 0.42), rng.uniform(-0.25, 0.25)
    x, y = side / 2 + rng.uniform(-1, 1, 2) * (side / 2 - scale)
    turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    corners = np.array(_OUTLINES[thing]) @ turn.T * scale + (x, y)
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    pen.polygon([(float(cx), float(cy)) for cx, cy in corners], fill=255)
    if thing == "coin":
        hole = 0.22 * scale
        pen.ellipse((x - hole, y - hole, x + hole, y + hole), fill=0)
    pixels = np.asarray(image, np.float32).reshape(SIZE, _FINE, SIZE, _FINE).mean((1, 3)) / 255
    brightness: Floats = pixels * np.float32(rng.uniform(0.35, 1))
    return brightness


# What they sound like: a waveform of time (s) and pitch (Hz).


def _tone(time: Floats, pitch: float | Floats, harmonics: dict[int, float]) -> Floats:
    wave: Floats = np.zeros_like(time)
    for number, strength in harmonics.items():
        wave += strength * np.sin(2 * math.pi * number * pitch * time)
    return wave


def _chime(time: Floats, pitch: float, rng: Rng) -> Floats:
    partials = zip((1, 2.76, 5.4), (1, 0.7, 0.4), (4, 7, 11), strict=True)  # a struck bar's
    return sum(
        a * np.exp(-d * time) * np.sin(2 * math.pi * 0.8 * pitch * m * time) for m, a, d in partials
    )


def _drum(time: Floats, pitch: float, rng: Rng) -> Floats:
    thump = np.sin(2 * math.pi * 0.3 * pitch * time)
    grain = np.convolve(rng.standard_normal(len(time)), np.ones(12) / 12, "same")
    return np.exp(-14 * time) * (thump + 1.5 * grain)


def _coin(time: Floats, pitch: float, rng: Rng) -> Floats:
    high = 2.8 * pitch
    rattle = np.abs(np.cos(2 * math.pi * (3 + 14 * time) * time))  # ever faster, as it spins out
    return rattle**4 * (
        np.sin(2 * math.pi * high * time) + np.sin(2 * math.pi * 1.23 * high * time)
    )


def _flute(time: Floats, pitch: float, rng: Rng) -> Floats:
    return _tone(time, 1.6 * pitch, {1: 1.0, 2: 0.05})


def _whistle(time: Floats, pitch: float, rng: Rng) -> Floats:
    tremor = 0.35 * np.sin(2 * math.pi * 9 * time)
    return np.sin(2 * math.pi * 1.6 * pitch * time + tremor * 6) + 0.0


def _horn(time: Floats, pitch: float, rng: Rng) -> Floats:
    return _tone(time, 0.6 * pitch, {k: 1 / k for k in range(1, 13)})


def _bee(time: Floats, pitch: float, rng: Rng) -> Floats:
    beat = 1 + 0.8 * np.sin(2 * math.pi * 24 * time)
    return beat * _tone(time, 0.3 * pitch, dict.fromkeys(range(1, 16, 2), 1.0))


def _siren(time: Floats, pitch: float, rng: Rng) -> Floats:
    swing = 0.9 * pitch * time + 0.45 * pitch * (1 - np.cos(2 * math.pi * 2 * time)) / (4 * math.pi)
    return np.sin(2 * math.pi * 2 * swing) + 0.3 * np.sin(2 * math.pi * 4 * swing)


def _cricket(time: Floats, pitch: float, rng: Rng) -> Floats:
    pulses = (np.sin(2 * math.pi * 16 * time + rng.uniform(0, 6)) > 0.1).astype(np.float32)
    return pulses * np.sin(2 * math.pi * 5 * pitch * time)


def _harp(time: Floats, pitch: float, rng: Rng) -> Floats:
    wave = np.zeros_like(time)
    for start, step in ((0.0, 1.0), (0.16, 1.25), (0.32, 1.5)):  # a broken major chord
        late = np.maximum(time - start, 0)
        wave += (late > 0) * np.exp(-9 * late) * _tone(late, pitch * step, {1: 1.0, 2: 0.6, 3: 0.3})
    return wave


_VOICES: dict[str, Callable[[Floats, float, Rng], Floats]] = {
    "chime": _chime, "drum": _drum, "coin": _coin, "flute": _flute, "whistle": _whistle,
    "horn": _horn, "bee": _bee, "siren": _siren, "cricket": _cricket, "harp": _harp,
}  # fmt: skip


def sound(thing: str, rng: Rng) -> Floats:
    """A thing's sound at a pitch and start of its own: (8000,) float32, RMS 0.1."""
    pitch = 420.0 * 2 ** rng.uniform(-0.5, 0.5)
    start = int(rng.uniform(0, 0.12) * RATE)
    time = np.arange(SAMPLES - start, dtype=np.float32) / np.float32(RATE)
    wave = np.zeros(SAMPLES, np.float32)
    wave[start:] = _VOICES[thing](time, pitch, rng)
    edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)  # no clicks at the ends
    wave[start:] *= edge
    level: Floats = 0.1 * wave / np.sqrt((wave**2).mean() + 1e-12)
    return level


def build() -> Iterator[str]:
    """Draw each split once; a line about each. Nothing is kept: it takes a second."""
    for split in _STREAMS:
        made = things(split)
        yield f"{split:6} {len(made.labels)} pictures of {SIZE} x {SIZE}, as many sounds of {SECONDS} s"
