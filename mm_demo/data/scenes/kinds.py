"""How each kind is drawn: kind -> a function of two yes-or-no features that returns its parts.

Things face right; `draw` mirrors them. Parts lie within the kind's `ASPECTS` box.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .shapes import Part, Points, arc, blob, box, crescent, curve, ellipse, rounded


def boat(one: bool, two: bool) -> list[Part]:
    hull = curve([(-0.53, 0.17), (-0.44, 0.36), (-0.30, 0.47)], 6) + curve(
        [(0.30, 0.47), (0.44, 0.36), (0.53, 0.17)], 6
    )
    big = curve([(-0.03, -0.40), (-0.20, -0.12), (-0.42, 0.10)], 6) + ((-0.03, 0.10),)
    small = ((0.05, -0.34), *curve([(0.05, -0.34), (0.22, -0.12), (0.40, 0.10)], 6), (0.05, 0.10))
    parts = [
        Part(box(-0.02, -0.48, 0.03, 0.2), "wood", rim=True),
        Part(big, "main" if one else "paper", rim=True),
        Part(small, "light", rim=True),
        Part(hull, "main", rim=True),
        Part(((-0.53, 0.17), (0.53, 0.17), (0.50, 0.24), (-0.50, 0.24)), "light"),
        Part(
            curve([(-0.42, 0.385), (-0.30, 0.47)], 4) + curve([(0.30, 0.47), (0.42, 0.385)], 4),
            "shade",
        ),
    ]
    if one:
        parts.append(Part(((-0.03, -0.12), (-0.22, -0.12), (-0.32, 0.0), (-0.03, 0.0)), "paper"))
    if two:
        parts += [Part(ellipse(x, 0.32, 0.042, 0.042), "paper") for x in (-0.2, 0.0, 0.2)]
    else:
        parts.append(Part(((0.03, -0.49), (0.21, -0.43), (0.03, -0.37)), "main", rim=True))
    return parts


def house(one: bool, two: bool) -> list[Part]:
    parts = [
        Part(box(0.19, -0.47, 0.31, -0.1), "deep", rim=True),
        Part(box(-0.38, -0.08, 0.38, 0.48), "main", rim=True),
        Part(box(-0.38, -0.08, 0.38, 0.0), "shade"),
        Part(((-0.48, -0.06), (0.0, -0.48), (0.48, -0.06)), "shade", rim=True),
        Part(((-0.48, -0.06), (0.0, -0.48), (0.07, -0.42), (-0.32, -0.06)), "main"),
        Part(box(0.17, -0.49, 0.33, -0.43), "deep"),
    ]
    if one:  # a door in the middle, two windows
        parts += [
            Part(rounded(-0.09, 0.18, 0.09, 0.49, 0.05), "wood"),
            Part(ellipse(0.05, 0.34, 0.018, 0.018), "glow"),
        ]
        windows = [(-0.23, 0.18), (0.23, 0.18)]
    else:
        parts += [
            Part(rounded(-0.29, 0.16, -0.09, 0.49, 0.05), "wood"),
            Part(ellipse(-0.13, 0.33, 0.018, 0.018), "glow"),
        ]
        windows = [(0.16, 0.20)]
    wide = 0.085 if one else 0.135
    for x, y in windows:
        parts += [
            Part(box(x - wide - 0.025, y - 0.13, x + wide + 0.025, y + 0.13), "paper"),
            Part(box(x - wide, y - 0.105, x + wide, y + 0.105), "glow"),
            Part(((x, y - 0.105), (x, y + 0.105)), "paper", width=0.025),
            Part(((x - wide, y), (x + wide, y)), "paper", width=0.025),
        ]
    if two:
        parts += [
            Part(ellipse(0.0, -0.2, 0.085, 0.085), "paper"),
            Part(ellipse(0.0, -0.2, 0.058, 0.058), "glow"),
        ]
    return parts


def tree(one: bool, two: bool) -> list[Part]:
    trunk = (
        (-0.06, 0.05),
        (0.06, 0.05),
        (0.075, 0.42),
        (0.12, 0.49),
        (-0.12, 0.49),
        (-0.075, 0.42),
    )
    parts = [Part(trunk, "wood", rim=True), Part(box(0.02, 0.1, 0.065, 0.45), "bark")]
    if one:  # three storeys of a fir
        for top, bottom, half in ((-0.02, 0.30, 0.40), (-0.25, 0.09, 0.32), (-0.48, -0.13, 0.235)):
            skirt = curve([(half, bottom), (0.0, bottom + 0.035), (-half, bottom)], 6)
            parts.append(Part(((0.0, top), *skirt), "main", rim=True))
            parts.append(Part(((0.0, top), *skirt[:7]), "shade"))
    else:
        crown = blob(
            [(-0.40, -0.02), (-0.33, -0.26), (-0.15, -0.45), (0.10, -0.47), (0.31, -0.31),
             (0.40, -0.07), (0.31, 0.12), (0.10, 0.20), (-0.14, 0.20), (-0.32, 0.13)]
        )  # fmt: skip
        parts += [
            Part(crown, "main", rim=True),
            Part(
                blob([(0.40, -0.07), (0.31, 0.12), (0.10, 0.20), (-0.14, 0.20), (-0.32, 0.13),
                      (-0.1, 0.10), (0.14, 0.05), (0.28, -0.04), (0.34, -0.2)]),
                "shade",
            ),
            Part(ellipse(-0.14, -0.22, 0.11, 0.10, -0.5), "light"),
        ]  # fmt: skip
    if two:
        spots = ((-0.16, 0.2), (0.13, 0.0), (-0.1, -0.08), (0.05, -0.28)) if one else (
            (-0.22, 0.03), (0.02, -0.06), (0.2, -0.2), (0.04, -0.33), (0.18, 0.08)
        )  # fmt: skip
        parts += [Part(ellipse(x, y, 0.035, 0.035), "paper") for x, y in spots]
    return parts


def car(one: bool, two: bool) -> list[Part]:
    body = (
        curve([(-0.66, 0.26), (-0.70, 0.06), (-0.62, -0.06), (-0.44, -0.10)], 6)
        + curve([(-0.40, -0.12), (-0.30, -0.36), (-0.14, -0.46), (0.12, -0.46), (0.28, -0.34)], 6)
        + curve([(0.40, -0.08), (0.60, -0.02), (0.70, 0.10), (0.69, 0.26)], 6)
    )
    parts = [
        Part(body, "main", rim=True),
        Part(rounded(-0.69, 0.14, 0.69, 0.27, 0.05), "shade"),
        Part(
            curve([(-0.31, -0.10), (-0.24, -0.29), (-0.13, -0.37)], 5)
            + ((-0.03, -0.37), (-0.03, -0.10)),
            "glass",
        ),
        Part(
            (
                (0.04, -0.37),
                *curve([(0.10, -0.37), (0.20, -0.29), (0.29, -0.10)], 5),
                (0.04, -0.10),
            ),
            "glass",
        ),
        Part(((0.10, -0.37), (0.15, -0.34), (0.08, -0.10), (0.04, -0.10), (0.04, -0.16)), "paper"),
        Part(ellipse(0.62, 0.06, 0.05, 0.055), "glow"),
    ]
    if one:
        parts.append(Part(box(-0.66, -0.005, 0.56, 0.045), "paper"))
    else:
        parts += [
            Part(((0.0, -0.08), (0.0, 0.14)), "shade", width=0.02),
            Part(box(0.06, -0.03, 0.15, 0.0), "deep"),
        ]
    if two:
        parts.insert(0, Part(rounded(-0.26, -0.49, 0.26, -0.43, 0.025), "wood", rim=True))
    for x in (-0.40, 0.40):
        parts += [
            Part(ellipse(x, 0.30, 0.185, 0.185), "ink", rim=True),
            Part(ellipse(x, 0.30, 0.10, 0.10), "paper"),
            Part(ellipse(x, 0.30, 0.045, 0.045), "shade"),
        ]
    return parts


def fish(one: bool, two: bool) -> list[Part]:
    body = blob(
        [(0.66, 0.02), (0.54, -0.18), (0.26, -0.34), (-0.06, -0.28), (-0.32, -0.03),
         (-0.06, 0.28), (0.26, 0.36), (0.54, 0.22)]
    )  # fmt: skip
    tail = blob(
        [(-0.24, 0.0), (-0.46, -0.26), (-0.64, -0.36), (-0.56, -0.02), (-0.64, 0.38), (-0.46, 0.27)]
    )
    fin = blob([(-0.08, -0.24), (0.02, -0.44), (0.24, -0.49), (0.36, -0.28), (0.12, -0.22)])
    parts = [
        Part(tail, "shade", rim=True),
        Part(fin, "shade", rim=True),
        Part(blob([(0.02, 0.26), (0.04, 0.46), (0.20, 0.46), (0.22, 0.30)]), "shade", rim=True),
        Part(body, "main", rim=True),
        Part(
            blob([(0.62, 0.08), (0.54, 0.22), (0.26, 0.36), (-0.06, 0.28), (-0.22, 0.08),
                  (0.0, 0.17), (0.26, 0.2), (0.48, 0.13)]),
            "light",
        ),
    ]  # fmt: skip
    if one:
        for x, half in ((0.16, 0.32), (-0.06, 0.255)):
            parts.append(
                Part(
                    curve([(x, -half), (x - 0.06, 0.0), (x, half)], 6)
                    + curve(
                        [(x - 0.09, half - 0.03), (x - 0.15, 0.0), (x - 0.09, -half + 0.03)], 6
                    ),
                    "paper",
                )
            )
    else:
        for x, y in ((0.10, -0.12), (-0.08, -0.04), (0.12, 0.08)):
            parts.append(Part(arc(x, y, 0.07, 0.08, 90, 270, 8), "shade", width=0.03))
    parts += [
        Part(blob([(0.14, 0.02), (-0.05, 0.03), (-0.10, 0.16), (0.06, 0.16)]), "shade"),
        Part(ellipse(0.42, -0.08, 0.085, 0.085), "paper"),
        Part(ellipse(0.44, -0.08, 0.048, 0.048), "ink"),
        Part(arc(0.58, 0.05, 0.10, 0.08, 60, 150, 6), "deep", width=0.03),
    ]
    if two:
        parts += [
            Part(((-0.50, y), (-0.38, y * 0.55)), "light", width=0.035) for y in (-0.2, 0.0, 0.2)
        ]
    return parts


def bird(one: bool, two: bool) -> list[Part]:
    tail = ((-0.26, -0.02), (-0.60, -0.14), (-0.58, 0.02), (-0.61, 0.13), (-0.24, 0.20))
    body = blob(
        [(0.42, -0.28), (0.30, -0.45), (0.12, -0.42), (0.02, -0.24), (-0.20, -0.12), (-0.36, 0.04),
         (-0.24, 0.26), (0.02, 0.37), (0.28, 0.27), (0.41, 0.02)]
    )  # fmt: skip
    belly = blob(
        [(0.40, 0.0), (0.28, 0.27), (0.02, 0.36), (-0.14, 0.32), (0.06, 0.22), (0.22, 0.08)]
    )
    parts = [
        Part(((-0.02, 0.34), (-0.04, 0.47), (0.04, 0.48)), "beak", width=0.04),
        Part(((0.12, 0.33), (0.12, 0.47), (0.20, 0.48)), "beak", width=0.04),
        Part(tail, "shade", rim=True),
        Part(((0.38, -0.33), (0.60, -0.22), (0.38, -0.15)), "beak", rim=True),
        Part(body, "main", rim=True),
        Part(belly, "light"),
    ]
    if one:  # a raised wing
        wing = blob(
            [
                (0.12, -0.02),
                (-0.02, -0.14),
                (-0.22, -0.36),
                (-0.44, -0.47),
                (-0.40, -0.18),
                (-0.22, 0.12),
                (0.0, 0.16),
            ]
        )
        parts.append(Part(wing, "shade", rim=True))
        parts.append(Part(((-0.30, -0.24), (-0.08, 0.02)), "main", width=0.04))
    else:
        wing = blob(
            [
                (0.16, -0.02),
                (-0.02, -0.11),
                (-0.26, -0.02),
                (-0.46, 0.14),
                (-0.20, 0.20),
                (0.06, 0.17),
            ]
        )
        parts.append(Part(wing, "shade"))
        parts.append(Part(((-0.30, 0.10), (-0.02, 0.07)), "main", width=0.035))
    if two:
        parts.insert(
            4,
            Part(
                blob([(0.16, -0.38), (0.08, -0.50), (0.22, -0.48), (0.28, -0.42)]),
                "shade",
                rim=True,
            ),
        )
    parts += [
        Part(ellipse(0.25, -0.27, 0.062, 0.062), "paper"),
        Part(ellipse(0.265, -0.27, 0.038, 0.038), "ink"),
    ]
    return parts


def cat(one: bool, two: bool) -> list[Part]:
    body = blob(
        [
            (-0.20, 0.02),
            (-0.29, 0.28),
            (-0.30, 0.46),
            (0.0, 0.48),
            (0.26, 0.46),
            (0.25, 0.26),
            (0.18, 0.02),
        ]
    )
    tail = curve([(0.22, 0.40), (0.38, 0.36), (0.40, 0.20), (0.36, 0.08)], 6)
    parts = [
        Part(tail, "shade", rim=True, width=0.085),
        Part(body, "main", rim=True),
        Part(ellipse(-0.02, 0.33, 0.13, 0.15), "light"),
        Part(((-0.37, -0.12), (-0.35, -0.49), (-0.10, -0.34)), "main", rim=True),
        Part(((0.33, -0.12), (0.31, -0.49), (0.06, -0.34)), "main", rim=True),
        Part(((-0.31, -0.22), (-0.31, -0.41), (-0.17, -0.31)), "blush"),
        Part(((0.27, -0.22), (0.27, -0.41), (0.13, -0.31)), "blush"),
        Part(ellipse(-0.02, -0.13, 0.37, 0.27), "main", rim=True),
    ]
    if one:  # a tabby's forehead and tail
        parts += [
            Part(((x, -0.40), (x * 0.6 - 0.008, -0.27)), "deep", width=0.045)
            for x in (-0.13, -0.02, 0.09)
        ]
        parts += [Part(((x, y), (x - 0.11 * (1 if x > 0 else -1), y + 0.02)), "deep", width=0.035)
                  for x, y in ((-0.29, 0.24), (0.24, 0.24), (-0.30, 0.33), (0.25, 0.33))]  # fmt: skip
    parts += [
        Part(ellipse(-0.02, -0.04, 0.15, 0.11), "light"),
        Part(ellipse(-0.17, -0.14, 0.05, 0.065), "ink"),
        Part(ellipse(0.13, -0.14, 0.05, 0.065), "ink"),
        Part(ellipse(-0.155, -0.165, 0.018, 0.02), "paper"),
        Part(ellipse(0.145, -0.165, 0.018, 0.02), "paper"),
        Part(((-0.06, -0.075), (0.02, -0.075), (-0.02, -0.03)), "blush"),
        Part(arc(-0.06, -0.02, 0.04, 0.035, 0, 150, 6), "deep", width=0.02),
        Part(arc(0.02, -0.02, 0.04, 0.035, 30, 180, 6), "deep", width=0.02),
        Part(ellipse(-0.13, 0.45, 0.09, 0.045), "light", rim=False),
        Part(ellipse(0.09, 0.45, 0.09, 0.045), "light", rim=False),
    ]
    if two:
        parts += [
            Part(rounded(-0.17, 0.10, 0.14, 0.155, 0.025), "deep"),
            Part(ellipse(-0.02, 0.17, 0.04, 0.04), "glow"),
        ]
    return parts


def ball(one: bool, two: bool) -> list[Part]:
    r = 0.48
    parts = [Part(ellipse(0, 0, r, r), "main", rim=True)]
    if one:  # bands
        parts += [
            Part(arc(0, 0, r, r, 200, 340) + arc(0, 0.0, r, 0.30, 330, 210), "main"),
            Part(arc(0, 0, r, r, -18, 18, 8) + curve([(0.455, 0.15), (0.0, 0.24), (-0.455, 0.15)])
                 + arc(0, 0, r, r, 162, 198, 8) + curve([(-0.455, -0.15), (0.0, -0.06), (0.455, -0.15)]), "paper"),
        ]  # fmt: skip
    else:  # a beach ball's wedges
        hub = (-0.08, -0.12)
        for start in (-80, 40, 160):
            a, b = (
                arc(0, 0, r, r, start, start, 1)[0],
                arc(0, 0, r, r, start + 56, start + 56, 1)[0],
            )
            parts.append(
                Part(
                    _bow(hub, a) + arc(0, 0, r, r, start, start + 56, 10) + _bow(b, hub, -1),
                    "paper",
                )
            )
        parts.append(Part(ellipse(*hub, 0.075, 0.07), "deep" if two else "light"))
    parts.append(Part(crescent(0, 0, r, r, 10, 130, 0.55), "veil"))
    if one:
        spot = ellipse(-0.19, -0.27, 0.10, 0.06, -0.6)
        parts.append(Part(spot, "paper"))
        if two:
            parts.append(Part(_star(0.0, 0.05, 0.13, 0.06), "main"))
    return parts


def star(one: bool, two: bool) -> list[Part]:
    outer = _soft_star(0.0, 0.03, 0.52, 0.27)
    parts = [Part(outer, "main", rim=True)]
    parts.append(Part(_half_star(0.0, 0.03, 0.50, 0.25), "shade"))
    parts.append(Part(_soft_star(0.0, 0.03, 0.33, 0.19), "main"))
    if one:
        parts += [
            Part(ellipse(-0.085, 0.0, 0.032, 0.042), "ink"),
            Part(ellipse(0.085, 0.0, 0.032, 0.042), "ink"),
            Part(arc(0.0, 0.06, 0.07, 0.06, 20, 160, 8), "ink", width=0.03),
        ]
    else:
        parts.append(Part(_soft_star(-0.0, 0.03, 0.19, 0.11), "light"))
    if two:
        parts += [Part(ellipse(x, 0.085, 0.04, 0.028), "blush") for x in (-0.16, 0.16)] if one else [
            Part(ellipse(0.40 * math.sin(a), 0.03 - 0.40 * math.cos(a), 0.03, 0.03), "light")
            for a in (2 * math.pi * i / 5 for i in range(5))
        ]  # fmt: skip
    return parts


def flower(one: bool, two: bool) -> list[Part]:
    cy = -0.16
    parts = [
        Part(curve([(0.0, 0.0), (0.02, 0.25), (-0.01, 0.49)], 6), "stem", rim=True, width=0.055),
        Part(blob([(0.0, 0.40), (0.14, 0.22), (0.33, 0.20), (0.22, 0.36)]), "leaf", rim=True),
    ]
    if two:
        parts.append(
            Part(blob([(0.0, 0.46), (-0.12, 0.30), (-0.31, 0.28), (-0.2, 0.42)]), "leaf", rim=True)
        )
    if one:  # a tulip
        cup = blob([(-0.25, -0.16), (-0.20, 0.08), (0.0, 0.16), (0.20, 0.08), (0.25, -0.16), (0.28, -0.42),
                    (0.12, -0.30), (0.0, -0.49), (-0.12, -0.30), (-0.28, -0.42)])  # fmt: skip
        parts += [
            Part(cup, "main", rim=True),
            Part(blob([(0.0, 0.14), (0.20, 0.06), (0.25, -0.16), (0.27, -0.38), (0.12, -0.24), (0.05, 0.0)]), "shade"),
            Part(blob([(0.0, 0.13), (-0.09, -0.02), (-0.09, -0.22), (0.0, -0.44), (0.09, -0.22), (0.09, -0.02)]), "light"),
        ]  # fmt: skip
        return parts
    petals = 6
    for i in range(petals):
        a = 2 * math.pi * i / petals + 0.26
        parts.append(
            Part(
                ellipse(0.205 * math.cos(a), cy + 0.19 * math.sin(a), 0.165, 0.115, a),
                "main",
                rim=True,
            )
        )
    for i in range(petals):
        a = 2 * math.pi * i / petals + 0.26
        parts.append(
            Part(ellipse(0.20 * math.cos(a), cy + 0.185 * math.sin(a), 0.10, 0.045, a), "light")
        )
    parts += [
        Part(ellipse(0.0, cy, 0.125, 0.12), "deep"),
        Part(ellipse(0.0, cy, 0.10, 0.095), "honey"),
    ]
    return parts


def balloon(one: bool, two: bool) -> list[Part]:
    skin = blob([(0.0, -0.48), (0.24, -0.38), (0.32, -0.15), (0.22, 0.08), (0.05, 0.21),
                 (-0.05, 0.21), (-0.22, 0.08), (-0.32, -0.15), (-0.24, -0.38)])  # fmt: skip
    parts = [
        Part(
            curve([(0.0, 0.24), (0.05, 0.32), (-0.04, 0.40), (0.01, 0.49)], 5),
            "string",
            width=0.028,
        ),
        Part(((-0.0, 0.17), (0.065, 0.275), (-0.065, 0.275)), "shade", rim=True),
        Part(skin, "main", rim=True),
        Part(
            blob(
                [
                    (0.30, -0.25),
                    (0.32, -0.15),
                    (0.22, 0.08),
                    (0.05, 0.21),
                    (-0.05, 0.21),
                    (0.10, 0.05),
                    (0.22, -0.10),
                ]
            ),
            "shade",
        ),
    ]
    if one:
        parts += [
            Part(
                curve([(-0.315, -0.18), (0.0, -0.08), (0.315, -0.18)])
                + curve([(0.30, -0.06), (0.0, 0.04), (-0.295, -0.06)]),
                "paper",
            ),
        ]
    if two:
        parts.append(
            Part(_star(0.02, -0.12 if not one else -0.27, 0.12 if not one else 0.09, 0.05), "paper")
        )
    parts.append(Part(ellipse(-0.16, -0.30, 0.05, 0.10, 0.5), "light"))
    return parts


def umbrella(one: bool, two: bool) -> list[Part]:
    dome = arc(0.0, 0.06, 0.51, 0.47, 180, 360, 30)
    scallops: Points = ()
    for x in (0.34, 0.0, -0.34):
        scallops += arc(x, 0.06, 0.17, 0.075, 360, 180, 8)
    hook = curve([(0.0, -0.40), (0.0, 0.05), (0.0, 0.36)], 4) + arc(
        0.075, 0.39, 0.075, 0.07, 180, 0, 10
    )
    middle = (
        curve([(0.0, -0.41), (-0.13, -0.2), (-0.17, 0.06)], 6)
        + arc(0.0, 0.06, 0.17, 0.075, 180, 360, 8)
        + curve([(0.17, 0.06), (0.13, -0.2), (0.0, -0.41)], 6)
    )
    side = ((0.0, -0.41), *arc(0.0, 0.06, 0.51, 0.47, 270, 360, 16), *arc(0.34, 0.06, 0.17, 0.075, 360, 180, 8),
            *curve([(0.17, 0.06), (0.13, -0.2), (0.0, -0.41)], 6))  # fmt: skip
    parts = [
        Part(hook, "wood", rim=True, width=0.05),
        Part(((0.0, -0.485), (0.0, -0.38)), "wood", rim=True, width=0.035),
        Part(dome + scallops, "main", rim=True),
        Part(side, "shade"),
        Part(middle, "paper" if one else "light"),
    ]
    if two:
        dots = ((-0.30, -0.12), (0.0, -0.06), (0.31, -0.10), (-0.19, -0.26), (0.2, -0.25))
        parts += [
            Part(ellipse(x, y, 0.035, 0.035), "main" if one and x == 0 else "paper")
            for x, y in dots
        ]
    return parts


def _bow(a: tuple[float, float], b: tuple[float, float], side: int = 1) -> Points:
    bend = 0.12 * side
    middle = ((a[0] + b[0]) / 2 - bend * (b[1] - a[1]), (a[1] + b[1]) / 2 + bend * (b[0] - a[0]))
    return curve([a, middle, b], 5)


def _star(cx: float, cy: float, outer: float, inner: float) -> Points:
    return tuple(
        (cx + r * math.sin(math.pi * i / 5), cy - r * math.cos(math.pi * i / 5))
        for i, r in enumerate((outer, inner) * 5)
    )


def _soft_star(cx: float, cy: float, outer: float, inner: float) -> Points:
    """A star whose points are rounded off."""
    found: list[tuple[float, float]] = []
    sharp = _star(cx, cy, outer, inner)
    for i, (x, y) in enumerate(sharp):
        if i % 2:
            found.append((x, y))
            continue
        (ax, ay), (bx, by) = sharp[i - 1], sharp[(i + 1) % 10]
        t = 0.22
        p = (x + (ax - x) * t, y + (ay - y) * t)
        q = (x + (bx - x) * t, y + (by - y) * t)
        found += [
            ((1 - u) ** 2 * p[0] + 2 * u * (1 - u) * x + u * u * q[0],
             (1 - u) ** 2 * p[1] + 2 * u * (1 - u) * y + u * u * q[1])
            for u in (0.0, 0.25, 0.5, 0.75, 1.0)
        ]  # fmt: skip
    return tuple(found)


def _half_star(cx: float, cy: float, outer: float, inner: float) -> Points:
    """The lower right of a star, where the light does not fall."""
    return tuple(
        (cx + r * math.sin(math.pi * i / 5), cy - r * math.cos(math.pi * i / 5))
        for i, r in (
            (1, inner),
            (2, outer * 0.94),
            (3, inner),
            (4, outer * 0.94),
            (5, inner),
            (5, 0.0),
        )
    )


DRAWINGS: dict[str, Callable[[bool, bool], list[Part]]] = {
    "boat": boat, "house": house, "tree": tree, "car": car, "fish": fish, "bird": bird,
    "cat": cat, "ball": ball, "star": star, "flower": flower, "balloon": balloon,
    "umbrella": umbrella,
}  # fmt: skip
