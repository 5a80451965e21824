"""Scenes as pictures, with Pillow: the same scene looks the same at every size."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from .backdrops import backdrop
from .kinds import DRAWINGS
from .paint import tones
from .shapes import Part
from .world import ASPECTS, Scene, SceneObject

MIN_SIZE, MAX_SIZE = 32, 1024
_RIM = 0.030  # of the thing's height, to either side of its edge
_STANDING = frozenset({"house", "tree", "car", "cat", "ball", "flower", "boat"})
_GROUND = 0.64  # a thing whose foot is above it hangs in the air


def draw(scene: Scene, size: int = 64) -> NDArray[np.uint8]:
    """The scene as a (size, size, 3) uint8 RGB picture; ValueError unless 32 <= size <= 1024."""
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(f"size {size} is not within {MIN_SIZE} and {MAX_SIZE}")
    zoom = 3 if size <= 512 else 2
    canvas = zoom * size
    # Drawn larger, then averaged: Pillow's edges are hard.
    image = backdrop(scene.background, scene.detail, canvas)
    brush = ImageDraw.Draw(image)
    glaze = ImageDraw.Draw(image, "RGBA")
    for thing in scene.objects:
        if thing.kind in _STANDING and scene.background != "sea":
            _cast_shadow(glaze, thing, canvas)
        _draw_object(brush, thing, canvas, dark_ground=scene.background == "night")
    return np.array(image.reduce(zoom))


def _draw_object(
    brush: ImageDraw.ImageDraw, thing: SceneObject, canvas: int, dark_ground: bool
) -> None:
    parts, points, ends = _parts(thing.kind, thing.style)
    h = thing.scale * canvas
    c, s = h * math.cos(thing.tilt), h * math.sin(thing.tilt)
    placed = points @ np.array(((c, s), (-s, c))) + (thing.x * canvas, thing.y * canvas)
    flat = placed.ravel().tolist()
    paint = tones(thing.colour, thing.hue, thing.light, dark_ground)
    runs = [flat[a:b] for a, b in ends]
    wide = 1.35 if thing.colour == "white" else 1.0  # or it would melt into a pale sky
    rim = round(wide * max(canvas / 64, 2 * _RIM * h))  # a pixel at least at 64 px
    joint = "curve" if canvas > 256 else None
    for part, run in zip(parts, runs, strict=True):
        if part.rim and part.width:
            brush.line(run, paint["rim"], round(part.width * h) + rim, joint)
        elif part.rim:
            brush.line([*run, *run[:4]], paint["rim"], rim, joint)
    for part, run in zip(parts, runs, strict=True):
        if part.width:
            brush.line(run, paint[part.tone], max(1, round(part.width * h)), joint)
        else:
            brush.polygon(run, paint[part.tone])


def _cast_shadow(glaze: ImageDraw.ImageDraw, thing: SceneObject, canvas: int) -> None:
    foot = thing.y + 0.47 * thing.scale
    if foot < _GROUND:
        return
    rx, ry = 0.40 * ASPECTS[thing.kind] * thing.scale, 0.035 * thing.scale
    edges = (thing.x - rx, foot - ry, thing.x + rx, foot + ry)
    glaze.ellipse([canvas * edge for edge in edges], fill=(30, 34, 70, 60))


@cache
def _parts(
    kind: str, style: int
) -> tuple[tuple[Part, ...], NDArray[np.float64], tuple[tuple[int, int], ...]]:
    """A kind's parts in one drawing of it, their points in one array, and where each part's lie."""
    parts = tuple(DRAWINGS[kind](bool(style & 1), bool(style & 2)))
    points = np.array([point for part in parts for point in part.points])
    if style & 4:
        points = points * (-1.0, 1.0)
    ends, at = [], 0
    for part in parts:
        ends.append((at, at + 2 * len(part.points)))
        at += 2 * len(part.points)
    return parts, points, tuple(ends)
