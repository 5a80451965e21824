"""The answer card of Try: the sentence, how sure, its words with their evidence, or what kept it away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

from mm_demo import words
from mm_demo.cases.captioning.try_examples import photographs
from mm_demo.cases.captioning.try_settings import linked
from mm_demo.cases.captioning.try_worlds import Answering
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.ui import cards
from mm_demo.ui.composer import scene_of
from mm_demo.ui.evidence import place as where
from mm_demo.ui.evidence import shown
from mm_demo.ui.photographs import photo_of
from mm_demo.ui.ranking import SPACE, share

SURE = (("very", 0.85), ("fairly", 0.6), ("little", 0.35), ("guess", 0.0))
_SMALL = 112  # pixels of a picture in the strip
_TAGS = {"en": "en", "zh": "zh-CN"}
_SPEAKER = (
    '<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" '
    'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
    '<path d="M2.5 6v4H5l3.500 3V3L5 6zM11 5.500c1.300 1.500 1.300 3.500 0 5M12.800 3.800c2.200 '
    '2.600 2.200 5.800 0 8.400"/></svg>'
)


@dataclass(frozen=True)
class Asked:
    """What was asked: enough to know it again, to go on from another word, to repeat it by a link.

    `choice` is what stood under Model, `model` what answered; `language` what was asked for,
    `spoken` what was answered in. `how` are the settings of decoding.
    """

    path: str
    choice: str
    model: str
    language: str
    spoken: str
    how: Mapping[str, Any]


def head(answer: Any, who: Answering, asked: Asked) -> dict[str, str]:
    """What to keep in mind, the sentence, how sure; `say` is spoken to who cannot see it."""
    lang = _TAGS[answer.language]
    said = _sentence(answer)
    html = _outside(answer, who) + (
        f'<p class="eyebrow"><span>{words.both("captioning.sees")}</span>'
        f'<span class="by">{_by(answer, who)}</span></p>'
        f'<p class="answer cp-said" lang="{lang}">{said}</p>'
        f'<p class="cp-sure">{_sure(answer)}</p>{_trust(answer)}'
    )
    if answer.named:
        html += f'<p class="hint">{words.both("captioning.named", words=answer.named)}</p>'
    if asked.language != asked.spoken:
        line = words.both(
            "captioning.fallback", language=cards.texts(f"captioning.language.{asked.spoken}")
        )
        html += f'<p class="hint">{line}</p>'
    spoken = f'<span lang="{lang}">{escape(answer.caption)}</span>'
    warned = words.both("captioning.outside.say") + " " if answer.outside else ""
    return {"html": html, "say": warned + spoken}


def strip(answer: Any, picture: Picture) -> str:
    """The words, the picture where the chosen one looked, and what was nearly said in its place."""
    mapped = any(word.map is not None for word in answer.words)
    first = _first(answer)
    buttons = "".join(
        _word(place, word, place == first, mapped, _TAGS[answer.language])
        for place, word in enumerate(answer.words)
    )
    seen = (
        '<div class="ev cp-ev"><div class="pic" role="img"><canvas></canvas></div>'
        f'<span class="sr"></span><div class="legend"><span>{words.both("evidence.little")}</span>'
        f'<span class="ramp"></span><span>{words.both("evidence.lot")}</span></div>'
        '<p class="hint"></p></div>'
        if mapped
        else f'<p class="hint">{words.both("captioning.plain")}</p>'
    )
    alternatives = "".join(
        _alternatives(place, word, place != first, answer.language)
        for place, word in enumerate(answer.words)
    )
    return (
        f'<p class="sr" id="captioning-strip">{words.both("captioning.strip")}</p>'
        '<div class="cp-words" data-strip role="group" aria-labelledby="captioning-strip">'
        f"{buttons}</div>"
        f'<div class="pair cp-look">{seen}<div class="cp-nearly">{alternatives}</div></div>'
        f'<div hidden data-evidence="{escape(_evidence(answer, picture, mapped))}"></div>'
    )


def instead(sentence: str, before: Sequence[str], word: str, language: str) -> str:
    """The sentence that would have followed had `word` stood after the words `before`."""
    joint = "" if language == "zh" else " "
    if word:
        title = words.both("captioning.instead", word=word)
        line = words.both("captioning.instead.line")
        start = len(joint.join([*before, ""]))
        rest = sentence[start + len(word) :]
        told = f"{escape(sentence[:start])}<u>{escape(word)}</u>{escape(rest)}"
    else:
        title, line = words.both("captioning.instead.end"), words.both("captioning.instead.stops")
        told = escape(sentence)
    return (
        f'<div class="cp-instead" role="status"><p class="lab2"><b>{title}</b></p>'
        f'<p class="serif" lang="{_TAGS[language]}">{told}</p><p class="hint">{line}</p></div>'
    )


def foot(answer: Any, seconds: float, asked: Asked, who: Answering) -> str:
    """Read aloud, copy, time, model, the link, and what the data's terms allow."""
    text = escape(answer.caption)
    terms = f'<p class="hint terms">{words.both("captioning.terms")}</p>' if who.terms else ""
    return (
        f'<div class="foot"><button type="button" class="btn s cp-speak" data-speak="{text}" '
        f'data-lang="{"zh-CN" if answer.language == "zh" else "en-GB"}" aria-pressed="false">'
        f"{_SPEAKER}{words.both('captioning.aloud')}</button>"
        f'<button type="button" class="btn s" data-copy="{text}">{cards.icon("copy")}'
        f'{words.both("captioning.copy")}</button><span class="grow"></span>'
        f"<span>{words.both('captioning.time', ms=max(1, round(1000 * seconds)))}</span>"
        f"<span>{escape(answer.model)}</span>"
        f'<button type="button" class="btn link s" data-link="{escape(link(asked))}">'
        f"{cards.icon('link')}{words.both('captioning.link')}</button></div>{terms}"
    )


