"""Try fusion: a drawing and a sound in, five answers and whom each trusted out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from mm_demo.cases.fusion import try_answer
from mm_demo.cases.fusion.try_handlers import DIGITS, Handlers, first_model, ours
from mm_demo.data.sounding_shapes import CORRUPTIONS
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.pad import drawing_pad
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE

_WORKS: dict[str, Any] = {**PRIVATE, "queue": False, "trigger_mode": "always_last"}
_SPOKEN = '<div class="shown"></div><div class="sr" role="status"></div>'


def build(context: Context) -> TryPanel:
    """Make the panel where the caller stands and wire it."""
    add, first = context.language.add, first_model(context.case)
    digits = first == DIGITS
    with gr.Row(elem_classes=["mm-try", "fz-try"]):
        with gr.Column(scale=4, min_width=300, elem_classes="mm-in"):
            with gr.Column(elem_classes="mm-card", elem_id="fusion-picture-card"):
                with gr.Row(elem_classes="fz-drawing"):
                    with gr.Column(min_width=160, scale=2):
                        draw = piece(try_answer.title("fusion.draw", digits), elem_id="fusion-draw")
                        pad = drawing_pad("fusion-pad")
                        hint = piece(try_answer.hint(digits), elem_id="fusion-hint")
                    sees = piece(try_answer.sees(None), elem_id="fusion-sees", min_width=96)
                piece(try_answer.title("fusion.upload"))
                picture = add(
                    Picture(
                        type="filepath",
                        image_mode=None,
                        sources=["upload"],
                        height=112,
                        buttons=[],
                        show_label=False,
                        elem_id="fusion-picture",
                    ),
                    label="fusion.upload",
                    placeholder="fusion.drop",
                )
                noise = add(
                    gr.Slider(
                        0,
                        1,
                        0,
                        step=0.05,
                        elem_id="fusion-noise",
                        elem_classes="mm-slider",
                        buttons=[],
                    ),
                    label="fusion.noise.picture",
                )
                cover = add(
                    gr.Slider(
                        0,
                        90,
                        0,
                        step=5,
                        elem_id="fusion-cover",
                        elem_classes="mm-slider",
                        buttons=[],
                    ),
                    label="fusion.cover",
                )
            with gr.Column(elem_classes="mm-card", elem_id="fusion-sound-card"):
                say = piece(try_answer.title("fusion.sound", digits), elem_id="fusion-say")
                sound = add(
                    gr.Audio(
                        type="filepath",
                        sources=["microphone", "upload"],
                        show_label=False,
                        elem_id="fusion-sound",
                        waveform_options=gr.WaveformOptions(show_recording_waveform=False),
                        buttons=[],
                    ),
                    label="fusion.sound",
                )
                hears = piece(try_answer.hears(None), elem_id="fusion-hears")
                readout = piece(try_answer.noise_readout(0), elem_id="fusion-readout")
                level = add(
                    gr.Slider(
                        0,
                        len(try_answer.LEVELS) - 1,
                        0,
                        step=1,
                        elem_id="fusion-level",
                        elem_classes="mm-slider",
                        buttons=[],
                    ),
                    label="fusion.noise.sound",
                )
            with gr.Column(elem_classes="mm-card"):
                model, group = _models(context)
        with gr.Column(scale=8, min_width=320, elem_classes="mm-out"):
            with gr.Column(elem_classes=["mm-card", "mm-answer"], elem_id="fusion-answer"):
                head = piece(
                    try_answer.empty(digits),
                    html_template=_SPOKEN,
                    call="status(element, props, watch, trigger)",
                    elem_id="fusion-head",
                )
            with gr.Column(elem_classes="mm-card"):
                examples = piece(
                    try_answer.examples(digits, None if digits else ours().pictures),
                    elem_id="fusion-examples",
                )
            with gr.Column(elem_classes="mm-card", elem_id="fusion-curves-card") as curves_card:
                curves = piece(elem_id="fusion-curves")
            with gr.Column(
                visible=False, elem_classes="mm-card", elem_id="fusion-covered"
            ) as covered_card:
                covered = piece(elem_id="fusion-covered-rows")
    drawing = gr.State("")

    handlers = Handlers(context, picture, sound)
    shown = handlers.curves_html(0, 0, 0, first)
    curves.value, curves_card.visible = shown, bool(shown)
    rest = [sound, level, noise, cover, model, group]
    answer = [sees, hears, readout, head, covered_card, covered, group]
    pad.input(handlers.drawn, rest, [drawing, picture, *answer], **_WORKS)
    picture.upload(handlers.uploaded, [picture, *rest], [drawing, pad, *answer], **_WORKS)
    gr.on(
        [part.change for part in (picture, *rest)],
        handlers.answer,
        [drawing, picture, *rest],
        answer,
        **_WORKS,
    )
    put = [drawing, pad, picture, sound, level, noise, cover, *answer]
    for part in (examples, head):
        part.select(handlers.example, rest, put, **_WORKS)
    model.change(handlers.chosen, model, [draw, hint, say, examples], **_WORKS)
    gr.on(
        [part.change for part in (level, noise, cover, model)],
        handlers.curves,
        [level, noise, cover, model],
        [curves_card, curves],
        **_WORKS,
    )
    _public(handlers, context)
    return TryPanel(model)


def _public(handlers: Handlers, context: Context) -> None:
    """The endpoint `/fusion_classify`; its components are only there to say what it takes."""
    inputs = [
        Picture(type="filepath", image_mode=None, label="image", visible=False),
        gr.Audio(type="filepath", label="audio", visible=False),
        gr.Textbox(first_model(context.case), label="model", visible=False),
    ]
    answer = gr.JSON(label="answer", visible=False)
    gr.on(
        [gr.Button(visible=False).click],
        handlers.classify,
        inputs,
        answer,
        api_name="fusion_classify",
        show_progress="hidden",
    )


def _models(context: Context) -> tuple[gr.Radio, gr.Radio]:
    first = first_model(context.case)
    worlds = sorted(context.case.worlds, key=lambda world: world != first)
    model = context.language.add(
        gr.Radio(worlds, value=first, elem_id="fusion-model", elem_classes="mm-seg"),
        label="fusion.model",
        choices={world: f"fusion.model.{world}" for world in worlds},
        runs="fusion",
    )
    group = context.language.add(
        gr.Radio(
            list(CORRUPTIONS),
            value=CORRUPTIONS[0],
            elem_id="fusion-group",
            elem_classes="mm-seg",
            visible=False,
        ),
        label="fusion.group",
        choices={corruption: f"fusion.group.{corruption}" for corruption in CORRUPTIONS},
    )
    return model, group
