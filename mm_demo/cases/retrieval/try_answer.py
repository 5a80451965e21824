"""What Try shows: the hits, the one looked at, sentences for a picture, one's own; all as HTML."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from mm_demo import words
from mm_demo.cases.retrieval.gallery_items import OWN, Added, Hit, Item
from mm_demo.cases.retrieval.query_text import pieces
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.media.image import Picture, open_picture
from mm_demo.ui import cards
from mm_demo.ui.evidence import evidence_value
from mm_demo.ui.live import status_html
from mm_demo.ui.ranking import SPACE

EXAMPLES = {"scenes": 4, "photos": 4}  # per world, their words in the word files
_MOST_WORDS = 10  # of a query, weighed one by one
_MINUS = "− "  # before a negative term


@dataclass(frozen=True)
class Asked:
    """What was asked, enough to ask it again. `choice` is what stood under Model."""

    text: str
    without: tuple[str, ...]
    picture: Mapping[str, str] | None
    k: int
    sources: tuple[str, ...]
    choice: str


def head(
    asked: Asked, shown: int, looked_at: int, seconds: float, unknown: Sequence[str], world: str
) -> dict[str, str]:
    """How many were looked at and in what time, and which words took no part."""
    line = words.both(
        "retrieval.found", shown=shown, count=looked_at, ms=max(1, round(1000 * seconds))
    )
    made = f'<p class="eyebrow"><span>{line}</span><span>{words.both("retrieval.score")}</span></p>'
    notices = ""
    if unknown:
        key = "retrieval.unknown.one" if len(unknown) == 1 else "retrieval.unknown"
        why = words.both(f"retrieval.unknown.{world}")
        notices += cards.notice("warn", words.both(key, words=_listed(unknown)), why)
    if not shown:
        notices += cards.notice(
            "warn", words.both("retrieval.none"), words.both("retrieval.none.line")
        )
    if notices:
        made += f'<div class="notices">{notices}</div>'
    return {"html": made, "say": line}


def preparing(event: Preparing) -> dict[str, str]:
    """The gallery is being built: how far."""
    key = f"retrieval.preparing.{event.what}"
    title = words.both(key)
    line = words.both("status.prepared", done=event.done, total=event.total)
    return {"html": status_html(title, line, event.done / max(1, event.total)), "say": title}


def hits(found: Sequence[Hit], thumbnails: Mapping[str, bytes], link: str) -> str:
    """The grid, best first; each a button."""
    tiles = "".join(
        f'<button type="button" class="hit" data-do="look" data-id="{hit.id}" '
        f'aria-pressed="{"false" if place else "true"}"><img src="{_url(thumbnails[hit.id])}" alt="">'
        f'<span class="v">{_figure(hit.score)}{_badge(hit)}</span>'
        f'<span class="c">{escape(_first(hit.caption))}</span></button>'
        for place, hit in enumerate(found)
        if hit.id in thumbnails
    )
    if not tiles:
        return ""
    copy = link and (
        f'<button type="button" class="btn link s" data-link="{escape(link)}">'
        f"{cards.icon('link')}{words.both('retrieval.link')}</button>"
    )
    return (
        f'<div class="hits" data-strip>{tiles}</div>'
        f'<div class="foot"><span>{words.both("retrieval.click")}</span><span class="grow"></span>'
        f"{copy}</div>"
    )


def seen(picture: Picture, grid: list[list[float]], text: str) -> dict[str, Any]:
    """The evidence picture."""
    hint = cards.texts("retrieval.evidence.hint", text=text.rstrip(".。"))
    return evidence_value(picture.pixels, grid, text, hint)


def facts(item: Item, weights: Sequence[tuple[str, float]]) -> str:
    """What each word brings, its sentence, and what can be done with it."""
    made = ""
    if item.caption:
        made += f'<p class="answer rt-said">{escape(_first(item.caption))}</p>'
    if weights:
        most = max(0.05, *(abs(value) for _, value in weights))
        wanted = sum(not word.startswith(_MINUS) for word, _ in weights)
        hint = "retrieval.words.hint" if wanted > 1 else "retrieval.words.hint.one"
        rows = "".join(
            f'<tr><td class="l">{escape(word)}</td><td class="b"><div class="bar">'
            f'<i class="{"" if value >= 0 else "alt"}" style="width:{100 * abs(value) / most:.0f}%">'
            f'</i></div></td><td class="n">{_figure(value, signed=True)}</td></tr>'
            for word, value in weights
        )
        made += (
            f'<p class="lab rt-lab"><span>{words.both("retrieval.words")}</span></p>'
            f'<table class="rank rt-words"><tbody>{rows}</tbody></table>'
            f'<p class="hint">{words.both(hint)}</p>'
        )
    buttons = cards.button("like", words.both("retrieval.like"), kind="s", id=item.id)
    if item.source == OWN:
        buttons += cards.button(
            "remove", words.both("retrieval.own.delete"), kind="s link", id=item.id
        )
    about = f"<span>{words.both(f'retrieval.from.{item.source}')}</span>"
    if item.source != "scenes":
        about += f" · <span>{item.size[0]} × {item.size[1]}</span>"
    return f'{made}<p class="hint rt-about">{about}</p><div class="btns">{buttons}</div>'


def weigh(model: Any, picture: Picture, asked: Asked) -> list[tuple[str, float]]:
    """What each word adds to the cosine of text and picture, and each negative term takes away.

    A word's weight is the cosine with it less the cosine without it; of a single word, and of a
    negative term, the cosine itself.
    """
    listed = [word for word in pieces(asked.text) if model.knows(word)][:_MOST_WORDS]
    terms = [term for term in asked.without if model.knows(term)]
    image = model.embed_pictures([picture])[0]
    weights: list[tuple[str, float]] = []
    if len(listed) == 1:
        weights = [(listed[0], float(model.embed_texts(listed)[0] @ image))]
    elif listed:
        typed = asked.text.split()
        rests = [" ".join(w for w in typed if w != word) for word in listed]
        cosines = model.embed_texts([asked.text, *rests]) @ image
        weights = [(w, float(cosines[0] - c)) for w, c in zip(listed, cosines[1:], strict=True)]
    if terms:
        cosines = model.embed_texts(terms) @ image
        weights += [(_MINUS + t, -float(c)) for t, c in zip(terms, cosines, strict=True)]
    return weights


def sentences(found: Sequence[tuple[str, float]]) -> str:
    """The sentences that fit a picture best."""
    if not found:
        return ""
    rows = "".join(
        f'<tr><td class="l serif">{escape(text)}</td><td class="n">{_figure(score)}</td></tr>'
        for text, score in found
    )
    return (
        f'<p class="cap"><span>{words.both("retrieval.sentences")}</span></p>'
        f'<table class="rank rt-lines"><tbody>{rows}</tbody></table>'
        f'<p class="hint">{words.both("retrieval.sentences.hint")}</p>'
    )


def picked(thumbnail: NDArray[np.uint8] | bytes | None) -> str:
    """The picture that is part of the query; it can be taken out."""
    if thumbnail is None:
        return ""
    url = _url(thumbnail) if isinstance(thumbnail, bytes) else data_url(thumbnail)
    out = (
        f'<button type="button" class="icb" data-do="unpick">×'
        f'<span class="sr">{words.both("retrieval.unpick")}</span></button>'
    )
    return (
        f'<div class="rt-picked"><img src="{url}" alt=""><span><b>{words.both("retrieval.picked")}</b>'
        f'<br><span class="sub13">{words.both("retrieval.picked.hint")}</span></span>{out}</div>'
    )


def mine(items: Sequence[Item], kept: bool) -> str:
    """The visitor's own pictures."""
    where = words.both("retrieval.own.kept" if kept else "retrieval.own.gone")
    if not items:
        return f'<p class="hint">{words.both("retrieval.own.none")}{SPACE}{where}</p>'
    shots = "".join(
        f'<span class="tf-shot"><img src="{_url(item.thumbnail)}" alt="{escape(_first(item.caption))}">'
        f'<button type="button" data-do="remove" data-id="{item.id}">×<span class="sr">'
        f"{words.both('retrieval.own.delete')}</span></button></span>"
        for item in items[-24:]
    )
    more = f'<span class="hint">+{len(items) - 24:,}</span>' if len(items) > 24 else ""
    save = cards.button(
        "download",
        words.both(f"retrieval.own.export.{'all' if kept else 'own'}"),
        kind="s",
        sign="download",
    )
    return (
        f'<p class="rt-count"><b>{words.both("retrieval.own.count", count=len(items))}</b> '
        f'<span class="hint">{where}</span></p><div class="rt-mine">{shots}{more}</div>'
        f'<div class="btns">{save}</div>'
    )