def link(asked: Asked) -> str:
    """A query that asks the same again. A picture of the visitor's own is not in it."""
    parts: dict[str, Any] = {"case": "captioning", "panel": "try"}
    scene, photo = scene_of(asked.path), photo_of(asked.path, photographs())
    if scene:
        parts["scene"] = scene
    if photo:
        parts["photo"] = photo
    parts |= {"speak": asked.language, **linked(asked.how)}
    if not asked.choice.startswith("run-"):
        parts["model"] = asked.choice
    return "?" + urlencode(parts)


def empty(example: str) -> dict[str, str]:
    """No answer yet: what to do, and one button that does it with an example."""
    use = words.both("captioning.empty.use")
    button = cards.button("example", use, kind="p", index=example)
    card = cards.empty_card(
        words.both("captioning.empty"), words.both("captioning.empty.line"), button
    )
    return {"html": card, "say": ""}


def failed(error: UserError) -> dict[str, str]:
    """What is wrong, how to mend it, and that nothing was lost."""
    kept = SPACE + words.both("captioning.kept")
    return {"html": cards.error_card(error, kept, {"name": "captioning.knob"}), "say": ""}


def broke() -> dict[str, str]:
    """A bug of ours."""
    return {"html": cards.bug_card(), "say": ""}


def sureness_key(value: float) -> str:
    """ "very", "fairly", "little" or "guess", by the mean probability of a word."""
    return next(key for key, least in SURE if value >= least)


def _sentence(answer: Any) -> str:
    """Each word in a span that knows its place, for it appears in its turn."""
    joint = "" if answer.language == "zh" else " "
    return joint.join(
        f'<span data-place="{place}" style="--i:{place}">{escape(word.word)}</span>'
        for place, word in enumerate(answer.words)
    )


def _sure(answer: Any) -> str:
    chosen = answer.words[len(answer.named.split()) :] or answer.words  # not what was given
    least = min(chosen, key=lambda word: word.probability)
    key = sureness_key(answer.sureness)
    if len(answer.words) == 1:
        return words.both(f"captioning.sure.{key}", mean=answer.sureness)
    return (
        words.both(f"captioning.sure.{key}", mean=answer.sureness)
        + SPACE
        + words.both("captioning.least", word=least.word, p=least.probability)
    )


