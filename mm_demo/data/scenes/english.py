"""The English of `captions`: lower case, no punctuation, about 130 words."""

from __future__ import annotations

from .grammar import Dice, Mention, Said
from .lexicon import COLOUR_WORDS, KIND_WORDS, PLACE_WORDS, SIZE_WORDS

_SETTINGS: dict[str, tuple[str, ...]] = {
    "sea": ("at sea", "by the sea", "on the ocean", "over the waves", "out on the water"),
    "meadow": ("in a meadow", "in the meadow", "on the grass", "on grassy hills", "in open fields"),
    "desert": ("in the desert", "on the sand", "among the dunes", "in dry land"),
    "snow": ("in the snow", "on snowy ground", "in winter", "while snow falls"),
    "night": ("at night", "under the moon", "in the moonlight", "after dark"),
    "mountains": (
        "in the mountains", "among the peaks", "in front of mountains", "near snowy peaks",
    ),
}  # fmt: skip
_SIDES: dict[str, tuple[str, ...]] = {
    "left": ("on the left", "at the left edge", "far left", "on the left side"),
    "right": ("on the right", "at the right edge", "far right", "on the right side"),
    "top": ("at the top", "high up", "near the top"),
    "bottom": ("at the bottom", "low down", "near the bottom"),
    "centre": ("in the middle", "in the centre", "right in the middle"),
}
_ARTICLES = ("a", "", "the", "one")  # within one sentence the same
_CORNERS = ("in the {} corner", "at the {}", "in the {}", "towards the {}", "{}")
_RELATIONS: dict[str, tuple[str, ...]] = {
    "left_of": (
        "{a} left of {b}", "{a} to the left of {b}", "{a} with {b} on its right",
        "{b} and left of it {a}", "{a} and further right {b}",
    ),
    "right_of": (
        "{a} right of {b}", "{a} to the right of {b}", "{a} with {b} on its left",
        "{b} and right of it {a}", "{a} and further left {b}",
    ),
    "above": (
        "{a} above {b}", "{a} over {b}", "{a} higher than {b}", "{b} with {a} above it",
        "{a} and further down {b}",
    ),
    "below": (
        "{a} below {b}", "{a} under {b}", "{a} lower than {b}", "{b} with {a} beneath it",
        "{a} and further up {b}",
    ),
}  # fmt: skip
_OPENINGS = (
    "a photo of {}", "a picture of {}", "there is {}", "here you see {}", "{}", "{}", "{}",
    "i can see {}", "this picture shows {}", "we see {}", "look at {}", "a drawing of {}",
    "somebody drew {}", "this is {}", "photo of {}", "find {}", "it shows {}",
)  # fmt: skip
_AFTER_SETTING = ("there is {}", "{}", "we see {}", "look for {}", "i see {}")
_JOINTS = ("and", "and", "with", "and then")
_ALSO = ("and", "and also", "together with", "plus")
_ONLY = (
    ("{} all alone", "{} on its own", "{} and nothing else", "only {}", "just {}"),
    ("{} and nothing else", "only {}", "just {}", "nothing but {}"),
)


def say(said: Said, dice: Dice) -> str:
    """One sentence with this content."""
    body = _body(said, dice)
    if said.background == "*":
        return dice.one(_OPENINGS).format(body)
    setting = dice.one(_SETTINGS[said.background])
    if dice.chance(0.35):
        return f"{setting} {dice.one(_AFTER_SETTING).format(body)}"
    return f"{dice.one(_OPENINGS).format(body)} {setting}"


def _body(said: Said, dice: Dice) -> str:
    article = dice.often_first(_ARTICLES, 0.5)
    named = [_noun_phrase(m, article, dice) for m in said.mentions]
    placed = [_placed(m, phrase, dice) for m, phrase in zip(said.mentions, named, strict=True)]
    if said.relation != "*":
        text = dice.one(_RELATIONS[said.relation]).format(a=named[0], b=named[1])
        return f"{text} {dice.one(_ALSO)} {placed[2]}" if placed[2:] else text
    listed = _listed(placed, dice)
    if not said.counted:
        return listed
    return dice.one(_ONLY[len(placed) > 1]).format(listed)


def _noun_phrase(m: Mention, article: str, dice: Dice) -> str:
    words = [
        *([dice.often_first(SIZE_WORDS[m.size]["en"], 0.5)] if m.size != "*" else []),
        *([dice.often_first(COLOUR_WORDS[m.colour]["en"], 0.8)] if m.colour != "*" else []),
        dice.often_first(KIND_WORDS[m.kind]["en"], 0.75),
    ]
    if article == "a" and words[0][0] in "aeiou":
        article = "an"
    return " ".join([article, *words] if article else words)


def _placed(m: Mention, phrase: str, dice: Dice) -> str:
    if m.place == "*":
        return phrase
    if m.place in _SIDES:
        return f"{phrase} {dice.one(_SIDES[m.place])}"
    corner = dice.one(PLACE_WORDS[m.place]["en"])
    return f"{phrase} {dice.one(_CORNERS).format(corner)}"


def _listed(phrases: list[str], dice: Dice) -> str:
    text = phrases[0]
    for phrase in phrases[1:]:
        text = f"{text} {dice.one(_JOINTS)} {phrase}"
    return text
