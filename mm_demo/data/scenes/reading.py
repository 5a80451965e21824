"""What a sentence about a scene states, read back from its words in the grammar of `captions`.

A sentence is cut into the longest known phrases, from the left. A kind's word is a thing, with the
colours and sizes right before it. A place belongs to the thing that it stands beside (English:
before it, Chinese: after it), a relation to the two things around its words. What fits nowhere
states nothing, so that a half-trained captioner's sentences can be read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

from mm_demo.metrics.captions import normalised

from . import chinese, english
from .facts import background_fact, count_fact, object_fact, relation_fact
from .lexicon import (
    BACKGROUND_WORDS,
    COLOUR_WORDS,
    KIND_WORDS,
    LANGUAGES,
    PLACE_WORDS,
    SIZE_WORDS,
)


@dataclass(frozen=True)
class Thing:
    """A noun phrase: all that it says of its kind, in the order said; mostly one of each or none."""

    kind: str
    sizes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stated:
    """What a sentence states.

    relations: (relation, i, j), thing i lies so to thing j. counted: that there is nothing else.
    """

    things: tuple[Thing, ...] = ()
    relations: frozenset[tuple[str, int, int]] = frozenset()
    backgrounds: frozenset[str] = frozenset()
    counted: bool = False

    def facts(self) -> frozenset[str]:
        """The same in the form of `facts`; things in a relation are described within it."""
        found = {background_fact(background) for background in self.backgrounds}
        if self.counted:
            found.add(count_fact(len(self.things)))
        for relation, i, j in self.relations:
            pairs = product(_described(self.things[i]), _described(self.things[j]))
            found.update(relation_fact(relation, a, b) for a, b in pairs)
        related = {i for _, *both in self.relations for i in both}
        for i, thing in enumerate(self.things):
            if i not in related or thing.places:
                found.update(
                    object_fact(kind, size, colour, place)
                    for size, colour, kind in _described(thing)
                    for place in thing.places or ("*",)
                )
        return frozenset(found)


def read(text: str, language: str = "en") -> Stated:
    """What the sentence states; nothing where nothing can be read. ValueError on a language."""
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}: one of {', '.join(LANGUAGES)}")
    reader = _Reader(places_first=language == "zh")
    for phrase in _phrases(normalised(text, language), language):
        reader.take(phrase)
    return Stated(
        tuple(reader.things),
        frozenset(reader.relations),
        frozenset(reader.backgrounds),
        reader.counted and bool(reader.things),
    )


class _Phrase(NamedTuple):
    """A phrase's role, and the kind, colour, relation ... that it names.

    kind, colour, size, place, background, counted; between: the thing before it lies so to the one
    after it; after: so do the two things before it; either with _reversed, the second to the first;
    glue: within a noun phrase; other: nothing.
    """

    role: str
    value: str = ""


_OTHER = _Phrase("other")


class _Reader:
    """Things and what is said of them, phrase by phrase."""

    def __init__(self, places_first: bool) -> None:
        self.things: list[Thing] = []
        self.relations: set[tuple[str, int, int]] = set()
        self.backgrounds: set[str] = set()
        self.counted = False
        self._places_first = places_first
        self._colours: list[str] = []
        self._sizes: list[str] = []
        self._places: list[str] = []
        self._between: _Phrase | None = None

    def take(self, phrase: _Phrase) -> None:
        role, value = phrase
        if role == "glue":
            return
        if role == "colour":
            self._colours.append(value)
            return
        if role == "size":
            self._sizes.append(value)
            return
        if role == "kind":
            self._thing(value)
        elif role == "place":
            self._place(value)
        elif role == "background":
            self.backgrounds.add(value)
        elif role == "counted":
            self.counted = True
        elif role.startswith("between"):
            self._between = phrase if self.things else None
        elif role.startswith("after") and len(self.things) > 1:
            self._relate(phrase)
        self._colours, self._sizes = [], []

    def _thing(self, kind: str) -> None:
        self.things.append(
            Thing(kind, _once(self._sizes), _once(self._colours), _once(self._places))
        )
        self._places = []
        if self._between:
            self._relate(self._between)
            self._between = None

    def _place(self, place: str) -> None:
        if self._places_first:
            self._places.append(place)
        elif self.things:
            last = self.things[-1]
            places = _once([*last.places, place])
            self.things[-1] = Thing(last.kind, last.sizes, last.colours, places)

    def _relate(self, phrase: _Phrase) -> None:
        first, second = len(self.things) - 2, len(self.things) - 1
        if phrase.role.endswith("reversed"):
            first, second = second, first
        self.relations.add((phrase.value, first, second))


def _phrases(words: list[str], language: str) -> Iterator[_Phrase]:
    known = _lexicon(language)
    at = 0
    while at < len(words):
        for length, phrases in known.get(words[at], ()):
            phrase = phrases.get(tuple(words[at : at + length]))
            if phrase:
                yield phrase
                at += length
                break
        else:
            yield _OTHER
            at += 1


@cache
def _lexicon(language: str) -> Mapping[str, list[tuple[int, dict[tuple[str, ...], _Phrase]]]]:
    """By first word: (number of words, the phrases of so many), the longest first."""
    found: dict[str, dict[int, dict[tuple[str, ...], _Phrase]]] = {}
    for text, phrase in _entries(language):
        words = tuple(normalised(text, language))
        found.setdefault(words[0], {}).setdefault(len(words), {})[words] = phrase
    return {word: sorted(of.items(), reverse=True) for word, of in found.items()}


def _entries(language: str) -> Iterator[tuple[str, _Phrase]]:
    for role, table in (
        ("kind", KIND_WORDS), ("colour", COLOUR_WORDS), ("size", SIZE_WORDS),
        ("background", BACKGROUND_WORDS),
    ):  # fmt: skip
        for value, names in table.items():
            yield from ((name, _Phrase(role, value)) for name in names[language])
    settings = english._SETTINGS if language == "en" else chinese._SETTINGS
    for background, texts in settings.items():
        yield from ((text, _Phrase("background", background)) for text in texts)
    yield from _english() if language == "en" else _chinese()


def _english() -> Iterator[tuple[str, _Phrase]]:
    for place, texts in english._SIDES.items():
        yield from ((text, _Phrase("place", place)) for text in texts)
    for place, names in PLACE_WORDS.items():
        if place not in english._SIDES:
            for corner, name in product(english._CORNERS, names["en"]):
                yield corner.format(name), _Phrase("place", place)
    for texts in english._ONLY:
        for text in texts:
            yield text.replace("{}", "").strip().removeprefix("and "), _Phrase("counted")
    for relation, templates in english._RELATIONS.items():
        for template in templates:
            _, first, between, _, after = re.split(r" ?\{(.)\} ?", template)
            role = ("after" if after else "between") + ("_reversed" if first == "b" else "")
            yield after or between.removeprefix("and "), _Phrase(role, relation)


def _chinese() -> Iterator[tuple[str, _Phrase]]:
    yield "的", _Phrase("glue")  # 红色的船
    yield "画面的", _OTHER  # 画面的左边 is a place, 房子的左边 a relation
    for place, names in PLACE_WORDS.items():
        yield from ((name, _Phrase("place", place)) for name in names["zh"])
    for text in (*chinese._ALONE, *chinese._NOTHING_ELSE):
        yield text, _Phrase("counted")
    for relation, sides in chinese._RELATIONS.items():
        for side in sides:
            yield f"的{side}", _Phrase("after", relation)
            yield f"它的{side}", _Phrase("between_reversed", relation)


def _described(thing: Thing) -> Iterator[tuple[str, str, str]]:
    for size, colour in product(thing.sizes or ("*",), thing.colours or ("*",)):
        yield size, colour, thing.kind


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
