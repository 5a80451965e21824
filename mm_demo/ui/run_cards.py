"""What stands in the panel about runs: before one, after one, and the table of all."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from mm_demo import words
from mm_demo.case import Case
from mm_demo.config import TrainConfig
from mm_demo.events import Diagnosed
from mm_demo.ui import cards
from mm_demo.ui.live import metric_name, status_html, time_words
from mm_demo.ui.runs import Run
from mm_demo.ui.trainer import Waiting


def idle(case: Case, dataset: str, preset: str) -> dict[str, str]:
    """Nothing runs and nothing has run."""
    family = case.family_of(dataset)
    section = f"{case.name}.{family.folder}" if family else case.name
    minutes = cards.texts(f"{section}.minutes.{preset}")
    own = f"{section}.idle.line"  # where not all begins with random weights
    line = words.both(own if own in words.table("en") else "status.idle.line", time=minutes)
    html = status_html(words.both("status.idle"), line, None, dot="idle")
    return {"html": html, "say": ""}


def not_begun() -> dict[str, str]:
    """Stopped while it got ready, or before its first step."""
    title = words.both("status.not_begun")
    return {"html": cards.notice("stop", title, words.both("queue.left.line")), "say": title}


def queued(waiting: Waiting) -> dict[str, str]:
    """A place in the queue."""
    one = waiting.before == 1
    title = words.both("queue.one" if one else "queue.many", before=waiting.before)
    body = words.both("queue.line", time=time_words(waiting.seconds))
    return {"html": cards.notice("wait", title, body), "say": title}


def left() -> dict[str, str]:
    """The visitor left the queue."""
    title = words.both("queue.left")
    return {
        "html": status_html(title, words.both("queue.left.line"), None, dot="idle"),
        "say": title,
    }


def ended(case: Case, run: Run, megabytes: float, figure: bool) -> dict[str, str]:
    """The finished or stopped run: the figure against the course, and what to do with it."""
    figure_html, say = "", ""
    headline = case.headline_of(run.dataset)
    value, claim = run.metrics.get(headline), case.claims.get(headline)
    name = metric_name(case, headline)
    if run.state == "stopped":
        say = words.both("ended.stopped", step=run.step)
        head = cards.notice("stop", say, words.both("ended.stopped.line"))
    else:
        say = _verdict(run, name, value, claim)
        line = words.both("ended.line", steps=run.step, seed=run.config.seed)
        head = (
            f'<div class="status"><span style="color:var(--good)">{cards.icon("good", 26)}</span>'
            f'<div class="grow"><span class="big">{say}</span>'
            f'<span class="sub13">{line}</span></div></div>'
        )
    if value is not None:
        title = words.both("ended.ruler", name=name)
        bar = cards.ruler(title, value, claim, cards.guess_of(run.metrics, headline))
        figure_html = f'<div style="margin:14px 0 4px">{bar}</div>'
    buttons = cards.button("use", words.both("ended.use"), kind="p", run=run.number)
    buttons += cards.button(
        "download", words.both("ended.download", size=megabytes), sign="download", run=run.number
    )
    on = "continue" if run.state == "stopped" else "train_on"
    buttons += cards.button(on, words.both(f"ended.{on}"), run=run.number)
    if figure:
        buttons += cards.button("figure", words.both("ended.figure"), sign="figure", run=run.number)
    again = words.both("ended.again")
    return {
        "html": f'{head}{figure_html}<div class="btns">{buttons}</div>'
        f'<p class="cap" style="margin-top:18px"><span>{again}</span></p>'
        f"{cards.command_line(command(case, run.dataset, run.preset, run.config, run.start_from))}",
        "say": say,
    }


def _verdict(run: Run, name: dict[str, str], value: float | None, claim: float | None) -> str:
    time = time_words(run.seconds)
    if value is None:
        return words.both("ended.done", time=time)
    if claim is None:
        return words.both("ended.done.figure", time=time, name=name, value=value)
    gap = round(value - claim, 2)
    key = f"ended.done.{'above' if gap > 0 else 'below' if gap < 0 else 'level'}"
    return words.both(key, time=time, name=name, value=value, claim=claim)


def diagnosis(event: Diagnosed) -> str:
    """A known fault that the loop recognised."""
    body = f"{event.key}.line"
    has_body = body in words.table("en")
    return cards.notice(
        "warn",
        words.both(event.key, **event.facts),
        words.both(body, **event.facts) if has_body else "",
    )


def command(
    case: Case, dataset: str, preset: str, config: TrainConfig, start_from: str | None = None
) -> str:
    """The command that does such a run again, into a folder of the reader's own."""
    return case.train_command(dataset, preset, config, f"my-{case.name}", start_from)


