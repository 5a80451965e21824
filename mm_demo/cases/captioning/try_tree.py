"""The beam tree of an answer as SVG: what was kept, cut and ended at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from mm_demo import words

MOST_ROWS = 5
_ACROSS, _DOWN, _HEIGHT, _TOP = 38, 66, 30, 6  # pixels between columns, rows; of a box; above
_RANK = {"ended": 0, "kept": 0, "cut": 1}


@dataclass(frozen=True)
class Box:
    """A beginning's place: its step, its row, the box that it goes on from (None at the first step)."""

    step: int
    row: int
    node: Any
    parent: Box | None


def place(tree: Sequence[Sequence[Any]]) -> tuple[list[Box], list[int]]:
    """Boxes for at most `MOST_ROWS` beginnings a step, and how many more each step weighed.

    The answer's beginnings and what was kept come first. A beginning stands beside the one that it
    goes on from where that place is free; what goes on from one without a box has none either.
    """
    boxes: list[Box] = []
    more: list[int] = []
    before: dict[int, Box] = {}
    for step, nodes in enumerate(tree):
        order = sorted(nodes, key=lambda n: (not n.chosen, _RANK[n.fate], -n.score))
        there = [n for n in order if step == 0 or n.parent in before][:MOST_ROWS]
        free = list(range(MOST_ROWS))
        placed: dict[int, Box] = {}
        kept = [id(n) for n in nodes if n.fate == "kept"]
        for node in there:
            parent = before.get(node.parent) if step else None
            row = parent.row if parent is not None and parent.row in free else free[0]
            free.remove(row)
            box = Box(step, row, node, parent)
            boxes.append(box)
            if node.fate == "kept":
                placed[kept.index(id(node))] = box
        more.append(len(nodes) - len(there))
        before = placed
    return boxes, more


def tree_card(answer: Any) -> str:
    """The other sentences that were found, and the tree in a box that scrolls sideways."""
    boxes, more = place(answer.tree)
    widths = _widths(boxes, len(answer.tree))
    rows = 1 + max(box.row for box in boxes)
    width = sum(widths) + _ACROSS * (len(widths) - 1) + 4
    height = _TOP + _DOWN * rows + (18 if any(more) else 0)
    drawn = "".join(_edge(box, widths) for box in boxes if box.parent is not None)
    drawn += "".join(_box(box, widths) for box in boxes)
    drawn += "".join(
        _text(
            _middle(step, widths), height - 6, words.both("captioning.tree.more", count=count), "s"
        )
        for step, count in enumerate(more)
        if count
    )
    kept = sum(node.fate == "kept" for node in answer.tree[0])
    said = words.both("captioning.tree.say", steps=len(answer.tree), kept=kept)
    return (
        f'<p class="cap"><span>{words.both("captioning.tree")}</span>'
        f'<span class="info">{words.both("captioning.tree.hint")}</span></p>{_others(answer)}'
        f'<div class="cp-tree" tabindex="0" role="group"><span class="sr">{said}</span>'
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'style="max-width:none" aria-hidden="true">{drawn}</svg></div>'
        f'<div class="legend cp-legend">{_legend()}</div>'
    )


def _others(answer: Any) -> str:
    if not answer.others:
        return ""
    lang = _tag(answer.language)
    told = "".join(
        f'<li class="serif" lang="{lang}">{escape(text)}</li>' for text in answer.others[:MOST_ROWS]
    )
    if len(answer.others) > MOST_ROWS:
        count = len(answer.others) - MOST_ROWS
        told += f'<li class="rest">{words.both("captioning.tree.more", count=count)}</li>'
    return f'<p class="hint">{words.both("captioning.others")}</p><ol class="cp-others" start="2">{told}</ol>'


def _legend() -> str:
    return "".join(
        f'<svg width="22" height="12" aria-hidden="true"><rect class="{fate}" x="1" y="1" '
        f'width="20" height="10" rx="3"/></svg><span>{words.both(f"captioning.tree.{fate}")}</span>'
        for fate in ("said", "kept", "ended", "cut")
    )


def _tag(language: str) -> str:
    return "zh-CN" if language == "zh" else "en"


def _widths(boxes: Sequence[Box], steps: int) -> list[int]:
    """Of each step's boxes, by its longest word."""
    widths = [44] * steps
    for box in boxes:
        long = sum(17 if ord(c) > 0x2E7F else 9 for c in box.node.word) or 36
        widths[box.step] = max(widths[box.step], long + 22)
    return widths


def _left(step: int, widths: Sequence[int]) -> int:
    return 2 + sum(widths[:step]) + _ACROSS * step


def _middle(step: int, widths: Sequence[int]) -> float:
    return _left(step, widths) + widths[step] / 2


def _kind(box: Box) -> str:
    return "said" if box.node.chosen else str(box.node.fate)


def _edge(box: Box, widths: Sequence[int]) -> str:
    parent = box.parent
    assert parent is not None
    x0, x1 = _left(parent.step, widths) + widths[parent.step], _left(box.step, widths)
    y0, y1 = (_TOP + _DOWN * row + _HEIGHT / 2 for row in (parent.row, box.row))
    bend = (x0 + x1) / 2
    return (
        f'<path class="{_kind(box)}" d="M{x0} {y0:g}C{bend:g} {y0:g} {bend:g} {y1:g} {x1} {y1:g}"/>'
    )


def _box(box: Box, widths: Sequence[int]) -> str:
    x, y, width = _left(box.step, widths), _TOP + _DOWN * box.row, widths[box.step]
    middle = x + width / 2
    word = escape(box.node.word) or words.both("captioning.tree.end")
    score = f"{box.node.score:.2f}".replace("-", "−")
    return (
        f'<rect class="{_kind(box)}" x="{x}" y="{y}" width="{width}" height="{_HEIGHT}" rx="7"/>'
        + _text(middle, y + 20, word, f"w {_kind(box)}" + ("" if box.node.word else " stop"))
        + _text(middle, y + _HEIGHT + 17, score, "s")
    )


def _text(x: float, y: float, html: str, classes: str) -> str:
    """Text in SVG; what is in both languages comes as spans, which SVG calls tspan."""
    inside = html.replace("<span", "<tspan").replace("</span>", "</tspan>")
    return f'<text class="{classes}" x="{x:g}" y="{y:g}" text-anchor="middle">{inside}</text>'
