"""Understand fusion: the course's three formulas with sliders, and when attention pays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.cases.fusion.moving import SLOTS, bars
from mm_demo.ui import cards
from mm_demo.ui.context import Context

_SCRIPT = Path(__file__).with_suffix(".js")
_SPACE = words.spans({"en": " ", "zh": ""})  # between two sentences
_CLASSES = ("drum", "coin")  # they look alike and sound different


def build(context: Context) -> None:
    """Make the panel where the caller stands; its sliders work in the browser alone."""
    gr.HTML(
        html_template=page(context.case),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="fusion-understand",
    )


def page(case: Case) -> str:
    """The panel's HTML, with the figures of the case's bundled checkpoint."""
    metrics = _read(case.checkpoint() / "metrics.json")
    return (
        f'<div class="und"><div class="wide">{_attention()}{_late()}</div>'
        f'<div class="side">{_early()}{_pays(metrics, case.claims.get(case.headline))}</div></div>'
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _say(key: str, **facts: object) -> str:
    return words.both(f"fusion.understand.{key}", **facts)


def _card(key: str, body: str) -> str:
    return (
        f'<section class="sheet pad fu-sheet"><h2>{_say(key)}</h2><p>{_say(f"{key}.text")}</p>'
        f"{body}</section>"
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


def _slider(name: str, first: float, low: str, high: str) -> str:
    return (
        f'<div class="lab"><label for="fusion-{name}">{_say(f"slider.{name}")}</label>'
        f"{_n(name + '-now', 'b')}</div>"
        f'<input class="range" type="range" id="fusion-{name}" data-n="{name}" min="0" max="1" '
        f'step="0.01" value="{first}"><div class="ticks"><span>{_say(low)}</span>'
        f"<span>{_say(high)}</span></div>"
    )


def _early() -> str:
    formula = (
        "<span><i>z</i> = <i>f</i> ( [ <span class='hi'><i>v</i></span> ; "
        "<span class='hi2'><i>a</i></span> ] )</span>"
    )
    v, a = _n("early-v", classes="hi"), _n("early-a", classes="hi2")
    numbers = (
        f"<span><i>z</i><sub>1</sub> = max(0, {v} + {a} − 1) = {_n('early-both', 'b')}</span>"
        f"<span><i>z</i><sub>2</sub> = max(0, {v} − {a}) = {_n('early-sight', 'b')}</span>"
    )
    slider = _slider("early", 0.6, "silent", "clear")
    foot = f'<p class="hint">{_say("early.example")}</p><p class="hint">{_say("early.cannot")}</p>'
    return _card("early", _math("early", formula, numbers) + slider + foot)


def _late() -> str:
    formula = (
        "<span><i>z</i> = <span class='hi'><i>α f<sub>v</sub></i></span> + "
        "<span class='hi2'>(1 − <i>α</i>) <i>f<sub>a</sub></i></span></span>"
    )
    lines = "".join(
        f'<span class="fu-eq">{_thing(name)} {_n(f"late-z-{name}", "b")} = '
        f"<span class='hi'>{_n('late-alpha')} · {_n(f'late-v-{name}')}</span> + "
        f"<span class='hi2'>{_n('late-rest')} · {_n(f'late-a-{name}')}</span></span>"
        for name in _CLASSES
    )
    groups = "".join(
        f'<div class="fu-class" data-class="{name}"><p class="serif">{_thing(name)}</p>'
        + "".join(
            f'<div class="fu-line"><span>{label}</span><div class="bar">{inner}</div>'
            f"{_n(f'late-{part}-{name}')}</div>"
            for part, label, inner in (
                ("v", "<i>f<sub>v</sub></i>", f'<i data-bar="late-v-{name}"></i>'),
                ("a", "<i>f<sub>a</sub></i>", f'<i class="alt" data-bar="late-a-{name}"></i>'),
                (
                    "z",
                    "<i>z</i>",
                    f'<i data-bar="late-zv-{name}"></i><i class="alt" data-bar="late-za-{name}"></i>',
                ),
                ("p", "softmax", f'<i class="fu-p" data-bar="late-p-{name}"></i>'),
            )
        )
        + "</div>"
        for name in _CLASSES
    )
    said = f'<p class="hint">{_say("late.cannot")}{_SPACE}{_say("example")}</p>'
    return _card(
        "late",
        _math("late", formula, lines) + _slider("late", 0.5, "sound.alone", "sight.alone")
        + f'<div class="fu-classes">{groups}</div>{said}',
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
    said = f'<p class="hint">{_say("attention.cannot")}{_SPACE}{_say("example")}</p>'
    return _card(
        "attention",
        _math("attention", formula, numbers) + _slider("noise", 0.25, "clear", "noisy") + split
        + f'<table class="fu-vectors"><tbody>{cells}</tbody></table>{said}',
    )  # fmt: skip


def _thing(name: str) -> str:
    return words.both(f"fusion.thing.{name}")


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
