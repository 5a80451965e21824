"""Fusion's moving picture while it trains: the strategies side by side, and whether one compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.cases.fusion.curves import chart
from mm_demo.ui import cards
from mm_demo.ui.training_handlers import Preview

# slot of the colour and dash of each strategy, in the order in which they are listed
SLOTS = {"attention": 1, "late": 2, "early": 3, "audio": 4, "visual": 5}
_DASHES = {1: "", 2: "6 4", 3: "1.5 4", 4: "3 3", 5: "10 4"}
_CLIMBS = 0.2  # of the weight from one end of the noise to the other: then it compares
_SCRIPT = """(function () {
  const shown = element.querySelector('.fu-shown'), rest = element.querySelector('.fu-rest');
  const show = () => {
    const html = (props.value || {}).html || '';
    shown.innerHTML = html;
    rest.hidden = html !== '';
  };
  watch('value', show);
  show();
})();"""


def preview(case: Case) -> Preview:
    """The strategies' held-out accuracies as bars, and sight's weight along the noise."""
    return Preview(_piece, partial(value, claim=case.claims.get(case.headline)))


def value(found: Mapping[str, Any], claim: float | None = None) -> dict[str, Any]:
    """What the piece shows of a task's preview; nothing before the first evaluation."""
    accuracies: Mapping[str, float] = found.get("accuracies") or {}
    if not accuracies:
        return {}
    weight = found.get("weight") or {}
    along, sight = list(weight.get("difference") or ()), list(weight.get("sight") or ())
    said, lower = _spoken(accuracies, claim), ""
    if len(along) > 1 and len(along) == len(sight):
        said += " " + _finding(sight)
        lower = (
            f'<div><p class="fu-sub">{words.both("fusion.moving.weight")}</p>'
            f'{_weights(along, sight)}<p class="hint">{words.both("fusion.moving.look")}</p></div>'
        )
    elif "attention" not in accuracies:
        lower = f'<p class="hint">{words.both("fusion.moving.no_weights")}</p>'
    curve = found.get("along") or {}
    if len(curve.get("x", ())) > 1:
        lower += f'<div class="fz-curves">{chart("sound", curve, False, -1, "fusion-live")}</div>'
    ignored = "".join(_notice(*pair) for pair in found.get("ignored") or ())
    return {
        "html": '<div class="fu-sides" role="group" aria-labelledby="fusion-moving-said">'
        f'<span class="sr" id="fusion-moving-said">{said}</span>'
        f"{bars(accuracies, claim)}{lower}</div>"
        + (f'<div class="notices fu-notices">{ignored}</div>' if ignored else "")
    }


def bars(accuracies: Mapping[str, float], claim: float | None = None) -> str:
    """A table of strategies: name, bar in its colour, accuracy; dotted across: the course's."""
    line = "" if claim is None else f'<u style="left:{100 * claim:.1f}%"></u>'
    rows = "".join(
        f'<tr><th scope="row">{_sample(slot)}{words.both(f"fusion.metric.accuracy_{name}.short")}'
        f'</th><td class="fu-b"><i style="width:{100 * accuracies[name]:.1f}%;'
        f'background:var(--c{slot})"></i>{line}</td><td class="fu-v">{accuracies[name]:.2f}</td></tr>'
        for name, slot in SLOTS.items()
        if name in accuracies
    )
    foot = ""
    if claim is not None:
        name = words.both("ruler.course", value=f"{claim:.2f}")
        foot = (
            f'<tfoot><tr><td></td><td class="fu-c"><span style="right:{100 * (1 - claim):.1f}%">'
            f"{name}</span></td><td></td></tr></tfoot>"
        )
    return f'<table class="fu-bars"><tbody>{rows}</tbody>{foot}</table>'


def _piece() -> gr.HTML:
    return gr.HTML(
        {},
        html_template=f'<p class="cap"><span>{words.both("fusion.moving.title")}</span></p>'
        f'<div class="fu-shown"></div><p class="hint fu-rest">{words.both("fusion.moving.empty")}</p>',
        js_on_load=_SCRIPT,
        apply_default_css=False,
        elem_classes=["mm-card", "fu-moving"],
        elem_id="fusion-moving",
    )


