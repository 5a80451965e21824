"""The little world that `scenes` are made of: its vocabulary, its scenes, its splits."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

KINDS: tuple[str, ...] = (
    "boat", "house", "tree", "car", "fish", "bird",
    "cat", "ball", "star", "flower", "balloon", "umbrella",
)  # fmt: skip
COLOURS: tuple[str, ...] = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "white",
)  # fmt: skip
SIZES: tuple[str, ...] = ("small", "large")
BACKGROUNDS: tuple[str, ...] = ("sea", "meadow", "desert", "snow", "night", "mountains")
RELATIONS: tuple[str, ...] = ("left_of", "right_of", "above", "below")
SPLITS: tuple[str, ...] = ("train", "dev", "test")
PLACES: tuple[str, ...] = (
    "top_left", "top", "top_right",
    "left", "centre", "right",
    "bottom_left", "bottom", "bottom_right",
)  # fmt: skip

Pair = tuple[str, str]
Box = tuple[float, float, float, float]

# Held out by design: every colour once in dev and twice in test, every kind twice in all.
_HELD_OUT: dict[str, tuple[str, str, str]] = {  # colour: kind of dev, kinds of test
    "red": ("umbrella", "fish", "flower"),
    "orange": ("house", "boat", "balloon"),
    "yellow": ("star", "cat", "tree"),
    "green": ("ball", "car", "bird"),
    "blue": ("fish", "umbrella", "flower"),
    "purple": ("boat", "house", "balloon"),
    "pink": ("cat", "star", "tree"),
    "white": ("car", "ball", "bird"),
}
ALL_PAIRS: tuple[Pair, ...] = tuple((colour, kind) for colour in COLOURS for kind in KINDS)
DEV_PAIRS: frozenset[Pair] = frozenset((c, kinds[0]) for c, kinds in _HELD_OUT.items())
TEST_PAIRS: frozenset[Pair] = frozenset((c, k) for c, kinds in _HELD_OUT.items() for k in kinds[1:])
TRAINED_PAIRS: tuple[Pair, ...] = tuple(
    pair for pair in ALL_PAIRS if pair not in DEV_PAIRS and pair not in TEST_PAIRS
)

SCALES: dict[str, tuple[float, float]] = {"small": (0.19, 0.25), "large": (0.36, 0.50)}
ASPECTS: dict[str, float] = {  # width / height of what is drawn, upright
    "boat": 1.10, "house": 0.98, "tree": 0.84, "car": 1.44, "fish": 1.36, "bird": 1.24,
    "cat": 0.88, "ball": 1.00, "star": 1.04, "flower": 0.78, "balloon": 0.60, "umbrella": 1.06,
}  # fmt: skip
STYLES = 8  # two drawn features and which way it faces
MAX_OBJECTS = 3
MAX_OVERLAP = 0.12  # of the smaller box's area
MAX_HUE, MAX_LIGHT, MAX_TILT = 1.0, 1.0, 0.12
_EDGE = 0.015
_AIRBORNE = frozenset({"bird", "star", "balloon", "umbrella"})


@dataclass(frozen=True)
class SceneObject:
    """One thing in a scene. `x`, `y`: its centre, `scale`: its height, in fractions of the picture.

    `tilt` in radians; `hue` and `light` from -1 to 1 within what its colour's name allows;
    `style` chooses among `STYLES` drawings of the kind.
    """

    kind: str
    colour: str
    size: str
    x: float
    y: float
    scale: float
    tilt: float = 0.0
    hue: float = 0.0
    light: float = 0.0
    style: int = 0

    @property
    def pair(self) -> Pair:
        return self.colour, self.kind


@dataclass(frozen=True)
class Scene:
    """A background and one to three objects, drawn in their order; `detail` seeds clouds, waves."""

    background: str
    objects: tuple[SceneObject, ...]
    detail: int = 0


def _known(name: object, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise ValueError(f"unknown {what} {name!r}: one of {', '.join(names)}")


def _check_count(n: int) -> None:
    if not 1 <= n <= MAX_OBJECTS:
        raise ValueError(f"a scene has 1 to {MAX_OBJECTS} objects, not {n}")


def split_of(background: str, objects: Sequence[tuple[str, str, str]]) -> str:
    """The split that a coarse description, (kind, colour, size) a thing, belongs to for ever."""
    text = ";".join([background, *(" ".join(o) for o in sorted(objects))])
    rest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 10
    return {0: "dev", 1: "test"}.get(rest, "train")


def scene_split(scene: Scene) -> str:
    """The split of a scene by its coarse description; held-out pairs are not looked at."""
    return split_of(scene.background, [(o.kind, o.colour, o.size) for o in scene.objects])


def boxes(scene: Scene) -> list[Box]:
    """(x0, y0, x1, y1) around each object, in fractions of the picture, y downwards."""
    found = []
    for o in scene.objects:
        half_w, half_h = _half(o.kind, o.scale, o.tilt)
        found.append((o.x - half_w, o.y - half_h, o.x + half_w, o.y + half_h))
    return found


def overlap(a: Box, b: Box) -> float:
    """Shared area of two boxes as a share of the smaller one."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))


