"""What the server writes into Understand's cards: rows of words, ways of decoding, BLEU's steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from mm_demo import words
from mm_demo.cases.captioning import moving
from mm_demo.cases.captioning.moving import HTML_LANG
from mm_demo.cases.captioning.understand_numbers import Decoded, Forced, Slip
from mm_demo.metrics.captions import BleuSteps, Precision


def say(key: str, **facts: object) -> str:
    """One of the panel's sentences, in both languages."""
    return words.both(f"captioning.understand.{key}", **facts)


def signed(value: float) -> str:
    """A logarithm with a real minus sign."""
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "−∞"


def forcing(
    found: Sequence[Forced], alone: Sequence[tuple[str, float]], facts: tuple[int, int], lang: str
) -> str:
    """Above each guess the true word before which it was made, then the sentence said alone."""
    cells = "".join(
        f'<li class="{"ok" if each.true == each.said else "off"}"><span>{_word(each.true)}</span>'
        f"<b>{_word(each.said)}</b><small>{each.said_probability:.2f}</small></li>"
        for each in found
    )
    hits = sum(each.true == each.said for each in found)
    return (
        f'<p class="ce-row">{say("forcing.forced")}</p>'
        f'<ol class="ce-forced" lang="{HTML_LANG[lang]}">{cells}</ol>'
        f'<p class="hint">{say("forcing.hits", hits=hits, all=len(found))}</p>'
        f'<p class="ce-row">{say("forcing.free")} {moving.facts(*facts)}</p>{moving.spoken(alone, lang)}'
    )


def slipped(found: Slip, language: str) -> str:
    """The sentence with the wrong word in it, and what that did to the rest."""
    change = say("slip.rest", before=f"{found.rest_before:.2f}", after=f"{found.rest:.2f}")
    return (
        f"{moving.spoken(found.words, language, found.place)}<p>{moving.facts(*found.facts)} "
        f'<span class="sub13">{say("slip.before")} {moving.facts(*found.facts_before)}</span></p>'
        f'<p class="hint">{change}</p>'
    )


def decodings(found: Sequence[Decoded], language: str) -> str:
    """A row for each sentence: who says it, log P, its mean a word, facts true; the likeliest first."""
    ranked = sorted(found, key=lambda each: -each.log_probability)
    rows = "".join(
        f'<tr class="{"ref" if _is_reference(each) else ""}"><td>'
        f'<span class="serif" lang="{HTML_LANG[language]}">{escape(each.sentence)}</span>'
        f"<small>{_ways(each.ways)}</small></td>"
        f'<td class="n">{signed(each.log_probability)}</td>'
        f'<td class="n hide-s">{signed(each.log_probability / (each.words + 1))}</td>'
        f'<td class="n">{moving.facts(*each.facts)}</td></tr>'
        for each in ranked
    )
    return (
        f'<table class="rank ce-ways"><thead><tr><th>{say("decoding.sentence")}</th>'
        f'<th class="n">log <i>P</i></th><th class="n hide-s">{say("decoding.word")}</th>'
        f'<th class="n">{say("decoding.true")}</th></tr></thead><tbody>{rows}</tbody></table>'
        f'<p class="hint">{_finding(ranked)}</p>'
    )


def _finding(ranked: Sequence[Decoded]) -> str:
    """Whether the likeliest sentence is also the one that says most that is true."""
    most = max(each.facts[0] for each in ranked)
    first = ranked[0]
    if first.facts[0] == most and first.facts[0] == first.facts[1]:
        return say("decoding.same")
    return say("decoding.other", first=first.facts[0], most=most)


def _is_reference(each: Decoded) -> bool:
    return any(name == "reference" for name, _ in each.ways)


def _ways(ways: Sequence[tuple[str, float]]) -> str:
    """ "greedy, beam 2, 3": who says a sentence."""
    named = []
    for name in dict.fromkeys(name for name, _ in ways):
        values = ", ".join(f"{value:g}" for other, value in ways if other == name)
        named.append(say(f"way.{name}", values=values))
    return words.spans({"en": " · ", "zh": " · "}).join(named)


def bleu(steps: BleuSteps, language: str) -> str:
    """n-grams with their clipped counts, precisions, brevity penalty, geometric mean."""
    rows = "".join(_precision(each, language) for each in steps.precisions)
    length = len(steps.words)
    penalty = "1" if steps.brevity_penalty == 1 else f"{steps.brevity_penalty:.3f}"
    brevity = say(
        "bleu.brevity.short" if steps.brevity_penalty < 1 else "bleu.brevity.enough",
        length=length,
        reference=steps.reference_length,
    )
    product = " · ".join(f"{each.value:.2f}" for each in steps.precisions)
    zero = (
        "" if steps.zero_at is None else f'<p class="hint">{say("bleu.zero", n=steps.zero_at)}</p>'
    )
    return (
        f'<ol class="ce-grams">{rows}</ol>'
        f'<p class="ce-row">BP = {penalty}</p><p class="hint">{brevity}</p>'
        f'<div class="formula num"><span>{penalty} · ({product})<sup>1/4</sup> = '
        f'<b data-n="bleu">{steps.bleu:.3f}</b></span></div>{zero}'
    )


def _precision(found: Precision, language: str) -> str:
    between = "" if language == "zh" else " "
    grams = "".join(
        f'<span class="{"ok" if g.clipped == g.count else "some" if g.clipped else "off"}">'
        f"{escape(between.join(g.words))}"
        + (f"<small>{g.clipped}/{g.count}</small>" if g.count > 1 or not g.clipped else "")
        + "</span>"
        for g in found.ngrams
    )
    return (
        f"<li><p><i>p</i><sub>{found.n}</sub> = {found.matched}/{found.total} = "
        f'<b>{found.value:.2f}</b></p><div class="serif" lang="{HTML_LANG[language]}">{grams}</div></li>'
    )


def _word(word: str) -> str:
    return escape(word) if word else f'<em class="ce-end">{say("end")}</em>'
