"""Understand fusion: the course's three formulas with the visitor's numbers, and when attention pays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.cases.fusion import try_answer
from mm_demo.cases.fusion.moving import SLOTS, bars
from mm_demo.cases.fusion.terms import Attention, Late, Terms
from mm_demo.ui import cards
from mm_demo.ui.context import Context

_SCRIPT = Path(__file__).with_suffix(".js")
_SPACE = words.spans({"en": " ", "zh": ""})  # between two sentences
_EXAMPLE = Terms(  # until both senses are given in Try
    attention=Attention((0.5, 1.25), [(0.9, 0.1), (0.1, 0.8), (0.4, 0.7)]),
    late=Late(0.5, {"drum": (2.4, 0.6), "coin": (1.2, 2.6)}),  # alike to the eye, not to the ear
    early=[(0.9, 1.0, -1.0), (0.9, -1.0, 0.0)],  # both senses say yes; sight says yes, sound no
)


def build(context: Context) -> None:
    """Make the panel where the caller stands; it works in the browser alone."""
    gr.HTML(
        html_template=page(context.case),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="fusion-understand",
    )


def page(case: Case) -> str:
    """The panel's HTML, with the figures of the case's bundled checkpoint."""
    metrics = case.bundled("metrics.json")
    return (
        f'<div class="und"{try_answer.numbers(_EXAMPLE)}><div class="wide">{_attention()}{_late()}</div>'
        f'<div class="side">{_early()}{_pays(metrics, case.claims.get(case.headline))}</div></div>'
    )


def _say(key: str, **facts: object) -> str:
    return words.both(f"fusion.understand.{key}", **facts)


def _filled(key: str, **places: str) -> str:
    """A sentence with places of the script's in it."""
    return _say(key, **{name: f"{{{name}}}" for name in places}).format(**places)


def _card(key: str, body: str, text: str = "") -> str:
    return (
        f'<section class="sheet pad fu-sheet"><h2>{_say(key)}</h2>'
        f"<p>{_say(f'{key}.text')}{text}</p>{body}</section>"
    )


def _foot(key: str, example: str, own: str) -> str:
    """Whose numbers these are, an example's or the visitor's, and what the strategy cannot do."""
    return (
        f'<p class="hint" data-example="{key}">{_say("example")}{_SPACE}{example}</p>'
        f'<p class="hint" data-own="{key}" hidden>{_say("own")}{_SPACE}{own}</p>'
        f'<p class="hint">{_say(f"{key}.cannot")}</p>'
    )


def _math(key: str, html: str, numbers: str) -> str:
    name = f"fusion-math-{key}"
    return (
        f'<div class="formula" role="math" aria-labelledby="{name}">{html}</div>'
        f'<span class="sr" id="{name}">{_say(f"math.{key}")}</span>'
        f'<div class="formula num">{numbers}</div>'
    )


def _n(name: str, tag: str = "span", classes: str = "") -> str:
    kind = f' class="{classes}"' if classes else ""
    return f'<{tag} data-n="{name}"{kind}></{tag}>'


def _slider(name: str, low: str, high: str) -> str:
    return (
        f'<div class="lab"><label for="fusion-slide-{name}">{_say(f"slider.{name}")}</label>'
        f"{_n(name + '-now', 'b')}</div>"
        f'<input class="range" type="range" id="fusion-slide-{name}" data-n="{name}" step="0.01">'
        f'<div class="ticks"><span>{_say(low)}</span><span>{_say(high)}</span></div>'
    )


def _early() -> str:
    formula = (
        "<span><i>z</i> = <i>f</i> ( [ <span class='hi'><i>v</i></span> ; "
        "<span class='hi2'><i>a</i></span> ] )</span>"
    )
    numbers = "".join(
        f"<span><i>z</i><sub>{k + 1}</sub> = max(0, {_n(f'early-v-{k}', classes='hi')} "
        f"{_n(f'early-a-{k}', classes='hi2')} {_n(f'early-b-{k}')}) = {_n(f'early-z-{k}', 'b')}</span>"
        for k in range(2)
    )
    slider = _slider("early", "silent", "all")
    foot = _foot("early", _say("early.example"), _say("early.own"))
    return _card("early", _math("early", formula, numbers) + slider + foot)


