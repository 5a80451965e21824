"""Draw a scene: up to three things on a background, drawn by the code that the models learn from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mm_demo import words
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import (
    BACKGROUND_WORDS,
    BACKGROUNDS,
    COLOUR_WORDS,
    COLOURS,
    KIND_WORDS,
    KINDS,
    PLACE_WORDS,
    PLACES,
    SIZE_WORDS,
    SIZES,
    Scene,
    compose,
    draw,
)
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui import cards
from mm_demo.ui.pieces import event_data, piece
from mm_demo.ui.training_panel import PRIVATE

DRAWN = 512
MOST_THINGS = 3
Thing = tuple[str, str, str, str]
_FIRST: tuple[Thing, ...] = (
    ("boat", "red", "large", "bottom_left"),
    ("bird", "blue", "small", "top_right"),
)
_FIRST_BACKGROUND = "sea"
_SHADES = {
    "red": "#E0352F", "orange": "#F58220", "yellow": "#F7D038", "green": "#3DA35D",
    "blue": "#3B78D8", "purple": "#7E4BB5", "pink": "#F58CB4", "white": "#FFFFFF",
}  # fmt: skip
_FILE = re.compile(r"scene\.([a-z_.-]+)\.png")


def to_text(things: Sequence[Sequence[str]], background: str) -> str:
    """A composed scene as one word: "sea.boat-red-large-left.bird-blue-small-top"."""
    return ".".join([background, *("-".join(thing) for thing in things)])


def from_text(text: str) -> Scene:
    """The scene that `to_text` wrote; UserError for anything else."""
    background, *things = text[:200].split(".")
    try:
        return compose([tuple(thing.split("-")) for thing in things], background)
    except ValueError as error:
        raise UserError("scene.unknown") from error


def scene_of(path: str | Path | None) -> str | None:
    """The scene that a file of `scene_file` shows, as text: its name tells, its pixels prove it."""
    found = _FILE.fullmatch(Path(path).name) if path else None
    if found is None:
        return None
    try:
        same = np.array_equal(open_picture(path).pixels, drawn(found[1]))
    except UserError:
        return None
    return found[1] if same else None


def scene_file(component: gr.Image | gr.DownloadButton, text: str) -> str:
    """The scene as a PNG file in the component's own cache; UserError if `text` is no scene."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"scene.{text}.png"
        Image.fromarray(drawn(text)).save(path)
        return str(component.move_resource_to_block_cache(path))


def drawn(text: str) -> NDArray[np.uint8]:
    """The scene as a picture of 512 by 512."""
    return draw(from_text(text), DRAWN)


def described(text: str) -> dict[str, str]:
    """What a scene shows, in every language, for those who cannot see it."""
    background, *things = text.split(".")
    said = {}
    for language in words.LANGUAGES:
        named = []
        for kind, colour, size, place in (thing.split("-") for thing in things):
            word = {
                "size": SIZE_WORDS[size][language][0],
                "colour": COLOUR_WORDS[colour][language][0],
                "kind": KIND_WORDS[kind][language][0],
                "place": PLACE_WORDS[place][language][0],
            }
            named.append(words.say(language, "composer.thing", **word))
        joint = "；" if language == "zh" else "; "
        where = BACKGROUND_WORDS[background][language][0]
        said[language] = words.say(
            language, "composer.scene", things=joint.join(named), background=where
        )
    return said


@dataclass(frozen=True)
class Composer:
    """The pieces of a composer; `form.submit` tells `{"scene": text}` when it shall be used."""

    form: gr.HTML
    preview: gr.HTML


def composer(name: str) -> Composer:
    """Build the composer where the caller stands; `name` begins the ids of its parts."""
    first = to_text(_FIRST, _FIRST_BACKGROUND)
    preview = piece(_preview(first), elem_id=f"{name}-preview")
    form = piece(_form(name), call="composer(element, trigger)", elem_id=f"{name}-form")
    download = gr.DownloadButton(visible="hidden", elem_id=f"{name}-download")

    def look(event: gr.EventData) -> Any:
        text = told(event)
        return _preview(text) if text else gr.skip()

    def file(event: gr.EventData) -> Any:
        text = told(event)
        return gr.update(value=scene_file(download, text)) if text else gr.skip()

    form.select(look, None, preview, queue=False, trigger_mode="always_last", **PRIVATE)
    form.download(file, None, download, queue=False, **PRIVATE).then(
        None, None, None, js=f"() => mm.fetchFile('{name}-download')", **PRIVATE
    )
    return Composer(form, preview)


def told(event: gr.EventData) -> str | None:
    """The scene that an event of the form tells, None if it is not one."""
    text = str(event_data(event).get("scene", ""))
    try:
        from_text(text)
    except UserError:
        return None
    return text


