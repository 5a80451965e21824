"""What drawings are made of: parts in a thing's own coordinates, and a few curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Points = tuple[Point, ...]


@dataclass(frozen=True)
class Part:
    """A filled shape, or a stroke where `width` is not 0, in units of the thing's height.

    y runs from -0.5 (top) to 0.5; `tone` names one of the thing's tones or a fixed paint;
    `rim`: the dark edge of the thing runs around this part too.
    """

    points: Points
    tone: str
    rim: bool = False
    width: float = 0.0


def ellipse(
    cx: float, cy: float, rx: float, ry: float, turn: float = 0.0, n: int | None = None
) -> Points:
    """A whole ellipse, turned by `turn` radians."""
    n = n or (18 if max(rx, ry) < 0.08 else 44)
    c, s = math.cos(turn), math.sin(turn)
    ring = [
        (rx * math.cos(2 * math.pi * i / n), ry * math.sin(2 * math.pi * i / n)) for i in range(n)
    ]
    return tuple((cx + c * x - s * y, cy + s * x + c * y) for x, y in ring)


def arc(
    cx: float, cy: float, rx: float, ry: float, start: float, end: float, n: int = 20
) -> Points:
    """Points of an ellipse from `start` to `end` in degrees (0 right, 90 down, 270 up)."""
    angles = [math.radians(start + (end - start) * i / n) for i in range(n + 1)]
    return tuple((cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles)


def crescent(
    cx: float, cy: float, rx: float, ry: float, start: float, end: float, depth: float
) -> Points:
    """The sliver of an ellipse between its edge and an edge drawn in by `depth` (0 to 1)."""
    inner = arc(cx, cy, rx, ry, end, start)
    a, b = inner[0], inner[-1]
    back = []
    for i, (x, y) in enumerate(inner):
        t = i / (len(inner) - 1)
        chord = (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
        back.append((x + (chord[0] - x) * depth, y + (chord[1] - y) * depth))
    return arc(cx, cy, rx, ry, start, end) + tuple(back)


def blob(points: Sequence[Point], n: int = 8) -> Points:
    """A smooth closed curve through the points (Catmull-Rom)."""
    ring = [points[-1], *points, points[0], points[1]]
    return tuple(
        _spline(ring[i], ring[i + 1], ring[i + 2], ring[i + 3], j / n)
        for i in range(len(points))
        for j in range(n)
    )


def curve(points: Sequence[Point], n: int = 8) -> Points:
    """A smooth open curve through the points."""
    ends = [points[0], *points, points[-1]]
    found = [
        _spline(ends[i], ends[i + 1], ends[i + 2], ends[i + 3], j / n)
        for i in range(len(points) - 1)
        for j in range(n)
    ]
    return (*found, points[-1])


def star(cx: float, cy: float, outer: float, inner: float) -> Points:
    """A five-pointed star, its first point up."""
    return tuple(
        (cx + r * math.sin(math.pi * i / 5), cy - r * math.cos(math.pi * i / 5))
        for i, r in enumerate((outer, inner) * 5)
    )


def soft_star(cx: float, cy: float, outer: float, inner: float) -> Points:
    """A star whose points are rounded off."""
    sharp = star(cx, cy, outer, inner)
    found: list[Point] = []
    for i, (x, y) in enumerate(sharp):
        if i % 2:
            found.append((x, y))
            continue
        before, after = (
            (x + 0.22 * (p[0] - x), y + 0.22 * (p[1] - y)) for p in (sharp[i - 1], sharp[i + 1])
        )
        for u in (0.0, 0.25, 0.5, 0.75, 1.0):
            a, b, c = (1 - u) ** 2, 2 * u * (1 - u), u * u
            found.append(
                (a * before[0] + b * x + c * after[0], a * before[1] + b * y + c * after[1])
            )
    return tuple(found)


def rounded(x0: float, y0: float, x1: float, y1: float, r: float) -> Points:
    """A rectangle with rounded corners."""
    return (
        arc(x0 + r, y0 + r, r, r, 180, 270, 6)
        + arc(x1 - r, y0 + r, r, r, 270, 360, 6)
        + arc(x1 - r, y1 - r, r, r, 0, 90, 6)
        + arc(x0 + r, y1 - r, r, r, 90, 180, 6)
    )


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    """A rectangle."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _spline(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    x, y = (
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t * t
            + (3 * b - a - 3 * c + d) * t * t * t
        )
        for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
    )
    return x, y
