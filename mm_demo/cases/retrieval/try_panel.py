"""Try retrieval: words, a picture or both in; pictures of the gallery out, and one's own put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.retrieval import try_answer
from mm_demo.cases.retrieval.try_api import Endpoints
from mm_demo.cases.retrieval.try_gallery import PageGallery, scope, sources_at_hand
from mm_demo.cases.retrieval.try_handlers import Handlers
from mm_demo.cases.retrieval.try_own import Own
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.evidence import evidence
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE

_SCRIPT = Path(__file__).with_suffix(".js")
_WORKS: dict[str, Any] = {**PRIVATE, "show_progress": "minimal"}
_SPOKEN = '<div class="shown"></div><div class="sr" role="status"></div>'
COUNTS = [8, 16, 32]


def build(context: Context) -> TryPanel:
    """Make the panel where the caller stands and wire it."""
    case, add = context.case, context.language.add
    worlds = [world for world in case.worlds if case.checkpoint(world).is_dir()]
    world = worlds[0] if worlds else case.worlds[0]
    with gr.Column(elem_classes="mm-card rt-query", elem_id="retrieval-query"):
        with gr.Row(elem_classes="rt-fields"):
            text = add(
                gr.Textbox(lines=1, max_lines=1, elem_id="retrieval-text", scale=5, min_width=220),
                label="retrieval.text",
                placeholder="retrieval.text.placeholder",
            )
            without = add(
                gr.Textbox(
                    lines=1, max_lines=1, elem_id="retrieval-without", scale=3, min_width=150
                ),
                label="retrieval.without",
                placeholder="retrieval.without.placeholder",
            )
            choose = add(
                gr.UploadButton(
                    file_count="single", type="filepath", elem_id="retrieval-picture",
                    scale=0, min_width=150,
                ),
                label="retrieval.picture",
            )  # fmt: skip
            search = add(
                gr.Button(variant="primary", elem_id="retrieval-search", scale=0, min_width=104),
                value="retrieval.search",
            )
        picked = piece(elem_id="retrieval-picked")
        with gr.Row(elem_classes="rt-settings"):
            sources = add(
                gr.CheckboxGroup(
                    list(sources_at_hand()),
                    value=scope(world),
                    elem_id="retrieval-sources",
                    elem_classes="rt-sources",
                    min_width=260,
                ),
                label="retrieval.sources",
                choices={name: f"retrieval.source.{name}" for name in sources_at_hand()},
            )
            count = add(
                gr.Radio(COUNTS, value=COUNTS[0], elem_id="retrieval-k", elem_classes="mm-seg",
                         min_width=150, scale=0),
                label="retrieval.count",
            )  # fmt: skip
            model = add(
                gr.Radio(worlds, value=world, elem_id="retrieval-model", elem_classes="mm-seg",
                         min_width=210, scale=0),
                label="retrieval.model",
                choices={name: f"retrieval.model.{name}" for name in worlds},
                runs="retrieval",
            )  # fmt: skip
        examples = piece(
            try_answer.examples(world),
            call="buttons(element, trigger)",
            elem_id="retrieval-examples",
        )
    with gr.Row(elem_classes="mm-try rt-out"):
        with (
            gr.Column(scale=8, min_width=320, elem_classes="mm-out"),
            gr.Column(elem_classes="mm-card mm-answer", elem_id="retrieval-answer"),
        ):
            head = piece(
                try_answer.empty(),
                html_template=_SPOKEN,
                call="status(element, props, watch, trigger)",
                elem_id="retrieval-head",
            )
            hits = gr.HTML(
                "",
                js_on_load=_SCRIPT.read_text(encoding="utf-8"),
                apply_default_css=False,
                elem_id="retrieval-hits",
            )
        with gr.Column(scale=4, min_width=290, elem_classes="mm-in"):
            with gr.Column(visible=False, elem_classes="mm-card", elem_id="retrieval-look") as look:
                shown = evidence(elem_id="retrieval-evidence")
                facts = piece(elem_id="retrieval-facts")
            sentences = piece(elem_id="retrieval-sentences", card=True, classes=["rt-optional"])
            with gr.Column(elem_classes="mm-card", elem_id="retrieval-own"):
                piece(
                    f'<p class="cap"><span>{words.both("retrieval.own")}</span></p>'
                    f'<p class="hint">{words.both("retrieval.own.hint")}</p>'
                )
                upload = add(
                    gr.UploadButton(
                        file_count="multiple", type="filepath", elem_id="retrieval-own-files"
                    ),
                    label="retrieval.own.add",
                )
                note = piece(elem_id="retrieval-own-note", classes=["rt-optional"])
                mine = piece(elem_id="retrieval-own-shots")
            export = gr.DownloadButton(visible="hidden", elem_id="retrieval-export")
    asked, picture = gr.State(None), gr.State(None)

    gallery = PageGallery(context.runs)
    own = Own(context, gallery)
    handlers = Handlers(context, gallery, own)
    fields = [text, without, picture, sources, count, model]
    answer = [head, hits, look, shown, facts, sentences, asked]

    def then(event: Any, reveal: bool = True) -> None:
        """After a search: the best hit looked at, then sentences for a picture."""
        if reveal:
            event.then(None, None, None, js="() => mm.reveal('retrieval-answer')", **PRIVATE)
        event.then(handlers.first, asked, [look, shown, facts], **PRIVATE).then(
            handlers.sentences, asked, sentences, **PRIVATE
        )

    then(
        gr.on(
            [search.click, text.submit, without.submit], handlers.search, fields, answer, **_WORKS
        )
    )
    again = [*fields, asked]
    then(gr.on([sources.input, count.input], handlers.again, again, answer, **_WORKS), False)
    then(
        model.change(handlers.model, model, [sources, examples], queue=False, **PRIVATE)
        .then(handlers.again, again, answer, **_WORKS),
        False,
    )  # fmt: skip
    then(
        examples.select(handlers.example, None, [text, without], queue=False, **PRIVATE)
        .then(handlers.search, fields, answer, **_WORKS)
    )  # fmt: skip
    then(
        choose.upload(handlers.put, choose, [picked, picture, choose], **PRIVATE)
        .then(handlers.with_picture, fields, answer, **_WORKS)
    )  # fmt: skip
    hits.select(
        handlers.look, asked, [look, shown, facts], trigger_mode="always_last", **PRIVATE
    ).then(None, None, None, js="() => mm.reveal('retrieval-look')", **PRIVATE)
    picked.select(lambda: ("", None), None, [picked, picture], queue=False, **PRIVATE)
    acted = facts.select(
        handlers.act, None, [text, without, picked, picture, note, mine], **PRIVATE
    )
    then(acted.then(handlers.search, fields, answer, **_WORKS))
    upload.upload(own.add, [upload, model], [note, mine, upload], **PRIVATE)
    mine.select(own.remove, None, [note, mine], **PRIVATE).then(
        handlers.again, again, answer, **PRIVATE
    )
    mine.download(own.export, None, export, queue=False, **PRIVATE).then(
        None, None, None, js="() => mm.fetchFile('retrieval-export')", **PRIVATE
    )
    linked = [text, without, model, *answer]
    then(gr.on(None, handlers.follow, [picture, count], linked, **PRIVATE), False)
    hits.submit(own.mine, None, mine, **PRIVATE)
    _public(Endpoints(context, gallery))
    return TryPanel(model)


def _public(endpoints: Endpoints) -> None:
    """`/retrieval_search` and `/retrieval_add`; the components only say what they take."""
    found, added = gr.JSON(label="answer", visible=False), gr.JSON(label="answer", visible=False)
    inputs = [
        gr.Textbox(label="text", visible=False),
        Picture(type="filepath", image_mode=None, label="image", visible=False),
        gr.Number(10, label="k", precision=0, visible=False),
        gr.Textbox("scenes", label="model", visible=False),
    ]
    files = gr.File(file_count="multiple", type="filepath", label="files", visible=False)
    for function, given, out, name in (
        (endpoints.search, inputs, found, "retrieval_search"),
        (endpoints.add, [files], added, "retrieval_add"),
    ):
        gr.on(
            [gr.Button(visible=False).click], function, given, out,
            api_name=name, show_progress="hidden",
        )  # fmt: skip