def sample_scene(rng: np.random.Generator, split: str, n_objects: int | None = None) -> Scene:
    """A new scene of a split with `n_objects` (one to three, equally often, unless told).

    Only trained pairs appear, in every split. ValueError on an unknown split or count.
    """
    _known(split, SPLITS, "split")
    if n_objects is not None:
        _check_count(n_objects)
    n = n_objects or 1 + _pick(rng, MAX_OBJECTS)
    while True:
        background = BACKGROUNDS[_pick(rng, len(BACKGROUNDS))]
        pairs = [TRAINED_PAIRS[_pick(rng, len(TRAINED_PAIRS))] for _ in range(n)]
        if len(set(pairs)) < n:
            continue
        coarse = [(kind, colour, SIZES[_pick(rng, 2)]) for colour, kind in pairs]
        if split_of(background, coarse) != split:
            continue
        scene = _arrange(rng, background, coarse)
        if scene is not None:
            return scene


def sample_single(rng: np.random.Generator, pair: Pair, split: str) -> Scene:
    """A scene of one object of exactly this (colour, kind).

    ValueError where the pair has no scene in the split: a held-out pair lives in its own split
    alone, and a trained pair's few one-object descriptions may all have fallen into other splits.
    """
    _known(split, SPLITS, "split")
    if pair not in ALL_PAIRS:
        raise ValueError(f"unknown pair {pair!r}")
    colour, kind = pair
    held_out_of = "dev" if pair in DEV_PAIRS else "test" if pair in TEST_PAIRS else None
    choices = [
        (background, size)
        for background in BACKGROUNDS
        for size in SIZES
        if split == (held_out_of or split_of(background, [(kind, colour, size)]))
    ]
    if not choices:
        raise ValueError(f"no {split} scene shows a {colour} {kind} alone")
    background, size = choices[_pick(rng, len(choices))]
    while True:
        scene = _arrange(rng, background, [(kind, colour, size)])
        if scene is not None:
            return scene


def compose(
    objects: Sequence[Mapping[str, str] | Sequence[str]], background: str = "meadow"
) -> Scene:
    """The scene that a person put together: (kind, colour, size, place) for each thing.

    Any pair may appear; the same input gives the same scene. Of two things on one place the later
    stands a little aside. ValueError on unknown names or a wrong number of things.
    """
    _known(background, BACKGROUNDS, "background")
    _check_count(len(objects))
    detail = int.from_bytes(hashlib.sha256(background.encode()).digest()[:4], "big")
    made: list[SceneObject] = []
    taken: dict[str, int] = {}
    for entry in objects:
        keys = ("kind", "colour", "size", "place")
        names = [entry.get(key) for key in keys] if isinstance(entry, Mapping) else list(entry)
        if len(names) != len(keys) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"a thing is its {', '.join(keys)}, not {entry!r}")
        kind, colour, size, place = map(str, names)
        for name, known, what in (
            (kind, KINDS, "kind"), (colour, COLOURS, "colour"),
            (size, SIZES, "size"), (place, PLACES, "place"),
        ):  # fmt: skip
            _known(name, known, what)
        aside = 0.09 * taken.get(place, 0)
        taken[place] = taken.get(place, 0) + 1
        row, column = divmod(PLACES.index(place), 3)
        scale = {"small": 0.22, "large": 0.38}[size]
        half_w, half_h = _half(kind, scale, 0.0)
        x = _clamp((0.22, 0.5, 0.78)[column] + aside, half_w)
        y = _clamp((0.24, 0.5, 0.76)[row] + 0.6 * aside, half_h)
        made.append(SceneObject(kind, colour, size, x, y, scale))
    return Scene(background, tuple(made), detail)


def _arrange(
    rng: np.random.Generator, background: str, coarse: Sequence[tuple[str, str, str]]
) -> Scene | None:
    """Places, scales and shades for the things; None if they did not find room."""
    high_cap = (0.50, 0.45, 0.41)[len(coarse) - 1]
    objects: list[SceneObject] = []
    placed: list[Box] = []
    for kind, colour, size in coarse:
        low, high = SCALES[size]
        scale = low + (min(high, high_cap) - low) * rng.random()
        tilt = MAX_TILT * (2 * rng.random() - 1)
        half_w, half_h = _half(kind, scale, tilt)
        for _ in range(12):
            x = _between(rng, half_w + _EDGE, 1 - half_w - _EDGE)
            y = _height(rng, kind, half_h)
            box = (x - half_w, y - half_h, x + half_w, y + half_h)
            if all(overlap(box, other) <= MAX_OVERLAP for other in placed):
                break
        else:
            return None
        placed.append(box)
        hue, light = MAX_HUE * (2 * rng.random() - 1), MAX_LIGHT * (2 * rng.random() - 1)
        style = _pick(rng, STYLES)
        objects.append(SceneObject(kind, colour, size, x, y, scale, tilt, hue, light, style))
    return Scene(background, tuple(objects), _pick(rng, 2**31))


def _height(rng: np.random.Generator, kind: str, half_h: float) -> float:
    """Half of the time anywhere, else where such a thing belongs: a bird above, a car below."""
    low, high = half_h + _EDGE, 1 - half_h - _EDGE
    u = rng.random()
    if rng.random() < 0.5:
        u = 0.5 * u if kind in _AIRBORNE else 0.5 + 0.5 * u
    return low + (high - low) * u


def _half(kind: str, scale: float, tilt: float) -> tuple[float, float]:
    """Half the width and height of the upright box around a tilted thing."""
    w, h = ASPECTS[kind] * scale / 2, scale / 2
    c, s = math.cos(tilt), abs(math.sin(tilt))
    return w * c + h * s, w * s + h * c


def _pick(rng: np.random.Generator, n: int) -> int:
    return int(rng.random() * n)  # several times quicker than rng.integers for one number


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def _clamp(value: float, half: float) -> float:
    return min(max(value, half + _EDGE), 1 - half - _EDGE)
