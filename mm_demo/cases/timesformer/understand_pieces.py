"""What the Understand panel is made of: cards, formulas, sliders, places that its script fills."""

from __future__ import annotations

from collections.abc import Mapping

from mm_demo import words

_SLOTS = {"divided": 1, "joint": 2, "space": 3}  # colour of each scheme, and its dash
_DASHES = {"divided": "", "joint": "6 4", "space": "1.5 4"}


def say(key: str, **facts: object) -> str:
    """One of the panel's sentences, in both languages."""
    return words.both(f"timesformer.understand.{key}", **facts)


def filled(key: str, **places: str) -> str:
    """A sentence with places of the script's in it."""
    return say(key, **{name: f"{{{name}}}" for name in places}).format(**places)


def hint(html: str) -> str:
    """A line in small grey."""
    return f'<p class="hint">{html}</p>'


def card(key: str, body: str) -> str:
    """A sheet with its heading `key` and its first sentence `key`.text."""
    return (
        f'<section class="sheet pad ts-sheet" data-card="{key}"><h2>{say(key)}</h2>'
        f"<p>{say(f'{key}.text')}</p>{body}</section>"
    )


def formula(key: str, html: str, numbers: str = "") -> str:
    """A formula that is also spoken, `math.key`, and below it the same with numbers."""
    name = f"timesformer-math-{key}"
    return (
        f'<div class="formula" role="math" aria-labelledby="{name}">{html}</div>'
        f'<span class="sr" id="{name}">{say(f"math.{key}")}</span>'
        + (f'<div class="formula num">{numbers}</div>' if numbers else "")
    )


def place(name: str, tag: str = "span", classes: str = "") -> str:
    """Where the script writes."""
    kind = f' class="{classes}"' if classes else ""
    return f'<{tag} data-n="{name}"{kind}></{tag}>'


def slider(name: str, limits: tuple[float, float, float, float], unit: str = "") -> str:
    """low, high, step, value; `unit` stands behind the value."""
    low, high, step, value = limits
    return (
        f'<div class="ts-slide"><div class="lab"><label for="timesformer-{name}">'
        f"{say(f'slider.{name}')}</label><span>{place(name + '-now', 'b')}{unit}</span></div>"
        f'<input class="range" type="range" id="timesformer-{name}" data-n="{name}" min="{low:g}" '
        f'max="{high:g}" step="{step:g}" value="{value:g}"></div>'
    )


def sample(scheme: str) -> str:
    """A scheme's line, as the charts draw it."""
    return (
        '<svg width="24" height="6" viewBox="0 0 24 6" aria-hidden="true"><path d="M1 3H23" '
        f'stroke="var(--c{_SLOTS[scheme]})" stroke-width="2.6" '
        f'stroke-dasharray="{_DASHES[scheme]}"/></svg>'
    )


def bars(values: Mapping[str, float]) -> str:
    """A row for each: its name as HTML, its accuracy on a bar."""
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td class="b"><div class="bar"><i style="width:'
        f'{100 * min(1.0, max(0.0, value)):.1f}%"></i></div></td><td class="n"><b>{value:.2f}</b></td></tr>'
        for name, value in values.items()
    )
    return f'<table class="rank ts-bars"><tbody>{rows}</tbody></table>'


def drawing(frame: int) -> str:
    """A house on a hill, further left in each frame: the camera pans right."""
    x = 58 - 15 * frame
    return (
        '<svg viewBox="0 0 80 80" aria-hidden="true"><rect width="80" height="80" fill="#CFE3E8"/>'
        f'<circle cx="{x + 26}" cy="17" r="8" fill="#F4C95D"/><path d="M{x - 90} 80L{x - 50} 52'
        f'L{x - 20} 64L{x + 14} 44L{x + 60} 66L{x + 90} 54V80z" fill="#7DB59A"/>'
        f'<path d="M{x} 62V44h20v18zM{x - 4} 45l14-13 14 13z" fill="#C4514A"/></svg>'
    )
