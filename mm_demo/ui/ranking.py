"""Ranked rows: label, bar, share, and whether it is true on its own; each row is a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mm_demo import words

YES = 0.5
SPACE = '<span class="en"> </span>'  # between two sentences; Chinese has none
_MARKS = {
    True: '<circle cx="8" cy="8" r="7" fill="var(--good)"/><path d="M4.8 8.3l2.2 2.2 4.2-4.6" '
    'fill="none" stroke="var(--block-background-fill)" stroke-width="1.8" stroke-linecap="round" '
    'stroke-linejoin="round"/>',
    False: '<circle cx="8" cy="8" r="6.2" fill="none" stroke="var(--c6)" stroke-width="1.6"/>',
}


@dataclass(frozen=True)
class Row:
    """One label: its share of 1, its own probability, its name in the other language if it has one.

    `other` is (language, name) and shown to those who read that language.
    """

    label: str
    share: float
    alone: float
    other: tuple[str, str] | None = None


def ranking(rows: Sequence[Row], none: float, shown: int = 0) -> str:
    """The table, best first. `none` is the probability that no label is true; `shown` the row whose
    evidence is on the picture. A row tells "look" with its `index`."""
    head = (
        f'<tr><th>{words.both("rank.label")}</th><td class="hide-s"></td>'
        f'<th class="n">{words.both("rank.share")}</th>'
        f'<th class="n">{words.both("rank.alone")}</th></tr>'
    )
    body = "".join(_row(row, index, index == shown) for index, row in enumerate(rows))
    last = (
        f'<tr class="none"><td class="l">{words.both("rank.none")}{_bar(none, "mut", "only-s")}'
        f'</td><td class="b hide-s">{_bar(none, "mut")}</td><td class="n"></td>'
        f'<td class="n">{none:.2f}</td></tr>'  # no share: those add up to 100% without it
    )
    long = ' tabindex="0"' if len(rows) > 10 else ""
    return (
        f'<div class="ranks"{long}><table class="rank"><thead>{head}</thead>'
        f"<tbody>{body}</tbody><tfoot>{last}</tfoot></table></div>"
        f'<p class="hint">{_explained("share")}{SPACE}{_explained("alone")}{SPACE}'
        f"{_explained('none')}</p>"
    )


def share(value: float) -> str:
    """A share as one reads it: 91%, <1%, and never 100% of something that is not all."""
    if 0 < value < 0.005:
        return "&lt;1%"
    if 0.995 <= value < 0.9999:
        return "&gt;99%"
    return f"{100 * value:.0f}%"


def translated(other: tuple[str, str] | None) -> str:
    """A label's (language, name), small, for those who read that language."""
    if other is None:
        return ""
    language, name = other
    tag = "zh-CN" if language == "zh" else language
    return f'<small class="{language}" lang="{tag}">{escape(name)}</small>'


def _explained(column: str) -> str:
    name, line = words.both(f"rank.hint.{column}"), words.both(f"rank.hint.{column}.line")
    return f"<b>{name}</b>{words.both('rank.colon')}{line}"


def _row(row: Row, index: int, on: bool) -> str:
    yes = row.alone >= YES
    word = words.both("rank.yes" if yes else "rank.no")
    mark = f'<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">{_MARKS[yes]}</svg>'
    return (
        f'<tr class="{"on" if on else ""}"><td class="l"><button type="button" data-do="look" '
        f'data-index="{index}" aria-pressed="{"true" if on else "false"}"><span>'
        f"{escape(row.label)}{translated(row.other)}</span></button>{_bar(row.share, '', 'only-s')}</td>"
        f'<td class="b hide-s">{_bar(row.share)}</td><td class="n">{share(row.share)}</td>'
        f'<td class="n"><span class="yn">{mark}<span>{word}</span> {row.alone:.2f}</span></td></tr>'
    )


def _bar(value: float, kind: str = "", classes: str = "") -> str:
    return (
        f'<div class="bar {classes}"><i class="{kind}" style="width:{100 * value:.1f}%"></i></div>'
    )
