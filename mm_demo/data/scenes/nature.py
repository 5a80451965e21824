"""The drawings of animals, plants and stars; see `kinds`."""

# The points read better in the lines they were set in.
# fmt: off

from __future__ import annotations

import math

from .shapes import Part, arc, blob, box, curve, ellipse, soft_star, star


def tree(fir: bool, spotted: bool) -> list[Part]:
    trunk = ((-0.055, 0.0), (0.055, 0.0), (0.07, 0.40), (0.12, 0.49), (-0.12, 0.49), (-0.07, 0.40))
    parts = [Part(trunk, "wood", rim=True), Part(box(0.015, 0.1, 0.06, 0.45), "bark")]
    if fir:
        for top, bottom, half in ((-0.02, 0.30, 0.40), (-0.25, 0.09, 0.32), (-0.48, -0.13, 0.235)):
            skirt = curve([(half, bottom), (0.0, bottom + 0.035), (-half, bottom)], 6)
            parts += [Part(((0.0, top), *skirt), "main", rim=True),
                      Part(((0.0, top), *skirt[:7]), "shade")]
        spots = ((-0.16, 0.2), (0.13, 0.19), (-0.1, -0.02), (0.09, 0.0), (-0.02, -0.22))
    else:
        parts += [Part(ellipse(x, y, r, 0.93 * r), "main", rim=True) for x, y, r in (
            (-0.22, -0.01, 0.19), (0.22, -0.01, 0.19), (-0.20, -0.23, 0.18), (0.20, -0.23, 0.18),
            (0.0, -0.31, 0.18), (0.0, 0.03, 0.19), (0.0, -0.14, 0.26))]
        parts += [
            Part(ellipse(0.20, 0.03, 0.165, 0.12), "shade"),
            Part(ellipse(-0.03, 0.09, 0.165, 0.105), "shade"),
            Part(ellipse(0.20, -0.03, 0.14, 0.12), "main"),
            Part(ellipse(-0.04, 0.03, 0.15, 0.11), "main"),
            Part(arc(0.17, -0.20, 0.12, 0.10, 20, 110, 8), "shade", width=0.028),
            Part(arc(0.02, -0.10, 0.14, 0.10, 40, 140, 8), "shade", width=0.028),
            Part(ellipse(-0.17, -0.25, 0.10, 0.085, -0.5), "light"),
        ]
        spots = ((-0.26, -0.02), (-0.02, -0.02), (0.24, -0.06), (0.06, -0.30), (-0.08, 0.13))
    if spotted:
        parts += [Part(ellipse(x, y, 0.036, 0.036), "deep") for x, y in spots]
    return parts


def fish(striped: bool, rayed: bool) -> list[Part]:
    body = blob([(0.66, 0.02), (0.54, -0.18), (0.26, -0.34), (-0.06, -0.28), (-0.32, -0.03),
                 (-0.06, 0.28), (0.26, 0.36), (0.54, 0.22)])
    belly = blob([(0.62, 0.08), (0.54, 0.22), (0.26, 0.36), (-0.06, 0.28), (-0.22, 0.08),
                  (0.0, 0.17), (0.26, 0.2), (0.48, 0.13)])
    tail = blob([(-0.24, 0.0), (-0.46, -0.26), (-0.64, -0.36), (-0.56, -0.02), (-0.64, 0.38),
                 (-0.46, 0.27)])
    fin = blob([(-0.08, -0.24), (0.02, -0.44), (0.24, -0.49), (0.36, -0.28), (0.12, -0.22)])
    parts = [
        Part(tail, "shade", rim=True),
        Part(fin, "shade", rim=True),
        Part(blob([(0.02, 0.26), (0.04, 0.46), (0.20, 0.46), (0.22, 0.30)]), "shade", rim=True),
        Part(body, "main", rim=True),
        Part(belly, "light"),
    ]
    if striped:
        for x, half in ((0.16, 0.32), (-0.06, 0.255)):
            low = half - 0.03
            stripe = (*curve([(x, -half), (x - 0.06, 0.0), (x, half)], 6),
                      *curve([(x - 0.09, low), (x - 0.15, 0.0), (x - 0.09, -low)], 6))
            parts.append(Part(stripe, "paper"))
    else:
        for x, y in ((0.10, -0.12), (-0.08, -0.04), (0.12, 0.08)):
            parts.append(Part(arc(x, y, 0.07, 0.08, 90, 270, 8), "shade", width=0.03))
    if rayed:
        parts += [Part(((-0.54, y), (-0.38, 0.55 * y)), "light", width=0.035)
                  for y in (-0.2, 0.0, 0.2)]
    return [
        *parts,
        Part(blob([(0.14, 0.02), (-0.05, 0.03), (-0.10, 0.16), (0.06, 0.16)]), "shade"),
        Part(ellipse(0.42, -0.08, 0.09, 0.09), "eye"),
        Part(ellipse(0.44, -0.08, 0.055, 0.055), "ink"),
        Part(ellipse(0.455, -0.10, 0.018, 0.018), "eye"),
        Part(arc(0.58, 0.05, 0.10, 0.08, 60, 150, 6), "deep", width=0.03),
    ]


