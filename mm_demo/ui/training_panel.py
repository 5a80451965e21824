"""Train live: Start, watch, stop, compare, use. It reads a run's events and computes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import OWN, Case
from mm_demo.ui import cards, charts, links, run_cards
from mm_demo.ui.context import TryPanel
from mm_demo.ui.knobs import Controls, controls
from mm_demo.ui.language import Language
from mm_demo.ui.live import held_out_value, metric_name
from mm_demo.ui.pieces import piece
from mm_demo.ui.trainer import Order, Trainer
from mm_demo.ui.training_handlers import Figure, Handlers, Preview

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True)
class TrainingPanel:
    """What the page needs of the panel: where a link's settings go, and the link it copies."""

    dataset: gr.Radio
    before: gr.State
    preset: gr.Radio
    controls: Controls
    note: gr.HTML
    rest: list[gr.HTML]
    handlers: Handlers

    def updates(self, link: links.Link) -> list[Any]:
        """Updates for `outputs` that put the panel where a link says."""
        note = ""
        if link.ignored:
            note = cards.notice(
                "warn",
                words.both("link.ignored"),
                words.both("link.ignored.line", parts=", ".join(link.ignored)),
            )
        case = self.controls.case
        config = case.preset(link.preset, link.dataset).changed(link.settings)
        return [
            gr.update(value=link.dataset),
            link.dataset,
            gr.update(value=link.preset),
            note,
            run_cards.idle(case, link.dataset, link.preset),
            *self.handlers.at_rest(Order(case, link.dataset, link.preset, config), []),
            *self.controls.updates(link.dataset, link.preset, link.settings),
        ]

    @property
    def outputs(self) -> list[Any]:
        """The components that `updates` is for."""
        return [
            self.dataset,
            self.before,
            self.preset,
            self.note,
            *self.rest,
            *self.controls.components,
        ]


