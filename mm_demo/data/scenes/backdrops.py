"""The six backgrounds: layered, soft, and free of anything that is a kind of thing here."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from .paint import Rgb, hex_rgb, mix

Brush = ImageDraw.ImageDraw
_CREST: Rgb = (255, 252, 240)


def backdrop(background: str, detail: int, size: int) -> Image.Image:
    """A size x size RGB picture of the background; the same detail gives the same clouds."""
    dice = random.Random(detail)
    sky_top, sky_low, *rest = (hex_rgb(c) for c in dice.choice(_PALETTES[background]).split())
    image = _gradient(size, sky_top, sky_low)
    _PAINTERS[background](ImageDraw.Draw(image), size, dice, sky_low, rest)
    return image


_PALETTES: dict[str, tuple[str, ...]] = {  # sky above, sky below, then what the painter asks for
    "sea": (
        "98cee8 f2e6c6 6fb9cc 58a6c2 4893b4 d9f0f2",
        "b2dcee f8dfc8 7cc4c8 62b0bb 4f9cae e2f5f0",
        "a3c8ea f8d9c4 78b4cf 5f9fc4 4d8bb5 dbeef5",
    ),
    "meadow": (
        "a0d5f0 e6efcb d3e6a8 bcd98d a4cb78 8ab863",
        "b2ddf0 f8e6c0 dde8ab c9dd92 b0cf7c 96bd68",
        "abd2ec f6dfce cfe2b0 b8d597 9fc781 86b46c",
    ),
    "desert": (
        "b4dbe6 f8e6c6 e0ab8a f4dba9 ecc98e dfb477",
        "f3c49e fbe0b8 d69c86 f2d3a2 e8bf88 d9a970",
        "c3dce0 f6e2ba dba98c f5dfb2 eccd96 dfb87c",
    ),
    "snow": (
        "98b8da cbdcee b9cce5 dce7f4 cddcee bfd1e8",
        "a9b6dc d6d5ec c0c8e5 dfe4f4 d1d9ee c3cde8",
        "98c2d4 cce3ea b8d3df dbeaf2 cddee9 bed3e2",
    ),
    "night": (
        "1f2653 4a4f8c 3a4280 2f376f 262d5d f6e9b8",
        "1d2a4f 3f5a86 34507c 2a426b 22375a f3ecc6",
        "2a2352 5a4a86 493f78 3b3467 2f2a55 f7e6c0",
    ),
    "mountains": (
        "aecfe7 f3d9cb b7bfd8 98a3c4 7e8bb0 a9bfa6",
        "bcc8e8 f6d3c0 c2bbd6 a49dc0 8a86ad b3bfa4",
        "a9d6de ede3c4 b4c6d3 93a9bc 788fa6 a5bfae",
    ),
}


def _sea(d: Brush, s: int, dice: random.Random, sky: Rgb, paint: list[Rgb]) -> None:
    far, middle, near, foam = paint
    _clouds(d, s, dice, mix(sky, (255, 255, 255), 0.7), 0.05, 0.24)
    horizon = 0.40 + 0.12 * dice.random()
    if dice.random() < 0.5:
        _hills(d, s, dice, horizon + 0.01, 0.05, 2, mix(far, sky, 0.55))
    d.rectangle((0, int(horizon * s), s, s), fill=far)
    d.rectangle((0, int(horizon * s), s, int((horizon + 0.012) * s) + 1), fill=mix(far, foam, 0.6))
    depth = 1 - horizon
    _hills(d, s, dice, horizon + 0.24 * depth, 0.012, 7, middle)
    _hills(d, s, dice, horizon + 0.60 * depth, 0.016, 5, near)
    for _ in range(13):
        t = dice.random()
        y = horizon + 0.05 + t * (depth - 0.08)
        _ripple(d, s, dice.random(), y, 0.022 + 0.03 * t, mix(middle, foam, 0.45 + 0.3 * t))


def _meadow(d: Brush, s: int, dice: random.Random, sky: Rgb, paint: list[Rgb]) -> None:
    _clouds(d, s, dice, mix(sky, (255, 255, 255), 0.75), 0.05, 0.26)
    base = 0.48 + 0.08 * dice.random()
    for i, colour in enumerate(paint):
        _hills(d, s, dice, base + 0.14 * i, 0.055 - 0.008 * i, 1.2 + 0.5 * i, colour)
    for _ in range(14):
        t = dice.random()
        _tuft(d, s, dice.random(), base + 0.2 + t * (0.78 - base), 0.018 + 0.02 * t, paint[3])


def _desert(d: Brush, s: int, dice: random.Random, sky: Rgb, paint: list[Rgb]) -> None:
    rock, far, middle, near = paint
    base = 0.50 + 0.08 * dice.random()
    pale = mix(rock, sky, 0.45)
    for _ in range(2):
        _mesa(d, s, dice.random(), base + 0.12, 0.16 + 0.08 * dice.random(), pale)
    for i, colour in enumerate((far, middle, near)):
        _hills(d, s, dice, base + 0.17 * i, 0.06, 1.0 + 0.4 * i, colour)
    for _ in range(12):
        t = dice.random()
        y = base + 0.14 + t * (0.82 - base)
        _ripple(d, s, dice.random(), y, 0.03 + 0.03 * t, mix(near, (150, 100, 60), 0.22), 0.3)


def _snow(d: Brush, s: int, dice: random.Random, sky: Rgb, paint: list[Rgb]) -> None:
    white = (255, 255, 255)
    base = 0.46 + 0.08 * dice.random()
    for i, colour in enumerate(paint):
        _hills(d, s, dice, base + 0.15 * i, 0.06 - 0.008 * i, 1.1 + 0.4 * i, colour)
    for _ in range(6):
        t = dice.random()
        y = base + 0.25 + t * (0.7 - base)
        _ripple(d, s, dice.random(), y, 0.03 + 0.03 * t, mix(paint[3], (120, 140, 190), 0.3), 0.3)
    for _ in range(26):
        _dot(d, s, dice.random(), dice.random(), 0.006 + 0.007 * dice.random(), white)


def _night(d: Brush, s: int, dice: random.Random, sky: Rgb, paint: list[Rgb]) -> None:
    far, middle, near, moon = paint
    for _ in range(28):
        _dot(
            d,
            s,
            dice.random(),
            0.62 * dice.random(),
            0.003 + 0.003 * dice.random(),
            mix(sky, moon, 0.75),
        )
    _moon(d, s, dice, moon, mix(sky, moon, 0.12))
    _clouds(d, s, dice, mix(sky, (255, 255, 255), 0.10), 0.2, 0.4)
    base = 0.58 + 0.07 * dice.random()
    for i, colour in enumerate((far, middle, near)):
        _hills(d, s, dice, base + 0.13 * i, 0.05, 1.1 + 0.5 * i, colour)
    for _ in range(8):
        t = dice.random()
        _tuft(
            d,
            s,
            dice.random(),
            base + 0.12 + t * (0.86 - base),
            0.018 + 0.02 * t,
            mix(near, sky, 0.35),
        )


def _mountains(d: Brush, s: int, dice: random.Random, sky: Rgb, paint: list[Rgb]) -> None:
    far, middle, near, foot = paint
    cap = (250, 248, 250)
    _clouds(d, s, dice, mix(sky, (255, 255, 255), 0.7), 0.04, 0.16)
    for count, top, spread, bottom, colour in (
        (4, 0.30, 0.10, 0.74, mix(far, sky, 0.35)),
        (3, 0.26, 0.16, 0.80, middle),
    ):
        for i in range(count):
            x = (i + 0.2 + 0.6 * dice.random()) / count
            _peak(d, s, dice, x, top + spread * dice.random(), bottom, 0.8 / count, colour, cap)
    _hills(d, s, dice, 0.66, 0.04, 1.7, mix(near, sky, 0.30))
    _hills(d, s, dice, 0.75, 0.035, 1.4, foot)
    _hills(d, s, dice, 0.87, 0.03, 1.6, mix(foot, near, 0.35))


_Painter = Callable[[Brush, int, random.Random, Rgb, list[Rgb]], None]
_PAINTERS: dict[str, _Painter] = {
    "sea": _sea, "meadow": _meadow, "desert": _desert,
    "snow": _snow, "night": _night, "mountains": _mountains,
}  # fmt: skip


def _gradient(size: int, top: Rgb, low: Rgb) -> Image.Image:
    """From `top` down to `low` at three fifths of the height."""
    column = Image.new("RGB", (1, 64))
    column.putdata([mix(top, low, min(i / 38, 1.0)) for i in range(64)])
    return column.resize((size, size), Image.Resampling.BILINEAR)


def _hills(
    d: Brush, s: int, dice: random.Random, y: float, height: float, waves: float, colour: Rgb
) -> None:
    """Everything below a wavy line around `y`, its crest a little lighter."""
    phase, second = 6.28 * dice.random(), 6.28 * dice.random()
    n = 24 if s <= 256 else 96
    xs = [i / n for i in range(n + 1)]
    ys = [
        y
        - height
        * (0.7 * math.sin(6.28 * waves * t + phase) + 0.3 * math.sin(11 * waves * t + second))
        for t in xs
    ]
    crest = [(t * s, h * s) for t, h in zip(xs, ys, strict=True)]
    d.polygon([*crest, (s, s), (0, s)], fill=colour)
    thick = 0.011 * s
    d.polygon(
        [*crest, *((x, h + thick) for x, h in reversed(crest))],
        fill=mix(colour, _CREST, 0.10 if colour[1] < 128 else 0.18),
    )


def _clouds(d: Brush, s: int, dice: random.Random, colour: Rgb, low: float, high: float) -> None:
    for _ in range(1 + int(3 * dice.random())):
        x, y = dice.random(), low + (high - low) * dice.random()
        w = 0.10 + 0.08 * dice.random()
        puffs = ((-0.55, 0.0, 0.22), (-0.1, -0.16, 0.34), (0.35, -0.04, 0.26))
        for dx, dy, r in puffs:
            cx, cy, rr = (x + dx * w) * s, (y + dy * w) * s, r * w * s
            d.ellipse((cx - rr, cy - rr, cx + rr, cy + rr), fill=colour)
        d.rounded_rectangle(
            ((x - 0.85 * w) * s, (y - 0.06 * w) * s, (x + 0.75 * w) * s, (y + 0.22 * w) * s),
            radius=0.13 * w * s, fill=colour,
        )  # fmt: skip


def _ripple(d: Brush, s: int, x: float, y: float, w: float, colour: Rgb, bend: float = 0.5) -> None:
    n = 6 if s <= 256 else 16
    points = [
        ((x + w * (2 * i / n - 1)) * s, (y + w * bend * 0.5 * math.sin(6.28 * i / n)) * s)
        for i in range(n + 1)
    ]
    d.line(points, fill=colour, width=max(1, round(0.008 * s)), joint="curve" if s > 256 else None)


def _tuft(d: Brush, s: int, x: float, y: float, h: float, colour: Rgb) -> None:
    for lean in (-0.7, 0.0, 0.7):
        tip = ((x + lean * h) * s, (y - h) * s)
        d.polygon([((x - 0.16 * h) * s, y * s), tip, ((x + 0.16 * h) * s, y * s)], fill=colour)


def _dot(d: Brush, s: int, x: float, y: float, r: float, colour: Rgb) -> None:
    x, y, r = x * s, y * s, r * s
    d.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _moon(d: Brush, s: int, dice: random.Random, colour: Rgb, glow: Rgb) -> None:
    """A crescent: a full moon would pass for a ball."""
    x, y = 0.15 + 0.7 * dice.random(), 0.10 + 0.10 * dice.random()
    r = 0.055 + 0.015 * dice.random()
    _dot(d, s, x, y, 1.5 * r, glow)
    # the long way round, so that the horns point up right
    outer = [(x + r * math.cos(a), y + r * math.sin(a)) for a in _angles(-1.75, -5.15)]
    inner = [
        (x + 0.40 * r + 0.84 * r * math.cos(a), y - 0.22 * r + 0.84 * r * math.sin(a))
        for a in _angles(-5.05, -1.95)
    ]
    d.polygon([(px * s, py * s) for px, py in outer + inner], fill=colour)


def _angles(start: float, end: float, n: int = 20) -> list[float]:
    return [start + (end - start) * i / n for i in range(n + 1)]


def _mesa(d: Brush, s: int, x: float, y: float, h: float, colour: Rgb) -> None:
    w = 0.9 * h
    outline = ((-1.25, 0.0), (-0.9, -0.55), (-0.8, -1.0), (0.75, -1.0), (0.85, -0.5), (1.3, 0.0))
    d.polygon([((x + w * px) * s, (y + h * py) * s) for px, py in outline], fill=colour)


def _peak(
    d: Brush, s: int, dice: random.Random, x: float, top: float, bottom: float, half: float,
    colour: Rgb, cap: Rgb,
) -> None:  # fmt: skip
    """A peak with a lit and a shaded side and snow on top."""
    h = bottom - top
    d.polygon(
        [((x - half) * s, bottom * s), (x * s, top * s), ((x + half) * s, bottom * s)], fill=colour
    )
    dark = mix(colour, (60, 70, 110), 0.22)
    d.polygon(
        [(x * s, top * s), ((x + half) * s, bottom * s), ((x + 0.12 * half) * s, bottom * s),
         ((x - 0.06 * half) * s, (top + 0.5 * h) * s)],
        fill=dark,
    )  # fmt: skip
    u = 0.26 + 0.08 * dice.random()
    edge = [(u, u), (0.5 * u, 0.8 * u), (0.1 * u, 1.15 * u), (-0.4 * u, 0.85 * u), (-u, u)]
    d.polygon(
        [(x * s, top * s), *(((x + half * px) * s, (top + h * py) * s) for px, py in edge)],
        fill=cap,
    )
