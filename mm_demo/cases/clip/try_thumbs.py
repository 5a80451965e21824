"""The examples under the picture: photographs where their model is there, and drawn scenes."""

from __future__ import annotations

from collections.abc import Sequence

from mm_demo import words
from mm_demo.cases.clip.examples import EXAMPLES
from mm_demo.cases.clip.try_photographs import offered
from mm_demo.cases.clip.try_worlds import PHOTOS
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import draw
from mm_demo.ui.composer import described, to_text
from mm_demo.ui.evidence import shown
from mm_demo.ui.photographs import opened

_SIDE = 180


def first(worlds: Sequence[str]) -> str:
    """The example that a page without an answer offers, by the index of its button."""
    return next(iter(offered()), "0") if PHOTOS in worlds else "0"


def thumbs(worlds: Sequence[str]) -> str:
    """The strips; a button tells its `index`: a photograph's file, or a scene's place."""
    scenes = "".join(
        _button(
            str(place),
            f"scene.{text}.png",
            data_url(draw(example.scene, 160)),
            words.both("clip.example", name=described(text)),
        )
        for place, example in enumerate(EXAMPLES)
        for text in [to_text(example.things, example.background)]
    )
    if PHOTOS not in worlds or not offered():
        return _strip(scenes)
    photographs = "".join(
        _button(
            file,
            file,
            data_url(shown(opened(file).pixels, _SIDE)),
            words.both("clip.example", name=photograph.labels[0]),
        )
        for file, photograph in offered().items()
    )
    return _title("photos") + _strip(photographs) + _title("scenes") + _strip(scenes)


def _title(world: str) -> str:
    return (
        f'<p class="hint strip"><b>{words.both(f"clip.examples.{world}")}</b> '
        f"{words.both(f'clip.examples.{world}.note')}</p>"
    )


def _strip(buttons: str) -> str:
    return f'<div class="thumbs" data-strip>{buttons}</div>'


def _button(index: str, file: str, image: str, name: str) -> str:
    return (
        f'<button type="button" data-index="{index}" data-file="{file}" aria-pressed="false">'
        f'<img src="{image}" width="160" height="160" alt=""><span class="sr">{name}</span></button>'
    )
