"""TimeSformer's moving picture while it trains: what it takes for what, and a clip of each mistake."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.ui import cards, cross
from mm_demo.ui.training_handlers import Preview

MOST_CLASSES = 40
_NUMBERED = 12  # with more classes there is no room for a number in a cell
_SCRIPT = """(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm;
  const shown = element.querySelector('.ts-shown'), rest = element.querySelector('.ts-rest');
  const look = element.querySelector('.ts-look'), film = look.querySelectorAll('img');
  const cells = () => [...shown.querySelectorAll('[data-cell]')];
  const put = (name, html) => { look.querySelectorAll(`[data-n=${name}]`).forEach((place) => { place.innerHTML = html; }); };
  let chosen = '', last = '';
  const mark = () => {
    const value = props.value || {}, clips = value.clips || {};
    const key = clips[chosen] ? chosen : value.worst;
    look.hidden = !clips[key];
    cells().forEach((cell) => {
      cell.setAttribute('aria-pressed', cell.dataset.cell === key);
      cell.tabIndex = cell.dataset.cell === key ? 0 : -1;
    });
    if (look.hidden) return;
    const [truth, answer] = key.split('-'), row = value.counts[truth];
    put('truth', mm.both(value.names[truth])); put('answer', mm.both(value.names[answer]));
    put('count', row[answer]); put('all', row.reduce((a, b) => a + b, 0));
    film.forEach((part) => { if (part.src !== clips[key]) part.src = clips[key]; });
  };
  const show = () => {
    const html = (props.value || {}).html || '', held = shown.contains(document.activeElement);
    if (html !== last) { last = html; shown.innerHTML = html; }
    rest.hidden = html !== '';
    mark();
    if (held) { const cell = shown.querySelector('[tabindex="0"]'); if (cell) cell.focus(); }
  };
  /* frames are square: the strip's shape tells how many there are */
  film[0].addEventListener('load', () => look.style.setProperty('--frames', Math.max(1, Math.round(film[0].naturalWidth / film[0].naturalHeight))));
  shown.addEventListener('click', (event) => {
    const cell = event.target.closest('[data-cell]');
    if (cell) { chosen = cell.dataset.cell; mark(); }
  });
  /* one stop for Tab; arrows go to the nearest cell that way which has a clip */
  shown.addEventListener('keydown', (event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const here = way && event.target.closest('[data-cell]');
    if (!here) return;
    const place = (cell) => cell.dataset.cell.split('-').map(Number), [r, c] = place(here);
    const ahead = cells().map((cell) => {
      const [y, x] = place(cell), along = (y - r) * way[0] + (x - c) * way[1];
      return { cell, along, cost: along + 3 * Math.abs((y - r) * way[1] + (x - c) * way[0]) };
    }).filter((found) => found.along > 0).sort((a, b) => a.cost - b.cost);
    if (ahead.length) ahead[0].cell.focus();
    event.preventDefault();
  });
  watch('value', show);
  show();
})();"""


def preview(case: Case) -> Preview:
    """The confusion matrix on held-out clips; a cell shows the surest of its clips."""
    return Preview(_piece, value)


def value(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the piece shows of a task's preview; nothing before the first evaluation."""
    classes, counts = list(found.get("classes") or ()), list(found.get("counts") or ())
    clips: Mapping[str, str] = found.get("clips") or {}
    if not classes or len(counts) != len(classes) or len(classes) > MOST_CLASSES:
        return {}
    names = [named(label) for label in classes]
    worst = mixed_up(counts)
    looks = (
        "motions" if all(f"timesformer.motion.{c}" in words.table("en") for c in classes) else "own"
    )
    return {
        "html": f'<p class="ts-finding">{finding(names, counts)}</p>'
        f'<p class="hint">{words.both(f"timesformer.moving.look.{looks}")}</p>'
        + matrix(names, counts, clips),
        "names": names,
        "counts": [list(row) for row in counts],
        "clips": dict(clips),
        "worst": f"{worst[0]}-{worst[1]}" if worst else next(iter(clips), ""),
    }


