"""Sentences about scenes, as different people would say them, each with the facts it states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import chinese, english
from .facts import facts as facts
from .grammar import Dice, Said, plan
from .lexicon import COLOUR_WORDS, KIND_WORDS, LANGUAGES
from .world import COLOURS, KINDS, Scene

_SAY: dict[str, Callable[[Said, Dice], str]] = {"en": english.say, "zh": chinese.say}


@dataclass(frozen=True)
class Caption:
    """A sentence and the facts that it states, in the form of `facts`."""

    text: str
    facts: frozenset[str]


def captions(
    scene: Scene, rng: np.random.Generator, language: str = "en", n: int = 5
) -> list[Caption]:
    """`n` sentences true of the scene, worded and filled differently; ValueError on a language."""
    _check_language(language)
    dice = Dice(rng)
    found: list[Caption] = []
    texts: set[str] = set()
    tries = 0
    while len(found) < n:
        said = plan(scene, dice)
        text = _SAY[language](said, dice)
        tries += 1
        if text not in texts or tries > 8 * n:  # a scene with little to say may repeat itself
            texts.add(text)
            found.append(Caption(text, said.facts()))
    return found


def is_true(caption: Caption, scene: Scene) -> bool:
    """Whether everything that the caption states holds in the scene."""
    return caption.facts <= facts(scene)


def label(colour: str, kind: str, language: str = "en") -> str:
    """ "red boat", "红色的船": how a class is called; ValueError on unknown names."""
    _check_language(language)
    if colour not in COLOURS or kind not in KINDS:
        raise ValueError(f"unknown pair {colour!r}, {kind!r}")
    words = COLOUR_WORDS[colour][language][0], KIND_WORDS[kind][language][0]
    return "的".join(words) if language == "zh" else " ".join(words)


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}: one of {', '.join(LANGUAGES)}")
