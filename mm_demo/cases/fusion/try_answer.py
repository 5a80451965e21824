"""The result card of Try: the senses, the five answers, one sense covered, as HTML."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from html import escape
from typing import Any

import numpy as np

from mm_demo import words
from mm_demo.cases.fusion.strokes import STROKES, drawn
from mm_demo.data.inline import data_url
from mm_demo.data.sounding_shapes import THINGS
from mm_demo.errors import UserError
from mm_demo.media.audio import RATE, to_wav
from mm_demo.ui import cards
from mm_demo.ui.ranking import SPACE
from mm_demo.ui.spectrogram import player, spectrogram_url

EVEN = 0.1  # weights this near to a half trust both
LEVELS: tuple[int | None, ...] = (None, 20, 15, 10, 5, 0, -5, -10)  # dB, along the slider
_DISAGREE = (("harp", "bee"), ("flute", "drum"))
_OPEN, _CLOSE = "\ue000", "\ue001"  # around a word to be underlined, until it is escaped
_CLEANER = {"sight": "sound", "sound": "sight"}


def name_of(label: str, sentence: bool = False) -> dict[str, str]:
    """A class in every language; a digit stays one.

    In a sentence it has its article, and a digit in Chinese the space before it.
    """
    key = f"fusion.thing.{label}" + (".one" if sentence else "")
    if key in words.table("en"):
        return cards.texts(key)
    return dict.fromkeys(words.LANGUAGES, label) | ({"zh": f" {label}"} if sentence else {})


def level(place: float | None) -> int | None:
    """Decibels at a place of the slider, None for no noise."""
    return LEVELS[int(np.clip(round(place or 0), 0, len(LEVELS) - 1))]


def noise_readout(place: float | None) -> str:
    """The slider's name, and how loud the noise is."""
    snr = level(place)
    if snr is None:
        said = words.both("fusion.noise.none")
    elif snr == 0:
        said = words.both("fusion.noise.equal")
    else:
        said = words.both(f"fusion.noise.{'quieter' if snr > 0 else 'louder'}", db=abs(snr))
    return (
        f'<div class="lab"><span>{words.both("fusion.noise.sound")}</span>'
        f'<span class="info">{said}</span></div>'
    )


def sees(perceived: Any | None, cover: float = 0.0) -> str:
    """The picture as the networks get it, enlarged."""
    if perceived is None or perceived.picture is None:
        picture, line = '<div class="fz-none"></div>', words.both("fusion.sees.nothing")
    else:
        grey = (255 * np.clip(perceived.picture, 0, 1)).astype(np.uint8)
        url = data_url(np.repeat(grey[..., None].repeat(4, 0).repeat(4, 1), 3, 2), 95)
        picture = f'<img class="fz-seen" src="{url}" width="112" height="112" alt="">'
        picture += f'<span class="sr">{words.both("fusion.sees.alt")}</span>'
        line = words.both("fusion.sees.size")
        if cover:
            line = words.both("fusion.sees.covered", share=round(100 * cover))
    return (
        f'<div class="fz-sees"><div class="lab"><span>{words.both("fusion.sees")}</span></div>'
        f'{picture}<p class="hint">{line}</p></div>'
    )


def hears(perceived: Any | None) -> str:
    """The sound as the networks get it: its spectrogram, and a player."""
    head = f"<span>{words.both('fusion.hears')}</span>"
    if perceived is None or perceived.mel is None:
        nothing = words.both("fusion.hears.nothing")
        return f'<div class="lab">{head}<span class="info">{nothing}</span></div>'
    length = words.both("fusion.hears.length", seconds=len(perceived.wave) / RATE)
    play = player(to_wav(perceived.wave), words.both("fusion.hears.play"))
    return (
        f'<div class="lab">{head}<span class="info">{length}</span></div>'
        f'<img class="mel" src="{spectrogram_url(perceived.mel)}" alt="">'
        f'<span class="sr">{words.both("fusion.hears.alt")}</span>{play}'
    )


def head(
    answer: Any, seconds: float, noisier: str | None = None, terms: Any = None
) -> dict[str, str]:
    """The whole answer; `noisier` is the sense that the visitor spoiled more, `say` is spoken.

    `terms` (`terms.Terms`) are what Understand puts into its formulas.
    """
    run: str | dict[str, str] = answer.model.removeprefix("fusion-")
    if f"fusion.model.{run}" in words.table("en"):
        run = cards.texts(f"fusion.model.{run}")
    verdict, trust = _verdict(answer), _trust(answer, noisier)
    strange = "".join(
        cards.notice(
            "warn", words.both(f"fusion.outside.{sense}"), words.both("fusion.outside.line")
        )
        for sense, outside in (("sight", answer.outside_sight), ("sound", answer.outside_sound))
        if outside
    )
    html = (
        f'<p class="eyebrow"><span>{words.both("fusion.together")}</span>'
        f"<span>{words.both('fusion.by', name=run)}</span></p>"
        f'{strange}<p class="answer"{numbers(terms)}>{verdict}</p><p class="fz-trust">{trust}</p>{_table(answer)}'
        f'<div class="foot"><span>{words.both("fusion.time", ms=max(1, round(1000 * seconds)))}'
        f"</span><span>{escape(answer.model)}</span></div>"
    )
    said = verdict.replace("<em>", "").replace("</em>", "")
    return {"html": html, "say": said + SPACE + trust}


