"""The page: the home tab and every case's tab, wired to the models and to the trainer."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.media.video import MAX_BYTES
from mm_demo.ui import cards, links, theme
from mm_demo.ui.context import Context, Predictors, TryPanel
from mm_demo.ui.home import home, machine
from mm_demo.ui.language import Language
from mm_demo.ui.pieces import event_data, piece
from mm_demo.ui.runs import Runs
from mm_demo.ui.train_api import train_endpoint
from mm_demo.ui.trainer import Start, Trainer
from mm_demo.ui.training_handlers import Figure
from mm_demo.ui.training_panel import PRIVATE, TrainingPanel, training_panel

_BRAND = (
    '<div class="brand"><svg width="34" height="34" viewBox="0 0 34 34" aria-hidden="true">'
    '<circle cx="13" cy="17" r="11" fill="var(--button-primary-background-fill)"/>'
    '<circle cx="22" cy="17" r="10.2" fill="none" stroke="var(--body-text-color)" '
    'stroke-width="1.8"/><path d="M22 6.8a10.2 10.2 0 0 0-6.3 18.2A11 11 0 0 0 19 7.3a10 10 0 0 1 '
    '3-.5z" fill="var(--glow)" opacity=".9"/></svg><b>Multimodal Lab'
    '<span class="two" lang="zh-CN">多模态实验室</span></b></div>'
)


def build(
    cases: Sequence[Case],
    predictors: Predictors,
    start: Start,
    *,
    figure: Figure | None = None,
    runs: Runs | None = None,
) -> gr.Blocks:
    """The whole page, not yet launched. torch is not imported by it.

    `start` trains (`training.run`), `figure` draws a run's curves into a file.
    """
    _keep_uploads_apart()
    trainer, language = Trainer(start, runs or Runs(), predictors.forget), Language()
    metrics = {case.name: case.bundled("metrics.json") or None for case in cases}
    panels: dict[str, tuple[gr.Tabs, TrainingPanel]] = {}
    with gr.Blocks(
        title="Multimodal Lab · 多模态实验室",
        analytics_enabled=False,
        delete_cache=(600, 1800),
    ) as demo:
        with gr.Row(elem_classes="mm-top"):
            piece(_BRAND)
            switch = gr.Radio(
                [(name, key) for key, name in words.LANGUAGES.items()],
                value="en",
                label="Language 语言",
                elem_id="language",
                elem_classes=["mm-seg", "mm-plain", "mm-language"],
                interactive=True,
                min_width=0,
                scale=0,
            )
            dark = language.add(
                gr.Button(elem_classes="mm-theme", elem_id="theme", min_width=36, scale=0),
                value="theme.button",
            )
            dark.click(None, None, None, js="() => mm.theme()", **PRIVATE)
        few = "few" if len(cases) < 4 else ""
        with gr.Tabs(elem_classes=["mm-tabs", few], elem_id="cases") as tabs:
            with language.add(gr.Tab(id="home", elem_id="tab-home"), label="tab.home"):
                front = home(cases, metrics)
            for case in cases:
                tab = gr.Tab(id=case.name, elem_id=f"tab-{case.name}")
                language.add(tab, label=f"{case.name}.tab", narrow=f"{case.name}.tab.narrow")
                with tab:
                    panels[case.name] = _case(
                        case, metrics[case.name], Context(case, language, trainer.runs, predictors),
                        trainer, switch, figure,
                    )  # fmt: skip
        for case in cases:
            gr.api(
                train_endpoint(case, trainer),
                api_name=f"{case.name}_train",
                concurrency_limit=None,
                concurrency_id="train",
            )
        _wire(demo, cases, tabs, front, panels, trainer)
        language.wire(demo, switch)
    demo.queue(max_size=128, default_concurrency_limit=2)
    return demo


def launch(demo: gr.Blocks, cases: Sequence[Case], predictors: Predictors, **options: Any) -> Any:
    """Start the server with what holds for every start; `options` go to Gradio as they are.

    The bundled models load in the background, while the visitor reads the first page.
    """
    threading.Thread(target=_warm_up, args=(cases, predictors), daemon=True).start()
    return demo.launch(
        theme=theme.theme(),
        head=theme.head(),
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,
        show_error=False,
        max_file_size=f"{6 * MAX_BYTES // 5_000_000}mb",  # what is too large still gets our sentence
        footer_links=[],
        **options,
    )


def _case(
    case: Case,
    metrics: Mapping[str, Any] | None,
    context: Context,
    trainer: Trainer,
    switch: gr.Radio,
    figure: Figure | None,
) -> tuple[gr.Tabs, TrainingPanel]:
    piece(cards.case_header(case, metrics))
    with gr.Tabs(elem_classes="mm-sub", elem_id=f"{case.name}-panels") as sub:
        names = {panel: f"tab.{panel}" for panel in links.PANELS}
        tabs = {
            panel: context.language.add(
                gr.Tab(id=panel, elem_id=f"tab-{case.name}-{panel}"), label=key
            )
            for panel, key in names.items()
        }
        with tabs["try"]:
            try_panel: TryPanel = case.module("try_panel").build(context)
        with tabs["train"]:
            panel = training_panel(
                case,
                trainer=trainer,
                language=context.language,
                switch=switch,
                preview=case.module("moving").preview(case),
                try_panel=try_panel,
                sub_tabs=sub,
                figure=figure,
                own_panel=partial(case.module("own_panel").build, context)
                if case.folders
                else None,
            )
        with tabs["understand"]:
            case.module("understand").build(context)
    return sub, panel


def _wire(
    demo: gr.Blocks,
    cases: Sequence[Case],
    tabs: gr.Tabs,
    front: gr.HTML,
    panels: Mapping[str, tuple[gr.Tabs, TrainingPanel]],
    trainer: Trainer,
) -> None:
    subs = [sub for sub, _ in panels.values()]

    def go(event: gr.EventData) -> list[Any]:
        data = event_data(event)
        chosen, panel = data.get("case"), data.get("panel", "try")
        return [
            gr.Tabs(selected=chosen),
            *(gr.Tabs(selected=panel) if name == chosen else gr.skip() for name in panels),
        ]

    def follow(request: gr.Request) -> list[Any]:
        link = links.read(dict(request.query_params), cases)
        found: list[Any] = [gr.Tabs(selected=link.case.name) if link.case else gr.skip()]
        for name, (_, panel) in panels.items():
            here = link.case is not None and link.case.name == name
            found.append(gr.Tabs(selected=link.panel) if here else gr.skip())
            skips = [gr.skip()] * len(panel.outputs)
            found += panel.updates(link) if here else skips
        return found

    def forget(request: gr.Request) -> None:
        if request.session_hash:
            trainer.forget(request.session_hash)

    outputs: list[Any] = [tabs]
    for sub, panel in panels.values():
        outputs += [sub, *panel.outputs]
    front.select(go, None, [tabs, *subs], queue=False, **PRIVATE)
    demo.load(follow, None, outputs, queue=False, **PRIVATE)
    status = piece(visible="hidden")
    demo.load(lambda: machine(trainer.slot.busy), None, status, queue=False, **PRIVATE).then(
        None, status, None,
        js="(line) => { const p = document.getElementById('mm-machine'); if (p) p.innerHTML = line; }",
        **PRIVATE,
    )  # fmt: skip
    demo.unload(forget)


def _keep_uploads_apart() -> None:
    """A folder of this process alone for what visitors upload, gone with it."""
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = folder = tempfile.mkdtemp(prefix="mm-page-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _warm_up(cases: Sequence[Case], predictors: Predictors) -> None:
    for case in cases:
        for folder in map(case.checkpoint, case.worlds):
            if folder.is_dir():
                predictors.get(case.name, folder)
