"""A class in words: the ten motions are translated, any other label stays as it was typed."""

from __future__ import annotations

from collections.abc import Sequence

from mm_demo import words
from mm_demo.ui import cards

_MOTION = "timesformer.motion."


def motions() -> tuple[str, ...]:
    """The classes that have words, in their order; known without torch."""
    return tuple(k.removeprefix(_MOTION) for k in words.table("en") if k.startswith(_MOTION))


def named(label: str) -> dict[str, str]:
    """A class's name in every language, plain."""
    key = _MOTION + label
    if key in words.table("en"):
        return cards.texts(key)
    return dict.fromkeys(words.LANGUAGES, label)


def says(label: str) -> dict[str, str]:
    """The same as what the camera does ("pans right"), plain."""
    if is_motion(label):
        return cards.texts(f"timesformer.says.{label}")
    return dict.fromkeys(words.LANGUAGES, label)


def is_motion(label: str) -> bool:
    """Whether it is one of the ten moves of a camera."""
    return f"timesformer.says.{label}" in words.table("en")


def in_order(labels: Sequence[str]) -> dict[str, str]:
    """One thing after another: "pans right, then zooms in"."""
    told = says(labels[0])
    for label in labels[1:]:
        told = cards.texts("timesformer.try.then", first=told, next=says(label))
    return told
