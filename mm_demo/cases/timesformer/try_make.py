"""Make one: what the camera films and how it moves, as a form in HTML."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mm_demo import words
from mm_demo.cases.timesformer.scenery import MOST_MOVES, SCENES, scenery
from mm_demo.cases.timesformer.try_words import motions
from mm_demo.data.inline import data_url
from mm_demo.ui import cards

# each in a square of 24: what the camera does, as an arrow
_ICONS = {
    "static": "M5 5h14v14H5zM12 11.9v.2",
    "pan_left": "M20 12H4m6-6-6 6 6 6",
    "pan_right": "M4 12h16m-6-6 6 6-6 6",
    "tilt_up": "M12 20V4M6 10l6-6 6 6",
    "tilt_down": "M12 4v16m-6-6 6 6 6-6",
    "zoom_in": "M10 10 4 4m0 5V4h5M14 14l6 6m0-5v5h-5M14 10l6-6m-5 0h5v5M10 14l-6 6m5 0H4v-5",
    "zoom_out": "M4 4l6 6m0-5v5H5M20 20l-6-6m0 5v-5h5M20 4l-6 6m5 0h-5V5M4 20l6-6m-5 0h5v5",
    "roll_clockwise": "M19 9a8 8 0 1 0 .6 5M20 4v5h-5",
    "roll_counterclockwise": "M5 9a8 8 0 1 1-.6 5M4 4v5h5",
    "shake": "M3 12h3l2-6 4 12 4-12 2 6h3",
}


def scenes() -> str:
    """What to film over: one of our scenes."""
    tiles = "".join(
        f'<label><input type="radio" name="timesformer-scene" value="{name}"'
        f"{' checked' if place == 0 else ''}>"
        f'<img src="{data_url(tile(name))}" width="120" height="90" alt="">'
        f'<span class="sr">{words.both(f"timesformer.try.make.scene.{name}")}</span></label>'
        for place, name in enumerate(SCENES)
    )
    return (
        f'<div class="composer"><fieldset><legend>{words.both("timesformer.try.make.over")}</legend>'
        f'<div class="opts tf-scenes">{tiles}</div></fieldset></div>'
    )


def form() -> str:
    """How the camera moves; our script keeps the chain of moves and tells it."""
    moves = "".join(
        f'<button type="button" data-move="{motion}">{icon(motion)}'
        f"<span>{words.both(f'timesformer.motion.{motion}')}</span></button>"
        for motion in motions()
    )
    none = words.both("timesformer.try.make.nothing")
    remove = words.both("timesformer.try.make.remove", name="\ue000")
    buttons = cards.button("film", words.both("timesformer.try.make.film"), kind="p")
    buttons += cards.button("close", words.both("timesformer.try.make.back"), kind="link")
    return (
        f'<form class="composer tf-make" data-most="{MOST_MOVES}">'
        f"<fieldset><legend>{words.both('timesformer.try.make.moves')}</legend>"
        f'<p class="hint">{words.both("timesformer.try.make.moves.hint", most=MOST_MOVES)}</p>'
        f'<div class="tf-moves" data-strip>{moves}</div></fieldset>'
        f'<div class="tf-chain" role="status"><span class="hint">{none}</span></div>'
        f'<template><span class="sr">{remove}</span></template>'
        f'<div class="btns">{buttons}</div></form>'
    )


def icon(motion: str) -> str:
    """What a move looks like, decoration only."""
    return (
        '<svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f'<path d="{_ICONS[motion]}"/></svg>'
    )


def title(key: str, hint: str) -> str:
    """The line over a field, and what to know of it."""
    return (
        f'<div class="lab"><span>{words.both(key)}</span></div>'
        f'<p class="hint tf-under">{words.both(hint)}</p>'
    )


@cache
def tile(name: str) -> NDArray[np.uint8]:
    """A small picture of a scene, as wide as a clip is."""
    return scenery(name, 192)[24:168]
