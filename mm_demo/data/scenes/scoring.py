"""How much of what a sentence states is true of a scene, and how much of what can be said it says.

A statement is split into its smallest parts, so that a wrong colour on a right thing is one mistake
and not three, and so that vagueness pays nothing: "top left" is two parts, "top" one of them.

- `object`: there is a thing of the kind. Two noun phrases are two things.
- `colour`, `size`: the thing has it. Two colours for one thing are two parts.
- `row` (top, bottom), `column` (left, right), `centre`: where the thing clearly is, as in `facts`.
- `left_of`, `above`: how two things clearly lie to each other; right and below are the same, turned.
- `background`, and `count`: a sentence that says "and nothing else" counts the things it names.

The things of a sentence are matched with those of the scene, one to one and kind to kind, such that
as many parts as possible come true; a part about a thing without a match is false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from .facts import places, relations
from .reading import Stated, read
from .world import Scene

_TURNED = {"right_of": "left_of", "below": "above"}
_MOST_ALIKE = 6  # noun phrases of one kind that may find a match: bounds the tries for a babbler


@dataclass(frozen=True)
class Part:
    """One part of a statement; `things` are indices into a sentence's things or a scene's objects."""

    name: str
    value: str = ""
    things: tuple[int, ...] = ()


def parts(stated: Stated) -> frozenset[Part]:
    """All that the sentence states, about its own things."""
    found = {Part("background", background) for background in stated.backgrounds}
    if stated.counted:
        found.add(Part("count", str(len(stated.things))))
    for i, thing in enumerate(stated.things):
        found.add(Part("object", thing.kind, (i,)))
        found |= {Part("colour", colour, (i,)) for colour in thing.colours}
        found |= {Part("size", size, (i,)) for size in thing.sizes}
        found |= {part for place in thing.places for part in _place(place, i)}
    found |= {_relation(*relation) for relation in stated.relations}
    return frozenset(found)


def true_parts(scene: Scene) -> frozenset[Part]:
    """All that is true of the scene, about its objects: with `facts`, the same truth in parts."""
    found = {Part("background", scene.background), Part("count", str(len(scene.objects)))}
    for i, o in enumerate(scene.objects):
        found |= {
            Part("object", o.kind, (i,)), Part("colour", o.colour, (i,)), Part("size", o.size, (i,)),
        }  # fmt: skip
        found |= {part for place in places(o) for part in _place(place, i)}
    for (i, a), (j, b) in permutations(enumerate(scene.objects), 2):
        found |= {_relation(relation, i, j) for relation in relations(a, b)}
    return frozenset(found)


def judged(stated: Stated, scene: Scene) -> dict[Part, Part | None]:
    """Each part of the sentence -> the same about the scene's objects where it is true, else None."""
    said, true = parts(stated), true_parts(scene)
    best: dict[Part, Part | None] = {}
    most = -1
    for match in _matches(stated, scene):
        found = {part: _about(part, match) for part in said}
        hits = sum(part in true for part in found.values())
        if hits > most:
            best, most = {part: o if o in true else None for part, o in found.items()}, hits
    return best


def fact_figures(
    sentences: Sequence[str],
    scenes: Sequence[Scene],
    references: Sequence[Sequence[str]],
    language: str = "en",
) -> dict[str, float]:
    """Fractions over all of N scenes together, each with one sentence and its references.

    `fact_precision`: of the parts that the sentences state, those true of their scene.
    `fact_recall`: of the true parts that a scene's references state together, those that its
    sentence states. `fact_f1`: their harmonic mean. The same with `_references`: each reference in
    the sentence's place, itself among those that recall asks for. Nothing stated scores 0.
    ValueError: no scenes, numbers that differ.
    """
    if not scenes or not len(sentences) == len(scenes) == len(references):
        raise ValueError(
            f"{len(sentences)} sentences, {len(scenes)} scenes and {len(references)} lists of "
            "references must be equally many, at least one"
        )
    ours, theirs = _Tally(), _Tally()
    for sentence, scene, several in zip(sentences, scenes, references, strict=True):
        others = [judged(read(text, language), scene) for text in several]
        wanted = {part for other in others for part in other.values() if part}
        ours.add(judged(read(sentence, language), scene), wanted)
        for other in others:
            theirs.add(other, wanted)
    figures = {f"{name}_references": value for name, value in theirs.figures().items()}
    return {**ours.figures(), **figures}


@dataclass
class _Tally:
    """Parts counted over many sentences."""

    stated: int = 0
    true: int = 0
    wanted: int = 0
    found: int = 0

    def add(self, sentence: Mapping[Part, Part | None], wanted: set[Part]) -> None:
        true = {part for part in sentence.values() if part}
        self.stated += len(sentence)
        self.true += len(true)
        self.wanted += len(wanted)
        self.found += len(true & wanted)

    def figures(self) -> dict[str, float]:
        precision = self.true / max(self.stated, 1)
        recall = self.found / max(self.wanted, 1)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return {"fact_precision": precision, "fact_recall": recall, "fact_f1": f1}


def _place(place: str, i: int) -> Iterator[Part]:
    """ "top_left" is the row top and the column left."""
    for side in place.split("_"):
        if side == "centre":
            yield Part("centre", "", (i,))
        else:
            yield Part("row" if side in ("top", "bottom") else "column", side, (i,))


def _relation(relation: str, i: int, j: int) -> Part:
    turned = _TURNED.get(relation)
    return Part(turned, "", (j, i)) if turned else Part(relation, "", (i, j))


def _about(part: Part, match: Mapping[int, int]) -> Part | None:
    if not all(i in match for i in part.things):
        return None
    return Part(part.name, part.value, tuple(match[i] for i in part.things))


def _matches(stated: Stated, scene: Scene) -> Iterator[dict[int, int]]:
    """Every way of matching as many things as possible with objects of their kind."""
    choices = []
    for kind in sorted({o.kind for o in scene.objects}):
        said = [i for i, thing in enumerate(stated.things) if thing.kind == kind][:_MOST_ALIKE]
        there = [j for j, o in enumerate(scene.objects) if o.kind == kind]
        if len(said) <= len(there):
            choices.append(
                [list(zip(said, js, strict=True)) for js in permutations(there, len(said))]
            )
        else:
            choices.append(
                [list(zip(some, there, strict=True)) for some in permutations(said, len(there))]
            )
    for chosen in product(*choices):
        yield {i: j for pairs in chosen for i, j in pairs}
