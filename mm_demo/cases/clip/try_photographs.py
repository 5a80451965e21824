"""The photographs that the page offers: read from the installed gradio, none is copied in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gradio as gr
from gradio.media import get_image

from mm_demo.media.image import Picture, open_picture


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
    there = {}
    for photograph in PHOTOGRAPHS:
        try:
            get_image(photograph.file)
        except (OSError, ValueError):
            continue
        there[photograph.file] = photograph
    return there


@cache
def opened(file: str) -> Picture:
    """One of the `offered`."""
    return open_picture(get_image(file))


def photo_file(component: gr.Image, file: str) -> str:
    """One of the `offered` as a file in the component's own cache."""
    return str(component.move_resource_to_block_cache(get_image(file)))


def photo_of(path: str | Path | None) -> str | None:
    """Which of the `offered` a file is: its name tells, its bytes prove it."""
    name = Path(path).name if path else ""
    if name not in offered():
        return None
    try:
        same = Path(str(path)).read_bytes() == Path(get_image(name)).read_bytes()
    except OSError:
        return None
    return name if same else None
