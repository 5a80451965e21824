"""Live drawings: gr.HTML pieces fed with a dict; page.js draws them at the real width.

Between two yields Gradio sends the difference alone, so a list that only grows costs a few bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from mm_demo.ui.cards import texts
from mm_demo.ui.pieces import piece

_CURVE = (
    '<p class="cap"><span>{title}</span><span class="v"></span></p>'
    '<div class="plot" role="img"></div><span class="sr"></span>'
)
_MATRIX = (
    '<p class="cap"><span>{title}</span></p><div class="simrow">'
    '<div class="grid16" role="img"></div><div><p class="hint">{hint}</p>'
    '<div class="look" hidden></div></div></div><span class="sr">{hint}</span>'
)


def curve(title_html: str, value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A live curve; see `curve_value` for what it is fed with."""
    return piece(
        value or {},
        html_template=_CURVE.format(title=title_html),
        call="curve(element, props, watch)",
        card=True,
        **options,
    )


def curve_value(
    *,
    steps: int,
    x: Sequence[int] = (),
    y: Sequence[float] = (),
    name: Mapping[str, str] | None = None,
    earlier: Sequence[Mapping[str, Any]] = (),
    references: Sequence[Mapping[str, Any]] = (),
    share: bool = False,
    top: float = 0,
    title: Mapping[str, str] | None = None,
    say: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a curve shows.

    This run (`x`, `y`, `name`), `earlier` runs ({"x", "y", "slot": 2 to 5, "name"}), `references`
    ({"y", "text", "side"}: dotted, named on the line), `share` for an axis from 0 to 1, `top` for
    one at least so high, `title` in place of the one that it was made with, `say` for those who
    cannot see it.
    """
    return {
        "steps": steps,
        "x": list(x),
        "y": list(y),
        "now": f"{y[-1]:.2f}" if y else "",
        "name": dict(name or {}),
        "earlier": [dict(run) for run in earlier],
        "refs": [dict(reference) for reference in references],
        "unit": share,
        "top": top,
        "title": dict(title or {}),
        "say": dict(say or {}),
    }


def matrix(title_html: str, hint_html: str, value: dict[str, Any] | None = None) -> gr.HTML:
    """The similarity matrix of a few pictures and their sentences."""
    return piece(
        value or {},
        html_template=_MATRIX.format(title=title_html, hint=hint_html),
        call="matrix(element, props, watch)",
        card=True,
    )


def matrix_value(preview: Mapping[str, Any]) -> dict[str, Any]:
    """What the matrix shows: a task's preview, and a sentence that says what to see in it."""
    rows = [[round(float(v), 3) for v in row] for row in preview.get("matrix", [])]
    if not rows:
        return {}
    found = sum(max(range(len(row)), key=row.__getitem__) == i for i, row in enumerate(rows))
    mixed = len(rows) - found
    key = "matrix.all_found" if mixed == 0 else "matrix.one_mixed" if mixed == 1 else "matrix.mixed"
    return {
        "matrix": rows,
        "pictures": list(preview.get("pictures", [])),
        "sentences": list(preview.get("sentences", [])),
        "say": texts(key, mixed=mixed),
        "label": texts("matrix.label", found=found, all=len(rows)),
    }
