"""A case with a family: CLIP, as if it also had photographs in the folder `album` inside its own."""

import sys
import types
from dataclasses import replace

from mm_demo import words
from mm_demo.case import OWN, Family
from mm_demo.cases.clip import CLIP, ClipConfig

ALBUM = Family(
    folder="album",
    datasets=("prints", "slides", OWN),
    presets={
        "quick": ClipConfig(steps=90, batch_size=32, learning_rate=0.001),
        "full": ClipConfig(steps=900, batch_size=64, learning_rate=0.001),
    },
    headline="image_to_text_r1",
    measured=("postcards",),
)
CASE = replace(
    CLIP,
    datasets=("scenes", "prints", "slides"),
    worlds=("scenes", "album"),
    folders=True,
    families=(ALBUM,),
)


def with_modules(monkeypatch, name, album, own=None):
    """Put `album` (and `own`) where the module `name` of the family (and of the case) is found."""
    places = {f"mm_demo.cases.clip.album.{name}": album, f"mm_demo.cases.clip.{name}": own}
    for place, content in places.items():
        if content is not None:
            module = types.ModuleType(place)
            module.__dict__.update(content)
            monkeypatch.setitem(sys.modules, place, module)


def with_words(monkeypatch):
    """What the page says of this case and of no other."""
    said = {f"clip.dataset.{name}": f"the {name}" for name in ("prints", "slides", OWN)}
    said |= {"clip.album.minutes.quick": "7 min", "clip.album.minutes.full": "70 min"}
    for language in words.LANGUAGES:
        for key, text in said.items():
            monkeypatch.setitem(words.table(language), key, text)