def numbers(terms: Any) -> str:
    """The attribute that carries the numbers of `terms.Terms` to `understand.js`; "" for None."""
    if terms is None:
        return ""
    told = asdict(terms)
    if terms.late is not None:
        shown = list(terms.late.logits)[:2]
        told["late"] |= {
            "names": [name_of(label) for label in shown],
            "said": [name_of(label, True) for label in shown],
            "logits": list(terms.late.logits.values()),
        }
    return f' data-terms="{escape(json.dumps(told))}"'


def covered(answer: Any) -> str:
    """What the strategy says with both senses and with either alone; "" where one is missing."""
    if len(answer.covered) < 3:
        return ""
    rows = ""
    for way, key in (("both", "both"), ("sound", "eyes"), ("sight", "ears")):
        found = answer.covered[way]
        rows += (
            f'<tr><th scope="row">{words.both(f"fusion.covered.{key}")}</th>'
            f"<td><b>{words.spans(_safe(name_of(found.label)))}</b></td>"
            f'<td class="n">{found.probability:.2f}</td></tr>'
        )
    strategy = words.both(f"fusion.strategy.{answer.strategy}")
    return (
        f'<div class="lab"><span>{words.both("fusion.covered")}</span>'
        f'<span class="info">{strategy}</span></div><table class="fz-cover">{rows}</table>'
        f'<p class="hint">{words.both("fusion.covered.line")}</p>'
    )


def empty(digits: bool = False) -> dict[str, str]:
    """No answer yet: what to do, and one button that does it."""
    key = "fusion.empty.digits" if digits else "fusion.empty"
    put = {"seen": "3"} if digits else {"seen": "harp", "heard": "bee"}
    button = cards.button("example", words.both(f"{key}.use"), kind="p", **put)
    line = words.both(f"{key}.line")
    return {"html": cards.empty_card(words.both(key), line, button), "say": ""}


def title(key: str, digits: bool = False) -> str:
    """The line over a sense, or over the examples."""
    of_digits = {
        "fusion.draw": "fusion.draw.digit",
        "fusion.sound": "fusion.say.digit",
        "fusion.examples": "fusion.examples.digits",
    }
    said = words.both(of_digits[key] if digits else key)
    return f'<div class="lab"><span>{said}</span></div>'


def hint(digits: bool) -> str:
    """How to draw for a model."""
    said = words.both("fusion.draw.hint.digit" if digits else "fusion.draw.hint")
    return f'<p class="hint">{said}</p>'


def examples(digits: bool, pictures: Any = None) -> str:
    """Ten buttons: our drawings of digits, or the things with their `pictures`, and pairs of them."""
    if digits:
        tiles = "".join(
            _tile(
                drawn(digit, 112),
                f'<span class="sr">{words.both("fusion.example.digit", digit=digit)}</span>'
                f'<span aria-hidden="true">{digit}</span>',
                seen=digit,
            )
            for digit in STROKES
        )
        return (
            f'{title("fusion.examples", True)}<div class="fz-things fz-digits" data-strip>{tiles}</div>'
            f'<p class="hint fz-pairs">{words.both("fusion.say.hint.digit")}</p>'
        )
    tiles = ""
    for place, thing in enumerate(THINGS):
        grey = (255 * pictures[place]).astype(np.uint8).repeat(2, 0).repeat(2, 1)
        name = words.both(f"fusion.thing.{thing}")
        tiles += _tile(grey[..., None].repeat(3, 2), name, seen=thing, heard=thing)
    pairs = "".join(
        cards.button(
            "example",
            words.both(
                "fusion.example.differ", seen=name_of(seen, True), heard=name_of(heard, True)
            ),
            kind="s",
            seen=seen,
            heard=heard,
        )
        for seen, heard in _DISAGREE
    )
    return (
        f'{title("fusion.examples")}<div class="fz-things" data-strip>{tiles}</div>'
        f'<div class="btns fz-pairs">{pairs}</div>'
    )


