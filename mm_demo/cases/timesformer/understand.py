"""Understand TimeSformer: who looks at whom, what that costs, and what the motion channels do."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.cases.timesformer import SCHEMES, costs, moving
from mm_demo.cases.timesformer.understand_pieces import (
    bars,
    card,
    drawing,
    filled,
    formula,
    hint,
    place,
    sample,
    say,
    slider,
)  # fmt: skip
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.training_panel import PRIVATE

log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).with_suffix(".js")
_FRAMES, _SIDE = 4, 4  # of the clip in the drawing
_CHANNELS = ("rgb", "difference", "flow")


def build(context: Context) -> None:
    """Make the panel where the caller stands; only "measure here" asks the server."""
    panel = gr.HTML(
        {},
        html_template=page(context.case),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="timesformer-understand",
    )
    panel.select(measure, None, panel, concurrency_limit=1, **PRIVATE)


def measure() -> dict[str, Any]:
    """This machine's clock on a small model; `at` makes two equal answers differ."""
    try:
        return {"clock": costs.measured(), "at": time.time()}
    except Exception:
        log.exception("the schemes could not be timed")
        return {"clock": None, "at": time.time()}


def page(case: Case) -> str:
    """The panel's HTML, with the figures of the case's bundled checkpoint."""
    metrics, about = case.bundled("metrics.json"), case.bundled("timesformer.json")
    figures = metrics.get("metrics", metrics)
    figures = figures if isinstance(figures, Mapping) else {}
    facts = {
        "counted": costs.counted(),
        "names": {name: cards.texts(f"knob.attention.{name}") for name in SCHEMES},
        "frames": list(costs.FRAMES),
        "sizes": list(costs.SIZES),
        "patch": costs.PATCH,
    }
    return (
        f'<div class="und ts-und" data-facts="{escape(json.dumps(facts, ensure_ascii=False))}">'
        f'<div class="wide">{_attention(case)}{_looks()}{_cost()}{_confusion(metrics, about)}</div>'
        f'<div class="side">{_motion()}{_channels(metrics, figures)}'
        f"{_accuracy(metrics, figures)}{_clock()}</div></div>"
    )


def _attention(case: Case) -> str:
    quick = case.preset(next(iter(case.presets)), case.datasets[0])
    d = quick.embed_dim // quick.num_heads  # type: ignore[attr-defined]
    law = (
        "<span>Attn(<i>Q</i>, <i>K</i>, <i>V</i>) = softmax( <span class='hi'><i>Q K</i><sup>T</sup>"
        "</span> / <span class='hi2'>√<i>d</i></span> ) <i>V</i></span>"
    )
    terms = (f"{place(f'weight-{k}')} · {place(f'value-{k}')}" for k in range(3))
    scores = ", ".join(place(f"score-{k}", classes="hi") for k in range(3))
    numbers = (
        f"<span>softmax( ({scores}) / {place('divisor', classes='hi2')} )</span>"
        f"<span>= ( {', '.join(place(f'weight-{k}') for k in range(3))} )</span>"
        f"<span><i>z</i> = {' + '.join(terms)} = {place('mixed', 'b')}</span>"
    )
    rows = "".join(
        f'<tr><th scope="row">{say("frame", number=k + 1)}</th><td class="n">{place(f"score-{k}")}</td>'
        f'<td class="n hide-s">{place(f"scaled-{k}")}</td><td class="b"><div class="bar">'
        f'<i data-bar="weight-{k}"></i></div></td><td class="n">{place(f"weight-{k}", "b")}</td>'
        f'<td class="n">{place(f"value-{k}")}</td></tr>'
        for k in range(3)
    )
    table = (
        '<table class="rank ts-weights"><thead><tr><td></td><th class="n"><i>q</i> · <i>k</i></th>'
        '<th class="n hide-s"><i>q</i> · <i>k</i> / √<i>d</i></th><th></th>'
        f'<th class="n">{say("weight")}</th><th class="n"><i>v</i></th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    sliders = slider("score", (-8, 24, 0.5, 10)) + slider(
        "root", (1, 16, 0.5, round(2 * math.sqrt(d)) / 2)
    )
    order = formula(
        "order",
        "<span><i>z</i>′ = <span class='hi2'>Attn<sub>space</sub></span>( "
        "<span class='hi'>Attn<sub>time</sub></span>( <i>z</i> ) )</span>",
    )
    return card(
        "attention",
        formula("attention", law, numbers) + f'<div class="ts-pair">{sliders}</div>' + table
        + hint(say("root", d=d, root=f"{math.sqrt(d):.2g}")) + order + hint(say("order")),
    )  # fmt: skip


