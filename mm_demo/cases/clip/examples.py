"""The five pictures that the page offers, and what a known class is called in the other language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from mm_demo.data.scenes import COLOUR_WORDS, KIND_WORDS, SIZE_WORDS, Scene, compose, label

OTHER = {"en": "zh", "zh": "en"}
_ARTICLES = {"en": ("", "a ", "an ", "the "), "zh": ("", "一")}


@dataclass(frozen=True)
class Example:
    """A scene, the classes offered as labels (the first is in the picture), and its own sentence."""

    things: tuple[tuple[str, str, str, str], ...]
    background: str
    classes: tuple[tuple[str, str], ...]

    @property
    def scene(self) -> Scene:
        return compose(self.things, self.background)

    def labels(self, language: str) -> list[str]:
        """The labels as a person would type them."""
        return [_typed(colour, kind, language) for colour, kind in self.classes]


def _typed(colour: str, kind: str, language: str) -> str:
    name = label(colour, kind, language)
    if language == "zh":
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


EXAMPLES: tuple[Example, ...] = (
    Example(
        (
            ("boat", "red", "large", "bottom_left"),
            ("house", "green", "small", "bottom_right"),
            ("star", "orange", "small", "top_right"),
        ),
        "sea",
        (
            ("red", "boat"),
            ("green", "house"),
            ("blue", "boat"),
            ("orange", "star"),
            ("purple", "car"),
        ),
    ),
    Example(
        (
            ("car", "blue", "large", "bottom"),
            ("balloon", "orange", "small", "top_left"),
            ("tree", "green", "small", "right"),
        ),
        "desert",
        (
            ("blue", "car"),
            ("red", "car"),
            ("orange", "balloon"),
            ("green", "tree"),
            ("white", "cat"),
        ),
    ),
    Example(
        (
            ("house", "red", "large", "bottom_left"),
            ("star", "white", "small", "top_left"),
            ("cat", "white", "small", "bottom_right"),
        ),
        "night",
        (
            ("red", "house"),
            ("white", "cat"),
            ("white", "star"),
            ("blue", "house"),
            ("red", "balloon"),
        ),
    ),
    Example(
        (
            ("flower", "purple", "large", "bottom_right"),
            ("balloon", "pink", "large", "top_left"),
            ("bird", "blue", "small", "top_right"),
        ),
        "meadow",
        (
            ("pink", "balloon"),
            ("purple", "flower"),
            ("blue", "bird"),
            ("red", "flower"),
            ("green", "umbrella"),
        ),
    ),
    Example(
        (
            ("umbrella", "purple", "large", "centre"),
            ("bird", "red", "small", "top_left"),
            ("ball", "yellow", "small", "bottom_right"),
        ),
        "snow",
        (
            ("purple", "umbrella"),
            ("red", "bird"),
            ("yellow", "ball"),
            ("red", "umbrella"),
            ("white", "fish"),
        ),
    ),
)


def other_name(typed: str) -> tuple[str, str] | None:
    """(language, name) of a typed class in the other language: "a red boat" -> ("zh", "红色的船").

    None for whatever is not the name of a thing of the drawn world.
    """
    return _names().get(" ".join(typed.lower().split()))


@cache
def _names() -> dict[str, tuple[str, str]]:
    named: dict[str, tuple[str, str]] = {}
    for language, other in OTHER.items():
        sizes = [("", ""), *((size, size) for size in SIZE_WORDS)]
        for (size, _), colour, kind in product(sizes, ("", *COLOUR_WORDS), KIND_WORDS):
            theirs = _name(size, colour, kind, other, 0, 0)
            for i, j in product(range(3), range(3)):
                ours = _name(size, colour, kind, language, i, j)
                for article in _ARTICLES[language]:
                    named.setdefault(article + ours, (other, theirs))
    return named


def _name(size: str, colour: str, kind: str, language: str, i: int, j: int) -> str:
    """One wording; i and j choose among the words for the colour and the kind."""
    kinds = KIND_WORDS[kind][language]
    thing = kinds[min(i, len(kinds) - 1)]
    colours = COLOUR_WORDS[colour][language] if colour else [""]
    shade = colours[min(j, len(colours) - 1)]
    measure = SIZE_WORDS[size][language][0] if size else ""
    if language == "en":
        return " ".join(word for word in (measure, shade, thing) if word)
    return f"{shade}{'的' if len(shade) > 1 else ''}{measure}{thing}"