def _trust(answer: Any) -> str:
    if answer.trust is None or answer.outside:  # what dev pictures taught holds for their like
        return ""
    line = words.both(f"captioning.trust.{answer.trust_of}", count=round(100 * answer.trust))
    return f'<p class="hint">{line}</p>'


def _outside(answer: Any, who: Answering) -> str:
    if not answer.outside:
        return ""
    title = words.both(f"captioning.outside.{who.world}")
    notice = cards.notice("warn", title, words.both("captioning.outside.line"))
    return f'<div class="notices cp-outside">{notice}</div>'


def _by(answer: Any, who: Answering) -> str:
    """Which model answered, and why it did where nobody chose it."""
    if who.name.startswith("run-"):
        return words.both("captioning.by.run", name=who.name)
    if not who.chosen_for:
        return words.both(f"captioning.by.{who.world}")
    neither = answer.outside
    return words.both("captioning.by.neither" if neither else f"captioning.by.like.{who.world}")


def _first(answer: Any) -> int:
    """The word shown first: the one that looked at the smallest spot; without maps the longest."""
    spots = [sum(map(sum, word.map)) if word.map else -len(word.word) for word in answer.words]
    return spots.index(min(spots))


def _word(place: int, word: Any, on: bool, mapped: bool, lang: str) -> str:
    canvas = '<span class="pic"><canvas></canvas></span><span class="sr"></span>' if mapped else ""
    letters = len(word.word)
    long = " longer" if letters > 8 else " long" if letters > 5 else ""
    return (
        f'<button type="button" data-word="{place}" aria-pressed="{str(on).lower()}" '
        f'tabindex="{0 if on else -1}">{canvas}<span class="w{long}" lang="{lang}">'
        f'{escape(word.word)}</span><span class="p">{word.probability:.2f}</span></button>'
    )


def _alternatives(place: int, word: Any, hidden: bool, language: str) -> str:
    rows = [(each.word, each.probability) for each in word.alternatives]
    if word.word not in [text for text, _ in rows]:
        rows.insert(0, (word.word, word.probability))
    body = "".join(
        _alternative(place, text, p, text == word.word, _TAGS[language]) for text, p in rows
    )
    title = words.both("captioning.nearly", word=word.word)
    hide = " hidden" if hidden else ""
    return (
        f'<div data-for="{place}"{hide}><p class="lab2"><b>{title}</b></p>'
        f'<table class="rank cp-rank"><tbody>{body}</tbody></table>'
        f'<p class="hint">{words.both("captioning.nearly.hint")}</p></div>'
    )


def _alternative(place: int, text: str, p: float, said: bool, lang: str) -> str:
    shown_as = escape(text) or f"<i>{words.both('captioning.tree.end')}</i>"
    label = (
        f'<span class="said">{shown_as}</span>'
        if said
        else f'<button type="button" data-do="instead" data-word="{place}" '
        f'data-instead="{escape(text)}" aria-pressed="false"><span>{shown_as}</span></button>'
    )
    bar = f'<div class="bar"><i class="{"" if said else "mut"}" style="width:{100 * p:.1f}%"></i></div>'
    return (
        f'<tr class="{"on" if said else ""}"><td class="l" lang="{lang}">{label}</td>'
        f'<td class="b">{bar}</td><td class="n">{share(p)}</td></tr>'
    )


def _evidence(answer: Any, picture: Picture, mapped: bool) -> str:
    """What the browser paints of: the pictures, each word's map and what is said of it."""
    told: dict[str, Any] = {"words": []}
    if mapped:
        told["picture"] = data_url(shown(picture.pixels))
        told["small"] = data_url(shown(picture.pixels, _SMALL))
        told["words"] = [
            {
                "grid": word.map,
                "hint": cards.texts("captioning.looked", word=word.word),
                "say": cards.texts("evidence.say", label=word.word, place=where(word.map)),
            }
            for word in answer.words
        ]
    return json.dumps(told, ensure_ascii=False)
