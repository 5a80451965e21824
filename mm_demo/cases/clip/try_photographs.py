"""The photographs that the page offers, and labels for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mm_demo.ui.photographs import there


@dataclass(frozen=True)
class Photograph:
    """A file's name, and the labels offered with it: the first is the best. English alone."""

    file: str
    labels: tuple[str, ...]


PHOTOGRAPHS = (
    Photograph(
        "cheetah1.jpg", ("a cheetah", "a lion", "a tabby cat", "a dog in the snow", "a red bus")
    ),
    Photograph("lion.jpg", ("a lion", "a horse", "a dog", "a man with a beard", "a car")),
    Photograph(
        "tower.jpg",
        ("a tower at night", "a bridge", "a street full of people", "a Christmas tree", "a boat"),
    ),
    Photograph(
        "cheetah.jpg",
        ("a cheetah running", "a cheetah asleep", "a dog running", "a horse race", "a motorbike"),
    ),
    Photograph("bus.png", ("a bus", "a train", "a bicycle", "a house", "a cake")),
)


@cache
def offered() -> dict[str, Photograph]:
    """Those that this gradio has, by file."""
    return {each.file: each for each in PHOTOGRAPHS if there(each.file)}
