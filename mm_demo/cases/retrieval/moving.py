"""Retrieval's moving picture while it trains: the joint space on a plane, pairs joined by a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.ui import cards
from mm_demo.ui.training_handlers import Preview

_SCRIPT = Path(__file__).with_suffix(".js")


def preview(case: Case) -> Preview:
    """The map of a few held-out pairs; its mistakes are also what Understand shows."""
    return Preview(_piece, value)


def value(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the piece shows of a task's preview; nothing before the first evaluation."""
    pictures, texts = found.get("pictures") or [], found.get("texts") or []
    if not pictures or len(pictures) != len(texts):
        return {}
    own, others = distances(pictures, texts)
    nearest = sum(
        min(range(len(texts)), key=lambda j: math.dist(place, texts[j])) == i
        for i, place in enumerate(pictures)
    )
    ratio = others / max(own, 1e-6)
    key = "apart" if ratio < 1.25 else "near" if ratio < 3 else "close"
    return {
        "pictures": [list(place) for place in pictures],
        "texts": [list(place) for place in texts],
        "names": list(found.get("names") or []),
        "thumbnails": list(found.get("thumbnails") or []),
        "hardest": list(found.get("hardest") or []),
        "say": cards.texts(f"retrieval.moving.{key}", ratio=f"{min(ratio, 99):.1f}"),
        "label": cards.texts("retrieval.moving.label", found=nearest, all=len(texts)),
        "share": cards.texts("retrieval.moving.share", share=round(100 * found.get("variance", 1))),
    }


def distances(
    pictures: Sequence[Sequence[float]], texts: Sequence[Sequence[float]]
) -> tuple[float, float]:
    """On the plane: the mean distance of a picture to its own text, and to the others'."""
    n = len(pictures)
    own = sum(math.dist(p, t) for p, t in zip(pictures, texts, strict=True)) / n
    every = sum(math.dist(p, t) for p in pictures for t in texts)
    return own, (every - n * own) / max(1, n * (n - 1))


def _piece() -> gr.HTML:
    marks = (
        '<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" '
        'r="5" fill="var(--c1)"/></svg>',
        '<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><path d="M6 0l6 6-6 '
        '6-6-6z" fill="var(--c2)"/></svg>',
    )
    return gr.HTML(
        {},
        html_template=f'<p class="cap"><span>{words.both("retrieval.moving.title")}</span></p>'
        '<div class="rt-sides"><div class="rt-map" role="img"></div>'
        f'<div><span class="sr rt-map-say">{words.both("retrieval.moving.empty")}</span>'
        f'<p class="hint rt-find">{words.both("retrieval.moving.empty")}</p>'
        f'<p class="legend">{marks[0]}<span>{words.both("retrieval.moving.picture")}</span>'
        f"{marks[1]}<span>{words.both('retrieval.moving.text')}</span></p>"
        f'<p class="hint rt-share"></p><div class="rt-look"><p class="hint">'
        f"{words.both('retrieval.moving.point')}</p></div></div></div>",
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_classes=["mm-card", "rt-moving"],
        elem_id="retrieval-moving",
    )