def named(label: str) -> dict[str, str]:
    """A class's name in every language; one that we have no word for stays as it was typed."""
    key = f"timesformer.motion.{label}"
    if key in words.table("en"):
        return cards.texts(key)
    return dict.fromkeys(words.LANGUAGES, label)


def mixed_up(counts: Sequence[Sequence[int]]) -> tuple[int, int] | None:
    """(truth, answer) of the mistake that is made most often; None where there is none."""
    wrong = [
        (count, -truth, -answer)
        for truth, row in enumerate(counts)
        for answer, count in enumerate(row)
        if truth != answer and count
    ]
    if not wrong:
        return None
    _, truth, answer = max(wrong)
    return -truth, -answer


def finding(names: Sequence[Mapping[str, str]], counts: Sequence[Sequence[int]]) -> str:
    """How many are right, and which mistake is made most often, as a sentence."""
    right, total = sum(row[k] for k, row in enumerate(counts)), sum(map(sum, counts))
    worst = mixed_up(counts)
    if worst is None:
        return words.both("timesformer.moving.all_right", all=total)
    truth, answer = worst
    return words.both(
        "timesformer.moving.mixed",
        right=right,
        all=total,
        truth=dict(names[truth]),
        answer=dict(names[answer]),
        count=counts[truth][answer],
        of=sum(counts[truth]),
    )


def matrix(
    names: Sequence[Mapping[str, str]],
    counts: Sequence[Sequence[int]],
    clips: Collection[str] = (),
) -> str:
    """Rows true, columns answered, as counts; what has a clip ("truth-answer") is a button.

    The deeper a cell's colour, the larger its share of its row.
    """
    shown = [words.spans({k: escape(v) for k, v in name.items()}) for name in names]
    many = len(names) > _NUMBERED
    head = "".join(f'<th scope="col"><span>{name}</span></th>' for name in shown)
    body = ""
    for truth, row in enumerate(counts):
        cells = ""
        for answer, count in enumerate(row):
            level = count / (sum(row) or 1)
            number = "" if many or not count else str(count)
            if f"{truth}-{answer}" in clips:
                said = words.both(
                    "timesformer.moving.cell.count",
                    truth=dict(names[truth]), answer=dict(names[answer]), count=count, all=sum(row),
                )  # fmt: skip
                number = (
                    f'<button type="button" data-cell="{truth}-{answer}" tabindex="-1">'
                    f'<span aria-hidden="true">{number}</span><span class="sr">{said}</span></button>'
                )
            right = " right" if truth == answer else ""
            cells += (
                f'<td class="c {cross.inks(level)}{right}" '
                f'style="--share:{100 * cross.depth(level):.0f}%">{number}</td>'
            )
        body += f'<tr><th scope="row"><span>{shown[truth]}</span></th>{cells}</tr>'
    corner = (
        f'<td class="ts-corner"><span>{words.both("timesformer.moving.answered")} →</span>'
        f"<span>{words.both('timesformer.moving.true')} ↓</span></td>"
    )
    return (
        f'<div class="ts-grid{" many" if many else ""}"><table class="ts-cm" style="--n:{len(names)}">'
        f"<thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _piece() -> gr.HTML:
    places = {name: f'<b data-n="{name}"></b>' for name in ("truth", "answer", "count", "all")}
    said = words.both("timesformer.moving.cell", **{name: f"{{{name}}}" for name in places})
    return gr.HTML(
        {},
        html_template=f'<p class="cap"><span>{words.both("timesformer.moving.title")}</span></p>'
        f'<p class="hint ts-rest">{words.both("timesformer.moving.empty")}</p>'
        '<div class="ts-sides"><div class="ts-shown"></div><div class="ts-look" hidden>'
        '<div class="ts-loop" aria-hidden="true"><img alt=""></div>'
        f'<div><p class="ts-said" aria-live="polite">{said.format(**places)}</p>'
        f'<img class="ts-strip" alt=""><p class="hint">{words.both("timesformer.moving.surest")}</p>'
        "</div></div></div>",
        js_on_load=_SCRIPT,
        apply_default_css=False,
        elem_classes=["mm-card", "ts-moving"],
        elem_id="timesformer-moving",
    )
