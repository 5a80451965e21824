"""How each kind is drawn: kind -> a function of two yes-or-no features that returns its parts.

Things face right; `draw` mirrors them. Parts lie within the kind's `ASPECTS` box. What people made
is drawn here, the rest in `nature`.
"""

# The points read better in the lines they were set in.
# fmt: off

from __future__ import annotations

from collections.abc import Callable

from . import nature
from .shapes import Part, Point, Points, arc, blob, box, crescent, curve, ellipse, rounded, star


def boat(tinted_sail: bool, portholes: bool) -> list[Part]:
    hull = (*curve([(-0.53, 0.17), (-0.44, 0.36), (-0.30, 0.47)], 6),
            *curve([(0.30, 0.47), (0.44, 0.36), (0.53, 0.17)], 6))
    keel = (*curve([(-0.42, 0.385), (-0.30, 0.47)], 4), *curve([(0.30, 0.47), (0.42, 0.385)], 4))
    main_sail = (*curve([(-0.03, -0.42), (-0.20, -0.12), (-0.43, 0.10)], 6), (-0.03, 0.10))
    fore_sail = (*curve([(0.05, -0.36), (0.23, -0.12), (0.41, 0.10)], 6), (0.05, 0.10))
    parts = [
        Part(box(-0.02, -0.48, 0.03, 0.2), "wood", rim=True),
        Part(main_sail, "main" if tinted_sail else "paper", rim=True),
        Part(fore_sail, "light", rim=True),
        Part(hull, "main", rim=True),
        Part(((-0.53, 0.17), (0.53, 0.17), (0.50, 0.24), (-0.50, 0.24)), "light"),
        Part(keel, "shade"),
    ]
    if tinted_sail:
        parts.append(Part(((-0.03, -0.13), (-0.21, -0.12), (-0.315, 0.0), (-0.03, 0.0)), "paper"))
    if portholes:
        for x in (-0.2, 0.0, 0.2):
            parts += [Part(ellipse(x, 0.325, 0.05, 0.05), "deep"),
                      Part(ellipse(x, 0.325, 0.035, 0.035), "glow")]
    else:
        parts.append(Part(((0.03, -0.49), (0.21, -0.43), (0.03, -0.37)), "main", rim=True))
    return parts


def house(middle_door: bool, round_window: bool) -> list[Part]:
    door = 0.0 if middle_door else -0.19
    parts = [
        Part(box(0.19, -0.47, 0.31, -0.1), "deep", rim=True),
        Part(box(-0.38, -0.08, 0.38, 0.48), "main", rim=True),
        Part(box(-0.38, -0.08, 0.38, 0.0), "shade"),
        Part(box(0.28, -0.04, 0.38, 0.48), "shade"),
        Part(((-0.48, -0.06), (0.0, -0.48), (0.48, -0.06)), "deep", rim=True),
        Part(((-0.48, -0.06), (0.0, -0.48), (0.05, -0.435), (-0.37, -0.06)), "shade"),
        Part(box(0.17, -0.49, 0.33, -0.43), "deep"),
        Part(rounded(door - 0.10, 0.16, door + 0.10, 0.48, 0.06), "wood"),
        Part(rounded(door - 0.065, 0.20, door + 0.065, 0.48, 0.05), "bark"),
        Part(ellipse(door + 0.04, 0.35, 0.02, 0.02), "glow"),
    ]
    wide = 0.085 if middle_door else 0.125
    for x in (-0.235, 0.235) if middle_door else (0.13,):
        parts += [
            Part(box(x - wide - 0.025, 0.065, x + wide + 0.025, 0.325), "paper"),
            Part(box(x - wide, 0.09, x + wide, 0.30), "glow"),
            Part(((x, 0.09), (x, 0.30)), "paper", width=0.025),
            Part(((x - wide, 0.195), (x + wide, 0.195)), "paper", width=0.025),
        ]
    if round_window:
        parts += [Part(ellipse(0.0, -0.2, 0.085, 0.085), "paper"),
                  Part(ellipse(0.0, -0.2, 0.058, 0.058), "glow")]
    return parts


