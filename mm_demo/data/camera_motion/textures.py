"""Pictures for the camera to move over: procedural textures, (SIDE, SIDE, 3) uint8.

Of many kinds, since what moves must not matter: soft and hard-edged, fine and coarse, coloured and
pale, a flat half, few lights in the dark. Dead leaves (shapes of all sizes that cover each other)
come closest to photographs (Lee, Mumford and Huang, "Occlusion models for natural images", 2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE = 128

Floats = NDArray[np.floating[Any]]
Rng = np.random.Generator


def texture(rng: Rng) -> NDArray[np.uint8]:
    """One picture of a random kind, at a random contrast, under fine grain."""
    picture = KINDS[int(rng.integers(len(KINDS)))](rng)
    # Grain: what is drawn too clean shows no movement along its edges, and none between them.
    picture = picture + rng.uniform(0.06, 0.25) * (_noise(rng, 16, 3, 0.8) - 0.5)[..., None]
    if rng.random() < 0.25:
        picture = picture * rng.uniform(0.25, 0.6)
    if rng.random() < 0.2:  # pale
        picture = 0.5 + (picture - 0.5) * rng.uniform(0.25, 0.6)
    return (255 * picture.clip(0, 1)).round().astype(np.uint8)


def _colours(rng: Rng, count: int) -> Floats:
    """(count, 3), some of them nearly grey."""
    grey = rng.random((count, 1), np.float32)
    strength = np.float32(rng.uniform(0, 1))
    found: Floats = grey + strength * (rng.random((count, 3), np.float32) - 0.5)
    return found.clip(0, 1)


def _enlarged(grid: Floats, how: Image.Resampling = Image.Resampling.BICUBIC) -> Floats:
    """A grid (h, w) over the whole picture."""
    return np.asarray(Image.fromarray(grid).resize((SIDE, SIDE), how))


def _noise(rng: Rng, cells: int, octaves: int, persistence: float) -> Floats:
    """Value noise in [0, 1] with `cells` cells across in its coarsest octave."""
    total, weight = np.zeros((SIDE, SIDE), np.float32), 1.0
    for _ in range(octaves):
        across = min(cells + 1, SIDE)
        total += weight * _enlarged(rng.random((across, across), np.float32))
        cells, weight = 2 * cells, weight * persistence
    total -= total.min()
    return total / max(float(total.max()), 1e-6)


def _tinted(levels: Floats, rng: Rng, colours: int = 4) -> Floats:
    """Levels (H, W) in [0, 1] as colours that run from one to the next."""
    palette = _colours(rng, colours)
    at = levels * (colours - 1)
    low = at.astype(np.int64).clip(0, colours - 2)
    part = (at - low)[..., None]
    found: Floats = palette[low] * (1 - part) + palette[low + 1] * part
    return found


def _soft_noise(rng: Rng) -> Floats:
    levels = _noise(rng, int(rng.integers(2, 9)), int(rng.integers(3, 6)), rng.uniform(0.5, 0.95))
    return _tinted(levels, rng, int(rng.integers(2, 6)))


def _clouds(rng: Rng) -> Floats:
    return _tinted(_noise(rng, int(rng.integers(2, 4)), 4, 0.5) ** rng.uniform(0.7, 2), rng, 2)


def _blobs(rng: Rng) -> Floats:
    """Hard-edged levels of noise."""
    steps = int(rng.integers(2, 6))
    levels = _noise(rng, int(rng.integers(3, 10)), int(rng.integers(1, 4)), 0.5)
    found: Floats = _colours(rng, steps + 1)[(levels * steps).astype(np.int64)]
    return found


def _turned(rng: Rng) -> tuple[Floats, Floats]:
    """Coordinates across and along a random direction, in pixels, a little bent."""
    turn, bend = rng.uniform(0, math.pi), rng.uniform(0, 12)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    x, y = x + bend * _noise(rng, 3, 1, 1), y + bend * _noise(rng, 3, 1, 1)
    c, s = math.cos(turn), math.sin(turn)
    return (x * c + y * s).astype(np.float32), (y * c - x * s).astype(np.float32)


def _stripes(rng: Rng) -> Floats:
    across, _ = _turned(rng)
    wave = np.sin(2 * math.pi * across / np.float32(rng.uniform(6, 40)))
    if rng.random() < 0.5:
        wave = np.tanh(4 * wave)
    levels = 0.7 * (0.5 + 0.5 * wave) + 0.3 * _noise(rng, 6, 4, 0.7)
    return _tinted(levels.clip(0, 1), rng, 3)


def _checks(rng: Rng) -> Floats:
    """A mosaic: cells of a slanting grid, each of a colour of its own."""
    cell = rng.uniform(6, 26)
    across, along = (np.floor(part / cell).astype(np.int64) for part in _turned(rng))
    palette = _colours(rng, int(rng.integers(2, 24)))
    if rng.random() < 0.4:
        pick = across + along
    else:
        pick = rng.integers(0, 1 << 16, (64, 64))[across % 64, along % 64]
    shade = _noise(rng, 4, 4, 0.7)[..., None]
    found: Floats = palette[pick % len(palette)] * (0.7 + 0.3 * shade)
    return found


def _dead_leaves(rng: Rng) -> Floats:
    """Shapes of all sizes, the later ones on top."""
    image = Image.fromarray((255 * _clouds(rng)).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    palette = (255 * _colours(rng, 24)).astype(int)
    boxy = rng.random() < 0.4
    for _ in range(int(rng.integers(15, 160))):
        size = min(2.5 / max(rng.random(), 0.03), 50)
        x, y = rng.uniform(-8, SIDE + 8, 2)
        half_w, half_h = size * rng.uniform(0.5, 1.5, 2)
        fill = tuple(int(c) for c in palette[rng.integers(len(palette))])
        if boxy:
            pen.rectangle((x - half_w, y - half_h, x + half_w, y + half_h), fill)
        elif rng.random() < 0.5:
            pen.ellipse((x - half_w, y - half_h, x + half_w, y + half_h), fill)
        else:
            turns = np.sort(rng.uniform(0, 2 * math.pi, int(rng.integers(3, 7))))
            corners = np.stack([x + half_w * np.cos(turns), y + half_h * np.sin(turns)], 1)
            pen.polygon([(float(a), float(b)) for a, b in corners], fill)
    return np.asarray(image, np.float32) / 255


def _slope_with_edges(rng: Rng) -> Floats:
    """A smooth slope of light, a few lines and boxes on it: a wall, a table."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    a, b = rng.uniform(-1, 1, 2)
    levels = (0.5 + 0.5 * (a * (x - 0.5) + b * (y - 0.5))).clip(0, 1)
    image = Image.fromarray((255 * _tinted(levels, rng, 2)).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    palette = (255 * _colours(rng, 8)).astype(int)
    for _ in range(int(rng.integers(5, 22))):
        fill = tuple(int(c) for c in palette[rng.integers(len(palette))])
        x0, y0, x1, y1 = (float(v) for v in rng.uniform(0, SIDE, 4))
        if rng.random() < 0.5:
            pen.line((x0, y0, x1, y1), fill, int(rng.integers(1, 5)))
        else:
            w, h = rng.uniform(3, 40, 2)
            pen.rectangle((x0, y0, x0 + float(w), y0 + float(h)), fill)
    return np.asarray(image, np.float32) / 255


def _flat_half(rng: Rng) -> Floats:
    """Above a skyline hardly anything, below it one of the other kinds."""
    below = (_soft_noise, _dead_leaves, _blobs, _checks)[int(rng.integers(4))](rng)
    line = SIDE * (rng.uniform(0.3, 0.7) + rng.uniform(0, 0.3) * (_noise(rng, 5, 3, 0.6)[0] - 0.5))
    sky = _colours(rng, 2)
    part = np.linspace(0, 1, SIDE, dtype=np.float32)[:, None, None]
    above = np.broadcast_to(sky[0] * (1 - part) + sky[1] * part, below.shape)
    is_above = (np.arange(SIDE)[:, None] < line[None])[..., None]
    found: Floats = np.where(is_above, above, below)
    return found


def _lights(rng: Rng) -> Floats:
    """Bright spots in the dark."""
    image = Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in rng.integers(0, 40, 3)))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(20, 90))):
        x, y = (float(v) for v in rng.uniform(0, SIDE, 2))
        r = float(rng.uniform(0.5, 5))
        fill = tuple(int(v) for v in rng.integers(60, 256) * rng.uniform(0.6, 1, 3))
        pen.ellipse((x - r, y - r, x + r, y + r), fill)
    return np.asarray(image, np.float32) / 255 + 0.15 * _noise(rng, 4, 4, 0.7)[..., None]


KINDS: tuple[Callable[[Rng], Floats], ...] = (
    _soft_noise, _clouds, _blobs, _stripes, _checks, _dead_leaves, _dead_leaves,
    _slope_with_edges, _flat_half, _lights,
)  # fmt: skip
