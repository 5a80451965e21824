"""What is true of a scene, in every generality that a caption can state it.

A fact is a string of fixed form, `*` where nothing is said:
`count 2`, `background sea`, `object SIZE COLOUR KIND PLACE`,
`RELATION SIZE COLOUR KIND of SIZE COLOUR KIND`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations, product

from .world import Scene, SceneObject

LOW, HIGH = 0.38, 0.62  # an object's centre beyond them is on a side; between, with room, central
_CENTRAL = (0.42, 0.58)
RELATION_MARGIN = 0.20  # between centres, in fractions of the picture


@lru_cache(maxsize=2048)
def facts(scene: Scene) -> frozenset[str]:
    """Everything true of the scene that a caption could say of it."""
    found = {count_fact(len(scene.objects)), background_fact(scene.background)}
    for o in scene.objects:
        for size, colour, place in product(("*", o.size), ("*", o.colour), ("*", *places(o))):
            found.add(object_fact(o.kind, size, colour, place))
    for a, b in permutations(scene.objects, 2):
        for relation in relations(a, b):
            for sa, ca, sb, cb in product(
                ("*", a.size), ("*", a.colour), ("*", b.size), ("*", b.colour)
            ):
                found.add(relation_fact(relation, (sa, ca, a.kind), (sb, cb, b.kind)))
    return frozenset(found)


def count_fact(n: int) -> str:
    return f"count {n}"


def background_fact(background: str) -> str:
    return f"background {background}"


def object_fact(kind: str, size: str = "*", colour: str = "*", place: str = "*") -> str:
    return f"object {size} {colour} {kind} {place}"


def relation_fact(relation: str, a: tuple[str, str, str], b: tuple[str, str, str]) -> str:
    """`a` and `b` are (size, colour, kind)."""
    return f"{relation} {' '.join(a)} of {' '.join(b)}"


def places(o: SceneObject) -> tuple[str, ...]:
    """Where the object clearly is: a corner with its two sides, a side, the centre, or nowhere."""
    column = "left" if o.x <= LOW else "right" if o.x >= HIGH else ""
    row = "top" if o.y <= LOW else "bottom" if o.y >= HIGH else ""
    if column and row:
        return f"{row}_{column}", row, column
    if column or row:
        return (column or row,)
    low, high = _CENTRAL
    return ("centre",) if low <= o.x <= high and low <= o.y <= high else ()


def relations(a: SceneObject, b: SceneObject) -> tuple[str, ...]:
    """How `a` clearly lies to `b`: none, one or two of `RELATIONS`."""
    found = []
    if abs(b.x - a.x) >= RELATION_MARGIN:
        found.append("left_of" if a.x < b.x else "right_of")
    if abs(b.y - a.y) >= RELATION_MARGIN:
        found.append("above" if a.y < b.y else "below")
    return tuple(found)


def without_colours(fact: str) -> str:
    """The same fact with nothing said of colours."""
    words = fact.split(" ")
    for place in {"object": [2], "count": [], "background": []}.get(words[0], [2, 6]):
        words[place] = "*"
    return " ".join(words)