def _looks() -> str:
    choices = "".join(
        f'<button type="button" data-scheme="{name}" aria-pressed="{str(name == "divided").lower()}">'
        f"{words.both(f'knob.attention.{name}')}</button>"
        for name in SCHEMES
    )
    frames = "".join(
        f'<div class="ts-frame">{drawing(frame)}'
        + "".join(
            f'<button type="button" data-patch="{frame}-{row}-{column}" tabindex="-1"><span class="sr">'
            f"{say('patch', frame=frame + 1, row=row + 1, column=column + 1)}</span></button>"
            for row in range(_SIDE)
            for column in range(_SIDE)
        )
        + "</div>"
        for frame in range(_FRAMES)
    )
    says = "".join(
        f'<p data-says="{name}"{"" if name == "divided" else " hidden"}>{say(f"looks.{name}")}</p>'
        for name in SCHEMES
    )
    return card(
        "looks",
        f'<span class="sr" id="timesformer-schemes">{say("looks.which")}</span>'
        f'<div class="ts-seg" role="group" aria-labelledby="timesformer-schemes">{choices}</div>'
        f'<div class="ts-clip">{frames}</div><p class="ts-token"><span data-token></span>'
        f'{say("token")}</p><div class="ts-looks" aria-live="polite">{says}</div>'
        + hint(say("looks.paper")),
    )  # fmt: skip


def _cost() -> str:
    keys = {
        "divided": "<i>T</i> + <i>N</i> + 1",
        "joint": "<i>T N</i> + 1",
        "space": "<i>N</i> + 1",
    }
    rows = "".join(
        f'<tr><th scope="row">{sample(name)}{words.both(f"knob.attention.{name}")}</th>'
        f'<td class="n">{place(f"keys-{name}", "b")}<small>{keys[name]}</small></td>'
        f'<td class="n">{place(f"adds-{name}", "b")}</td><td class="n">{place(f"flops-{name}")}</td>'
        f'<td class="n">{place(f"ratio-{name}")}</td></tr>'
        for name in SCHEMES
    )
    heads = "".join(f'<th class="n">{say(key)}</th>' for key in ("keys", "adds", "flops", "ratio"))
    sliders = slider("frames", (costs.FRAMES[0], costs.FRAMES[-1], costs.FRAMES.step, 8)) + slider(
        "size", (costs.SIZES[0], costs.SIZES[-1], costs.SIZES.step, 224), " px"
    )
    patches = filled(
        "patches",
        T=place("T"),
        N=place("N"),
        all=place("patches", "b"),
        side=place("side"),
    )
    charts = "".join(
        f'<div><p class="cap"><span>{say(f"chart.{key}")}</span></p><div class="plot" '
        f'data-plot="{key}" role="img" aria-labelledby="timesformer-cost-now"></div></div>'
        for key in ("frames", "size")
    )
    says = "".join(
        f'<span data-cost="{how}">{filled(f"cost.{how}", times=place("times"))}</span>'
        for how in ("less", "more")
    )
    one = costs.base("divided")
    views = say("views", one=f"{one:.1f}", three=f"{3 * one:.0f}", flops=f"{6 * one:,.0f}")
    return card(
        "cost",
        f'<div class="ts-pair">{sliders}</div><p class="ts-patches">{patches}</p>'
        f'<table class="rank ts-costs"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody>'
        f'</table><p class="ts-now" id="timesformer-cost-now">{says}</p>'
        f'<div class="ts-plots">{charts}</div>' + hint(views) + hint(say("counting")),
    )  # fmt: skip


