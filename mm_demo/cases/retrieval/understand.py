"""Understand retrieval: the triplet on a circle, real hard negatives, the collapse."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.retrieval.joint_map import hardest
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import draw
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.ui.context import Context
from mm_demo.ui.training_panel import PRIVATE

log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).with_suffix(".js")
_PAIRS = 200  # held-out pairs among which our examples are the hardest
_MARGIN = 0.2  # the course's


def build(context: Context) -> None:
    """Make the panel where the caller stands and wire it."""
    case = context.case
    panel = gr.HTML(
        {},
        html_template=_page(case.bundled("metrics.json")),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="retrieval-understand",
    )

    def ours(request: gr.Request) -> Any:
        try:
            return our_examples(context.predictor(request.session_hash, None))
        except UserError:
            return gr.skip()
        except Exception:
            log.exception("no examples for Understand")
            return gr.skip()

    panel.select(ours, None, panel, **PRIVATE)


def our_examples(model: Any) -> dict[str, Any]:
    """What the bundled model finds hardest among held-out scenes: like a task's preview."""
    from mm_demo.data.scene_samples import gallery

    scenes, written, true = gallery("dev", _PAIRS, 1, "en")
    pictures = [Picture(draw(scene, 64), (64, 64)) for scene in scenes]
    images, texts = model.embed_pictures(pictures), model.embed_texts(written)
    found = hardest(images, texts, ~true)
    rows = sorted({place for one in found for place in (one["row"], one["negative"])})
    new = {row: place for place, row in enumerate(rows)}
    return {
        "names": [written[row] for row in rows],
        "thumbnails": [data_url(draw(scenes[row], 96)) for row in rows],
        "hardest": [
            {**one, "row": new[one["row"]], "negative": new[one["negative"]]} for one in found
        ],
    }


def _page(metrics: Mapping[str, Any]) -> str:
    return (
        f'<div class="und rt-und"><div class="wide">{_triplet()}{_examples()}</div>'
        f'<div class="side">{_choices()}{_collapse()}{_right(metrics.get("metrics", metrics))}'
        "</div></div>"
    )


def _card(key: str, body: str, attributes: str = "") -> str:
    return f'<section class="sheet pad" {attributes}><h2>{_say(key)}</h2>{body}</section>'


def _say(key: str, **facts: object) -> str:
    return words.both(f"retrieval.understand.{key}", **facts)


def _text(key: str, **facts: object) -> str:
    return f"<p>{_say(key, **facts)}</p>"


def _n(name: str, tag: str = "span") -> str:
    return f'<{tag} data-n="{name}"></{tag}>'


def _sim(of: str, to: str, classes: str) -> str:
    return f"<span class='{classes}'>cos(<i>{of}</i>, <i>{to}</i>)</span>"


def _triplet() -> str:
    formula = (
        f"<span>ℒ = max( 0, <i>m</i> − {_sim('I', 'T⁺', 'hi')} + {_sim('I', 'T⁻', 'hi2')} )</span>"
    )
    numbers = (
        f'<span>= max( 0, {_n("m")} − <span class="hi">{_n("pos")}</span> + '
        f'<span class="hi2">{_n("neg")}</span> ) = {_n("loss", "b")}</span>'
    )
    slider = (
        f'<div class="lab"><label for="retrieval-margin">{_say("margin")}</label>{_n("margin", "b")}'
        "</div>"
        '<input class="range" type="range" id="retrieval-margin" data-n="range" min="0" max="1" '
        f'step="0.01" value="{_MARGIN}">'
    )
    buttons = (
        '<div class="btns"><button type="button" class="btn s" data-step>'
        f'{_say("step")}</button><button type="button" class="btn s link" data-again>'
        f"{_say('again')}</button></div>"
    )
    legend = "".join(
        f'<li><svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">{mark}</svg> '
        f"{_say(f'mark.{name}')}</li>"
        for name, mark in (
            ("picture", '<circle r="6" fill="var(--c1)"/>'),
            ("own", '<path d="M0-7L7 0 0 7-7 0z" fill="var(--c2)"/>'),
            (
                "other",
                '<path d="M0-6L6 0 0 6-6 0z" fill="none" stroke="var(--c2)" stroke-width="2.4"/>',
            ),
            ("zone", '<rect x="-7" y="-3" width="14" height="6" rx="3" fill="var(--rt-zone)"/>'),
        )
    )
    return _card(
        "triplet",
        f"{_text('triplet.text')}"
        f'<div class="formula" role="math" aria-labelledby="rt-math">{formula}</div>'
        f'<span class="sr" id="rt-math">{_say("math")}</span>'
        f'<div class="formula num">{numbers}</div>'
        '<div class="rt-circle"><div data-n="circle" class="rt-plane"></div>'
        f'<div><p class="rt-kind" role="status">{_n("kind")}</p><ul class="rt-legend">{legend}</ul>'
        f"{slider}{buttons}</div></div>"
        f"<div hidden>{_kinds('now')}{_names()}</div>",
    )


def _kinds(which: str) -> str:
    return "".join(
        f'<span data-{which}="{kind}">{_say(f"{which}.{kind}")}</span>'
        for kind in ("easy", "semi", "hard")
    )


def _names() -> str:
    """What each point of the circle is called, for those who hear it."""
    return "".join(
        f'<span data-name="{name}">{_say(f"mark.{name}")}</span>'
        for name in ("picture", "own", "other")
    )


def _examples() -> str:
    return _card(
        "hard",
        f'{_text("hard.text")}<p class="hint"><span data-n="run" hidden>{_say("hard.run")}</span>'
        f'<span data-n="ours">{_say("hard.ours")}</span></p><div class="rt-hard" data-n="hard"></div>'
        f'<div hidden>{_kinds("is")}<span data-word="own">{_say("hard.own")}</span>'
        f'<span data-word="other">{_say("hard.other")}</span></div>',
    )


def _choices() -> str:
    rows = "".join(
        f"<dt>{words.both(f'knob.negatives.{name}')}</dt><dd>{_say(f'choice.{name}')}</dd>"
        for name in ("random", "semi_hard", "hardest")
    )
    return _card(
        "choice", f'<dl class="rt-choices">{rows}</dl><p class="hint">{_say("choice.both")}</p>'
    )


def _collapse() -> str:
    formula = (
        "<span><i>I</i> = <i>T⁺</i> = <i>T⁻</i></span>"
        "<span>⇒ ℒ = max( 0, <i>m</i> − 1 + 1 ) = <i>m</i></span>"
    )
    return _card(
        "collapse",
        f'<div class="formula num" role="math" aria-labelledby="rt-collapse">{formula}</div>'
        f'<span class="sr" id="rt-collapse">{_say("collapse.math")}</span>'
        f'<p class="hint">{_say("collapse.text")}</p>',
    )


def _right(figures: Mapping[str, Any]) -> str:
    lenient, strict = figures.get("text_to_image_r1"), figures.get("text_to_image_r1_strict")
    numbers = ""
    if isinstance(lenient, float) and isinstance(strict, float):
        numbers = _text("right.numbers", lenient=f"{lenient:.2f}", strict=f"{strict:.2f}")
    return _card("right", f'{numbers}<p class="hint">{_say("right.text")}</p>')
