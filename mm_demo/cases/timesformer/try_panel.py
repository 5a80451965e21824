"""Try TimeSformer: a clip in, what the camera does and where and when the model looked out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.timesformer import SCHEMES, try_answer
from mm_demo.cases.timesformer.scenery import EXAMPLES
from mm_demo.cases.timesformer.try_handlers import Handlers
from mm_demo.cases.timesformer.try_make import form, scenes, tile, title
from mm_demo.data.inline import data_url
from mm_demo.media.video import MAX_BYTES, MAX_SECONDS
from mm_demo.ui import cards
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE
from mm_demo.ui.video import VideoField

_WORKS: dict[str, Any] = {
    **PRIVATE,
    "show_progress": "minimal",
    "trigger_mode": "always_last",
}
_SPOKEN = '<div class="shown"></div><div class="sr" role="status"></div>'
_SHOWN = '<div class="shown"></div>'
_SCRIPT = Path(__file__).with_suffix(".js")


def build(context: Context) -> TryPanel:
    """Make the panel where the caller stands and wire it."""
    add = context.language.add
    script = _SCRIPT.read_text(encoding="utf-8")

    def live(call: str, value: Any = "", **options: Any) -> gr.HTML:
        """A piece that our script starts; the script stands in the first one."""
        return gr.HTML(
            value,
            js_on_load=f"{script if 'tools' in call else ''}(function go() {{ "
            f"window.mm && mm.evidence && mm.film ? mm.film.{call} : setTimeout(go, 30); }})();",
            apply_default_css=False,
            **options,
        )

    with gr.Row(elem_classes=["mm-try", "tf-try"]):
        with gr.Column(scale=4, min_width=300, elem_classes="mm-in"):
            with gr.Column(elem_classes=["mm-card", "mm-picture"], elem_id="timesformer-clip-card"):
                piece(_clip_head())
                clip = add(
                    VideoField(
                        sources=["upload", "webcam"],
                        webcam_options=gr.WebcamOptions(mirror=False),
                        include_audio=True,
                        buttons=[],
                        show_label=False,
                        elem_id="timesformer-clip",
                    ),
                    label="timesformer.try.clip",
                )
                live("tools(element)", _tools(), elem_id="timesformer-tools")
                examples = piece(_examples(), elem_id="timesformer-examples")
                with gr.Column(elem_classes="mm-composer"):
                    piece(scenes())
                    piece(title("timesformer.try.make.own", "timesformer.try.make.own.hint"))
                    own = add(
                        Picture(
                            type="filepath",
                            image_mode=None,
                            sources=["upload"],
                            height=84,
                            buttons=[],
                            show_label=False,
                            elem_id="timesformer-own",
                        ),
                        label="timesformer.try.make.own",
                        placeholder="timesformer.try.make.drop",
                    )
                    make = live("make(element, trigger)", form(), elem_id="timesformer-make")
            with gr.Column(elem_classes="mm-card"):
                scheme, cost, model = _choices(context)
        with gr.Column(scale=8, min_width=320, elem_classes="mm-out"):
            with gr.Column(elem_classes=["mm-card", "mm-answer"], elem_id="timesformer-answer"):
                head = piece(
                    try_answer.empty(),
                    html_template=_SPOKEN,
                    call="status(element, props, watch, trigger)",
                    elem_id="timesformer-head",
                )
                strip = live("stretches(element, trigger, watch)", elem_id="timesformer-strip")
                foot = piece(elem_id="timesformer-foot")
            with gr.Column(
                visible=False, elem_classes="mm-card", elem_id="timesformer-film-card"
            ) as film_card:
                film = live(
                    "strip(element, props, watch)",
                    {},
                    html_template=_SHOWN,
                    elem_id="timesformer-film",
                )
            with gr.Column(
                visible=False, elem_classes="mm-card", elem_id="timesformer-time-card"
            ) as time_card:
                times = piece(elem_id="timesformer-time")
    asked = gr.State(None)

    handlers = Handlers(context, clip)
    answer = [head, strip, foot, film_card, film, time_card, times, asked]
    fields = [clip, scheme, model]
    clip.change(handlers.answer, fields, answer, **_WORKS).then(
        None, clip, None, js="(clip) => { clip && mm.reveal('timesformer-answer'); }", **PRIVATE
    )
    scheme.input(handlers.answer, fields, answer, **_WORKS)
    strip.select(handlers.look, asked, [film, time_card, times], trigger_mode="always_last",
                 **PRIVATE)  # fmt: skip
    for part in (examples, head):
        part.select(handlers.example, None, clip, **_WORKS)
    make.submit(handlers.make, own, [clip, head], **_WORKS)
    gr.on(None, handlers.chosen, [scheme, model], [scheme, cost], **PRIVATE)
    model.change(handlers.chosen, [scheme, model], [scheme, cost], **PRIVATE).then(
        handlers.answer, fields, answer, **_WORKS
    )
    _public(handlers, context)
    return TryPanel(model)


def _public(handlers: Handlers, context: Context) -> None:
    """The endpoint `/timesformer_classify`; its components are only there to say what it takes."""
    inputs = [
        VideoField(label="video", visible=False),
        gr.Textbox(context.case.worlds[0], label="model", visible=False),
    ]
    answer = gr.JSON(label="answer", visible=False)
    gr.on(
        [gr.Button(visible=False).click],
        handlers.classify,
        inputs,
        answer,
        api_name="timesformer_classify",
        show_progress="hidden",
    )


def _choices(context: Context) -> tuple[gr.Radio, gr.HTML, gr.Radio]:
    add, worlds = context.language.add, context.case.worlds
    segments = partial(gr.Radio, elem_classes=["mm-seg"])
    scheme = add(
        segments(list(SCHEMES), value="divided", elem_id="timesformer-scheme"),
        label="timesformer.try.scheme",
        choices={name: f"knob.attention.{name}" for name in SCHEMES},
    )
    cost = piece(elem_id="timesformer-cost")
    model = add(
        segments(list(worlds), value=worlds[0], elem_id="timesformer-model"),
        label="timesformer.try.model",
        choices={world: f"timesformer.try.model.{world}" for world in worlds},
        runs="timesformer",
    )
    return scheme, cost, model


def _clip_head() -> str:
    limit = words.both("timesformer.try.clip.limit", minutes=MAX_SECONDS // 60, limit=MAX_BYTES)
    return (
        f'<div class="lab"><span>{words.both("timesformer.try.clip")}</span>'
        f'<span class="info">{limit}</span></div>'
    )


def _tools() -> str:
    made = "".join(
        f'<button type="button" class="btn s" data-tool="{tool}">{cards.icon(sign)}'
        f"{words.both(f'timesformer.try.{tool}')}</button>"
        for tool, sign in (("upload", "upload"), ("record", "camera"), ("make", "pen"))
    )
    lines = "".join(
        f'<span data-told="{told}" hidden>{words.both(f"timesformer.try.{key}")}</span>'
        for told, key in (
            ("refused", "camera.refused"),
            ("absent", "camera.absent"),
            ("unplayable", "unplayable"),
        )
    )
    download = f'<span class="sr">{words.both("timesformer.try.download")}</span>'
    return (
        f'<div class="tools">{made}</div><p class="hint" role="status">{lines}</p>'
        f'<template><a class="icb" download>{cards.icon("download")}{download}</a></template>'
    )


def _examples() -> str:
    buttons = ""
    for index, (scene, _) in enumerate(EXAMPLES):
        name = words.both(f"timesformer.try.example.{index}")
        buttons += (
            f'<button type="button" data-do="example" data-index="{index}">'
            f'<img src="{data_url(tile(scene))}" width="120" height="90" alt="">'
            f"<span>{name}</span></button>"
        )
    return (
        f'<div class="lab tf-lab"><span>{words.both("timesformer.try.examples")}</span></div>'
        f'<div class="tf-examples" data-strip>{buttons}</div>'
    )