def car(striped: bool, roof_rack: bool) -> list[Part]:
    roof = [(-0.40, -0.12), (-0.30, -0.34), (-0.14, -0.44), (0.12, -0.44), (0.28, -0.32)]
    body = (*curve([(-0.66, 0.26), (-0.70, 0.06), (-0.62, -0.06), (-0.44, -0.10)], 6),
            *curve(roof, 6),
            *curve([(0.40, -0.08), (0.60, -0.02), (0.70, 0.10), (0.69, 0.26)], 6))
    rear = (*curve([(-0.31, -0.10), (-0.24, -0.27), (-0.13, -0.35)], 5),
            (-0.03, -0.35), (-0.03, -0.10))
    front = ((0.04, -0.35), *curve([(0.10, -0.35), (0.20, -0.27), (0.29, -0.10)], 5), (0.04, -0.10))
    parts = [
        Part(body, "main", rim=True),
        Part(rounded(-0.69, 0.14, 0.69, 0.27, 0.05), "shade"),
        Part(rear, "glass"),
        Part(front, "glass"),
        Part(((0.10, -0.35), (0.15, -0.32), (0.08, -0.10), (0.04, -0.10), (0.04, -0.16)), "eye"),
        Part(((-0.16, -0.345), (-0.11, -0.35), (-0.19, -0.10), (-0.26, -0.10)), "eye"),
        Part(ellipse(0.62, 0.06, 0.05, 0.055), "glow"),
        Part(rounded(-0.695, 0.02, -0.645, 0.12, 0.02), "blush"),
    ]
    if striped:
        parts.append(Part(box(-0.64, -0.005, 0.56, 0.05), "paper"))
    else:
        parts += [Part(((0.0, -0.08), (0.0, 0.14)), "shade", width=0.02),
                  Part(box(0.06, -0.03, 0.15, 0.0), "deep")]
    if roof_rack:
        parts.insert(0, Part(rounded(-0.26, -0.49, 0.26, -0.41, 0.03), "wood", rim=True))
    for x in (-0.40, 0.40):
        parts += [
            Part(ellipse(x, 0.30, 0.185, 0.185), "ink", rim=True),
            Part(ellipse(x, 0.30, 0.10, 0.10), "eye"),
            Part(ellipse(x, 0.30, 0.045, 0.045), "shade"),
        ]
    return parts


def ball(banded: bool, marked: bool) -> list[Part]:
    r = 0.48
    parts = [Part(ellipse(0, 0, r, r), "main", rim=True)]
    if banded:
        band = (*arc(0, 0, r, r, -18, 18, 8),
                *curve([(0.455, 0.15), (0.0, 0.24), (-0.455, 0.15)]),
                *arc(0, 0, r, r, 162, 198, 8),
                *curve([(-0.455, -0.15), (0.0, -0.06), (0.455, -0.15)]))
        parts.append(Part(band, "paper"))
        if marked:
            parts.append(Part(star(0.0, 0.05, 0.13, 0.06), "main"))
    else:  # a beach ball's wedges
        hub = (-0.08, -0.12)
        for start in (-80, 40, 160):
            edge = arc(0, 0, r, r, start, start + 56, 10)
            parts.append(Part((*_bow(hub, edge[0], 1), *edge, *_bow(edge[-1], hub, -1)), "paper"))
        parts.append(Part(ellipse(*hub, 0.075, 0.07), "deep" if marked else "light"))
    parts.append(Part(crescent(0, 0, r, r, 10, 130, 0.55), "veil"))
    if banded:
        parts.append(Part(ellipse(-0.19, -0.28, 0.10, 0.06, -0.6), "light"))
    return parts


