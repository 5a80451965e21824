"""Try fusion: a drawing and a sound in, five answers and whom each trusted out."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from mm_demo import words
from mm_demo.cases.fusion import try_answer
from mm_demo.cases.fusion.try_handlers import Handlers, ours
from mm_demo.data.inline import data_url
from mm_demo.data.sounding_shapes import CORRUPTIONS, THINGS
from mm_demo.ui import cards
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.pad import drawing_pad
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE

_WORKS: dict[str, Any] = {**PRIVATE, "queue": False, "trigger_mode": "always_last"}
_SPOKEN = '<div class="shown"></div><div class="sr" role="status"></div>'
_DISAGREE = (("harp", "bee"), ("flute", "drum"))


def build(context: Context) -> TryPanel:
    """Make the panel where the caller stands and wire it."""
    add = context.language.add
    with gr.Row(elem_classes=["mm-try", "fz-try"]):
        with gr.Column(scale=4, min_width=300, elem_classes="mm-in"):
            with gr.Column(elem_classes="mm-card", elem_id="fusion-picture-card"):
                with gr.Row(elem_classes="fz-drawing"):
                    with gr.Column(min_width=160, scale=2):
                        piece(_head("fusion.draw"))
                        pad = drawing_pad("fusion-pad")
                        piece(f'<p class="hint">{words.both("fusion.draw.hint")}</p>')
                    sees = piece(try_answer.sees(None), elem_id="fusion-sees", min_width=96)
                piece(_head("fusion.upload"))
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
                piece(_head("fusion.sound"))
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
                    try_answer.empty(),
                    html_template=_SPOKEN,
                    call="status(element, props, watch, trigger)",
                    elem_id="fusion-head",
                )
            with gr.Column(elem_classes="mm-card"):
                examples = piece(_examples(), elem_id="fusion-examples")
            with gr.Column(
                visible=False, elem_classes="mm-card", elem_id="fusion-covered"
            ) as covered_card:
                covered = piece(elem_id="fusion-covered-rows")
    drawing = gr.State("")

    handlers = Handlers(context, picture, sound)
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
        part.select(handlers.example, [model, group], put, **_WORKS)
    _public(handlers, context)
    return TryPanel(model)


def _public(handlers: Handlers, context: Context) -> None:
    """The endpoint `/fusion_classify`; its components are only there to say what it takes."""
    inputs = [
        Picture(type="filepath", image_mode=None, label="image", visible=False),
        gr.Audio(type="filepath", label="audio", visible=False),
        gr.Textbox(context.case.worlds[0], label="model", visible=False),
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
    worlds = context.case.worlds
    model = context.language.add(
        gr.Radio(list(worlds), value=worlds[0], elem_id="fusion-model", elem_classes="mm-seg"),
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


def _head(key: str) -> str:
    return f'<div class="lab"><span>{words.both(key)}</span></div>'


def _examples() -> str:
    """The ten things, each a button; then the pairs that disagree."""
    tiles = ""
    for place, thing in enumerate(THINGS):
        grey = (255 * ours().pictures[place]).astype(np.uint8)
        pixels = grey.repeat(2, 0).repeat(2, 1)[..., None].repeat(3, 2)
        name = words.both(f"fusion.thing.{thing}")
        picture = f'<img src="{data_url(pixels, 90)}" width="56" height="56" alt="">'
        tiles += (
            f'<button type="button" data-do="example" data-seen="{thing}" data-heard="{thing}">'
            f"{picture}<span>{name}</span></button>"
        )
    pairs = "".join(
        cards.button(
            "example",
            words.both(
                "fusion.example.differ",
                seen=try_answer.name_of(seen, True),
                heard=try_answer.name_of(heard, True),
            ),
            kind="s",
            seen=seen,
            heard=heard,
        )
        for seen, heard in _DISAGREE
    )
    return (
        f'{_head("fusion.examples")}<div class="fz-things" data-strip>{tiles}</div>'
        f'<div class="btns fz-pairs">{pairs}</div>'
    )
