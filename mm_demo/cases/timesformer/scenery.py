"""What the page's own clips are filmed over, and the three that it offers. Known without torch."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mm_demo.data.scenes import compose, draw
from mm_demo.errors import UserError

SIDE = 1024  # pixels of a drawn scene; a larger picture's shorter side is brought down to it
MOST_MOVES = 3

SCENES: dict[str, tuple[str, tuple[tuple[str, str, str, str], ...]]] = {
    "village": (
        "meadow",
        (
            ("house", "red", "large", "left"),
            ("tree", "green", "large", "right"),
            ("balloon", "orange", "small", "top"),
        ),
    ),
    "harbour": (
        "sea",
        (
            ("boat", "yellow", "large", "centre"),
            ("bird", "purple", "small", "top_left"),
            ("boat", "red", "small", "right"),
        ),
    ),
    "night": (
        "night",
        (
            ("house", "blue", "large", "bottom_right"),
            ("star", "yellow", "large", "top"),
            ("cat", "orange", "small", "bottom_left"),
        ),
    ),
    "road": (
        "desert",
        (
            ("car", "blue", "large", "centre"),
            ("flower", "pink", "large", "bottom_right"),
            ("umbrella", "green", "small", "top_left"),
        ),
    ),
}

EXAMPLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("village", ("pan_right",)),
    ("road", ("zoom_in",)),
    ("harbour", ("pan_left", "roll_clockwise")),
)


@cache
def scenery(name: str, side: int = SIDE) -> NDArray[np.uint8]:
    """One of our scenes, (side, side, 3); UserError for a name that is none."""
    if name not in SCENES:
        raise UserError("scene.unknown")
    background, things = SCENES[name]
    return draw(compose(things, background), side)