def what_differs(case: Case, run: Run) -> dict[str, str]:
    """What a run began from and in which knobs it differs from its preset, in each language."""
    changed = run.config.settings(case.preset(run.preset, run.dataset))
    # the seed first: it alone may tell two runs apart, and the end of a long list is cut
    names = sorted(changed, key=lambda name: name != "seed")
    parts = []
    if run.start_from:
        parts.append(cards.texts("runs.on", number=run.start_from.rpartition("-")[2]))
    elif not changed:
        parts.append(cards.texts(f"preset.{run.preset}"))
    parts += [_setting(name, changed[name]) for name in names]
    return {language: ", ".join(part[language] for part in parts) for language in words.LANGUAGES}


def _setting(name: str, value: object) -> dict[str, str]:
    choice = f"knob.{name}.{value}"
    if choice in words.table("en"):
        shown = cards.texts(choice)
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
        shown = dict.fromkeys(words.LANGUAGES, text)
    short = cards.texts(f"knob.{name}.short")
    return {language: f"{short[language]} {shown[language]}" for language in words.LANGUAGES}


def table(case: Case, runs: list[Run], now: int | None, left_html: str, command_text: str) -> str:
    """The visitor's runs: the line each has on the charts, its figures, and what to do with it."""
    title = (
        f'<p class="cap"><span>{words.both("runs.title")}</span>'
        f'<span class="info">{words.both("runs.private")}</span></p>'
    )
    if not runs:
        return (
            f'{title}<p class="hint" style="margin:0 0 12px">{words.both("runs.none")}</p>'
            f"{cards.command_line(command_text)}"
        )
    headlines = {case.headline_of(run.dataset) for run in runs}
    columns = {metric: "n" if metric in headlines else "n opt" for metric in case.table}
    names = "".join(
        f'<th class="{column}" scope="col">{words.both(f"{case.name}.metric.{metric}.short")}</th>'
        for metric, column in columns.items()
    )
    rows = "".join(
        _row(case, run, columns, slot, left_html)
        for slot, run in zip(range(1, 100), runs, strict=False)
    )
    shown = f"{cards.command_line(command_text)}" if now is not None else ""
    own = " ".join(models(runs))
    return (
        f'{title}<table class="runs" data-models="{own}"><thead><tr><th scope="col">{words.both("runs.run")}</th>{names}'
        f'<th scope="col">{words.both("runs.time")}</th><th scope="col"><span class="sr">'
        f"{words.both('runs.actions')}</span></th></tr></thead><tbody>{rows}</tbody></table>{shown}"
    )


def _row(case: Case, run: Run, columns: Mapping[str, str], slot: int, left_html: str) -> str:
    figures, headline = "", case.headline_of(run.dataset)
    for metric, column in columns.items():
        value = run.metrics.get(metric)
        shown = "" if value is None else f"{value:.2f}"
        strong = f"<b>{shown}</b>" if metric == headline else shown
        figures += f'<td class="{column}">{strong}</td>'
    dashes = {2: "6 4", 3: "1.5 4", 4: "3 3", 5: "10 4"}
    sample = (
        '<svg width="28" height="8" aria-hidden="true" style="flex:none"><path d="M1 4h26" '
        f'stroke="var(--c{slot})" stroke-width="2.6" stroke-linecap="round" '
        f'stroke-dasharray="{dashes.get(slot, "")}"/></svg>'
        if slot <= 5
        else '<span style="width:28px"></span>'
    )
    running = run.state == "running"
    what = cards.texts("runs.this") if running else what_differs(case, run)
    # a title knows one language, so each language has its own
    said = "".join(
        f'<span class="what {language}" title="{escape(text)}">{escape(text)}</span>'
        for language, text in what.items()
    )
    time = left_html if running else words.spans(time_words(run.seconds))
    actions = ""
    if run.usable:
        text = command(case, run.dataset, run.preset, run.config, run.start_from)
        actions = (
            f"{cards.button('use', words.both('runs.use'), kind='s', run=run.number)}"
            f'<button type="button" class="icb hide-s" data-do="download" data-run="{run.number}">'
            f'{cards.icon("download")}<span class="sr">{words.both("runs.download")}</span></button>'
            f'<button type="button" class="icb hide-s" data-copy="{escape(text)}">'
            f'{cards.icon("copy")}<span class="sr">{words.both("command.copy")}</span></button>'
        )
    return (
        f'<tr><td><span class="which">{sample}<b>{run.number}</b> '
        f"{said}</span></td>{figures}<td>{time}</td>"
        f'<td><span class="acts">{actions}</span></td></tr>'
    )


def models(runs: list[Run]) -> list[str]:
    """The names of the models that a visitor can use, the latest first."""
    return [run.name for run in runs if run.usable]


def folder_megabytes(run: Run) -> float:
    """How large the run's checkpoint is."""
    return sum(f.stat().st_size for f in run.folder.rglob("*") if f.is_file()) / 1e6
