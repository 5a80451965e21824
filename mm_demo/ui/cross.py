"""Several pictures against several sentences: a table of numbers on one hue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mm_demo import words
from mm_demo.ui import cards
from mm_demo.ui.ranking import translated

_LIGHT = ((0xF0, 0xF2, 0xEE), (0x24, 0x50, 0xB8))  # wash, c1: style.css, 1
_DARK = ((0x22, 0x28, 0x33), (0x8F, 0xB0, 0xFF))


@dataclass(frozen=True)
class Line:
    """One picture: a small image as a data URL, what it is called, its values, where its ring is."""

    image: str
    name: dict[str, str]
    values: Sequence[float]
    ring: int | None


def table(labels: Sequence[tuple[str, tuple[str, str] | None]], lines: Sequence[Line]) -> str:
    """The table. `labels` as typed, each with its (language, name) in the other language or None.

    A line's button tells "drop" with its `row`.
    """
    head = "".join(
        f'<th scope="col">{escape(typed)}{translated(other)}</th>' for typed, other in labels
    )
    flat = [value for line in lines for value in line.values] or [0.0]
    high = max(0.35, *flat)
    body = ""
    for row, line in enumerate(lines):
        cells = "".join(
            _cell(value, value / high, line.ring == column)
            for column, value in enumerate(line.values)
        )
        remove = words.both("cross.remove", name=line.name)
        body += (
            f'<tr><th scope="row"><span class="shot"><img src="{line.image}" alt="">'
            f'<span class="sr">{words.spans({k: escape(v) for k, v in line.name.items()})}</span>'
            f'<button type="button" data-do="drop" data-row="{row}">'
            f'<svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><path '
            'd="M2 2l6 6M8 2l-6 6" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>'
            f'</svg><span class="sr">{remove}</span></button></span></th>{cells}</tr>'
        )
    return f'<table class="mm"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'


def title(count_html: str = "") -> str:
    """The heading of the table's card."""
    return (
        f'<p class="cap" style="font-size:16px"><span>{words.both("cross.title")}</span>'
        f'<span class="info">{words.both("cross.how")}{count_html}</span></p>'
    )


def buttons(can_add: bool, changed: bool) -> str:
    """What one can do with the table: "add" the picture of Try, "reset" to ours."""
    made = ""
    if can_add:
        made += cards.button("add", words.both("cross.add"), kind="s")
    if changed:
        made += cards.button("reset", words.both("cross.reset"), kind="s link")
    return f'<div class="btns" style="margin-top:10px">{made}</div>' if made else ""


def depth(level: float) -> float:
    """How much of c1 a cell at this level, 0 to 1, is filled with."""
    return round(min(1.0, max(0.0, level)) ** 1.3, 2)


def inks(level: float) -> str:
    """The classes that colour a cell's number on light and on dark pages."""
    share = depth(level)
    return f"l{ink(share, 'light')[0]} d{ink(share, 'dark')[0]}"


def ink(share: float, theme: str) -> str:
    """Black or white, whichever reads better on this much of c1 ("light" or "dark" page)."""
    wash, full = _LIGHT if theme == "light" else _DARK
    mixed = [w + (f - w) * share for w, f in zip(wash, full, strict=True)]
    luminance = sum(
        weight * _linear(channel / 255)
        for weight, channel in zip((0.2126, 0.7152, 0.0722), mixed, strict=True)
    )
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _cell(value: float, level: float, ring: bool) -> str:
    share = depth(level)
    mark = f'<span class="sr">{words.both("cross.ringed")}</span>' if ring else ""
    return (
        f'<td class="c {inks(level)}{" on" if ring else ""}" style="--share:{100 * share:.0f}%">'
        f"{_signed(value)}{mark}</td>"
    )


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
