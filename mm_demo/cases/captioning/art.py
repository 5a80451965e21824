"""The picture on captioning's card at home: a scene, the spot looked at, the sentence under it."""

from __future__ import annotations

from html import escape

from mm_demo import words
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import compose, draw

_THINGS = (("boat", "red", "large", "left"), ("house", "green", "small", "right"))
_X, _Y, _WIDTH, _HEIGHT = 72, 12, 276, 118  # of the window on the picture, as wide as the picture
_BOAT = 136, 74


def card() -> str:
    """An SVG of 420 by 190."""
    picture = data_url(draw(compose(_THINGS, "sea"), 2 * _WIDTH))
    x, y = _BOAT
    window = f'x="{_X}" y="{_Y}" width="{_WIDTH}" height="{_HEIGHT}" rx="10"'
    return (
        '<svg viewBox="0 0 420 190" preserveAspectRatio="xMidYMid slice" aria-hidden="true"><defs>'
        f'<clipPath id="captioning-window"><rect {window}/></clipPath>'
        f'<radialGradient id="captioning-veil" gradientUnits="userSpaceOnUse" cx="{x}" cy="{y}" '
        'r="120"><stop offset=".42" stop-color="var(--veil)" stop-opacity="0"/><stop offset=".8" '
        'stop-color="var(--veil)" stop-opacity=".62"/></radialGradient>'
        f'<radialGradient id="captioning-glow" gradientUnits="userSpaceOnUse" cx="{x}" cy="{y}" '
        'r="84"><stop offset=".5" stop-color="var(--glow)" stop-opacity=".34"/><stop offset="1" '
        'stop-color="var(--glow)" stop-opacity="0"/></radialGradient></defs>'
        f'<image href="{picture}" x="{_X}" y="{_Y + (_HEIGHT - _WIDTH) // 2}" width="{_WIDTH}" '
        f'height="{_WIDTH}" clip-path="url(#captioning-window)"/>'
        f'<rect {window} fill="url(#captioning-veil)"/><rect {window} fill="url(#captioning-glow)"/>'
        f"{_sentence()}</svg>"
    )


def _sentence() -> str:
    """The sentence in each language, its one word underlined amber."""
    return "".join(
        f'<text class="{language}" x="210" y="163" text-anchor="middle" font-size="21" '
        'style="font-family:var(--serif);fill:var(--body-text-color)">'
        f"{_part(language, 'before')}"
        '<tspan text-decoration="underline" fill="var(--glow)">'
        f'<tspan fill="var(--body-text-color)">{_part(language, "word")}</tspan></tspan>'
        f"{_part(language, 'after')}</text>"
        for language in words.LANGUAGES
    )


def _part(language: str, which: str) -> str:
    return escape(words.say(language, f"captioning.art.{which}"))