def added(told: Added) -> str:
    """What came in, and what was left out."""
    left = [
        words.both(f"retrieval.own.left.{kind}", count=count)
        for kind in ("duplicates", "broken")
        if (count := getattr(told, kind))
    ]
    title = words.both("retrieval.own.added", count=told.new)
    return cards.notice("warn" if left else "good", title, SPACE.join(left))


def examples(world: str) -> str:
    """A few queries to begin with."""
    made = ""
    for place in range(1, EXAMPLES[world] + 1):
        for language in words.LANGUAGES:
            text = escape(words.say(language, f"retrieval.example.{world}.{place}"))
            made += (
                f'<button type="button" class="chip rt-chip {language}" data-do="example" '
                f'data-text="{text}">{text}</button>'
            )
    if world == "photos":
        made += f'<span class="sub13">{words.both("retrieval.example.english")}</span>'
    return f'<div class="rt-examples"><span class="sub13">{words.both("retrieval.try")}</span>{made}</div>'


def empty() -> dict[str, str]:
    """Nothing has been asked yet."""
    return {
        "html": cards.empty_card(words.both("retrieval.empty"), words.both("retrieval.empty.line")),
        "say": "",
    }


def failed(error: UserError) -> dict[str, str]:
    """What is wrong and how to mend it."""
    return {"html": cards.error_card(error, SPACE + words.both("retrieval.kept"), {}), "say": ""}


