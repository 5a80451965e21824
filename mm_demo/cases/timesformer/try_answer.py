"""The result card of Try: what the camera does, how sure that is, and the clip along its time."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from mm_demo import words
from mm_demo.cases.timesformer.try_words import in_order, is_motion, motions, named, says
from mm_demo.errors import UserError
from mm_demo.ui import cards
from mm_demo.ui.ranking import SPACE

MOST_TOLD = 3  # stretches that the sentence names one by one
_SHOWN = 5  # of the ranking
_TICKS = (0.25, 0.5, 1, 2, 5, 10, 15, 30, 60)  # seconds from one mark of the axis to the next
_COLOURS = {  # a family of moves has a colour; each stretch has its name too
    "pan": "c1", "zoom": "c2", "tilt": "c3", "roll": "c4", "shake": "c5", "static": "c6",
}  # fmt: skip


def head(answer: Any) -> dict[str, str]:
    """The answer of the whole clip; `say` is spoken."""
    best = answer.ranking[0]
    told, one = _told(answer)
    of_camera = all(is_motion(label.label) for label in answer.ranking)
    eyebrow = "timesformer.try.camera" if of_camera else "timesformer.try.shows"
    does = ""
    if one and is_motion(best.label):
        does = f'<p class="hint">{words.both(f"timesformer.does.{best.label}")}</p>'
    unsure = ""
    if answer.outside:
        line = words.both("timesformer.try.unsure.line", count=len(answer.ranking))
        unsure = cards.notice("warn", words.both("timesformer.try.unsure"), line)
    whole = words.both("timesformer.try.whole", seconds=answer.seconds)
    html = (
        f'<p class="eyebrow"><span>{words.both(eyebrow)}</span><span>{whole}{_by(answer)}</span></p>'
        f'{unsure}<div class="pair tf-head"><div><p class="answer"><em>{words.spans(_safe(told))}'
        f"</em></p>{does}{_others(answer)}</div>{_ranking(answer)}</div>"
    )
    said = words.both(
        "timesformer.try.say",
        eyebrow=cards.texts(eyebrow),
        says=told,
        probability=best.probability,
    )
    return {"html": html, "say": said}


def stretches(answer: Any, chosen: int) -> str:
    """The clip along its time; each stretch is a button that tells "look" with its middle, `at`."""
    total = answer.seconds or 1.0
    buttons = ""
    for place, stretch in enumerate(answer.stretches):
        name = named(stretch.label)
        label = words.both(
            "timesformer.try.strip.each",
            label=name,
            start=stretch.start,
            end=stretch.end,
            probability=stretch.probability,
        )
        buttons += (
            f'<button type="button" data-do="look" data-at="{middle(stretch):.3f}" '
            f'aria-pressed="{"true" if place == chosen else "false"}" '
            f'style="flex:{100 * (stretch.end - stretch.start) / total:.2f} 0 0;--own:var(--{_colour(stretch.label)})">'
            f'<span aria-hidden="true">{words.spans(_safe(name))}</span>'
            f'<span class="sr">{label}</span></button>'
        )
    return (
        f'<div class="lab tf-lab"><span>{words.both("timesformer.try.strip")}</span>'
        f'<span class="info">{words.both("timesformer.try.strip.choose")}</span></div>'
        f'<div class="tf-strip" data-strip>{buttons}</div>'
        f'<div class="tf-axis" aria-hidden="true">{_axis(total)}</div>'
    )


def middle(stretch: Any) -> float:
    """The moment in the middle of a stretch, s."""
    return float((stretch.start + stretch.end) / 2)


def longest(answer: Any) -> int:
    """Which stretch to look at first: the longest of the clip's first answer, or of all."""
    own = [k for k, s in enumerate(answer.stretches) if s.label == answer.ranking[0].label]
    places = own or range(len(answer.stretches))
    return max(places, key=lambda k: answer.stretches[k].end - answer.stretches[k].start)


def foot(answer: Any, seconds: float) -> str:
    """How long it took, and which model it was."""
    time = words.both("timesformer.try.time", ms=max(1, round(1000 * seconds)))
    scheme = words.both(f"knob.attention.{answer.scheme}")
    return (
        f'<div class="foot"><span>{time}</span><span>{escape(answer.model)}</span>'
        f"<span>{scheme}</span></div>"
    )


