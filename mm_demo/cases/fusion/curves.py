"""Accuracy as noise grows: five lines along each sense's noise, from a bundled model's metrics.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mm_demo import words
from mm_demo.ui import cards
from mm_demo.ui.ranking import SPACE

# colour, dash and text colour of each strategy: the same wherever strategies are compared
STYLES = {
    "attention": ("--c1", "", "--c1t"),
    "late": ("--c2", "6 4", "--c2t"),
    "early": ("--c3", "1.5 4", "--c3t"),
    "audio": ("--c4", "3 3", "--c4t"),
    "visual": ("--c5", "10 4", "--c5"),
}
SENSES = ("sound", "sight")
_CLEAN_DB, _CLEAN_PLACE = 40.0, 25.0  # "clean" is a level of its own, one step before 20 dB
_LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH = 34.0, 258.0, 8.0, 172.0, 340
_APART = 16.0  # pixels between the middles of two labels
_LOWER = (8.0, 52.0)  # top and bottom of the chart of the weight


def curves(
    metrics: Mapping[str, Any] | None, digits: bool, places: Mapping[str, float | None]
) -> str:
    """Both charts with their caption; "" for a model that has none.

    `places` says for each sense where the visitor stands: decibels (None: clean) or the covered
    share for digits, a strength from 0 to 1 for shapes.
    """
    found = (metrics or {}).get("curves") or {}
    if metrics is None or not all(len(found.get(sense, {}).get("x", ())) > 1 for sense in SENSES):
        return ""
    charts = "".join(chart(sense, found[sense], digits, places.get(sense)) for sense in SENSES)
    kind = "digits" if digits else "shapes"
    split = words.both(
        f"fusion.curve.caption.{kind}", split=metrics["split"], examples=metrics["examples"]
    )
    beyond = digits and (places.get("sight") or 0) > found["sight"]["x"][-1]
    more = SPACE + words.both("fusion.curve.beyond") if beyond else ""
    return (
        f'<div class="lab"><span>{words.both("fusion.curve.title")}</span></div>'
        f'<div class="fz-curves">{charts}</div>'
        f'<p class="hint">{words.both("fusion.curve.line")}{SPACE}{split}{more}</p>'
    )


def apart(wanted: Sequence[float], lowest: float, gap: float = _APART) -> list[float]:
    """Heights of labels in the order given: near where they are wanted, none nearer than `gap`."""
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    placed = [0.0] * len(wanted)
    above = float("-inf")
    for k in order:
        placed[k] = above = max(wanted[k], above + gap)
    below = lowest + gap
    for k in reversed(order):
        placed[k] = below = min(placed[k], below - gap)
    return placed


def chart(
    sense: str,
    curve: Mapping[str, Any],
    digits: bool,
    place: float | None,
    name: str = "fusion-curve",
) -> str:
    """Five accuracies along one sense's noise, the visitor's place upright in it.

    A place beyond the ends is not shown; `name` begins the ids, once on a page.
    """
    decibels = digits and sense == "sound"
    along = [_place(x) if decibels else float(x) for x in curve["x"]]
    ends = (along[0], along[-1]) if digits else (0.0, 1.0)

    def x(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - ends[0]) / (ends[1] - ends[0])

    here: float | None = _place(_CLEAN_DB if place is None else place) if decibels else place or 0.0
    if here is not None and not min(ends) <= here <= max(ends):
        here = None  # nothing was measured there
    lines = {key: curve["accuracy"][key] for key in STYLES if key in curve["accuracy"]}
    said = _finding(sense, curve, lines, digits, along, here)
    key = f"fusion.curve.{sense}" + ("" if sense == "sound" or not digits else ".digits")
    inner = "".join(
        f'<path d="M{_LEFT} {_y(v):g}H{_RIGHT}" stroke="var(--grid)"/>'
        f'<text x="{_LEFT - 6}" y="{_y(v) + 4.5:g}" text-anchor="end">{v:.2f}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    )
    inner += _axis(x, ends, decibels, digits) + _upright(here, x, _TOP, _BOTTOM)
    for strategy in reversed(lines):  # attention is drawn last, on top
        inner += _line(
            along, lines[strategy], strategy, x, _y, 2.8 if strategy == "attention" else 2.0
        )
    heights = apart([_y(values[-1]) for values in lines.values()], _BOTTOM)
    right = x(along[-1])
    for strategy, height in zip(lines, heights, strict=True):
        colour = STYLES[strategy][2]
        inner += _both_texts(
            f"fusion.metric.accuracy_{strategy}.short",
            f'class="{{language}} end" x="{right + 8:.1f}" y="{height + 4.5:.1f}" '
            f'style="fill:var({colour})"',
        )
    svg = _svg(f"{name}-{sense}", inner, 212)
    lower = ""
    if sense == "sound" and len(curve.get("weight_sound", ())) == len(along):
        lower = _weight(along, curve["weight_sound"], x, here, f"{name}-weight")
    return (
        f'<div class="fz-curve" data-along="{sense}"><p>{words.both(key)}</p>{svg}'
        f'<span class="sr" id="{name}-{sense}">{said}</span>{lower}</div>'
    )


def _weight(
    along: Sequence[float],
    weights: Sequence[float],
    x: Callable[[float], float],
    here: float | None,
    label: str,
) -> str:
    """A low chart: the weight that attention gives to the sound."""
    top, bottom = _LOWER

    def y(value: float) -> float:
        return bottom - (bottom - top) * value

    inner = "".join(
        f'<path d="M{_LEFT} {y(v):g}H{_RIGHT}" stroke="var(--grid)"/>'
        f'<text x="{_LEFT - 6}" y="{y(v) + 4.5:g}" text-anchor="end">{v:.2f}</text>'
        for v in (0, 1)
    )
    inner += _upright(here, x, top, bottom) + _line(along, weights, "attention", x, y, 1.6)
    inner += (
        f'<text class="end" x="{x(along[-1]) + 8:.1f}" y="{y(weights[-1]) + 4.5:.1f}" '
        f'style="fill:var(--c1t)">{weights[-1]:.2f}</text>'
    )
    said = words.both(
        "fusion.curve.weight.said", first=f"{weights[0]:.2f}", last=f"{weights[-1]:.2f}"
    )
    return (
        f"<p>{words.both('fusion.curve.weight')}</p>{_svg(label, inner, 60)}"
        f'<span class="sr" id="{label}">{said}</span>'
    )


def _finding(
    sense: str,
    curve: Mapping[str, Any],
    lines: Mapping[str, Sequence[float]],
    digits: bool,
    along: Sequence[float],
    here: float | None,
) -> str:
    """What stands at the visitor's place, or at the noisiest one: a fusion against a sense alone."""
    k = len(along) - 1
    if here is not None:
        k = min(range(len(along)), key=lambda i: abs(along[i] - here))
    at: str | dict[str, str] = f"{curve['x'][k]:.2f}"
    if digits and sense == "sound":
        clean = curve["x"][k] >= _CLEAN_DB
        at = cards.texts("fusion.curve.clean") if clean else f"{_signed(curve['x'][k])} dB"
    elif digits:
        at = f"{round(100 * curve['x'][k])}%"
    parts = [
        words.both(
            "fusion.curve.value",
            name=cards.texts(f"fusion.strategy.{name}"),
            value=f"{values[k]:.2f}",
        )
        for name, values in lines.items()
    ]
    return words.both(f"fusion.curve.at.{sense}", at=at) + SPACE + SPACE.join(parts)


