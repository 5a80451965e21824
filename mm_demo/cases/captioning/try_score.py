"""A visitor's own reference sentences: BLEU of the answer against them, n-gram by n-gram."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from mm_demo import words
from mm_demo.errors import UserError
from mm_demo.metrics.captions import BleuSteps, Precision, sentence_bleu_steps
from mm_demo.ui import cards

MOST_LINES, MOST_LETTERS = 10, 300
_CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]{2}")


def parse(text: str | None, language: str) -> list[str]:
    """One reference a line. UserError: `captions.empty_reference`, `captioning.many_references`
    (limit), `captioning.long_reference` (line, limit), `captioning.other_reference` (line,
    spoken) for one that is not in the answer's language.
    """
    lines = [" ".join(line.split()) for line in (text or "").splitlines()]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    if not numbered:
        raise UserError("captions.empty_reference")
    if len(numbered) > MOST_LINES:
        raise UserError("captioning.many_references", limit=MOST_LINES)
    for number, line in numbered:
        if len(line) > MOST_LETTERS:
            raise UserError("captioning.long_reference", line=number, limit=MOST_LETTERS)
        chinese = bool(_CHINESE.search(line))
        foreign = chinese if language == "en" else not chinese and bool(_LATIN.search(line))
        if foreign:
            raise UserError("captioning.other_reference", line=number, spoken=language)
    return [line for _, line in numbered]


def score(sentence: str, text: str | None, language: str) -> BleuSteps:
    """BLEU of the sentence, step by step. UserError as `parse`."""
    return sentence_bleu_steps(sentence, parse(text, language), language)


def covered(said: Sequence[str], precision: Precision) -> list[bool]:
    """Which words of the sentence stand in an n-gram that counts: of a repeated one the first few."""
    left = {match.words: match.clipped for match in precision.ngrams}
    marks, n = [False] * len(said), precision.n
    for start in range(len(said) - n + 1):
        ngram = tuple(said[start : start + n])
        if left.get(ngram, 0):
            left[ngram] -= 1
            marks[start : start + n] = [True] * n
    return marks


def card(steps: BleuSteps, language: str) -> str:
    """The figure, what it is made of, and what is left out and why."""
    rows = "".join(_row(steps, precision, language) for precision in steps.precisions)
    short = ""
    if steps.brevity_penalty < 1:
        short = words.both(
            "captioning.score.short", said=len(steps.words), wanted=steps.reference_length,
            penalty=steps.brevity_penalty,
        )  # fmt: skip
    zero = ""
    if steps.zero_at is not None:
        zero = words.both("captioning.score.zero", n=steps.zero_at)
    notes = "".join(f'<p class="hint">{note}</p>' for note in (short, zero) if note)
    chinese = words.both("captioning.score.characters") if language == "zh" else ""
    return (
        f'<div role="status"><p class="cap"><span>{words.both("captioning.metric.bleu4")}</span>'
        f'<span class="v">{steps.bleu:.2f}</span></p></div>'
        f'<table class="cp-score"><tbody>{rows}</tbody></table>{notes}'
        f'<p class="hint">{words.both("captioning.score.cider")} {chinese}</p>'
    )


def failed(error: UserError) -> str:
    """What is wrong with the references; they stay in their field."""
    named = {"spoken": "captioning.language"}
    return cards.error_card(error, words.both("captioning.score.kept"), named)


def _row(steps: BleuSteps, precision: Precision, language: str) -> str:
    joint, lang = ("", "zh-CN") if language == "zh" else (" ", "en")
    marks = covered(steps.words, precision)
    runs: list[str] = []
    for word, mark, before in zip(steps.words, marks, [False, *marks], strict=False):
        if mark and before:
            runs[-1] = runs[-1].removesuffix("</mark>") + f"{joint}{escape(word)}</mark>"
        else:
            runs.append(f"<mark>{escape(word)}</mark>" if mark else escape(word))
    count = words.both("captioning.score.matched", matched=precision.matched, total=precision.total)
    return (
        f'<tr><th scope="row">p<sub>{precision.n}</sub></th>'
        f'<td class="serif" lang="{lang}">{joint.join(runs)}</td>'
        f'<td class="n">{count}</td><td class="n"><b>{precision.value:.2f}</b></td></tr>'
    )
