"""Try captioning: a picture in, a sentence with the evidence of each of its words out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.captioning import try_answer
from mm_demo.cases.captioning.try_api import Endpoints
from mm_demo.cases.captioning.try_examples import first, thumbs
from mm_demo.cases.captioning.try_handlers import Handlers
from mm_demo.cases.captioning.try_many import Many
from mm_demo.cases.captioning.try_settings import Controls, controls, shown_for
from mm_demo.cases.captioning.try_worlds import AUTO
from mm_demo.cases.captioning.worlds import at_hand
from mm_demo.media.image import MAX_BYTES
from mm_demo.ui import cards
from mm_demo.ui.composer import Composer, composer
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE

_SCRIPT = Path(__file__).with_suffix(".js")
_WORKS: dict[str, Any] = {**PRIVATE, "show_progress": "minimal"}
_SPOKEN = '<div class="shown"></div><div class="sr" role="status"></div>'
_PAGE_LANGUAGE = "() => [document.documentElement.lang === 'en' ? 'en' : 'zh']"
_REVEAL = "() => mm.reveal('captioning-answer')"
_MARK_EXAMPLE = """(file) => { const path = (file && file.path) || '';
  document.querySelectorAll('#captioning-thumbs [data-file]').forEach((button) =>
    button.setAttribute('aria-pressed', String(path.endsWith(`/${button.dataset.file}`)))); }"""


def build(context: Context) -> TryPanel:
    """Make the panel where the caller stands and wire it."""
    worlds, add = at_hand(context.case), context.language.add
    with gr.Row(elem_classes="mm-try"):
        with gr.Column(scale=4, min_width=300, elem_classes="mm-in"):
            with gr.Column(elem_classes="mm-card mm-picture", elem_id="captioning-picture-card"):
                picture, examples, drawing = _picture(context, worlds)
            with gr.Column(elem_classes="mm-card"):
                language, model = _choices(context, worlds)
                knobs = controls(context.language)
        with gr.Column(scale=8, min_width=320, elem_classes="mm-out"):
            with gr.Column(elem_classes="mm-card mm-answer", elem_id="captioning-answer"):
                head = piece(
                    try_answer.empty(first(worlds)),
                    html_template=_SPOKEN,
                    call="status(element, props, watch, trigger)",
                    elem_id="captioning-head",
                )
                with gr.Column(visible=False, elem_id="captioning-body") as body:
                    said = gr.HTML(
                        "",
                        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
                        apply_default_css=False,
                        elem_id="captioning-words",
                    )
                    instead = piece(elem_id="captioning-instead")
                    foot = piece(elem_id="captioning-foot")
            with gr.Column(
                visible=False, elem_classes="mm-card", elem_id="captioning-tree-card"
            ) as tree_card:
                tree = piece(elem_id="captioning-tree")
            with gr.Column(
                visible=False, elem_classes="mm-card cp-own", elem_id="captioning-score-card"
            ) as score_card:
                references = add(
                    gr.Textbox(
                        lines=2, max_lines=10, max_length=None, elem_id="captioning-references"
                    ),
                    label="captioning.score",
                    placeholder="captioning.score.placeholder",
                    info="captioning.score.hint",
                )
                compare = add(
                    gr.Button(size="sm", elem_id="captioning-compare"),
                    value="captioning.score.button",
                )
                scored = piece(elem_id="captioning-score", classes=["rt-optional"])
            with gr.Column(elem_classes="mm-card cp-own", elem_id="captioning-many-card"):
                piece(
                    f'<p class="cap"><span>{words.both("captioning.many")}</span></p>'
                    f'<p class="hint">{words.both("captioning.many.hint")}</p>'
                )
                with gr.Row(elem_classes="cp-buttons"):
                    files = add(
                        gr.UploadButton(
                            file_count="multiple", type="filepath", size="sm",
                            elem_id="captioning-files", scale=0, min_width=190,
                        ),
                        label="captioning.many.files",
                    )  # fmt: skip
                    stop = add(
                        gr.Button(
                            visible=False, size="sm", elem_id="captioning-stop", scale=0,
                            min_width=90,
                        ),
                        value="captioning.many.stop",
                    )  # fmt: skip
                rows = piece(elem_id="captioning-rows", classes=["rt-optional"])
                csv = gr.DownloadButton(visible="hidden", elem_id="captioning-csv")
    asked, cells = gr.State(None), gr.State(None)

    many = Many(context)
    handlers = Handlers(context, picture, many, first(worlds))
    answer = [head, body, said, instead, foot, tree_card, tree, score_card, asked]
    fields = [picture, language, model, knobs.method, *knobs.numbers]
    gr.on(
        [part.change for part in fields], handlers.answer, fields, answer,
        trigger_mode="always_last", **_WORKS,
    ).then(handlers.scored_again, [references, asked], scored, **PRIVATE)  # fmt: skip
    picture.change(None, picture, None, js=_MARK_EXAMPLE, **PRIVATE)
    put = [
        part.select(handlers.example, None, picture, queue=False, **PRIVATE)
        for part in (examples, head)
    ]
    put.append(drawing.form.submit(handlers.composed, None, picture, queue=False, **PRIVATE))
    for event in put:
        event.then(None, None, None, js=_REVEAL, **PRIVATE)
    picture.upload(None, None, None, js=_REVEAL, **PRIVATE)
    _wire_knobs(knobs, handlers)
    said.select(handlers.instead, asked, instead, trigger_mode="always_last", **PRIVATE)
    gr.on(
        [compare.click, references.submit], handlers.score, [references, asked], scored, **PRIVATE
    )
    files.upload(
        handlers.captions, [files, *fields[1:]], [rows, stop, cells, files],
        concurrency_limit=2, **PRIVATE,
    )  # fmt: skip
    stop.click(many.stop, None, None, queue=False, **PRIVATE)
    rows.download(many.file, cells, csv, queue=False, **PRIVATE).then(
        None, None, None, js="() => mm.fetchFile('captioning-csv')", **PRIVATE
    )
    gr.on(None, handlers.follow, language, fields, js=_PAGE_LANGUAGE, queue=False, **PRIVATE)
    _public(Endpoints(context))
    return TryPanel(model)


def _picture(context: Context, worlds: list[str]) -> tuple[Picture, gr.HTML, Composer]:
    limit = words.both("captioning.picture.limit", limit=MAX_BYTES)
    piece(
        f'<div class="lab"><span>{words.both("captioning.picture")}</span>'
        f'<span class="info">{limit}</span></div>'
    )
    picture = context.language.add(
        Picture(
            type="filepath",
            image_mode=None,
            sources=["upload", "webcam", "clipboard"],
            webcam_options=gr.WebcamOptions(mirror=False),
            buttons=["fullscreen"],
            show_label=False,
            elem_id="captioning-picture",
        ),
        label="captioning.picture",
        placeholder="captioning.drop",
    )
    piece(
        _tools(),
        call="pictureTools(element, 'captioning-picture', 'captioning-picture-card')",
        elem_id="captioning-tools",
    )
    examples = piece(
        thumbs(worlds),
        call="thumbs(element, trigger, 'captioning-picture')",
        elem_id="captioning-thumbs",
    )
    with gr.Column(elem_classes="mm-composer"):
        drawing = composer("captioning-composer")
    return picture, examples, drawing


def _tools() -> str:
    made = "".join(
        f'<button type="button" class="btn s" data-tool="{tool}">{cards.icon(sign)}'
        f"{words.both(f'captioning.{tool}')}</button>"
        for tool, sign in (("upload", "upload"), ("camera", "camera"), ("draw", "pen"))
    )
    faults = "".join(
        f'<span data-camera="{fault}" hidden>{words.both(f"captioning.camera.{fault}")}</span>'
        for fault in ("refused", "absent")
    )
    return f'<div class="tools">{made}</div><p class="hint" role="status">{faults}</p>'


def _choices(context: Context, worlds: list[str]) -> tuple[gr.Radio, gr.Radio]:
    add, models = context.language.add, [AUTO, *worlds]
    language = add(
        gr.Radio(
            list(words.LANGUAGES), value="en", elem_id="captioning-language", elem_classes="mm-seg"
        ),
        label="captioning.language",
        choices={name: f"captioning.language.{name}" for name in words.LANGUAGES},
    )
    model = add(
        gr.Radio(models, value=AUTO, elem_id="captioning-model", elem_classes="mm-seg"),
        label="captioning.model",
        choices={name: f"captioning.model.{name}" for name in models},
        runs="captioning",
    )
    return language, model


def _wire_knobs(knobs: Controls, handlers: Handlers) -> None:
    seed = knobs.numbers[-2]
    knobs.method.change(shown_for, knobs.method, list(knobs.groups), queue=False, **PRIVATE)
    knobs.again.click(handlers.next_seed, seed, seed, queue=False, **PRIVATE)


def _public(endpoints: Endpoints) -> None:
    """The endpoint `/captioning_caption`; its components are only there to say what it takes."""
    numbers = {
        "beam": 3, "length_penalty": 0.7, "temperature": 1.0, "top_p": 0.9, "seed": 0,
        "max_words": 30,
    }  # fmt: skip
    inputs = [
        Picture(type="filepath", image_mode=None, label="image", visible=False),
        gr.Textbox("beam", label="method", visible=False),
        *(gr.Number(value, label=name, visible=False) for name, value in numbers.items()),
        gr.Textbox("en", label="language", visible=False),
        gr.Textbox(AUTO, label="model", visible=False),
    ]
    gr.on(
        [gr.Button(visible=False).click], endpoints.caption, inputs,
        gr.JSON(label="answer", visible=False),
        api_name="captioning_caption", show_progress="hidden",
    )  # fmt: skip