def balloon(ribbed: bool, bowed: bool) -> list[Part]:
    skin = blob([(0.0, -0.48), (0.21, -0.39), (0.28, -0.19), (0.20, 0.01), (0.05, 0.12),
                 (-0.05, 0.12), (-0.20, 0.01), (-0.28, -0.19), (-0.21, -0.39)])
    shadow = blob([(0.26, -0.29), (0.28, -0.19), (0.20, 0.01), (0.05, 0.12), (-0.05, 0.12),
                   (0.09, -0.02), (0.19, -0.14)])
    string = curve([(0.0, 0.17), (0.06, 0.25), (-0.05, 0.35), (0.04, 0.43), (0.0, 0.49)], 5)
    parts = [
        Part(string, "string", width=0.036),
        Part(((0.0, 0.08), (0.07, 0.19), (-0.07, 0.19)), "shade", rim=True),
        Part(skin, "main", rim=True),
        Part(shadow, "shade"),
    ]
    if ribbed:
        for x in (-0.11, 0.11):
            rib = curve([(0.0, -0.46), (x, -0.30), (1.1 * x, -0.12), (0.2 * x, 0.11)], 6)
            parts.append(Part(rib, "light", width=0.022))
    if bowed:
        parts += [Part(((0.0, 0.20), (x, 0.145), (x, 0.255)), "deep") for x in (-0.14, 0.14)]
    parts.append(Part(ellipse(-0.145, -0.31, 0.045, 0.09, 0.5), "light"))
    return parts


def umbrella(two_toned: bool, dotted: bool) -> list[Part]:
    dome = arc(0.0, 0.06, 0.51, 0.47, 180, 360, 30)
    scallops: Points = ()
    for x in (0.34, 0.0, -0.34):
        scallops += arc(x, 0.06, 0.17, 0.075, 360, 180, 8)
    handle = (*curve([(0.0, -0.40), (0.0, 0.05), (0.0, 0.36)], 4),
              *arc(0.075, 0.39, 0.075, 0.07, 180, 0, 10))
    seam = curve([(0.17, 0.06), (0.13, -0.2), (0.0, -0.41)], 6)
    middle = (*curve([(0.0, -0.41), (-0.13, -0.2), (-0.17, 0.06)], 6),
              *arc(0.0, 0.06, 0.17, 0.075, 180, 360, 8), *seam)
    side = ((0.0, -0.41), *arc(0.0, 0.06, 0.51, 0.47, 270, 360, 16),
            *arc(0.34, 0.06, 0.17, 0.075, 360, 180, 8), *seam)
    parts = [
        Part(handle, "wood", rim=True, width=0.05),
        Part(((0.0, -0.485), (0.0, -0.38)), "wood", rim=True, width=0.035),
        Part(dome + scallops, "main", rim=True),
        Part(side, "shade"),
        Part(middle, "paper" if two_toned else "light"),
    ]
    if dotted:
        dots = ((-0.30, -0.12), (0.0, -0.06), (0.31, -0.10), (-0.19, -0.26), (0.2, -0.25))
        for x, y in dots:
            tone = "main" if two_toned and x == 0 else "paper"
            parts.append(Part(ellipse(x, y, 0.035, 0.035), tone))
    return parts


def _bow(a: Point, b: Point, side: int) -> Points:
    """A bent line from a to b."""
    bend = 0.12 * side
    middle = ((a[0] + b[0]) / 2 - bend * (b[1] - a[1]), (a[1] + b[1]) / 2 + bend * (b[0] - a[0]))
    return curve([a, middle, b], 5)


DRAWINGS: dict[str, Callable[[bool, bool], list[Part]]] = {
    "boat": boat, "house": house, "tree": nature.tree, "car": car, "fish": nature.fish,
    "bird": nature.bird, "cat": nature.cat, "ball": ball, "star": nature.starlet,
    "flower": nature.flower, "balloon": balloon, "umbrella": umbrella,
}