def _tile(pixels: Any, name: str, **data: str) -> str:
    extra = "".join(f' data-{key}="{value}"' for key, value in data.items())
    return (
        f'<button type="button" data-do="example"{extra}><img src="{data_url(pixels, 90)}" '
        f'width="56" height="56" alt=""><span>{name}</span></button>'
    )


def failed(error: UserError) -> dict[str, str]:
    """What is wrong, how to mend it, and that nothing was lost."""
    kept = SPACE + words.both("fusion.kept")
    return {"html": cards.error_card(error, kept, {"name": "fusion.strategy"}), "say": ""}


def broke() -> dict[str, str]:
    """A bug of ours."""
    return {"html": cards.bug_card(), "say": ""}


def _verdict(answer: Any) -> str:
    """What each sense says by itself, the words underlined."""
    seen, heard = answer.looks_like, answer.sounds_like
    if seen is not None and seen == heard:
        said = words.both("fusion.verdict.same", name=_marked(seen))
    elif seen is not None and heard is not None:
        said = words.both("fusion.verdict", seen=_marked(seen), heard=_marked(heard))
    elif seen is not None:
        said = words.both("fusion.verdict.seen", seen=_marked(seen))
    elif heard is not None:
        said = words.both("fusion.verdict.heard", heard=_marked(heard))
    else:  # a model without the single senses
        said = words.both("fusion.verdict.says", name=_marked(answer.ranking[0].label))
    return said.replace(_OPEN, "<em>").replace(_CLOSE, "</em>")


def _marked(label: str) -> dict[str, str]:
    return {
        lang: re.sub(r"\S.*", rf"{_OPEN}\g<0>{_CLOSE}", name)
        for lang, name in name_of(label, True).items()
    }


def _trust(answer: Any, noisier: str | None) -> str:
    """Whom the strategy asked for trusted, and whether that was the cleaner sense."""
    own = next(o for o in answer.opinions if o.strategy == answer.strategy)
    weight = 0.0
    if own.sight is None:
        key = "fusion.trust.none"
    elif own.sound == 0 or own.sight == 0:
        key = f"fusion.trust.only_{'sight' if own.sound == 0 else 'sound'}"
    elif abs(own.sight - 0.5) < EVEN:
        key = "fusion.trust.both"
    else:
        trusted = "sight" if own.sight > own.sound else "sound"
        weight = max(own.sight, own.sound)
        key = f"fusion.trust.{trusted}"
        if noisier is not None:
            key += ".noisy" if noisier == _CLEANER[trusted] else ".although"
    model = cards.texts(f"fusion.strategy.{answer.strategy}")
    if words.table("en")[key].startswith("{"):
        model["en"] = model["en"].capitalize()
    name = name_of(answer.ranking[0].label, True)
    return words.both(key, model=model, weight=weight, name=name)


def _table(answer: Any) -> str:
    titles = "".join(
        f'<th scope="col"{kind}>{words.both(f"fusion.col.{column}")}</th>'
        for column, kind in (("model", ""), ("says", ""), ("sure", ""), ("trust", ' class="w"'))
    )
    rows = "".join(_row(opinion, answer) for opinion in answer.opinions)
    return f'<table class="fz-five"><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>'


def _row(opinion: Any, answer: Any) -> str:
    best = opinion.ranking[0]
    side = ""
    if answer.looks_like != answer.sounds_like:
        follows = {answer.looks_like: "sight", answer.sounds_like: "sound"}
        side = follows.get(best.label, "")
    on = ' class="on"' if opinion.strategy == answer.strategy else ""
    return (
        f'<tr{on}><th scope="row">{words.both(f"fusion.strategy.{opinion.strategy}")}</th>'
        f'<td class="says {side}">{words.spans(_safe(name_of(best.label)))}</td>'
        f'<td class="sure"><span><span class="bar {side}"><i style="width:'
        f'{100 * best.probability:.1f}%"></i></span>{best.probability:.2f}</span></td>'
        f'<td class="w">{_weights(opinion)}</td></tr>'
    )


def _weights(opinion: Any) -> str:
    if opinion.sight is None:
        only = f"fusion.only.{opinion.strategy}"
        return f'<span class="sub13">{words.both(only)}</span>'
    parts = ""
    for side, weight in (("sight", opinion.sight), ("sound", opinion.sound)):
        if weight >= 0.005:
            said = words.both(f"fusion.weight.{side}", weight=weight)
            short = f'<span class="sr">{said}</span><span aria-hidden="true">{weight:.2f}</span>'
            if weight < 0.1:
                short = f'<span class="sr">{said}</span>'
            text = said if weight >= 0.3 else short
            parts += f'<span class="{side}" style="flex:{weight:.3f} 0 0">{text}</span>'
    return f'<span class="fz-split">{parts}</span>'


def _safe(texts: dict[str, str]) -> dict[str, str]:
    return {language: escape(text) for language, text in texts.items()}
