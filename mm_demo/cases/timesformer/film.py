"""The window that was looked at: its film strip under veils, and which frames looked at which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mm_demo import words
from mm_demo.cases.timesformer import window
from mm_demo.cases.timesformer.try_words import named
from mm_demo.data.inline import data_url
from mm_demo.ui import cards
from mm_demo.ui.cross import depth, inks
from mm_demo.ui.evidence import place
from mm_demo.ui.ranking import SPACE

_TURN = {"en": " rotate(-90)", "zh": ""}  # of the axis' name
_CELL, _GAP, _LEFT, _BELOW = 32, 2, 34, 24


def strip(evidence: Any) -> dict[str, Any]:
    """What the film piece shows: `html` with a place for each frame, and what is painted there."""
    times, counted = evidence.times, evidence.counted
    shares = window.even_shares(evidence.space)
    veils, full = window.clearness(shares), window.fullness(counted)
    best = evidence.ranking[0]
    step = times[1] - times[0] if len(times) > 1 else 0.0
    length = words.both(
        "timesformer.try.film.window",
        start=max(0.0, times[0] - step / 2),
        end=times[-1] + step / 2,
        frames=len(times),
    )
    says = words.both(
        "timesformer.try.film.says", label=named(best.label), probability=best.probability
    )
    height, width = evidence.frames.shape[1:3]
    frames = "".join(
        f'<li class="ev"><div class="pic" role="img" style="aspect-ratio:{width}/{height}">'
        f'<canvas></canvas></div><span class="sr"></span>'
        f'<p class="hint" hidden></p><div class="bar" aria-hidden="true">'
        f'<i style="width:{100 * full[k]:.1f}%"></i></div>'
        f'<span aria-hidden="true">{k + 1} · {counted[k]:.2f}</span></li>'
        for k in range(len(times))
    )
    hint = words.both(
        "timesformer.try.film.hint", low=float(shares.min()), high=float(shares.max())
    )
    square = ""
    if evidence.cropped:
        square = SPACE + words.both("timesformer.try.film.square")
    html = (
        f'<div class="lab"><span>{words.both("timesformer.try.film")}</span>'
        f'<span class="info">{length}</span></div><p class="tf-says">{says}</p>'
        f'<ol class="film tf-film">{frames}</ol>'
        f'<div class="legend"><span>{words.both("evidence.little")}</span><span class="ramp"></span>'
        f"<span>{words.both('evidence.lot')}</span></div>"
        f'<p class="hint">{hint}{square}</p>'
    )
    return {
        "html": html,
        "frames": [
            {
                "picture": data_url(picture),
                "grid": np.round(veil, 3).tolist(),
                "hint": "",
                "say": cards.texts(
                    "timesformer.try.film.frame",
                    number=k + 1,
                    seconds=times[k],
                    counted=float(counted[k]),
                    place=place(veil.tolist()),
                ),
            }
            for k, (picture, veil) in enumerate(zip(evidence.frames, veils, strict=True))
        ],
    }


def matrix(time: NDArray[np.float32]) -> str:
    """Who looked at whom, (T, T), and a sentence that says what to see in it."""
    found = window.finding(time)
    key = f"timesformer.try.matrix.{found.key}"
    told, said = words.both(key, frame=found.frame), cards.texts(key, frame=found.frame)
    row, column = window.peak(time)
    label = words.both(
        "timesformer.try.matrix.say",
        frames=len(time),
        finding=said,
        high=float(time[row - 1, column - 1]),
        row=row,
        column=column,
    )
    how = words.both("timesformer.try.matrix.how")
    return (
        f'<div class="lab"><span>{words.both("timesformer.try.matrix")}</span></div>'
        f'<div class="tf-time"><div>{_cells(time)}<span class="sr" id="timesformer-time-say">'
        f"{label}</span></div><div><p>{how}</p><p>{told}</p></div></div>"
    )


def _cells(time: NDArray[np.float32]) -> str:
    count = len(time)
    side = count * (_CELL + _GAP) - _GAP
    deep = window.depths(time)
    inner = ""
    for r in range(count):
        middle = r * (_CELL + _GAP) + _CELL / 2
        inner += (
            f'<text x="{_LEFT - 8}" y="{middle + 4.5:g}" text-anchor="end">{r + 1}</text>'
            f'<text x="{_LEFT + middle:g}" y="{side + 18}" text-anchor="middle">{r + 1}</text>'
        )
        for c in range(count):
            x, y = _LEFT + c * (_CELL + _GAP), r * (_CELL + _GAP)
            inner += (
                f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" rx="3" '
                f'style="--share:{100 * depth(deep[r, c]):.0f}%"/>'
                f'<text class="n {inks(deep[r, c])}" x="{x + _CELL / 2:g}" y="{y + 20}" '
                f'text-anchor="middle">{_short(time[r, c])}</text>'
            )
    axis = "".join(
        f'<text class="{language}" transform="translate(11 {side / 2:g}){_TURN[language]}" '
        f'text-anchor="middle">{words.say(language, "timesformer.try.matrix.axis")}</text>'
        for language in words.LANGUAGES
    )
    return (
        f'<svg viewBox="0 0 {_LEFT + side} {side + _BELOW}" role="img" '
        f'aria-labelledby="timesformer-time-say">{axis}{inner}</svg>'
    )


def _short(weight: float) -> str:
    """A share of 1 as a cell has room for it: .07, 1."""
    return f"{weight:.2f}".removeprefix("0").replace("1.00", "1")