def bird(wing_up: bool, crested: bool) -> list[Part]:
    tail = ((-0.26, -0.02), (-0.60, -0.14), (-0.58, 0.02), (-0.61, 0.13), (-0.24, 0.20))
    body = blob([(0.42, -0.28), (0.30, -0.45), (0.12, -0.42), (0.02, -0.24), (-0.20, -0.12),
                 (-0.36, 0.04), (-0.24, 0.26), (0.02, 0.37), (0.28, 0.27), (0.41, 0.02)])
    belly = blob([(0.40, 0.0), (0.28, 0.27), (0.02, 0.36), (-0.14, 0.32), (0.06, 0.22),
                  (0.22, 0.08)])
    crest = blob([(0.14, -0.36), (0.05, -0.49), (0.20, -0.48), (0.28, -0.42)])
    parts = [
        Part(((-0.02, 0.34), (-0.04, 0.47), (0.04, 0.48)), "beak", width=0.04),
        Part(((0.12, 0.33), (0.12, 0.47), (0.20, 0.48)), "beak", width=0.04),
        Part(tail, "shade", rim=True),
        *([Part(crest, "shade", rim=True)] if crested else []),
        Part(((0.38, -0.33), (0.60, -0.22), (0.38, -0.15)), "beak", rim=True),
        Part(body, "main", rim=True),
        Part(belly, "light"),
        Part(ellipse(0.30, -0.17, 0.05, 0.035), "blush"),
    ]
    if wing_up:
        wing = blob([(0.12, -0.02), (-0.02, -0.14), (-0.22, -0.36), (-0.44, -0.47), (-0.40, -0.18),
                     (-0.22, 0.12), (0.0, 0.16)])
        parts += [Part(wing, "shade", rim=True),
                  Part(((-0.32, -0.27), (-0.08, 0.02)), "main", width=0.04),
                  Part(((-0.29, -0.12), (-0.07, 0.08)), "main", width=0.04)]
    else:
        wing = blob([(0.16, -0.02), (-0.02, -0.11), (-0.26, -0.02), (-0.46, 0.14), (-0.20, 0.20),
                     (0.06, 0.17)])
        parts += [Part(wing, "shade"),
                  Part(curve([(-0.32, 0.11), (-0.14, 0.06), (0.0, 0.08)], 5), "main", width=0.035)]
    return [
        *parts,
        Part(ellipse(0.24, -0.28, 0.066, 0.066), "eye"),
        Part(ellipse(0.255, -0.28, 0.044, 0.044), "ink"),
        Part(ellipse(0.267, -0.295, 0.014, 0.014), "eye"),
    ]


def cat(tabby: bool, collared: bool) -> list[Part]:
    body = blob([(-0.20, 0.02), (-0.29, 0.28), (-0.30, 0.46), (0.0, 0.48), (0.26, 0.46),
                 (0.25, 0.26), (0.18, 0.02)])
    tail = curve([(0.20, 0.43), (0.34, 0.41), (0.39, 0.28), (0.36, 0.14)], 6)
    parts = [
        Part(tail, "main", rim=True, width=0.085),
        Part(ellipse(*tail[-1], 0.042, 0.042), "shade", rim=True),
        Part(body, "main", rim=True),
        Part(ellipse(-0.02, 0.33, 0.13, 0.15), "light"),
        Part(((-0.37, -0.12), (-0.35, -0.48), (-0.10, -0.34)), "main", rim=True),
        Part(((0.33, -0.12), (0.31, -0.48), (0.06, -0.34)), "main", rim=True),
        Part(((-0.31, -0.22), (-0.31, -0.41), (-0.17, -0.31)), "blush"),
        Part(((0.27, -0.22), (0.27, -0.41), (0.13, -0.31)), "blush"),
        Part(ellipse(-0.02, -0.13, 0.37, 0.27), "main", rim=True),
    ]
    if tabby:
        parts += [Part(((x, -0.39), (0.6 * x - 0.008, -0.27)), "shade", width=0.045)
                  for x in (-0.13, -0.02, 0.09)]
        for y in (0.24, 0.33):
            for x, side in ((-0.27, 1), (0.23, -1)):
                parts.append(Part(((x, y), (x + 0.10 * side, y + 0.02)), "shade", width=0.035))
    parts += [
        Part(ellipse(-0.02, -0.04, 0.15, 0.11), "light"),
        Part(((-0.06, -0.075), (0.02, -0.075), (-0.02, -0.03)), "blush"),
        Part(arc(-0.06, -0.02, 0.04, 0.035, 0, 150, 6), "deep", width=0.02),
        Part(arc(0.02, -0.02, 0.04, 0.035, 30, 180, 6), "deep", width=0.02),
    ]
    for x in (-0.17, 0.13):
        parts += [Part(ellipse(x, -0.14, 0.055, 0.07), "ink"),
                  Part(ellipse(x + 0.015, -0.167, 0.018, 0.02), "eye")]
    for x in (-0.13, 0.09):
        parts.append(Part(ellipse(x, 0.45, 0.085, 0.04), "light"))
    for side in (-1, 1):
        for y, lift in ((-0.06, -0.02), (-0.01, 0.02)):
            ends = ((side * 0.20 - 0.02, y), (side * 0.34 - 0.02, y + lift))
            parts.append(Part(ends, "deep", width=0.012))
    if collared:
        collar = (*curve([(-0.20, 0.09), (-0.02, 0.14), (0.16, 0.09)], 5),
                  *curve([(0.17, 0.14), (-0.02, 0.195), (-0.21, 0.14)], 5))
        parts += [Part(collar, "deep"), Part(ellipse(-0.02, 0.19, 0.04, 0.04), "glow")]
    return parts