def broke() -> dict[str, str]:
    """A bug of ours."""
    return {"html": cards.bug_card(), "say": ""}


def link(asked: Asked) -> str:
    """A query that asks for the same words again; "" where a picture alone was asked for."""
    if not asked.text:
        return ""
    parts = {"case": "retrieval", "panel": "try", "text": asked.text[:1000]}
    if asked.without:
        parts["without"] = ", ".join(asked.without)[:1000]
    if asked.choice in EXAMPLES:
        parts["model"] = asked.choice
    return "?" + urlencode(parts)


def opened(item: Item) -> Picture:
    """The picture that the gallery keeps."""
    return open_picture(item.thumbnail)


def _badge(hit: Hit) -> str:
    return f"<small>{words.both('retrieval.own.badge')}</small>" if hit.source == OWN else ""


def _first(caption: str) -> str:
    return caption.split("\n", 1)[0]


def _figure(value: float, signed: bool = False) -> str:
    value = round(value, 2) + 0.0  # no −0.00
    text = f"{value:+.2f}" if signed else f"{value:.2f}"
    return text.replace("-", "−")


def _url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _listed(unknown: Sequence[str]) -> dict[str, str]:
    some, more = unknown[:8], "" if len(unknown) <= 8 else " …"
    return {
        "en": ", ".join(f"“{word}”" for word in some) + more,
        "zh": "、".join(f"“{word}”" for word in some) + more,
    }
