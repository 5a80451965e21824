"""Understand captioning: the course's formulas with the numbers of an example or of the visitor's own."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo.case import Case
from mm_demo.cases.captioning import understand_numbers as numbers
from mm_demo.cases.captioning import understand_pieces as pieces
from mm_demo.cases.captioning import understand_tables as tables
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import draw
from mm_demo.errors import UserError
from mm_demo.metrics.captions import sentence_bleu_steps
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.pieces import event_data
from mm_demo.ui.training_panel import PRIVATE

log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).with_suffix(".js")
_CHINESE = re.compile("[\u3400-\u9fff]")


def build(context: Context) -> None:
    """Make the panel where the caller stands and wire it: its script asks, one handler answers."""
    panel = gr.HTML(
        {},
        html_template=page(context.case),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="captioning-understand",
    )

    def asked(request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        data = event_data(event)
        what = str(data.get("do", ""))
        told = {"do": what, "at": time.time()}  # two equal answers differ
        try:
            if what == "bleu":
                return {**told, **steps(data)}
            model = context.predictor(request.session_hash, None)
            return {**told, **ANSWERS[what](model, data)}
        except UserError as error:
            return {**told, "error": cards.error_card(error)}
        except Exception:
            log.exception("no numbers for Understand")
            return {**told, "error": cards.bug_card()}

    panel.select(asked, None, panel, concurrency_limit=2, trigger_mode="multiple", **PRIVATE)


def page(case: Case) -> str:
    """The panel's HTML, with the figures of the case's bundled checkpoints."""
    thumbnails = [data_url(draw(scene, 128)) for scene in numbers.scenes()]
    return (
        f'<div class="ce-und">{pieces.choice(thumbnails)}<div class="und"><div class="wide">'
        f"{pieces.attention()}{pieces.forcing()}{pieces.decoding()}"
        f"{pieces.figures(case)}</div>"
        f'<div class="side">{pieces.chain()}{pieces.bleu()}</div></div></div>'
    )


def example(model: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """All that the cards show of one of our scenes."""
    index = _place(data, "index", len(numbers.scenes()))
    found = numbers.example(model, index, str(data.get("language", "")))
    language = found["language"]
    alone = [(each["word"], each["probability"]) for each in found["words"]]
    return {
        **found,
        "picture": data_url(draw(numbers.scenes()[index], 2 * numbers.SIDE)),
        "forcing": tables.forcing(
            numbers.forced(model, index, language),
            alone,
            numbers.facts(found["sentence"], index, language),
            language,
        ),
        "decoding": _decoding(model, index, language, 0),
    }


def dice(model: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """The ways of decoding once more, the sampled sentences with other dice."""
    index = _place(data, "index", len(numbers.scenes()))
    language = numbers.spoken_language(model, str(data.get("language", "")))
    return {"decoding": _decoding(model, index, language, _place(data, "seed", 1_000_000))}


def slip(model: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """A wrong word in the model's own sentence."""
    index = _place(data, "index", len(numbers.scenes()))
    language = numbers.spoken_language(model, str(data.get("language", "")))
    place = _place(data, "place", 1000)
    found = numbers.slip(model, index, place, str(data.get("word", "")), language)
    return {"slip": tables.slipped(found, language)}


def steps(data: Mapping[str, Any]) -> dict[str, Any]:
    """BLEU of the visitor's sentence; Chinese, by its characters, where anything is in Chinese."""
    sentence = str(data.get("sentence", ""))[: numbers.MOST_LETTERS]
    lines = str(data.get("references", "")).splitlines()[: numbers.MOST_REFERENCES]
    references = [line[: numbers.MOST_LETTERS] for line in lines]
    language = "zh" if _CHINESE.search(sentence + "".join(references)) else "en"
    return {"steps": tables.bleu(sentence_bleu_steps(sentence, references, language), language)}


ANSWERS = {"example": example, "dice": dice, "slip": slip}


def _decoding(model: Any, index: int, language: str, seed: int) -> str:
    return tables.decodings(numbers.decoded(model, index, language, seed), language)


def _place(data: Mapping[str, Any], name: str, end: int) -> int:
    """A whole number from 0 to below `end`; 0 for anything else: it comes from outside."""
    value = data.get(name)
    return value if isinstance(value, int) and 0 <= value < end else 0
