"""Home: what this is, a card for each case, how to read the page."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import Scene, SceneObject, draw
from mm_demo.ui import cards
from mm_demo.ui.pieces import piece

_SEA = Scene(
    "sea",
    (
        SceneObject("house", "green", "small", 0.72, 0.475, 0.13),
        SceneObject("boat", "red", "large", 0.45, 0.555, 0.21),
        SceneObject("fish", "orange", "small", 0.16, 0.685, 0.10),
        SceneObject("star", "yellow", "small", 0.90, 0.33, 0.09),
    ),
    11,
)
# where a line leaves the picture, where its word stands (460 x 300)
_TIES = {
    "fish": ((74, 198), 64),
    "boat": ((207, 156), 188),
    "house": ((331, 112), 310),
    "star": ((414, 48), 412),
}


def home(cases: Sequence[Case], metrics: Mapping[str, Mapping[str, Any] | None]) -> gr.HTML:
    """The page's first tab; its buttons tell "select" with `case` and `panel`."""
    first = cases[0].name
    hero_buttons = cards.button(
        "go", words.both(f"{first}.start"), kind="p", case=first, panel="try"
    ) + cards.button("go", words.both("home.train"), case=first, panel="train")
    sentence = words.both("home.lead" if len(cases) > 1 else "home.lead.one")
    made = "".join(_card(case, metrics.get(case.name)) for case in cases)
    return piece(
        f'<div class="hero"><div><h1>{_lines("home.title")}</h1><p>{sentence}</p>'
        f'<div class="btns">{hero_buttons}</div></div><div>{_hero()}</div></div>'
        f'<div class="cards n{len(cases)}">{made}{_how_to_read()}</div>',
        elem_id="home",
    )


def machine(training: Callable[[], int]) -> str:
    """The line on the device, and whether anybody trains on it now."""
    gpus = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if gpus:
        model = gpus[0].read_text().partition("Model:")[2].partition("\n")[0].strip()
        device = words.both("home.device.gpu", cores=cores or 1, gpu=model or "GPU")
    else:
        device = words.both("home.device.cpu", cores=cores or 1)
    busy = training()
    dot = "" if busy else "good"
    who = words.both("home.training" if busy else "home.nobody")
    return (
        f'<span>{device}</span><span><span class="dot {dot}" style="margin-right:6px"></span>'
        f"{who}</span>"
    )


def _lines(key: str) -> str:
    return words.both(key).replace("\n", "<br>")


def _card(case: Case, metrics: Mapping[str, Any] | None) -> str:
    figure = cards.figure_of(metrics, case.headline)
    ruler = ""
    if figure is not None:
        name = words.both(f"{case.name}.metric.{case.headline}")
        claim, guess = case.claims.get(case.headline), cards.guess_of(metrics, case.headline)
        ruler = cards.ruler(name, figure, claim, guess)
    buttons = cards.button(
        "go", words.both("tab.try"), kind="s p", case=case.name, panel="try"
    ) + cards.button("go", words.both("tab.train"), kind="s", case=case.name, panel="train")
    return (
        f'<article class="sheet card"><div class="art">{case.module("art").card()}</div>'
        f'<div class="body"><h2>{words.both(f"{case.name}.question")}</h2>'
        f'<p class="k">{words.both(f"{case.name}.kind")}</p>{ruler}'
        f'<div class="btns">{buttons}</div></div></article>'
    )


def _how_to_read() -> str:
    key = words.both("home.read.key")
    return (
        f'<article class="sheet read"><h2>{words.both("home.read")}</h2>'
        '<div class="rul"><div class="rb" style="margin-top:6px"><i style="width:80%"></i>'
        f'<u style="left:56%"></u></div><div class="rc"><span class="at" style="left:56%">{key}'
        f"</span></div></div><p>{words.both('home.read.bar')}</p>"
        f'<p class="legend">{words.both("home.read.amber")}<span class="ramp"></span></p>'
        f"<p>{words.both('home.read.yours')}</p>"
        '<div class="foot" id="mm-machine"></div></article>'
    )


def _hero() -> str:
    picture = data_url(draw(_SEA, 920)[220:684])
    ties = ""
    for kind, ((x, y), word_x) in _TIES.items():
        ties += (
            f'<path d="M{x} {y}C{x} 236 {word_x} 232 {word_x} 252" fill="none" stroke="var(--body-text-color)"/>'
            f'<circle cx="{x}" cy="{y}" r="4" fill="#fff" stroke="#1C2330" stroke-width="1.5"/>'
        )
        for language, word in cards.texts(f"home.word.{kind}").items():
            wide = 22 + (8.0 * len(word) if language == "en" else 16 * len(word))
            ties += (
                f'<g class="{language}"><rect x="{word_x - wide / 2:.0f}" y="250" width="{wide:.0f}"'
                ' height="30" rx="15" fill="var(--tint)"/>'
                f'<text x="{word_x}" y="270.5" text-anchor="middle" font-size="16.5" '
                f'style="font-family:var(--serif);fill:var(--tint-text)">{word}</text></g>'
            )
    return (
        '<div class="sheet"><svg viewBox="0 0 460 296" style="width:100%;height:auto;display:block" '
        f'role="img" aria-labelledby="mm-hero"><image href="{picture}" width="460" height="232"/>'
        f'{ties}</svg><span class="sr" id="mm-hero">{words.both("home.picture")}</span></div>'
    )