def _sample(slot: int) -> str:
    return (
        '<svg width="24" height="6" viewBox="0 0 24 6" aria-hidden="true"><path d="M1 3H23" '
        f'stroke="var(--c{slot})" stroke-width="2.6" stroke-dasharray="{_DASHES[slot]}"/></svg>'
    )


def _spoken(accuracies: Mapping[str, float], claim: float | None) -> str:
    """The best strategy against the course's figure, in a sentence."""
    best = max(accuracies, key=lambda name: accuracies[name])
    facts = {
        "name": cards.texts(f"fusion.strategy.{best}"),
        "value": f"{accuracies[best]:.2f}",
    }
    if claim is None:
        return words.both("fusion.moving.best", **facts)
    return words.both("fusion.moving.best.course", **facts, course=f"{claim:.2f}")


def _finding(sight: Sequence[float]) -> str:
    first, last = sight[0], sight[-1]
    key = "climbs" if last - first >= _CLIMBS else "flat"
    return words.both(f"fusion.moving.{key}", first=f"{first:.2f}", last=f"{last:.2f}")


def _notice(fusion: str, sense: str) -> str:
    """Amber: this fusion pays no attention to one of its senses, and what cures it."""
    return cards.notice(
        "warn",
        words.both(
            f"fusion.moving.ignored.{sense}",
            name=cards.texts(f"fusion.moving.name.{fusion}"),
        ),
        words.both("fusion.moving.cure"),
    )


def _weights(along: Sequence[float], sight: Sequence[float]) -> str:
    """Sight's weight against how much noisier the sound is than the picture."""
    left, right, top, bottom = 34, 330, 12, 132

    def x(difference: float) -> float:
        return left + (right - left) * (min(1.0, max(-1.0, difference)) + 1) / 2

    def y(weight: float) -> float:
        return bottom - (bottom - top) * min(1.0, max(0.0, weight))

    axis = "".join(
        f'<path d="M{left} {y(v):g}H{right}" stroke="var(--grid)"/>'
        f'<text x="{left - 7}" y="{y(v) + 4.5:g}" text-anchor="end">{v:g}</text>'
        for v in (0, 0.5, 1)
    )
    for place, text, anchor in ((-1, "−1", "start"), (0, "0", "middle"), (1, "1", "end")):
        axis += f'<text x="{x(place):g}" y="{bottom + 18}" text-anchor="{anchor}">{text}</text>'
    for place, side, anchor in ((-1, "picture", "start"), (1, "sound", "end")):
        axis += "".join(
            f'<text class="{language}" x="{x(place):g}" y="{bottom + 36}" text-anchor="{anchor}">'
            f"{words.say(language, f'fusion.moving.noisier.{side}')}</text>"
            for language in words.LANGUAGES
        )
    points = " ".join(f"{x(a):.1f},{y(w):.1f}" for a, w in zip(along, sight, strict=True))
    end_x, end_y = x(along[-1]), y(sight[-1])
    below = sight[-1] > 0.75  # the number stands where the line and the diagonal are not
    return (
        '<svg class="fu-weights" viewBox="0 0 340 172" role="img" '
        'aria-labelledby="fusion-moving-said">'
        f'{axis}<path d="M{x(-1):g} {y(0):g}L{x(1):g} {y(1):g}" stroke="var(--body-text-color)" '
        'stroke-width="1.6" stroke-dasharray="2 4" stroke-linecap="round"/>'
        f'<polyline points="{points}" fill="none" stroke="var(--c1)" stroke-width="2.8" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
        f'<circle cx="{end_x:.1f}" cy="{end_y:.1f}" r="4" fill="var(--c1)"/>'
        f'<text class="fu-end" x="{end_x + 4:.1f}" y="{end_y + (24 if below else -10):.1f}" '
        f'text-anchor="end">{sight[-1]:.2f}</text></svg>'
    )
