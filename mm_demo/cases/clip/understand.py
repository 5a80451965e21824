"""Understand CLIP: the course's formulas, each with numbers from this page."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.clip.examples import EXAMPLES, other_name
from mm_demo.cases.clip.understand_backbone import backbone
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import draw
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.ui import cross
from mm_demo.ui.composer import described, to_text
from mm_demo.ui.context import Context
from mm_demo.ui.training_panel import PRIVATE

log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).with_suffix(".js")
_TWO = 'data-n="two" hidden'  # shown where a second witness speaks


def build(context: Context) -> None:
    """Make the panel where the caller stands and wire it."""
    case = context.case
    panel = gr.HTML(
        _illustration(),
        html_template=_page(
            case.bundled("metrics.json"),
            {world: case.bundled("run.json", world) for world in case.worlds},
            case.bundled("ablation.json", "photos"),
        ),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="clip-understand",
    )

    def ours(request: gr.Request) -> Any:
        try:
            return our_numbers(context.predictor(request.session_hash, None))
        except UserError:
            return gr.skip()
        except Exception:
            log.exception("no numbers for Understand")
            return gr.skip()

    panel.select(ours, None, panel, **PRIVATE)


def our_numbers(model: Any) -> dict[str, Any]:
    """Our first example's answer, and all five against each one's own sentence."""
    pictures = [Picture(draw(example.scene, 512), (512, 512)) for example in EXAMPLES]
    answer = model.classify(pictures[0], EXAMPLES[0].labels("en"))
    own = [example.labels("en")[0] for example in EXAMPLES]
    cosines, _ = model.matrix(pictures, own)
    high = max(0.35, *(value for row in cosines for value in row))
    return {
        "labels": [_named(score.label) for score in answer.ranking],
        "cosines": [round(score.cosine, 4) for score in answer.ranking],
        "scale": round(answer.logit_scale, 3),
        "model": answer.model,
        "pairs": {
            "labels": [_named(label) for label in own],
            "cosines": cosines,
            "inks": [[cross.inks(value / high) for value in row] for row in cosines],
            "names": [described(to_text(e.things, e.background)) for e in EXAMPLES],
            "pictures": [data_url(draw(example.scene, 96)) for example in EXAMPLES],
        },
    }


def _illustration() -> dict[str, Any]:
    """What stands there until the model has answered."""
    labels = EXAMPLES[0].labels("en")
    return {
        "labels": [_named(label) for label in labels],
        "cosines": [0.62, 0.55, 0.31, 0.28, -0.05],
        "scale": 14.0,
        "made_up": True,
    }


def _named(label: str) -> list[str]:
    return [label, *(other_name(label) or ())]


def _page(
    metrics: Mapping[str, Any],
    runs: Mapping[str, Mapping[str, Any]],
    ablation: Mapping[str, Any],
) -> str:
    figures = metrics.get("metrics", metrics)
    return (
        '<div class="und"><div class="wide">'
        f"{_temperature()}{_both_ways()}{_zero_shot()}{backbone(ablation)}</div>"
        f'<div class="side">{_guessing()}{_scale(runs)}'
        f"{_reliability(metrics.get('reliability') or figures.get('reliability'))}"
        f"{_right(figures)}</div></div>"
    )


def _card(key: str, body: str, attributes: str = "") -> str:
    return f'<section class="sheet pad" {attributes}><h2>{_say(key)}</h2>{body}</section>'


def _say(key: str, **facts: object) -> str:
    return words.both(f"clip.understand.{key}", **facts)


def _text(key: str, **facts: object) -> str:
    return f"<p>{_say(key, **facts)}</p>"


def _math(key: str, html: str, classes: str = "") -> str:
    name = f"clip-math-{key}"
    return (
        f'<div class="formula {classes}" role="math" aria-labelledby="{name}">{html}</div>'
        f'<span class="sr" id="{name}">{_say(f"math.{key}")}</span>'
    )


def _n(name: str, text: str = "", tag: str = "span") -> str:
    return f'<{tag} data-n="{name}">{text}</{tag}>'


def _frac(above: str, below: str) -> str:
    return (
        f'<span class="frac"><span class="hi">{above}</span><span class="hi2">{below}</span></span>'
    )


def _witness(index: str = "") -> str:
    """What the second witness adds to an exponent, where there is one."""
    return f" <span {_TWO}>+ <i>w</i>{f'<sub><i>{index}</i></sub>' if index else ''}</span>"


def _temperature() -> str:
    sim, tau = "sim(<i>I</i>, <i>T</i>{})", "<i>τ</i>"
    formula = "<span>ℒ = −log</span>" + _frac(
        f"exp( {sim.format('')} / {tau}{_witness()} )",
        f"∑<sub><i>j</i></sub> exp( {sim.format('<sub><i>j</i></sub>')} / {tau}{_witness('j')} )",
    )
    numbers = (
        f"<span>= −log</span>{_frac(_n('num'), _n('den'))}"
        f"<span>= −log {_n('share')} = {_n('loss', tag='b')}</span>"
    )
    slider = (
        f'<div class="lab"><label for="clip-tau">{_say("tau")}</label><span><b>{_n("t")}</b> '
        f'<span class="info">(1 / τ = {_n("inverse")})</span></span></div>'
        '<input class="range" type="range" id="clip-tau" data-n="tau" min="-2" max="0" step="0.001" '
        f'value="-1.15"><div class="ticks"><span>0.01 · {_say("sharp")}</span>'
        f"<span>1 · {_say('alike')}</span></div>"
        f'<p class="hint">{_say("learned")} τ = {_n("learned")}. <button type="button" '
        f'class="btn link s" data-back>{_say("back")}</button></p>'
    )
    table = (
        f'<table class="rank"><thead><tr><th>{_say("sentence")}</th><th class="n hide-s">sim</th>'
        f'<th class="n">sim / τ</th><th class="n" {_TWO}><i>w</i></th><td></td><th class="n">{_say("probability")}</th></tr></thead>'
        '<tbody data-n="rows"></tbody></table>'
    )
    foot = (
        f'<p class="foot"><span data-n="own" hidden>{_say("from.own")}</span>'
        f'<span data-n="ours" hidden>{_say("from.ours")}</span><span>{_say("colours")}</span></p>'
    )
    return _card(
        "temperature",
        _text("temperature.text") + _math("loss", formula)
        + f'<p class="hint" {_TWO}>{_say("witness")}</p><div class="formula num">{numbers}</div>' + slider + table + foot,
    )  # fmt: skip


def _both_ways() -> str:
    formula = (
        "<span>ℒ = ½ ( <span class='hi'>ℒ<sub><i>I</i>→<i>T</i></sub></span> + "
        "<span class='hi2'>ℒ<sub><i>T</i>→<i>I</i></sub></span> )</span>"
    )
    numbers = (
        f"<span>= ½ ( <span class='hi'>{_n('fwd-mean')}</span> + "
        f"<span class='hi2'>{_n('bwd-mean')}</span> ) = {_n('both-mean', tag='b')}</span>"
    )
    pair = (
        f'<p class="hint">{_say("both.pair")} <b class="hi">{_n("fwd")}</b> '
        f'{_say("both.row")} <b class="hi2">{_n("bwd")}</b> {_say("both.column")}</p>'
    )
    return _card(
        "both",
        _text("both.text") + _math("both", formula) + f'<div class="formula num">{numbers}</div>'
        + f'<table class="mm" data-n="grid"></table>{pair}',
        'data-n="both" hidden',
    )  # fmt: skip


def _zero_shot() -> str:
    formula = (
        "<span><i>ŷ</i> = arg max<sub><i>c</i></sub> sim( <span class='hi'><i>f</i> (<i>I</i>)</span>, "
        f"<span class='hi2'><i>g</i> (“a photo of a <i>c</i>”)</span> )"
        f"<span {_TWO}> / <i>τ</i> + <i>w</i><sub><i>c</i></sub></span></span>"
    )
    numbers = (
        f'<div class="argmax">{_n("argmax")}<span class="to">→ {_n("winner", tag="b")}</span></div>'
    )
    return _card("zero", _text("zero.text") + _math("zero", formula) + numbers)


def _guessing() -> str:
    slider = (
        f'<div class="lab"><label for="clip-n">{_say("batch")}</label>{_n("n", tag="b")}</div>'
        '<input class="range" type="range" id="clip-n" data-n="batch" min="2" max="512" step="1" '
        'value="128">'
    )
    line = f'<p class="hint">{_say("guess.each")} {_n("each")}%{_say("guess.loss")} {_n("ln")}{_say("stop")}</p>'
    curve = (
        f'<div class="lncurve" data-n="curve" role="img" aria-labelledby="clip-ln"></div>'
        f'<span class="sr" id="clip-ln">{_say("guess.curve")}</span>'
    )
    return _card("guess", curve + slider + line + f'<p class="hint">{_say("guess.text")}</p>')


def _scale(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """What it is now, and where that of the bundled model that answered began."""
    starts = ""
    for world, run in runs.items():
        temperature = (run.get("config") or {}).get("temperature")
        if isinstance(temperature, int | float) and temperature > 0:
            said = _say("scale.start", start=f"{1 / temperature:.1f}")
            starts += f' <span data-model="clip-{world}" hidden>{said}</span>'
    now = f"<p><b>exp(<i>s</i>) = 1 / τ = {_n('scale')}</b>{starts}</p>"
    return _card("scale", now + f'<p class="hint">{_say("scale.text")}</p>')


def _reliability(bins: Sequence[Mapping[str, Any]] | None) -> str:
    """Stated against true share, on the split that metrics.json names; nothing where it was not measured."""
    try:
        filled = [
            (float(b["low"]), float(b["high"]), float(b["mean_probability"]),
             float(b["share_true"]), int(b["count"]))
            for b in bins or () if int(b["count"]) > 0
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return ""
    total = sum(count for *_, count in filled)
    if not total:
        return ""
    off = sum(count * abs(said - true) for _, _, said, true, count in filled) / total
    bars = "".join(
        f'<rect x="{34 + 276 * low + 1.5:.1f}" y="{166 - 150 * true:.1f}" '
        f'width="{276 * (high - low) - 3:.1f}" height="{150 * true:.1f}" rx="2" fill="var(--c1)" '
        'opacity=".82"/>'
        for low, high, _, true, _ in filled
    )
    axis = "".join(
        f'<path d="M34 {166 - 150 * v}H310" stroke="var(--grid)"/>'
        f'<text x="28" y="{170 - 150 * v}" font-size="12.5" text-anchor="end">{v:g}</text>'
        for v in (0, 0.5, 1)
    )
    names = "".join(
        f'<text class="{language}" x="172" y="189" font-size="13" text-anchor="middle">'
        f"{words.say(language, 'clip.understand.reliability.axis')}</text>"
        for language in words.LANGUAGES
    )
    svg = (
        '<svg viewBox="0 0 316 196" role="img" aria-labelledby="clip-reliability" '
        f'style="width:100%;height:auto">{axis}{bars}<path d="M34 166L310 16" '
        'stroke="var(--body-text-color)" stroke-dasharray="2 4" stroke-width="1.6"/>'
        f"{names}</svg>"
    )
    said = _say("reliability.text", off=f"{off:.2f}", count=total)
    return _card("reliability", f'{svg}<p class="hint" id="clip-reliability">{said}</p>')


def _right(figures: Mapping[str, Any]) -> str:
    lenient, strict = figures.get("image_to_text_r1"), figures.get("image_to_text_r1_strict")
    numbers = ""
    if isinstance(lenient, float) and isinstance(strict, float):
        numbers = _text("right.numbers", lenient=f"{lenient:.2f}", strict=f"{strict:.2f}")
    return _card("right", numbers + f'<p class="hint">{_say("right.text")}</p>')