def _late() -> str:
    formula = (
        "<span><i>z</i> = <span class='hi'><i>α f<sub>v</sub></i></span> + "
        "<span class='hi2'>(1 − <i>α</i>) <i>f<sub>a</sub></i></span></span>"
    )
    lines = "".join(
        f'<span><i>z</i><sub style="font-size:.8em">{_n(f"late-name-{k}")}</sub> = '
        f"<span class='hi'>{_n('late-alpha')}&nbsp;·&nbsp;{_n(f'late-v-{k}-in')}</span> + "
        f"<span class='hi2'>{_n('late-rest')}&nbsp;·&nbsp;{_n(f'late-a-{k}-in')}</span> =&nbsp;"
        f"{_n(f'late-z-{k}', 'b')}</span>"
        for k in range(2)
    )
    groups = "".join(
        f'<div class="fu-class" data-class="{k}"><p class="serif">{_n(f"late-name-{k}")}</p>'
        + "".join(
            f'<div class="fu-line"><span>{label}</span><div class="bar">{inner}</div>'
            f"{_n(f'late-{part}-{k}')}</div>"
            for part, label, inner in (
                ("v", "<i>f<sub>v</sub></i>", f'<i data-bar="late-v-{k}"></i>'),
                ("a", "<i>f<sub>a</sub></i>", f'<i class="alt" data-bar="late-a-{k}"></i>'),
                (
                    "z",
                    "<i>z</i>",
                    f'<i data-bar="late-zv-{k}"></i><i class="alt" data-bar="late-za-{k}"></i>',
                ),
                ("p", "softmax", f'<i class="fu-p" data-bar="late-p-{k}"></i>'),
            )
        )
        + "</div>"
        for k in range(2)
    )
    says = "".join(
        f'<span data-says="{how}">{_filled(f"late.{how}", seen=_n("seen"), heard=_n("heard"))}</span>'
        for how in ("differ", "agree")
    )
    learned = _filled("late.own", alpha=_n("learned"), classes=_n("classes"))
    return _card(
        "late",
        _math("late", formula, lines) + _slider("late", "sound.alone", "sight.alone")
        + f'<div class="fu-classes">{groups}</div>' + _foot("late", "", learned),
        _SPACE + says,
    )  # fmt: skip


def _attention() -> str:
    formula = (
        "<span><i>α<sub>m</sub></i> = softmax<sub><i>m</i></sub> ( <i>w<sub>m</sub></i> · "
        "<i>h<sub>m</sub></i> )</span><span><i>z</i> = ∑<sub><i>m</i></sub> "
        "<i>α<sub>m</sub> h<sub>m</sub></i></span>"
    )
    numbers = (
        f"<span>softmax( {_n('score-v', classes='hi')}, {_n('score-a', classes='hi2')} ) = "
        f"( {_n('weight-v', classes='hi')}, {_n('weight-a', classes='hi2')} )</span>"
        f"<span><i>z</i> = <span class='hi'>{_n('weight-v')} <i>h<sub>v</sub></i></span> + "
        f"<span class='hi2'>{_n('weight-a')} <i>h<sub>a</sub></i></span></span>"
    )
    split = (
        '<div class="fu-split"><div class="fu-split-names"><span class="hi">'
        f"{_say('sight')} {_n('weight-v')}</span><span class='hi2'>{_say('sound')} "
        f"{_n('weight-a')}</span></div>"
        '<div class="bar"><i data-bar="weight-v"></i><i class="alt" data-bar="weight-a"></i></div></div>'
    )
    cells = "".join(
        f'<tr><th scope="row"><i>{label}</i></th>'
        + "".join(
            f'<td><div class="bar"><i class="{kind}" data-bar="{part}-{k}"></i></div>{_n(f"{part}-{k}")}</td>'
            for k in range(3)
        )
        + "</tr>"
        for part, label, kind in (
            ("h-v", "h<sub>v</sub>", ""),
            ("h-a", "h<sub>a</sub>", "alt"),
            ("z", "z", "fu-p"),
        )
    )
    own = f"{_n('verdict')}{_SPACE}{_say('attention.own')}"
    return _card(
        "attention",
        _math("attention", formula, numbers) + _slider("score", "noisier", "clearer") + split
        + f'<table class="fu-vectors"><tbody>{cells}</tbody></table>'
        + _foot("attention", _say("attention.example"), own),
    )  # fmt: skip


def _pays(metrics: Mapping[str, Any], claim: float | None) -> str:
    """Held-out accuracies where the noisier sense misleads, and where noise only hides."""
    figures = metrics.get("metrics", metrics)
    found = {"misleading": _accuracies(figures), "independent": {}}
    for place in (metrics, figures):
        if isinstance(place, Mapping) and not found["independent"]:
            found["independent"] = _accuracies(place.get("independent"))
    if not any(found.values()):
        return _card("pays", f'<p class="fu-none">{_say("unmeasured")}</p>')
    body = ""
    for group, accuracies in found.items():
        body += f'<h3 class="fu-h3" id="fusion-pays-{group}">{_say(group)}</h3>'
        if not accuracies:
            body += f'<p class="fu-none">{_say("unmeasured.group")}</p>'
            continue
        table = bars(accuracies, claim if group == "misleading" else None)
        best = max(accuracies, key=lambda name: accuracies[name])
        body += (
            f'<div role="group" aria-labelledby="fusion-pays-{group}">{table}</div><p class="hint">'
            + _say(
                "best",
                name=cards.texts(f"fusion.strategy.{best}"),
                value=f"{accuracies[best]:.2f}",
            )
            + f"{_SPACE}{_say(f'{group}.why')}</p>"
        )
    return _card("pays", body)


def _accuracies(figures: object) -> dict[str, float]:
    """The five strategies' `accuracy_<strategy>` that are there and numbers."""
    if not isinstance(figures, Mapping):
        return {}
    named = {name: figures.get(f"accuracy_{name}") for name in SLOTS}
    return {name: float(v) for name, v in named.items() if isinstance(v, int | float)}