def training_panel(
    case: Case,
    *,
    trainer: Trainer,
    language: Language,
    switch: gr.Radio,
    preview: Preview,
    try_panel: TryPanel,
    sub_tabs: gr.Tabs,
    figure: Figure | None = None,
    own_panel: Callable[[], gr.Column] | None = None,
) -> TrainingPanel:
    """Build the panel where the caller stands and wire it.

    `own_panel` makes the column where a visitor gathers data of their own, seen while it is chosen.
    """
    first, first_preset = case.datasets[0], next(iter(case.presets))
    base = case.preset(first_preset, first)
    first_command = run_cards.command(case, first, first_preset, base)
    with gr.Row(elem_classes="mm-train"):
        with gr.Column(scale=3, min_width=320, elem_classes="mm-live"):
            with gr.Column(elem_classes="mm-card mm-status"), gr.Row(elem_classes="mm-status-row"):
                status = piece(
                    run_cards.idle(case, first, first_preset),
                    html_template='<div class="shown"></div><div class="sr" role="status"></div>',
                    call="status(element, props, watch, trigger)",
                    elem_id=f"{case.name}-status",
                    min_width=180,
                )
                start = language.add(
                    gr.Button(variant="primary", elem_id=f"{case.name}-start", scale=0),
                    value="train.start",
                )
                stop = language.add(
                    gr.Button(
                        variant="stop",
                        visible=False,
                        elem_id=f"{case.name}-stop",
                        elem_classes="mm-stop",
                        scale=0,
                    ),
                    value="train.stop",
                )
                leave = language.add(
                    gr.Button(visible=False, elem_id=f"{case.name}-leave", scale=0),
                    value="queue.leave",
                )
            note = piece(elem_id=f"{case.name}-note", classes=["mm-note"])
            own = own_panel() if own_panel else None
            with gr.Row(equal_height=True, elem_classes="mm-charts"):
                loss = charts.curve(
                    words.both("chart.loss"),
                    charts.curve_value(steps=base.steps, top=5, say=cards.texts("chart.empty")),
                    elem_id=f"{case.name}-loss",
                    min_width=280,
                )
                held = charts.curve(
                    words.both("chart.held_out", name=metric_name(case, case.headline_of(first))),
                    held_out_value(case, first, None, [], base.steps, None),
                    elem_id=f"{case.name}-held",
                    min_width=280,
                )
            with gr.Row(elem_classes="mm-two"):
                moving = preview.piece()
                table = piece(
                    run_cards.table(case, [], None, "", first_command),
                    elem_id=f"{case.name}-runs",
                    card=True,
                )
        with gr.Column(scale=1, min_width=252, elem_classes="mm-card mm-knobs"):
            dataset = language.add(
                gr.Radio(
                    list(case.choices),
                    value=first,
                    elem_id=f"{case.name}-dataset",
                    elem_classes="mm-seg",
                ),
                label="train.dataset",
                choices={name: f"{case.name}.dataset.{name}" for name in case.choices},
            )
            preset = language.add(
                gr.Radio(
                    list(case.presets),
                    value=first_preset,
                    elem_id=f"{case.name}-preset",
                    elem_classes="mm-seg",
                ),
                label="train.preset",
                choices={name: f"{case.name}.preset.{name}" for name in case.presets},
            )
            knobs = controls(case, first_preset, language)
            piece(f'<p class="hint">{words.both("train.hint")}</p>')
            copy_link = language.add(
                gr.Button(size="sm", elem_id=f"{case.name}-link", elem_classes="mm-link"),
                value="link.copy",
            )
    before = gr.State(first)  # the data set that the controls stand for
    address = gr.Textbox(visible=False)
    download = gr.DownloadButton(visible="hidden", elem_id=f"{case.name}-download")

    handlers = Handlers(case, trainer, knobs, preview, language, try_panel, figure)
    settings = [dataset, preset, *knobs.components]
    live = [status, note, loss, held, moving, table, start, stop, leave]
    order: dict[str, Any] = {
        "outputs": live,
        "concurrency_limit": None,
        "concurrency_id": "train",
        **PRIVATE,
    }
    runs_changed = [start.click(handlers.start, settings, **order)]
    for part in (status, table):
        runs_changed.append(part.submit(handlers.go_on, None, **order))
        part.download(handlers.file, None, download, queue=False, **PRIVATE).then(
            None, None, None, js=f"() => mm.fetchFile('{case.name}-download')", **PRIVATE
        )
    stop.click(handlers.stop, None, stop, queue=False, **PRIVATE)
    leave.click(handlers.stop, None, leave, queue=False, **PRIVATE)
    rest = [status, loss, held, table]
    preset.input(knobs.updates, [dataset, preset], knobs.components, queue=False, **PRIVATE).then(
        handlers.settings, settings, rest, queue=False, **PRIVATE
    )
    dataset.input(
        handlers.dataset,
        [before, dataset, preset],
        [before, *knobs.components],
        queue=False,
        trigger_mode="always_last",
        **PRIVATE,
    ).then(handlers.settings, settings, rest, queue=False, **PRIVATE)
    gr.on(
        [part.input for part in knobs.components],
        handlers.settings,
        settings,
        rest,
        queue=False,
        trigger_mode="always_last",  # while a slider is dragged, one at a time and the last
        **PRIVATE,
    )
    if own is not None:
        dataset.change(
            lambda name: gr.Column(visible=name == OWN), dataset, own, queue=False, **PRIVATE
        )
    copy_link.click(handlers.link, [switch, *settings], address, queue=False, **PRIVATE).then(
        None, address, None, js=f"(query) => mm.copyLink(query, '{case.name}-link')", **PRIVATE
    )
    choice = try_panel.model_choice
    if choice is not None:
        for ran in runs_changed:
            ran.then(handlers.models, switch, choice, queue=False, **PRIVATE)
        for part in (status, table):
            part.select(handlers.use, switch, [choice, sub_tabs], queue=False, **PRIVATE)
    return TrainingPanel(dataset, before, preset, knobs, note, rest, handlers)
