"""What a sentence says before it has words: which things, how fully, where, in what relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .facts import background_fact, count_fact, object_fact, places, relation_fact, relations
from .world import Scene, SceneObject

T = TypeVar("T")


class Dice:
    """Quick choices from a numpy generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def one(self, choices: Sequence[T]) -> T:
        return choices[int(self._rng.random() * len(choices))]

    def often_first(self, choices: Sequence[T], share: float = 0.6) -> T:
        """The first with this share, else one of the others."""
        if len(choices) == 1 or self._rng.random() < share:
            return choices[0]
        return self.one(choices[1:])

    def chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return [items[i] for i in self._rng.permutation(len(items))]


@dataclass(frozen=True)
class Mention:
    """A thing as far as a sentence describes it; "*" for what is left out."""

    kind: str
    size: str
    colour: str
    place: str = "*"


@dataclass(frozen=True)
class Said:
    """The content of one sentence. `relation` is between the first two mentions."""

    mentions: tuple[Mention, ...]
    background: str  # "*" where it is not said
    relation: str = "*"
    counted: bool = False

    def facts(self) -> frozenset[str]:
        """What the sentence states. With a relation, the first two are described within it."""
        found = set()
        if self.background != "*":
            found.add(background_fact(self.background))
        if self.counted:
            found.add(count_fact(len(self.mentions)))
        rest = self.mentions
        if self.relation != "*":
            a, b = self.mentions[:2]
            found.add(
                relation_fact(self.relation, (a.size, a.colour, a.kind), (b.size, b.colour, b.kind))
            )
            rest = self.mentions[2:]
        found |= {object_fact(m.kind, m.size, m.colour, m.place) for m in rest}
        return frozenset(found)


def plan(scene: Scene, dice: Dice) -> Said:
    """Choose what to say of the scene: mostly everything, with something left out."""
    things = dice.shuffled(scene.objects)
    if len(things) == 3 and dice.chance(0.35):
        things = things[:2]
    related = _related(things, dice) if len(things) > 1 and dice.chance(0.65) else None
    relation = "*"
    if related:
        a, b, relation = related
        things = [a, b, *(o for o in things if o is not a and o is not b)]
    kinds = [o.kind for o in things]
    alone = len(scene.objects) == 1
    mentions = tuple(
        _mention(
            o, dice,
            coloured=kinds.count(o.kind) > 1,
            placed=0.0 if relation != "*" and i < 2 else (0.75 if alone else 0.5),
        )
        for i, o in enumerate(things)
    )  # fmt: skip
    everything = len(things) == len(scene.objects)
    counted = everything and dice.chance(0.35 if alone else 0.2 if relation == "*" else 0.0)
    short = len(mentions) == 1 and mentions[0].place == "*"
    background = scene.background if short or dice.chance(0.9) else "*"
    return Said(mentions, background, relation, counted)


def _mention(o: SceneObject, dice: Dice, coloured: bool, placed: float) -> Mention:
    """`coloured`: another thing of the kind is mentioned, so the colour must tell them apart."""
    where = places(o)
    place = dice.often_first(where, 0.7) if where and dice.chance(placed) else "*"
    colour = o.colour if coloured or dice.chance(0.93) else "*"
    return Mention(o.kind, o.size if dice.chance(0.55) else "*", colour, place)


def _related(
    things: Sequence[SceneObject], dice: Dice
) -> tuple[SceneObject, SceneObject, str] | None:
    found = [(a, b, r) for a in things for b in things if a is not b for r in relations(a, b)]
    return dice.one(found) if found else None