def _axis(
    x: Callable[[float], float], ends: tuple[float, float], decibels: bool, digits: bool
) -> str:
    y = _BOTTOM + 18
    if not digits:
        return _both_texts(
            "fusion.curve.clean", f'class="{{language}}" x="{x(0):g}" y="{y}" text-anchor="start"'
        ) + _both_texts(
            "fusion.curve.strongest", f'class="{{language}}" x="{x(1):g}" y="{y}" text-anchor="end"'
        )
    if not decibels:
        return "".join(
            f'<text x="{x(v):g}" y="{y}" text-anchor="middle">{round(100 * v)}%</text>'
            for v in (0, 0.25, 0.5, 0.75)
            if v <= ends[1]
        )
    marks = _both_texts(
        "fusion.curve.clean", f'class="{{language}}" x="{_LEFT:g}" y="{y}" text-anchor="start"'
    )
    for db in (10, 0, -10):
        unit = " dB" if db == -10 else ""
        marks += (
            f'<text x="{x(_place(db)):g}" y="{y}" text-anchor="middle">{_signed(db)}{unit}</text>'
        )
    return marks


def _line(
    along: Sequence[float],
    values: Sequence[float],
    name: str,
    x: Callable[[float], float],
    y: Callable[[float], float],
    width: float,
) -> str:
    colour, dash, _ = STYLES[name]
    points = " ".join(f"{x(a):.1f},{y(v):.1f}" for a, v in zip(along, values, strict=True))
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="var({colour})" stroke-width="{width:g}" '
        f'stroke-linejoin="round"{dashed}/>'
    )


def _upright(here: float | None, x: Callable[[float], float], top: float, bottom: float) -> str:
    if here is None:
        return ""
    return (
        f'<path class="here" d="M{x(here):.1f} {top:g}V{bottom:g}" '
        'stroke="var(--body-text-color-subdued)" stroke-width="1.4"/>'
    )


def _both_texts(key: str, attributes: str) -> str:
    """An SVG text in every language; {language} in its attributes becomes each one's."""
    return "".join(
        f"<text {attributes.format(language=language)}>{words.say(language, key)}</text>"
        for language in words.LANGUAGES
    )


def _svg(label: str, inner: str, height: int) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{label}">{inner}</svg>'
    )


def _place(db: float) -> float:
    """Where decibels stand on the axis: noisier to the right."""
    return -_CLEAN_PLACE if db >= _CLEAN_DB else -float(db)


def _y(accuracy: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * accuracy


def _signed(db: float) -> str:
    return f"{db:.0f}".replace("-", "−")