def cost(adds: Mapping[str, int], frames: int, span: float | None) -> str:
    """What a window costs each scheme of a model, and how long a window is."""
    each = [
        cards.texts(
            "timesformer.try.cost.each", name=cards.texts(f"knob.attention.{scheme}"), count=count
        )
        for scheme, count in adds.items()
    ]
    joined = {
        "en": ", ".join(t["en"] if not k else t["en"][0].lower() + t["en"][1:]
                        for k, t in enumerate(each)),
        "zh": "，".join(t["zh"] for t in each),
    }  # fmt: skip
    if span is None:
        length = words.both("timesformer.try.cost.window.all")
    elif span == 1:
        length = words.both("timesformer.try.cost.window.one")
    else:
        length = words.both("timesformer.try.cost.window", seconds=span)
    told = words.both("timesformer.try.cost", all=joined, frames=frames)
    return f'<p class="hint">{told}{SPACE}{length}</p>'


def empty() -> dict[str, str]:
    """No answer yet: what to do, and one button that does it."""
    button = cards.button("example", words.both("timesformer.try.empty.use"), kind="p", index=2)
    line = words.both("timesformer.try.empty.line")
    title = words.both("timesformer.try.empty")
    return {"html": cards.empty_card(title, line, button), "say": ""}


def failed(error: UserError) -> dict[str, str]:
    """What is wrong, how to mend it, and that nothing was lost."""
    kept = SPACE + words.both("timesformer.try.kept")
    return {"html": cards.error_card(error, kept, {"scheme": "knob.attention"}), "say": ""}


def no_move(most: int) -> dict[str, str]:
    """Make one without a move."""
    title = words.both("timesformer.try.make.none.title")
    line = words.both("timesformer.try.make.none", most=most)
    return {"html": cards.notice("bad", title, line), "say": ""}


def broke() -> dict[str, str]:
    """A bug of ours."""
    return {"html": cards.bug_card(), "say": ""}


def gone() -> str:
    """The window cannot be looked at: its file or its model was cleared away."""
    title = words.both("timesformer.try.gone")
    return cards.notice("bad", title, words.both("timesformer.try.gone.line"))


def _told(answer: Any) -> tuple[dict[str, str], bool]:
    """The sentence, and whether it is of one thing alone."""
    labels = [s.label for s in answer.stretches]
    if len(labels) < 2:
        return says(answer.ranking[0].label), True
    if len(labels) <= MOST_TOLD:
        return in_order(labels), False
    return cards.texts("timesformer.try.mostly", says=says(answer.ranking[0].label)), False


def _by(answer: Any) -> str:
    run = answer.model.removeprefix("timesformer-")
    if not run.startswith("run-"):
        return ""
    return " · " + words.both("timesformer.try.by", name=run)


def _ranking(answer: Any) -> str:
    rows = "".join(
        f'<tr{" class=on" if place == 0 else ""}><th scope="row" class="l">'
        f"{words.spans(_safe(named(label.label)))}</th>"
        f'<td class="b"><div class="bar"><i class="{"mut" if place else ""}" '
        f'style="width:{100 * label.probability:.1f}%"></i></div></td>'
        f'<td class="n">{label.probability:.2f}</td></tr>'
        for place, label in enumerate(answer.ranking[:_SHOWN])
    )
    caption = f'<caption class="sr">{words.both("timesformer.try.rank")}</caption>'
    return f'<table class="rank tf-rank">{caption}<tbody>{rows}</tbody></table>'


def _others(answer: Any) -> str:
    """What the other schemes say, where they differ."""
    best = answer.opinions[answer.scheme].label
    parts = [
        cards.texts(
            "timesformer.try.others.each",
            scheme=cards.texts(f"knob.attention.{scheme}"),
            label=named(other.label),
            probability=other.probability,
        )
        for scheme, other in answer.opinions.items()
        if scheme != answer.scheme and other.label != best
    ]
    if not parts:
        return ""
    said = {"en": ", ".join(p["en"] for p in parts), "zh": "，".join(p["zh"] for p in parts)}
    return f'<p class="hint">{words.both("timesformer.try.others", said=said)}</p>'


def _axis(total: float) -> str:
    step = next((s for s in _TICKS if total / s <= 6), _TICKS[-1])
    zero = words.both("timesformer.try.strip.seconds", seconds=0)
    marks = f'<span style="left:0">{zero}</span>'
    value = step
    while value < total - 0.75 * step:
        marks += f'<span style="left:{100 * value / total:.2f}%">{value:g}</span>'
        value += step
    end = words.both("timesformer.try.strip.seconds", seconds=round(total, 1))
    return f'{marks}<span class="end">{end}</span>'


def _colour(label: str) -> str:
    family = label.split("_")[0]
    if label in motions() and family in _COLOURS:
        return _COLOURS[family]
    return f"c{1 + sum(label.encode()) % 4}"  # one's own: the same wherever it appears


def _safe(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: escape(text) for language, text in texts.items()}
