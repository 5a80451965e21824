"""Understand's cards: what stands there before the server has said anything, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mm_demo import words
from mm_demo.case import Case
from mm_demo.cases.captioning.understand_numbers import MOST_LETTERS
from mm_demo.cases.captioning.understand_tables import say
from mm_demo.ui import cards

_T = "<sub><i>t</i></sub>"
_BEFORE = "<sub><i>t</i>−1</sub>"
_I = "<sub><i>i</i></sub>"
_ROWS = (  # metric -> the others beside it, by the suffix of their key
    ("bleu4", ("constant", "shuffled")),
    ("bleu4_above_constant", ()),
    ("cider", ("constant", "shuffled")),
    ("fact_precision", ("references",)),
    ("fact_recall", ("references",)),
    ("fact_f1", ("references",)),
)

_VARIANTS = ("attention", "plain")  # rows of ablation.json


def choice(thumbnails: list[str]) -> str:
    """Which of our scenes the cards are about."""
    buttons = "".join(
        f'<button type="button" data-example="{index}" aria-pressed="{str(index == 0).lower()}">'
        f'<img src="{picture}" alt=""><span class="sr">{say("example", number=index + 1)}</span></button>'
        for index, picture in enumerate(thumbnails)
    )
    return (
        f'<section class="sheet pad ce-choice"><div data-strip role="group" '
        f'aria-labelledby="ce-choose">{buttons}</div><div><p id="ce-choose"><b>{say("choose")}</b></p>'
        f'<p class="hint">{say("choose.text")}</p></div><div class="ce-fault" data-n="fault"></div>'
        "</section>"
    )


def chain() -> str:
    """(a) The factorisation, with the visitor's last sentence or the example's."""
    formula = (
        f"<span><i>P</i>(<i>C</i> | <i>I</i>) = ∏<sub><i>t</i></sub> <span class='hi'><i>P</i>( "
        f"<i>w</i>{_T} | <i>w</i><sub>&lt;<i>t</i></sub>, <i>I</i> )</span></span>"
    )
    numbers = (
        f'<div class="formula num"><span>log <i>P</i> = ∑ log <i>P</i>{_T} = {_n("log", "b")}</span>'
        f"<span><i>P</i><sup>1/<i>T</i></sup> = {_n('mean', 'b')}</span></div>"
    )
    return _card(
        "chain",
        _math("chain", formula)
        + f'<p class="hint"><span data-n="chain-own" hidden>{say("chain.own")}</span>'
        f'<span data-n="chain-example">{say("chain.example")}</span></p>'
        '<table class="rank ce-chain"><thead><tr><td></td><td></td>'
        f'<th class="n"><i>P</i>{_T}</th><th class="n">{say("chain.product")}</th></tr></thead>'
        f'<tbody data-n="chain"></tbody></table>{numbers}<p class="hint">{say("chain.mean")}</p>'
        f'<div hidden><em class="ce-end" data-n="end-word">{say("end")}</em></div>',
    )


def attention() -> str:
    """(b) The state, the map of a chosen word, and how it spreads with the temperature."""
    state = (
        f"<span><i>h</i>{_T} = LSTM( <i>h</i>{_BEFORE}, [ <span class='hi2'><i>e</i><sub><i>w</i>"
        "<sub><i>t</i>−1</sub></sub></span> ; <span class='hi'><i>v</i></span> ] )</span>"
    )
    look = (
        f"<span><i>α</i>{_I} = softmax{_I} ( <i>q</i>(<i>h</i>{_T}) · <i>k</i>{_I} / (√<i>d</i> "
        f"· <i>τ</i>) )</span><span><i>z</i>{_T} = ∑{_I} <i>α</i>{_I} <span class='hi'><i>v</i>{_I}"
        "</span></span>"
    )
    return _card(
        "attention",
        _math("state", state)
        + _math("look", look)
        + f'<div class="formula num"><span><i>z</i>{_T} = {_n("mixed")}</span></div>'
        + f'<p class="ce-row" id="ce-word">{say("attention.word")}</p>'
        '<div class="ce-strip" data-n="strip" data-strip role="group" aria-labelledby="ce-word"></div>'
        f'<div class="ce-look"><div class="ce-map" data-n="map" role="img" aria-labelledby="ce-spread">'
        "</div><div>"
        f'<div class="lab"><label for="captioning-sharpness">{say("attention.temperature")}</label>'
        f"{_n('tau', 'b')}</div>"
        '<input class="range" type="range" id="captioning-sharpness" data-n="sharpness" min="-2" '
        f'max="2" step="0.1" value="0"><div class="ticks"><span>{say("attention.sharper")}</span>'
        f"<span>{say('attention.flatter')}</span></div>"
        f'<p class="ce-spread" id="ce-spread">{_filled("attention.spread", "cells", "all")}</p>'
        f'<p class="ce-row">{say("attention.most")}</p><ol class="ce-most" data-n="most"></ol></div>'
        f'</div><p class="hint" data-n="no-attention" hidden>{say("attention.none")}</p>'
        f'<p class="hint">{say("attention.paper")}</p>',
    )


def forcing() -> str:
    """(c) Teacher forcing against speaking alone, and a wrong word in the model's own sentence."""
    return _card(
        "forcing",
        '<div data-n="forcing"></div>'
        f'<h3 class="ce-h3" id="ce-slip">{say("slip")}</h3><p>{say("slip.text")}</p>'
        '<div class="ce-strip" data-n="slip-words" data-strip role="group" aria-labelledby="ce-slip">'
        f'</div><p class="ce-row" data-n="slip-ask" hidden>{_filled("slip.ask", "word")}</p>'
        '<div class="ce-strip" data-n="slip-wrong" data-strip role="group" '
        'aria-labelledby="ce-slip"></div><div data-n="slip" aria-live="polite"></div>'
        f'<p class="hint">{say("slip.bias")}</p>',
    )


