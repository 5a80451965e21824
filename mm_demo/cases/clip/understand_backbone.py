"""Understand CLIP on photographs: what the frozen networks bring, and what they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mm_demo import words
from mm_demo.ui import cards

_KEYS = (
    "full", "no_prototypes", "no_semantic", "no_witness", "two_backbones", "one_backbone",
    "random_features",
)  # fmt: skip
_FIGURES = ("image_to_text_r1", "text_to_image_r1", "zero_shot_accuracy", "label_map")


def backbone(ablation: Mapping[str, Any]) -> str:
    """The card of a checkpoint's ablation.json: a row for each part left out; "" where it is missing."""
    rows = ablation.get("rows")
    known = [
        row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and row.get("key") in _KEYS
    ]
    if not known:
        return ""
    head = "".join(
        f'<th class="n">{words.both(f"clip.backbone.{figure}")}</th>' for figure in _FIGURES
    )
    body = "".join(_row(row) for row in known)
    command = ablation.get("command")
    line = cards.command_line(command) if isinstance(command, str) and command else ""
    return (
        '<section class="sheet pad" data-card="backbone">'
        f"<h2>{words.both('clip.backbone.title')}</h2><p>{words.both('clip.backbone.text')}</p>"
        f'<table class="rank backbone"><thead><tr><th>{words.both("clip.backbone.head")}</th>{head}'
        f"</tr></thead><tbody>{body}</tbody></table>"
        f'<p class="hint">{words.both("clip.backbone.cannot")}</p>{line}</section>'
    )


def _row(row: Mapping[str, Any]) -> str:
    first = row["key"] == _KEYS[0]
    cells = ""
    for figure in _FIGURES:
        value = row.get(figure)
        said = f"{value:.3f}" if isinstance(value, int | float) else "–"
        cells += f'<td class="n">{said}</td>'
    name = words.both(f"clip.backbone.row.{row['key']}")
    return f'<tr class="{"first" if first else ""}"><td>{name}</td>{cells}</tr>'
