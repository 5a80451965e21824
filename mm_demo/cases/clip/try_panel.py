"""Try CLIP: a picture and labels in, the ranked labels and where the model looked out."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.clip import try_answer
from mm_demo.cases.clip.labels import TEMPLATES
from mm_demo.cases.clip.try_handlers import Handlers
from mm_demo.cases.clip.try_matrix import OURS, Matrix
from mm_demo.cases.clip.try_thumbs import first, thumbs
from mm_demo.cases.clip.try_worlds import AUTO, at_hand
from mm_demo.media.image import MAX_BYTES
from mm_demo.ui import cards
from mm_demo.ui.composer import composer
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.evidence import evidence
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE

_WORKS: dict[str, Any] = {**PRIVATE, "show_progress": "minimal"}
_SPOKEN = '<div class="shown"></div><div class="sr" role="status"></div>'


def build(context: Context) -> TryPanel:
    """Make the panel where the caller stands and wire it."""
    worlds = at_hand(context.case)
    with gr.Row(elem_classes="mm-try"):
        with gr.Column(scale=4, min_width=300, elem_classes="mm-in"):
            with gr.Column(elem_classes="mm-card mm-picture", elem_id="clip-picture-card"):
                piece(_picture_head())
                picture = context.language.add(
                    Picture(
                        type="filepath",
                        image_mode=None,
                        sources=["upload", "webcam", "clipboard"],
                        webcam_options=gr.WebcamOptions(mirror=False),
                        buttons=["fullscreen"],
                        show_label=False,
                        elem_id="clip-picture",
                    ),
                    label="clip.picture",
                    placeholder="clip.drop",
                )
                piece(
                    _tools(),
                    call="pictureTools(element, 'clip-picture', 'clip-picture-card')",
                    elem_id="clip-tools",
                )
                examples = piece(
                    thumbs(worlds),
                    call="thumbs(element, trigger, 'clip-picture')",
                    elem_id="clip-thumbs",
                )
                with gr.Column(elem_classes="mm-composer"):
                    drawing = composer("clip-composer")
            with gr.Column(elem_classes="mm-card"):
                labels, template, model, match, clear = _fields(context, worlds)
        with gr.Column(scale=8, min_width=320, elem_classes="mm-out"):
            with gr.Column(elem_classes="mm-card mm-answer", elem_id="clip-answer"):
                head = piece(
                    try_answer.empty(first(worlds)),
                    html_template=_SPOKEN,
                    call="status(element, props, watch, trigger)",
                    elem_id="clip-head",
                )
                with gr.Column(visible=False, elem_id="clip-body") as body:
                    with gr.Row(elem_classes="mm-pair"):
                        shown = evidence(elem_id="clip-evidence", scale=4, min_width=250)
                        rows = piece(
                            call="ranking(element, props, watch, trigger)",
                            elem_id="clip-rows",
                            scale=5,
                            min_width=280,
                        )
                    foot = piece(
                        call="answered(element, watch, 'clip-answer')", elem_id="clip-foot"
                    )
            with gr.Column(visible=False, elem_classes="mm-card", elem_id="clip-cross") as card:
                table = piece(elem_id="clip-matrix")
                more = context.language.add(
                    gr.UploadButton(
                        file_count="multiple",
                        type="filepath",
                        size="sm",
                        elem_id="clip-matrix-files",
                        elem_classes="mm-more",
                    ),
                    label="clip.matrix.files",
                )
    asked, matrix_rows = gr.State(None), gr.State(list(OURS))

    handlers = Handlers(context, picture, _languages(context), first(worlds))
    matrix = Matrix(context)
    answer = [head, body, shown, rows, foot, asked]
    fields = [picture, labels, template, model]
    ran = [
        gr.on(
            [match.click, template.submit, labels.submit],
            handlers.match, fields, answer, **_WORKS,
        ),
        *(
            part.select(
                handlers.example, [template, model], [picture, labels, *answer], **_WORKS
            )
            for part in (examples, head)
        ),
        gr.on(None, handlers.follow, None, [picture, labels, template, *answer], **_WORKS),
        clear.click(
            handlers.clear, None, [picture, labels, template, *answer], queue=False, **PRIVATE
        ),
        model.change(handlers.again, [*fields, asked], answer, **_WORKS),
    ]  # fmt: skip
    compared = [card, table, matrix_rows]
    for event in ran:
        event.then(matrix.fill, [matrix_rows, asked], compared, **PRIVATE)
    for event in ran[:3]:
        event.then(None, None, None, js="() => mm.reveal('clip-answer')", **PRIVATE)
    rows.select(handlers.look, asked, shown, trigger_mode="always_last", **PRIVATE)
    table.select(matrix.change, [matrix_rows, asked], compared, **_WORKS)
    more.upload(matrix.put, [more, matrix_rows, asked], [*compared, more], **_WORKS)
    drawing.form.submit(handlers.composed, None, picture, queue=False, **PRIVATE)
    picture.change(
        None, picture, None,
        js="(file) => { const path = (file && file.path) || ''; "
        "document.querySelectorAll('#clip-thumbs [data-file]').forEach((button) => "
        "button.setAttribute('aria-pressed', String(path.endsWith(`/${button.dataset.file}`)))); "
        "mm.chose('clip-answer', 'picture', path); }",
        **PRIVATE,
    )  # fmt: skip
    model.change(
        None, model, None, js="(name) => mm.chose('clip-answer', 'model', name)", **PRIVATE
    )
    _public(handlers)
    return TryPanel(model)


def _public(handlers: Handlers) -> None:
    """The endpoint `/clip_classify`; its components are only there to say what it takes."""
    inputs = [
        Picture(type="filepath", image_mode=None, label="image", visible=False),
        gr.Textbox(label="labels", visible=False),
        gr.Textbox(TEMPLATES["en"], label="template", visible=False),
        gr.Textbox(AUTO, label="model", visible=False),
    ]
    answer = gr.JSON(label="answer", visible=False)
    gr.on(
        [gr.Button(visible=False).click],
        handlers.classify,
        inputs,
        answer,
        api_name="clip_classify",
        show_progress="hidden",
    )


def _fields(
    context: Context, worlds: list[str]
) -> tuple[gr.Textbox, gr.Textbox, gr.Radio, gr.Button, gr.Button]:
    add = context.language.add
    labels = add(
        gr.Textbox(lines=5, max_lines=8, elem_id="clip-labels", max_length=None),
        label="clip.labels",
        placeholder="clip.labels.placeholder",
    )
    template = add(
        gr.Textbox(TEMPLATES["en"], lines=1, max_lines=1, elem_id="clip-template"),
        label="clip.template",
    )
    choices = [AUTO, *worlds]
    model = add(
        gr.Radio(choices, value=AUTO, elem_id="clip-model", elem_classes="mm-seg"),
        label="clip.model",
        choices={choice: f"clip.model.{choice}" for choice in choices},
        runs="clip",
    )
    with gr.Row(elem_classes="mm-actions"):
        match = add(
            gr.Button(variant="primary", elem_id="clip-match", scale=3, min_width=120),
            value="clip.match",
        )
        clear = add(gr.Button(elem_id="clip-clear", scale=1, min_width=84), value="clip.clear")
    return labels, template, model, match, clear


def _languages(context: Context) -> tuple[str, ...]:
    """The languages that the bundled model reads: example labels come in the page's, if it does."""
    file = context.case.checkpoint() / "run.json"
    try:
        language = json.loads(file.read_text(encoding="utf-8"))["config"]["language"]
    except (OSError, ValueError, KeyError, TypeError):
        return ("en",)
    return ("en", "zh") if language == "both" else (str(language),)


def _picture_head() -> str:
    limit = words.both("clip.picture.limit", limit=MAX_BYTES)
    return (
        f'<div class="lab"><span>{words.both("clip.picture")}</span>'
        f'<span class="info">{limit}</span></div>'
    )


def _tools() -> str:
    made = "".join(
        f'<button type="button" class="btn s" data-tool="{tool}">{cards.icon(sign)}'
        f"{words.both(f'clip.{tool}')}</button>"
        for tool, sign in (("upload", "upload"), ("camera", "camera"), ("draw", "pen"))
    )
    faults = "".join(
        f'<span data-camera="{fault}" hidden>{words.both(f"clip.camera.{fault}")}</span>'
        for fault in ("refused", "absent")
    )
    return f'<div class="tools">{made}</div><p class="hint" role="status">{faults}</p>'