def decoding() -> str:
    """(d) One picture, every way of decoding."""
    return _card(
        "decoding",
        '<div data-n="decoding"></div><div class="btns"><button type="button" class="btn s" '
        f'data-do="dice">{say("decoding.again")}</button></div>',
    )


def bleu() -> str:
    """(e) BLEU of a sentence that the visitor may write."""
    formula = (
        "<span>BLEU = BP · ( ∏<sub><i>n</i>=1..4</sub> <span class='hi'><i>p<sub>n</sub></i></span> "
        ")<sup>1/4</sup></span><span>BP = min( 1, <i>e</i><sup>1 − <i>r</i>/<i>c</i></sup> )</span>"
    )
    return _card(
        "bleu",
        _math("bleu", formula)
        + f'<label class="lab" for="captioning-bleu-sentence">{say("bleu.sentence")}</label>'
        f'<input class="ce-field" id="captioning-bleu-sentence" data-n="sentence" maxlength="{MOST_LETTERS}" '
        'autocomplete="off">'
        f'<label class="lab" for="captioning-bleu-references">{say("bleu.references")}</label>'
        '<textarea class="ce-field" id="captioning-bleu-references" data-n="references" rows="5"></textarea>'
        '<div class="btns ce-do"><button type="button" class="btn s" data-do="bleu">'
        f'{say("bleu.count")}</button></div><div data-n="steps" aria-live="polite"></div>'
        f'<p class="hint">{say("bleu.words")}</p>',
    )


def figures(case: Case) -> str:
    """(f) What the bundled models score, each beside what says nothing of the picture."""
    found = {world: case.bundled("metrics.json", world) for world in case.worlds}
    found = {world: metrics for world, metrics in found.items() if _figures(metrics)}
    if not found:
        return _card("figures", f'<p class="hint">{say("figures.none")}</p>')
    head = "".join(
        f'<th class="n">{words.both(f"captioning.dataset.{world}")}</th>' for world in found
    )
    rows = ""
    for metric, others in _ROWS:
        if any(cards.figure_of(metrics, metric) is not None for metrics in found.values()):
            name = words.both(f"captioning.metric.{metric}")
            rows += _row(name, metric, found, "ce-own")
            rows += "".join(
                _row(say(f"figures.{other}"), f"{metric}_{other}", found, "ce-other")
                for other in others
            )
    commands = "".join(
        cards.command_line(metrics["command"])
        for metrics in found.values()
        if isinstance(metrics.get("command"), str)
    )
    return _card(
        "figures",
        f'<table class="rank ce-figures"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody>'
        f"</table>{_constant(found)}{_plain(case)}"
        f'<p class="hint">{say("figures.course", course=f"{case.claims[case.headline]:.2f}")}</p>'
        f"{commands}",
    )


def _constant(found: Mapping[str, Mapping[str, Any]]) -> str:
    """What BLEU gives to one sentence for every picture, and why the facts stand beside it."""
    world, metrics = next(iter(found.items()))
    constant = cards.figure_of(metrics, "bleu4_constant")
    if constant is None:
        return ""
    name = cards.texts(f"captioning.dataset.{world}")
    return f'<p class="hint">{say("figures.lesson", constant=f"{constant:.2f}", world=name)}</p>'


def _plain(case: Case) -> str:
    """Attention against the course's plain variant, from a checkpoint's ablation.json."""
    rows, command = "", ""
    for world in case.worlds:
        ablation = case.bundled("ablation.json", world)
        for row in ablation.get("rows", ()):
            if row.get("key") not in _VARIANTS:
                continue
            name = say(f"plain.{row['key']}") + f" · {words.both(f'captioning.dataset.{world}')}"
            cells = "".join(f'<td class="n">{_number(row.get(m))}</td>' for m in case.table)
            rows += f"<tr><td>{name}</td>{cells}</tr>"
            command = str(ablation.get("command", ""))
    if not rows:
        return ""
    head = "".join(
        f'<th class="n">{words.both(f"captioning.metric.{m}.short")}</th>' for m in case.table
    )
    return (
        f'<h3 class="ce-h3">{say("plain")}</h3><table class="rank ce-figures"><thead><tr><td></td>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table>"
        + (cards.command_line(command) if command else "")
    )


def _row(name: str, key: str, found: Mapping[str, Mapping[str, Any]], classes: str) -> str:
    cells = "".join(
        f'<td class="n">{_number(cards.figure_of(metrics, key))}</td>' for metrics in found.values()
    )
    return f'<tr class="{classes}"><th scope="row">{name}</th>{cells}</tr>'


def _number(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "–"


def _figures(metrics: Mapping[str, Any]) -> bool:
    return cards.figure_of(metrics, "bleu4") is not None


def _card(key: str, body: str) -> str:
    return (
        f'<section class="sheet pad ce-sheet" data-card="{key}"><h2>{say(key)}</h2>'
        f"<p>{say(f'{key}.text')}</p>{body}</section>"
    )


def _math(key: str, html: str) -> str:
    name = f"captioning-math-{key}"
    return (
        f'<div class="formula" role="math" aria-labelledby="{name}">{html}</div>'
        f'<span class="sr" id="{name}">{say(f"math.{key}")}</span>'
    )


def _n(name: str, tag: str = "span") -> str:
    return f'<{tag} data-n="{name}"></{tag}>'


def _filled(key: str, *places: str) -> str:
    """A sentence with places of the script's in it."""
    return say(key, **{name: f"{{{name}}}" for name in places}).format(
        **{name: _n(name) for name in places}
    )
