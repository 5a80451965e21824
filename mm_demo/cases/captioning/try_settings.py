"""How Try lets a visitor set decoding: a control for each setting, those of the method shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mm_demo.ui.knobs import KnobSlider
from mm_demo.ui.language import Language

METHODS = ("greedy", "beam", "sample")
NUMBERS = ("beam", "length_penalty", "temperature", "top_p", "seed", "max_words")
OF_METHOD = {
    "greedy": (),
    "beam": ("beam", "length_penalty"),
    "sample": ("temperature", "top_p", "seed"),
}
LINKED = {name: name for name in NUMBERS} | {"seed": "draw"}  # in a link, `seed` is a training's
# lowest, highest and first value, and the step: what is sensible, within what `decode.LIMITS` allow
_SLIDERS = {
    "beam": (1, 10, 3, 1),
    "length_penalty": (0, 2, 0.7, 0.1),
    "temperature": (0, 2, 1, 0.1),
    "top_p": (0.05, 1, 0.9, 0.05),
    "max_words": (1, 30, 30, 1),
}


@dataclass(frozen=True)
class Controls:
    """The controls; `groups` are what is shown for beam search and for sampling."""

    method: gr.Radio
    numbers: tuple[Any, ...]
    groups: tuple[gr.Column, gr.Column]
    again: gr.Button


def settings(method: str, numbers: Sequence[float | None]) -> dict[str, Any]:
    """What `Decoding` takes, from the controls' values; an emptied one is refused there."""
    return {"method": method, **dict(zip(NUMBERS, numbers, strict=True))}


def linked(how: Mapping[str, Any]) -> dict[str, Any]:
    """What a link says of the settings: the method, and what it uses."""
    used = (*OF_METHOD[how["method"]], "max_words")
    return {"method": how["method"], **{LINKED[name]: how[name] for name in used}}


def shown_for(method: str) -> tuple[Any, Any]:
    """Updates of `groups`."""
    return gr.Column(visible=method == "beam"), gr.Column(visible=method == "sample")


def controls(language: Language) -> Controls:
    """Make them where the caller stands."""
    add, made = language.add, {}

    def slider(name: str) -> None:
        low, high, value, step = _SLIDERS[name]
        made[name] = add(
            KnobSlider(
                low, high, value, step=step, buttons=[],
                elem_id=f"captioning-{name}", elem_classes="mm-slider",
            ),
            label=f"captioning.knob.{name}",
        )  # fmt: skip

    method = add(
        gr.Radio(list(METHODS), value="beam", elem_id="captioning-method", elem_classes="mm-seg"),
        label="captioning.how",
        choices={name: f"captioning.method.{name}" for name in METHODS},
    )
    with gr.Column(elem_id="captioning-beam-knobs") as beam:
        slider("beam")
        slider("length_penalty")
    with gr.Column(visible=False, elem_id="captioning-sample-knobs") as sample:
        slider("temperature")
        slider("top_p")
        with gr.Row(elem_classes="cp-seed"):
            # no precision: Gradio would round a fraction in silence
            made["seed"] = add(
                gr.Number(0, elem_id="captioning-seed", elem_classes="mm-number", min_width=90),
                label="captioning.knob.seed",
            )
            again = add(
                gr.Button(elem_id="captioning-again", size="sm", min_width=110, scale=0),
                value="captioning.again",
            )
    with add(
        gr.Accordion(open=False, elem_classes=["mm-more", "cp-more"]), label="captioning.more"
    ):
        slider("max_words")
    return Controls(method, tuple(made[name] for name in NUMBERS), (beam, sample), again)
