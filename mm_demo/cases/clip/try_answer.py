"""The result card of Try: an answer, or what kept it away, as HTML; and the link that repeats it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from mm_demo import words
from mm_demo.cases.clip.examples import other_name
from mm_demo.cases.clip.labels import TEMPLATES, language_of
from mm_demo.cases.clip.try_photographs import offered
from mm_demo.cases.clip.try_worlds import PHOTOS, Answering
from mm_demo.errors import UserError
from mm_demo.ui import cards
from mm_demo.ui.composer import scene_of
from mm_demo.ui.evidence import evidence_value
from mm_demo.ui.photographs import photo_of
from mm_demo.ui.ranking import SPACE, YES, Row, ranking, share

MAX_LINK = 4000
_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Asked:
    """What was asked: enough to look again for another label, or to repeat it by a link.

    `choice` is what stood under Model, `model` what answered, `world` what that learned from.
    """

    path: str
    choice: str
    model: str
    world: str
    template: str
    labels: tuple[str, ...]
    sentences: tuple[str, ...]


def head(answer: Any, who: Answering) -> dict[str, str]:
    """The best label in its sentence, who answered, what to keep in mind; `say` is spoken."""
    best = answer.ranking[0]
    key = "best" if best.alone >= YES else "nearest"
    if key == "nearest" and any(score.alone >= YES for score in answer.ranking):
        key = "most"
    html = (
        f'<p class="eyebrow"><span>{words.both(f"clip.{key}")}</span>'
        f'<span class="by">{_by(answer, who)}</span></p>'
        f'<p class="answer">{_marked(best.sentence, best.label)}</p>'
    )
    notices = _notices(answer, who.world)
    if notices:
        html += f'<div class="notices">{notices}</div>'
    said = words.both(
        "clip.say" if key == "best" else f"clip.say.{key}",
        label=best.label,
        share=_plain(best.probability),
        alone=best.alone,
    )
    return {"html": html, "say": said}


def rows(answer: Any) -> str:
    """The ranked rows, and the numbers that Understand shows, for the browser alone."""
    table = ranking(
        [Row(s.label, s.probability, s.alone, other_name(s.label)) for s in answer.ranking],
        answer.none,
    )
    return table + numbers(answer)


def numbers(answer: Any) -> str:
    """The cosines behind an answer as an attribute that `mm.ranking` reads."""
    told = {
        "labels": [[s.label, *(other_name(s.label) or ())] for s in answer.ranking[:8]],
        "cosines": [round(s.cosine, 4) for s in answer.ranking[:8]],
        "witness": [round(s.witness, 4) for s in answer.ranking[:8]],
        "scale": round(answer.logit_scale, 3),
        "model": answer.model,
    }
    return f'<div hidden data-answer="{escape(json.dumps(told, ensure_ascii=False))}"></div>'


def foot(answer: Any, seconds: float, asked: Asked, who: Answering) -> str:
    """Time, model, what was remembered, the link, and what the data's terms allow.

    It also tells the browser what was asked (`mm.answered`): the end of the picture's path is enough
    to know it again, and names no folder of the server.
    """
    picture = "/".join(Path(asked.path).parts[-2:])
    count = len(answer.ranking)
    memory = "clip.memory.one" if count == 1 else "clip.memory"
    terms = f'<p class="hint terms">{words.both("clip.terms")}</p>' if who.terms else ""
    return (
        f'<div class="foot" data-picture="{escape(picture)}" data-model="{escape(asked.choice)}"><span>{words.both("clip.time", ms=max(1, round(1000 * seconds)))}</span>'
        f"<span>{escape(answer.model)}</span>"
        f"<span>{words.both(memory, count=count, remembered=answer.remembered)}</span>"
        f'<span class="grow"></span><button type="button" class="btn link s" '
        f'data-link="{escape(link(asked))}">{cards.icon("link")}'
        f"{words.both('clip.link')}</button></div>{terms}"
    )


def seen(pixels: NDArray[np.uint8], grid: list[list[float]], label: str) -> dict[str, Any]:
    """The evidence picture for one label."""
    return evidence_value(pixels, grid, label, cards.texts("clip.evidence.hint", label=label))


def link(asked: Asked) -> str:
    """A query that asks the same again. A picture of the visitor's own is not in it."""
    parts: dict[str, str] = {"case": "clip", "panel": "try"}
    scene, photo = scene_of(asked.path), photo_of(asked.path, offered())
    if scene:
        parts["scene"] = scene
    if photo:
        parts["photo"] = photo
    if asked.template not in TEMPLATES.values():
        parts["template"] = asked.template
    for count in range(len(asked.labels), 0, -1):  # as many as an address can carry
        query = urlencode({**parts, "labels": ", ".join(asked.labels[:count])})
        if len(query) <= MAX_LINK:
            return f"?{query}"
    return "?" + urlencode(parts)


