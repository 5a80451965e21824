"""The course's plots, for a report or a slide (matplotlib, imported only here)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mm_demo.case import Case
from mm_demo.errors import UserError
from mm_demo.events import Ended, Evaluated, Event, Progress, Started

FORMATS = (".png", ".svg", ".pdf")
FONTS = (  # labels may be Chinese
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei",
)  # fmt: skip
_INK, _GRID = "#1C2330", "#E7EAE4"
_SERIES = ("#2450B8", "#B85A00", "#12A08A", "#8E2A6B")


def check_format(file: Path) -> None:
    """UserError for a name that ends in none of .png, .svg, .pdf."""
    if file.suffix.lower() not in FORMATS:
        raise UserError("figure.format", file=file.name, known=", ".join(FORMATS))


def draw_run(case: Case, dataset: str, story: Iterable[Event], file: Path) -> None:
    """Training loss beside the held-out figures, the course's claim dotted; then the case's bars.

    `dataset` is what the run trained on: the claim is that of its headline.
    """
    events = list(story)
    progress = [event for event in events if isinstance(event, Progress)]
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    evaluated += [
        Evaluated(event.step, event.metrics) for event in events if isinstance(event, Ended)
    ]
    guess = next((event.guess_loss for event in events if isinstance(event, Started)), None)
    compared = [name for name in case.bars if evaluated and name in evaluated[-1].metrics]
    figure, (left, right, *more) = _axes(3 if compared else 2)
    left.plot([e.step for e in progress], [e.loss for e in progress], color=_SERIES[0])
    if guess:
        _claim(left, guess, f"guessing: {guess:.2f}")
    left.set(xlabel="step", ylabel="loss", title=f"{case.name}: training loss", ylim=(0, None))
    for metric, colour in zip(case.table, _SERIES, strict=False):
        known = [e for e in evaluated if metric in e.metrics]
        if not known:  # another family's
            continue
        steps, values = [e.step for e in known], [e.metrics[metric] for e in known]
        right.plot(steps, values, marker="o", markersize=3, color=colour, label=_name(metric))
    headline = case.headline_of(dataset)
    claim = case.claims[headline]
    _claim(right, claim, f"the course, {_name(headline)}: {claim}")
    right.set(xlabel="step", ylim=(0, 1.02), title=f"{case.name}: held-out figures (dev)")
    right.legend(frameon=False, loc="lower right")
    for axes in more:
        heights = [evaluated[-1].metrics[name] for name in compared]
        bars = axes.bar(
            [_name(name.partition("_")[2]) for name in compared], heights, color=_SERIES[0]
        )
        axes.bar_label(bars, fmt="%.2f")
        _claim(axes, claim, f"the course: {claim}")
        title = f"{case.name}: {headline} (dev) after {evaluated[-1].step} steps"
        axes.set(ylim=(0, 1.02), title=title)
    _save(figure, file)


def _claim(axes: Any, height: float, text: str) -> None:
    """A dotted line to be measured against, named on the line."""
    axes.axhline(height, color=_INK, linestyle=":", linewidth=1.4)
    axes.annotate(
        text, (0.02, height), (0, 4), xycoords=("axes fraction", "data"), textcoords="offset points"
    )


def _name(metric: str) -> str:
    return metric.replace("_", " ").replace(" r1", " R@1")


def draw_ranking(ranking: Sequence[tuple[str, float]], file: Path, title: str) -> None:
    """Probability bars, one a label, in the order given."""
    figure, (axes,) = _axes(1)
    axes.bar(range(len(ranking)), [share for _, share in ranking], color=_SERIES[0])
    axes.set_xticks(range(len(ranking)), [label for label, _ in ranking], rotation=45, ha="right")
    axes.set(ylabel="probability", ylim=(0, 1), title=title)
    _save(figure, file)


def _axes(columns: int) -> tuple[Any, Any]:
    from matplotlib import rcParams
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    rcParams["font.family"] = [name for name in FONTS if name in known]
    figure = Figure(figsize=(7 * columns, 4.6), layout="constrained")
    grid = figure.subplots(1, columns, squeeze=False)[0]
    for axes in grid:
        axes.grid(True, color=_GRID)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, grid


def _save(figure: Any, file: Path) -> None:
    check_format(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=200)
    except OSError as error:
        raise UserError(
            "disk.cannot_write", folder=str(file), reason=error.strerror or ""
        ) from error
