"""Colours: what each colour's name allows, and the tones a thing is painted with."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

Rgb = tuple[int, int, int]


def hex_rgb(text: str) -> Rgb:
    """`"e2453c"` as three bytes."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """`a` with `share` (0 to 1) of `b`."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


@dataclass(frozen=True)
class _Colour:
    hue: float  # degrees
    saturation: float
    value: float
    wander: float  # degrees to either side in which its name stays right


_COLOURS: dict[str, _Colour] = {
    "red": _Colour(357, 0.76, 0.87, 4),
    "orange": _Colour(23, 0.81, 0.96, 3),
    "yellow": _Colour(49, 0.74, 0.99, 3),
    "green": _Colour(135, 0.60, 0.66, 10),
    "blue": _Colour(217, 0.72, 0.85, 6),
    "purple": _Colour(274, 0.58, 0.72, 7),
    "pink": _Colour(336, 0.38, 0.98, 5),
    "white": _Colour(45, 0.02, 0.99, 40),
}
PAINTS: dict[str, Rgb] = {  # the same on everything
    "ink": hex_rgb("2b2d42"), "paper": hex_rgb("fffaf0"), "eye": hex_rgb("fffaf0"),
    "wood": hex_rgb("8f6246"), "bark": hex_rgb("79503a"), "glass": hex_rgb("cfe6f2"),
    "glow": hex_rgb("ffe7a0"),
    "beak": hex_rgb("eda13a"), "blush": hex_rgb("f0a3a8"), "leaf": hex_rgb("79a96b"),
    "stem": hex_rgb("6b9a60"), "honey": hex_rgb("f6c84c"), "string": hex_rgb("8b8796"),
}  # fmt: skip
_WHITE, _SHADOW = (255, 252, 246), (46, 40, 92)


def tones(colour: str, hue: float, light: float, dark_ground: bool) -> dict[str, Rgb]:
    """The paints of a thing of this colour; `hue` and `light` from -1 to 1."""
    base = _COLOURS[colour]
    value = min(1.0, base.value * (1 + 0.05 * light))
    r, g, b = colorsys.hsv_to_rgb(
        (base.hue + base.wander * hue) % 360 / 360, base.saturation * (1 - 0.04 * light), value
    )
    main = (round(255 * r), round(255 * g), round(255 * b))
    pale = colour == "white"
    shade = mix(main, _SHADOW, 0.13 if pale else 0.20)
    edge = mix(main, _WHITE, 0.55) if dark_ground else mix(main, _SHADOW, 0.64 if pale else 0.52)
    return PAINTS | {
        "main": main,
        "shade": shade,
        "veil": mix(main, _SHADOW, 0.16),
        "light": mix(main, _SHADOW, 0.06) if pale else mix(main, _WHITE, 0.42),
        "deep": mix(main, _SHADOW, 0.34 if pale else 0.42),
        "paper": mix(main, (150, 175, 225), 0.42) if pale else PAINTS["paper"],
        "rim": edge,
    }
