"""Pieces as HTML strings, every word in both languages, every fact escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from mm_demo import words
from mm_demo.case import Case
from mm_demo.errors import UserError

_KNOBS = {"name": "knob"}
_ICONS = {
    "bad": "M8 2.5 14.5 13.5h-13zM8 6.8v3M8 11.6v.2",
    "warn": "M8 2.5 14.5 13.5h-13zM8 6.8v3M8 11.6v.2",
    "wait": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.2l2.2 1.5",
    "good": "M3 8.5l3.3 3.3L13 5",
    "stop": "M4 4h8v8H4z",
    "copy": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    "download": "M8 2.5v8.5M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
    "figure": "M2.5 2.500v11h11M5 10l2.8-3.6 2.2 2L13 4.5",
    "link": "M6.5 9.5l3-3M7 4.800l1.5-1.500a3 3 0 0 1 4.2 4.200L11.2 9M9 11.200l-1.5 1.500a3 3 0 0 1-4.2-4.200L4.8 7",
    "upload": "M8 11V2.500M4.5 6 8 2.5 11.5 6M2.5 13.500h11",
    "camera": "M2 5h3l1-1.500h4L11 5h3v8H2zM8 11.200a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.800z",
    "pen": "M3 13l.6-3L10.5 3l2.5 2.500L6 12.400z",
}


def texts(key: str, **facts: object) -> dict[str, str]:
    """The sentence in every language, plain: for charts, which escape it themselves."""
    return {
        language: words.say(
            language,
            key,
            **{n: f[language] if isinstance(f, Mapping) else f for n, f in facts.items()},
        )
        for language in words.LANGUAGES
    }


def icon(name: str, size: int = 16) -> str:
    """One of the page's line icons, decoration only."""
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 16 16" fill="none" '
        'stroke="currentColor" stroke-width="1.6" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true" style="flex:none"><path d="{_ICONS[name]}"/></svg>'
    )


def ruler(name_html: str, value: float, claim: float | None, guess: float | None = None) -> str:
    """A figure between 0 and 1 on a bar; dotted: what the course claims; small tick: guessing."""
    marks, names = "", ""
    if guess is not None:
        marks += f'<s style="left:{_share(guess)}"></s>'
    if claim is not None:
        marks += f'<u style="left:{_share(claim)}"></u>'
        names += _at(claim, words.both("ruler.course", value=f"{claim:.2f}"))
    if guess is not None and (claim is None or abs(claim - guess) > 0.3):
        names += _at(guess, words.both("ruler.guess"))
    return (
        f'<div class="rul"><div class="rh"><span>{name_html}</span><b>{value:.2f}</b></div>'
        f'<div class="rb"><i style="width:{_share(value)}"></i>{marks}</div>'
        f'<div class="rc">{names}</div></div>'
    )


def notice(kind: str, title_html: str, body_html: str = "", action_html: str = "") -> str:
    """A tinted line with a sign: "bad", "warn", "wait", "good" or "stop" (grey)."""
    role = ' role="alert"' if kind == "bad" else ""
    body = f"<p>{body_html}</p>" if body_html else ""
    return (
        f'<div class="notice {kind}"{role}>{icon(kind, 20)}<div class="grow">'
        f'<p class="t">{title_html}</p>{body}</div>{action_html}</div>'
    )


def error_card(error: UserError, kept_html: str = "", named: Mapping[str, str] = _KNOBS) -> str:
    """What is wrong and how to mend it, where the answer would be; `kept_html`: what was not lost.

    named: facts that may have a name on the page, and what the keys of those words begin with.
    """
    titled = f"{error.key}.title" in words.table("en")
    title = words.both(f"{error.key}.title" if titled else "error.title")
    facts = dict(error.without_paths().facts)
    for fact, prefix in named.items():
        if f"{prefix}.{facts.get(fact)}" in words.table("en"):
            facts[fact] = texts(f"{prefix}.{facts[fact]}")
    return notice("bad", title, words.both(error.key, **facts) + kept_html)


def bug_card() -> str:
    """A mistake of ours."""
    return notice("bad", words.both("error.bug"), words.both("error.bug.line"))


def empty_card(title_html: str, body_html: str = "", button_html: str = "") -> str:
    """What to do where there is no answer yet; the button does it with an example of ours."""
    drawing = (
        '<svg width="150" height="84" viewBox="0 0 150 84" aria-hidden="true" fill="none" '
        'stroke="var(--border-strong)" stroke-width="2" stroke-linejoin="round">'
        '<rect x="2" y="8" width="76" height="62" rx="8" stroke-dasharray="5 5"/>'
        '<path d="M12 58l16-20 12 13 9-9 18 16"/><circle cx="56" cy="26" r="6"/>'
        '<path d="M96 28h46M96 42h34M96 56h40" stroke-width="5" stroke-linecap="round"/></svg>'
    )
    body = f'<br><span class="sub13" style="font-size:15px">{body_html}</span>' if body_html else ""
    buttons = f'<div class="btns">{button_html}</div>' if button_html else ""
    return f'<div class="emptyb">{drawing}<p><b>{title_html}</b>{body}</p>{buttons}</div>'


def case_header(case: Case, metrics: Mapping[str, Any] | None) -> str:
    """The case's question, one line on the method, and its ruler.

    `metrics` is the content of the bundled checkpoint's metrics.json, None where it has none.
    """
    right = ""
    figure = figure_of(metrics, case.headline)
    if figure is not None:
        name = words.both(
            f"{case.name}.ruler", examples=int((metrics or {}).get("headline_examples", 0))
        )
        claim, guess = case.claims.get(case.headline), guess_of(metrics, case.headline)
        right = f'<div class="ruler">{ruler(name, figure, claim, guess)}</div>'
    return (
        f'<div class="case"><div><h1>{words.both(f"{case.name}.question")}</h1>'
        f"<p>{words.both(f'{case.name}.method')}</p></div>{right}</div>"
    )


def figure_of(metrics: Mapping[str, Any] | None, metric: str) -> float | None:
    """A figure in a checkpoint's metrics.json, or among the metrics of a run."""
    figures = (metrics or {}).get("metrics", metrics)
    value = figures.get(metric) if isinstance(figures, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def guess_of(metrics: Mapping[str, Any] | None, metric: str) -> float | None:
    """What guessing or the best constant answer scores on a metric, where that was measured."""
    found = figure_of(metrics, f"{metric}_chance")
    return figure_of(metrics, f"{metric}_constant") if found is None else found


def command_line(text: str) -> str:
    """A command with a button that copies it."""
    first, *options = escape(text).split(" --")
    shown = " ".join([first, *(f"<span>--{option}</span>" for option in options)])
    return (
        f'<div class="cmd"><code>{shown}</code><button type="button" class="icb" '
        f'data-copy="{escape(text)}">{icon("copy")}'
        f'<span class="sr">{words.both("command.copy")}</span></button></div>'
    )


def button(do: str, text_html: str, *, kind: str = "", sign: str = "", **data: object) -> str:
    """A button inside a piece; `mm.buttons` sends its data to the server as a "select" event."""
    extra = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    mark = icon(sign) if sign else ""
    return (
        f'<button type="button" class="btn {kind}" data-do="{do}"{extra}>{mark}{text_html}</button>'
    )


def _share(value: float) -> str:
    return f"{100 * min(1.0, max(0.0, value)):.1f}%"


def _at(place: float, text_html: str) -> str:
    side = " left" if place < 0.08 else " right" if place > 0.9 else ""
    return f'<span class="at{side}" style="left:{_share(place)}">{text_html}</span>'
