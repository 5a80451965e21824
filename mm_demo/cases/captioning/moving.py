"""Captioning's moving picture while it trains: what is said of four held-out pictures, and was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.ui.training_handlers import Preview

_EARLIER = 2  # of the earlier sentences, beside the very first one
HTML_LANG = {"en": "en", "zh": "zh-CN"}
_SCRIPT = """(function () {
  const shown = element.querySelector('.ce-shown'), rest = element.querySelector('.ce-rest');
  const show = () => {
    const html = (props.value || {}).html || '';
    shown.innerHTML = html;
    rest.hidden = html !== '';
  };
  watch('value', show);
  show();
})();"""


def preview(case: Case) -> Preview:
    """The sentences for a few held-out pictures, how sure each word is, and how true they are."""
    return Preview(_piece, value)


def value(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the piece shows of a task's preview (see `Diary`); nothing before the first evaluation."""
    pictures = found.get("pictures") or []
    if not pictures or len(pictures) != len(found.get("sentences") or []):
        return {}
    sentences = [[(w["word"], w["probability"]) for w in said] for said in found["sentences"]]
    language = str(found.get("language", "en"))
    right: Sequence[Sequence[int]] = found.get("right") or []
    rows = ""
    for row, (picture, said) in enumerate(zip(pictures, sentences, strict=True)):
        true = facts(*right[row]) if right else ""
        rows += (
            f'<li><img src="{escape(picture)}" alt=""><div>'
            f"{_earlier(found['before'][row], said, language)}{spoken(said, language)}"
            f'<p class="ce-below">{true}<span class="sub13">'
            f"{words.both('captioning.moving.reference')} "
            f'<span class="serif" lang="{HTML_LANG[language]}">'
            f"{escape(found['references'][row])}</span></span></p></div></li>"
        )
    return {"html": f'<p class="ce-now">{_finding(sentences, right)}</p><ul>{rows}</ul>'}


def spoken(said: Sequence[tuple[str, float]], language: str, wrong: int = -1) -> str:
    """A sentence in the model's voice, each word on a ground as dark as its probability is high.

    The word at the place `wrong` is marked as one that a person put in.
    """
    parts = ("" if language == "zh" else " ").join(
        f'<span style="--p:{p:.2f}" title="{p:.2f}" class="{"wrong" if place == wrong else ""}">'
        f"{escape(word)}</span>"
        for place, (word, p) in enumerate(said)
    )
    return f'<p class="ce-said" lang="{HTML_LANG[language]}">{parts}</p>'


def facts(true: int, stated: int) -> str:
    """How many of a sentence's facts are true, in a word and a colour."""
    kind = "good" if stated and true == stated else "some" if true else "bad"
    said = words.both(
        "captioning.moving.facts" if stated else "captioning.moving.no_facts",
        true=true, stated=stated,
    )  # fmt: skip
    return f'<b class="ce-facts {kind}">{said}</b>'


def _earlier(before: Sequence[str], said: Sequence[tuple[str, float]], language: str) -> str:
    """The first sentence of all and the last few, oldest first; the present one is none of them."""
    now = ("" if language == "zh" else " ").join(word for word, _ in said)
    told = [text for text in before if text != now]
    shown = told if len(told) <= _EARLIER + 1 else [told[0], "…", *told[-_EARLIER:]]
    lines = "".join(f'<li title="{escape(text)}">{escape(text)}</li>' for text in shown)
    return f'<ol class="ce-before" lang="{HTML_LANG[language]}">{lines}</ol>' if lines else ""


def _finding(
    sentences: Sequence[Sequence[tuple[str, float]]], right: Sequence[Sequence[int]]
) -> str:
    likely = [p for said in sentences for _, p in said]
    sure = f"{sum(likely) / max(1, len(likely)):.2f}"
    if not right:
        return words.both("captioning.moving.sure", sure=sure)
    true, stated = (sum(each[place] for each in right) for place in (0, 1))
    return words.both("captioning.moving.now", sure=sure, true=true, stated=stated)


def _piece() -> gr.HTML:
    return gr.HTML(
        {},
        html_template=f'<p class="cap"><span>{words.both("captioning.moving.title")}</span>'
        f'<span class="sub13 ce-shades" aria-hidden="true">{words.both("captioning.moving.little")} '
        + "".join(f'<i style="--p:{p}"></i>' for p in (0.1, 0.4, 0.7, 1))
        + f" {words.both('captioning.moving.lot')}</span></p>"
        f'<p class="hint ce-look">{words.both("captioning.moving.look")}</p>'
        '<div class="ce-shown" aria-live="off"></div>'
        f'<p class="hint ce-rest">{words.both("captioning.moving.empty")}</p>',
        js_on_load=_SCRIPT,
        apply_default_css=False,
        elem_classes=["mm-card", "ce-moving"],
        elem_id="captioning-moving",
    )