def _preview(text: str) -> str:
    said = words.spans(described(text))
    return (
        f'<div class="pic"><img src="{data_url(drawn(text))}" width="{DRAWN}" height="{DRAWN}" '
        f'alt=""><span class="sr" role="status">{said}</span></div>'
    )


def _form(name: str) -> str:
    things = "".join(_thing(name, place) for place in range(MOST_THINGS))
    tabs = "".join(
        _radio(f"{name}-thing", str(i), i == 0, words.both("composer.nth", n=i + 1))
        for i in range(MOST_THINGS)
    )
    backgrounds = _choice(
        f"{name}-background",
        BACKGROUNDS,
        _FIRST_BACKGROUND,
        BACKGROUND_WORDS,
        lambda key: _tile("backgrounds", BACKGROUNDS.index(key)),
    )
    buttons = (
        cards.button("submit", words.both("composer.use"), kind="p")
        + cards.button("download", words.both("composer.download"), sign="download")
        + cards.button("close", words.both("composer.back"), kind="link")
    )
    return (
        f'<form class="composer" style="--kinds:url({_kinds()});--backgrounds:url({_backdrops()})">'
        f"<fieldset><legend>{words.both('composer.background')}</legend>"
        f'<div class="opts six">{backgrounds}</div></fieldset>'
        f"<fieldset><legend>{words.both('composer.things')}</legend>"
        f'<div class="opts tabs">{tabs}</div></fieldset>{things}'
        f'<div class="btns">{buttons}</div></form>'
    )


def _thing(name: str, number: int) -> str:
    kind, colour, size, place = _FIRST[number] if number < len(_FIRST) else ("", *_NEXT)
    own = f"{name}-{number}"
    nothing = ""
    if number:
        label = words.both("composer.none")
        nothing = _radio(f"{own}-kind", "", not kind, label, classes="none")
    kinds = _choice(
        f"{own}-kind", KINDS, kind, KIND_WORDS, lambda key: _tile("kinds", KINDS.index(key))
    )
    colours = _choice(
        f"{own}-colour", COLOURS, colour, COLOUR_WORDS,
        lambda key: f'<i style="background:{_SHADES[key]}"></i>',
    )  # fmt: skip
    sizes = "".join(
        _radio(f"{own}-size", key, key == size, words.both(f"composer.{key}")) for key in SIZES
    )
    places = _choice(f"{own}-place", PLACES, place, PLACE_WORDS, lambda key: "<i></i>")
    return (
        f'<div class="thing" data-thing="{number}"{"" if number == 0 else " hidden"}>'
        f"<fieldset><legend>{words.both('composer.kind')}</legend>"
        f'<div class="opts six">{kinds}{nothing}</div></fieldset>'
        f"<fieldset><legend>{words.both('composer.colour')}</legend>"
        f'<div class="opts dots">{colours}</div></fieldset>'
        f'<div class="two"><fieldset><legend>{words.both("composer.size")}</legend>'
        f'<div class="opts tabs">{sizes}</div></fieldset>'
        f"<fieldset><legend>{words.both('composer.place')}</legend>"
        f'<div class="opts nine">{places}</div></fieldset></div></div>'
    )


_NEXT = ("yellow", "small", "top_left")


def _choice(
    group: str,
    keys: Sequence[str],
    chosen: str,
    named: Mapping[str, Mapping[str, Sequence[str]]],
    face: Callable[[str], str],
) -> str:
    options = ""
    for key in keys:
        name = {language: named[key][language][0] for language in words.LANGUAGES}
        label = f'{face(key)}<span class="sr">{words.spans(name)}</span>'
        title = " · ".join(name.values())
        options += _radio(group, key, key == chosen, label, title=title)
    return options


def _radio(
    group: str, value: str, chosen: bool, label_html: str, *, title: str = "", classes: str = ""
) -> str:
    return (
        f'<label class="{classes}" title="{escape(title)}"><input type="radio" '
        f'name="{group}" value="{value}"{" checked" if chosen else ""}>{label_html}</label>'
    )


def _tile(strip: str, place: int) -> str:
    """One square of a strip of pictures; the strip stands once, in the form's style."""
    return f'<i class="tile {strip}" style="--i:{place}"></i>'


@cache
def _backdrops() -> str:
    tiles = [draw(Scene(background, (), 7), 96)[8:88, 8:88] for background in BACKGROUNDS]
    return data_url(np.concatenate(tiles, axis=1))


@cache
def _kinds() -> str:
    tiles = []
    for place, kind in enumerate(KINDS):
        colour = COLOURS[(3 * place) % (len(COLOURS) - 1)]
        tiles.append(
            draw(compose([(kind, colour, "large", "centre")], "snow"), 160)[38:122, 38:122]
        )
    return data_url(np.concatenate(tiles, axis=1))
