"""The examples under the picture: photographs where their model is there, and drawn scenes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from mm_demo import words
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import draw
from mm_demo.ui.composer import described, from_text
from mm_demo.ui.evidence import shown
from mm_demo.ui.photographs import opened, there

SCENES = (
    "sea.boat-red-large-left.house-green-small-right",
    "night.cat-white-large-bottom.star-yellow-small-top_right",
    "meadow.tree-green-large-right.ball-pink-small-bottom_left",
    "desert.car-blue-large-bottom.balloon-orange-small-top_left",
    "snow.umbrella-purple-large-centre",
)
PHOTOGRAPHS = ("lion.jpg", "bus.png", "cheetah1.jpg", "tower.jpg", "cheetah.jpg")
_SIDE = 160


@cache
def photographs() -> tuple[str, ...]:
    """Those of the `PHOTOGRAPHS` that the installed gradio has."""
    return tuple(file for file in PHOTOGRAPHS if there(file))


def first(worlds: Sequence[str]) -> str:
    """The example that a page without an answer offers: a photograph's file, or a scene's place."""
    return next(iter(photographs()), "0") if "photos" in worlds else "0"


def thumbs(worlds: Sequence[str]) -> str:
    """The strips; a button tells its `index`: a photograph's file, or a scene's place."""
    scenes = "".join(
        _button(
            str(place),
            f"scene.{text}.png",
            data_url(draw(from_text(text), _SIDE)),
            words.both("captioning.example", name=described(text)),
        )
        for place, text in enumerate(SCENES)
    )
    if "photos" not in worlds or not photographs():
        return _strip(scenes)
    taken = "".join(
        _button(
            file,
            file,
            data_url(shown(opened(file).pixels, _SIDE)),
            words.both("captioning.example.photo", number=number),
        )
        for number, file in enumerate(photographs(), 1)
    )
    return _title("photos") + _strip(taken) + _title("scenes") + _strip(scenes)


def _title(world: str) -> str:
    return f'<p class="hint strip"><b>{words.both(f"captioning.examples.{world}")}</b></p>'


def _strip(buttons: str) -> str:
    return f'<div class="thumbs" data-strip>{buttons}</div>'


def _button(index: str, file: str, image: str, name: str) -> str:
    return (
        f'<button type="button" data-index="{index}" data-file="{file}" aria-pressed="false">'
        f'<img src="{image}" width="160" height="160" alt=""><span class="sr">{name}</span></button>'
    )