def starlet(faced: bool, dotted: bool) -> list[Part]:
    lower_right = star(0.0, 0.04, 0.495, 0.25)[1:6]
    parts = [
        Part(soft_star(0.0, 0.04, 0.56, 0.285), "main", rim=True),
        Part((*lower_right, (0.0, 0.04)), "shade"),
        Part(soft_star(0.0, 0.04, 0.35, 0.20), "main"),
    ]
    if faced:
        parts += [
            Part(ellipse(-0.085, 0.0, 0.034, 0.045), "ink"),
            Part(ellipse(0.085, 0.0, 0.034, 0.045), "ink"),
            Part(arc(0.0, 0.06, 0.07, 0.06, 20, 160, 8), "ink", width=0.03),
        ]
        if dotted:
            parts += [Part(ellipse(x, 0.085, 0.04, 0.028), "blush") for x in (-0.16, 0.16)]
        return parts
    parts.append(Part(soft_star(0.0, 0.04, 0.20, 0.115), "light"))
    if dotted:
        tips = (2 * math.pi * i / 5 for i in range(5))
        parts += [Part(ellipse(0.40 * math.sin(a), 0.03 - 0.40 * math.cos(a), 0.03, 0.03), "light")
                  for a in tips]
    return parts


def flower(tulip: bool, two_leaves: bool) -> list[Part]:
    stem = curve([(0.0, 0.0), (0.02, 0.25), (-0.01, 0.48)], 6)
    right = [(0.0, 0.42), (0.12, 0.24), (0.33, 0.20), (0.22, 0.37)]
    left = [(0.0, 0.47), (-0.12, 0.31), (-0.31, 0.28), (-0.2, 0.43)]
    parts = [Part(stem, "stem", rim=True, width=0.055), Part(blob(right), "leaf", rim=True)]
    if two_leaves:
        parts.append(Part(blob(left), "leaf", rim=True))
    if tulip:
        cup = blob([(-0.28, -0.16), (-0.23, 0.08), (0.0, 0.16), (0.23, 0.08), (0.28, -0.16),
                    (0.32, -0.42), (0.13, -0.30), (0.0, -0.48), (-0.13, -0.30), (-0.32, -0.42)])
        outer = blob([(0.0, 0.14), (0.23, 0.06), (0.28, -0.16), (0.31, -0.38), (0.13, -0.24),
                      (0.05, 0.0)])
        inner = blob([(0.0, 0.13), (-0.09, -0.02), (-0.09, -0.22), (0.0, -0.44), (0.09, -0.22),
                      (0.09, -0.02)])
        return [*parts, Part(cup, "main", rim=True), Part(outer, "shade"), Part(inner, "light")]
    cy = -0.16
    turns = [2 * math.pi * i / 6 + 0.26 for i in range(6)]
    for a in turns:
        x, y = math.cos(a), math.sin(a)
        parts.append(Part(ellipse(0.21 * x, cy + 0.19 * y, 0.165, 0.115, a), "main", rim=True))
    for a in turns:
        x, y = math.cos(a), math.sin(a)
        parts.append(Part(ellipse(0.20 * x, cy + 0.185 * y, 0.10, 0.045, a), "light"))
    return [*parts, Part(ellipse(0.0, cy, 0.125, 0.12), "deep"),
            Part(ellipse(0.0, cy, 0.10, 0.095), "honey")]