def _confusion(metrics: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """The bundled model's table, if its counts and its classes are there and fit each other."""
    counts, classes = metrics.get("confusion"), about.get("classes")
    fits = (
        isinstance(counts, list)
        and isinstance(classes, list)
        and len(counts) == len(classes) > 0
        and all(isinstance(row, list) and len(row) == len(classes) for row in counts)
    )
    if not fits:
        return card("confusion", f'<p class="ts-none">{say("unmeasured")}</p>')
    assert isinstance(counts, list)
    assert isinstance(classes, list)
    names = [moving.named(str(label)) for label in classes]
    return card(
        "confusion",
        f'<p class="ts-finding">{moving.finding(names, counts)}</p>' + moving.matrix(names, counts),
    )


def _motion() -> str:
    law = (
        "<span><i>I<sub>x</sub></i> <i>u</i> + <i>I<sub>t</sub></i> = 0</span><span><i>u</i> = − "
        "<span class='hi2'><i>I<sub>t</sub></i></span> / <span class='hi'><i>I<sub>x</sub></i></span>"
        "</span>"
    )
    numbers = f"<span>− {place('it', classes='hi2')} / {place('ix', classes='hi')} = {place('normal', 'b')}</span>"
    window = (
        "<span><i>u</i> = − ∑ <i>I<sub>x</sub> I<sub>t</sub></i> / ( ∑ <i>I<sub>x</sub></i>"
        "<sup>2</sup> + <i>ε</i> )</span>"
    )
    rows = "".join(
        f'<tr><th scope="row"><i style="background:var(--{colour})"></i>{say(f"motion.{key}")}</th>'
        f'<td class="n">{place(f"flow-{key}", "b")} px</td></tr>'
        for key, colour in (("truth", "c5"), ("full", "c1"), ("half", "c3"))
    )
    return card(
        "motion",
        formula("normal", law, numbers) + slider("shift", (-6, 6, 0.1, 1.5), " px")
        + '<div class="plot ts-edge" data-plot="edge" role="img" aria-labelledby="timesformer-edge">'
        f'</div><span class="sr" id="timesformer-edge">{say("motion.edge")}</span>'
        f'<table class="rank ts-flows"><tbody>{rows}</tbody></table>' + hint(say("motion.levels"))
        + formula("window", window) + hint(say("motion.window")),
    )  # fmt: skip


def _channels(metrics: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    found = metrics.get("channels") or figures.get("channels")
    values = _numbers(found, {name: name for name in _CHANNELS})
    if len(values) < len(_CHANNELS):
        return card("channels", f'<p class="ts-none">{say("unmeasured")}</p>')
    named = {words.both(f"knob.channels.{name}"): value for name, value in values.items()}
    return card("channels", bars(named) + hint(say("channels.one")))


def _accuracy(metrics: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """The schemes' top-1 on the same clips, and whether these tell divided and joint apart."""
    values = _numbers(figures, {f"top1_{name}": name for name in SCHEMES})
    clips = metrics.get("headline_examples")
    if not isinstance(clips, int) or clips < 1 or not {"divided", "joint"} <= set(values):
        return card("accuracy", f'<p class="ts-none">{say("unmeasured")}</p>')
    divided, joint = values["divided"], values["joint"]
    mean = (divided + joint) / 2
    margin = 2 * math.sqrt(2 * mean * (1 - mean) / clips)  # two standard errors of a difference
    apart = abs(divided - joint)
    key = "alike" if apart <= margin else "divided" if divided > joint else "joint"
    said = say(f"accuracy.{key}", clips=clips, apart=f"{apart:.3f}", margin=f"{margin:.3f}")
    named = {words.both(f"knob.attention.{name}"): value for name, value in values.items()}
    return card("accuracy", bars(named) + hint(said))


def _numbers(found: object, keys: Mapping[str, str]) -> dict[str, float]:
    """What is there and a number, by its short name."""
    if not isinstance(found, Mapping):
        return {}
    return {
        short: float(found[key])
        for key, short in keys.items()
        if isinstance(found.get(key), int | float)
    }


def _clock() -> str:
    return card(
        "clock",
        f'<button type="button" class="btn s" data-measure><span>{say("clock.button")}</span>'
        f"<span hidden>{say('clock.busy')}</span></button>"
        '<div class="ts-clock" aria-live="polite" hidden><div class="plot" data-plot="clock" '
        f'aria-hidden="true"></div>{place("clock", "table", "rank ts-costs")}'
        f"{hint(say('clock.read'))}</div>"
        f'<p class="ts-none" data-failed role="alert" hidden>{say("clock.failed")}</p>',
    )