def empty(example: str = "0") -> dict[str, str]:
    """No answer yet: what to do, and one button that does it with an example."""
    use = words.both("clip.empty.use" if example.isdigit() else "clip.empty.use.photo")
    button = "".join(
        f'<span class="{language}">'
        + cards.button("example", use, kind="p", index=example, lang=language)
        + "</span>"
        for language in words.LANGUAGES
    )
    return {
        "html": cards.empty_card(words.both("clip.empty"), words.both("clip.empty.line"), button),
        "say": "",
    }


def failed(error: UserError) -> dict[str, str]:
    """What is wrong, how to mend it, and that nothing was lost."""
    kept = SPACE + words.both("clip.kept")
    return {"html": cards.error_card(error, kept, {}), "say": ""}


def broke() -> dict[str, str]:
    """A bug of ours."""
    return {"html": cards.bug_card(), "say": ""}


def _by(answer: Any, who: Answering) -> str:
    """Which model answered, and why it did where nobody chose it."""
    if who.name.startswith("run-"):
        return words.both("clip.by.run", name=who.name)
    if not who.chosen_for:
        return words.both(f"clip.by.{who.world}")
    return words.both("clip.by.neither" if answer.outside else f"clip.by.like.{who.world}")


def _notices(answer: Any, world: str) -> str:
    made = ""
    if answer.outside:
        line = words.both("clip.outside.line", none=answer.none)
        made += cards.notice("warn", words.both(f"clip.outside.{world}"), line)
    made += _unknown(answer, world)
    if len(answer.ranking) == 1:
        made += cards.notice("warn", words.both("clip.one"), words.both("clip.one.line"))
    return made


def _unknown(answer: Any, world: str) -> str:
    """Words that the model cannot read; that of photographs reads no Chinese at all."""
    unknown = dict.fromkeys(w for s in answer.ranking for w in _joined(s.unknown, s.sentence))
    chinese = [word for word in unknown if language_of(word) == "zh"] if world == PHOTOS else []
    made = ""
    if chinese:
        title = words.both("clip.english", words=_listed(chinese))
        made += cards.notice("warn", title, words.both("clip.english.line"))
    rest = [word for word in unknown if word not in chinese]
    if rest:
        title = words.both("clip.unknown", words=_listed(rest))
        made += cards.notice("warn", title, words.both(f"clip.unknown.{world}"))
    return made


def _joined(unknown: list[str], sentence: str) -> list[str]:
    """Unknown words as typed; Chinese characters that stand side by side as one."""
    single = "".join(word for word in unknown if _CHINESE.fullmatch(word))
    runs = re.findall(f"[{single}]+", sentence) if single else []
    return [word for word in unknown if word not in single] + runs


def _listed(unknown: list[str]) -> Mapping[str, str]:
    """The words in quotation marks; of many, the first eight."""
    some, more = unknown[:8], "" if len(unknown) <= 8 else " …"
    return {
        "en": ", ".join(f"“{word}”" for word in some) + more,
        "zh": "、".join(f"“{word}”" for word in some) + more,
    }


def _plain(value: float) -> str:
    return share(value).replace("&lt;", "<").replace("&gt;", ">")


def _marked(sentence: str, label: str) -> str:
    """The sentence in quotation marks, the label in it underlined in amber."""
    at, size = sentence.find(label), len(label)
    if at < 0:  # its article went into the template's
        bare = label.split(" ", 1)[-1]
        at, size = sentence.rfind(bare), len(bare)
    if at < 0:
        return f"“{escape(sentence)}”"
    before, inside, after = sentence[:at], sentence[at : at + size], sentence[at + size :]
    return f"“{escape(before)}<em>{escape(inside)}</em>{escape(after)}”"
