# mypy: disallow-subclassing-any=False
"""Controls made from a case's knobs: a control for each, none declared twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.config import Knob, TrainConfig
from mm_demo.errors import UserError
from mm_demo.ui.language import Language


def slider_range(knob: Knob, preset_value: float, value: float) -> tuple[float, float, float]:
    """(minimum, maximum, step) of a knob's slider.

    A config's limits are wide (200,000 steps); a slider over all of them could not be set. It runs
    from the lowest sensible value to about three times the preset's, and further where `value` is.
    """
    step = knob.step or (1.0 if knob.is_integer else 0.01)
    low = knob.low if knob.low is not None else 0.0
    minimum = max(low, step) if low > 0 or not knob.is_integer else low
    wanted = max(3 * preset_value, value, minimum + 10 * step)
    maximum = math.ceil(wanted / step - 1e-9) * step
    if knob.high is not None:
        maximum = min(maximum, knob.high)
    return _round(minimum), _round(max(maximum, value)), step


def _round(value: float) -> float:
    return float(f"{value:.8g}")


class KnobSlider(gr.Slider):
    """A slider whose number may lie beyond its ends: the config says what is legal, in a sentence.

    Gradio's own refuses it with a toast in English, and its page moves it to an end in silence
    (page.js keeps it from that).
    """

    is_template = True

    def preprocess(self, payload: float | None) -> float | None:
        """What stands in the field, as it is; None where it is empty."""
        return payload


@dataclass(frozen=True)
class Controls:
    """A case's controls by knob name, in the order of the config."""

    case: Case
    by_name: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """The knobs' names."""
        return list(self.by_name)

    @property
    def components(self) -> list[Any]:
        """The controls, in the same order."""
        return list(self.by_name.values())

    def config(self, dataset: str, preset: str, values: Mapping[str, Any]) -> TrainConfig:
        """The config that the controls stand at; UserError for an illegal or an empty one."""
        base = self.case.preset(preset, dataset)
        changed = {
            name: value
            for name, value in values.items()
            if not _same(value, getattr(base, name, None))
        }
        for name, value in changed.items():
            if value in (None, ""):
                raise UserError("knob.empty", name=name)
        return base.changed(changed)

    def updates(
        self, dataset: str, preset: str, values: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Updates that put the controls at a data set's preset, then at `values`.

        What does nothing for the data set is not shown.
        """
        base = self.case.preset(preset, dataset)
        wanted = {**base.model_dump(), **(values or {})}
        by_name = {knob.name: knob for knob in self.case.config.knobs()}
        updates = []
        for name in self.names:
            knob, value = by_name[name], wanted[name]
            seen = name not in self.case.idle_of(dataset)
            if _is_slider(knob):
                low, high, step = slider_range(knob, float(getattr(base, name)), float(value))
                updates.append(
                    gr.update(value=value, minimum=low, maximum=high, step=step, visible=seen)
                )
            else:
                updates.append(gr.update(value=value, visible=seen))
        return updates


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-9)
    return bool(a == b)


def _is_slider(knob: Knob) -> bool:
    plain = knob.choices or isinstance(knob.default, bool) or knob.name == "seed"
    return knob.shown == "main" and not plain


def controls(case: Case, preset: str, language: Language) -> Controls:
    """Make the controls where the caller stands: the main ones, the rest under "More knobs".

    They stand at the preset of the case's first data set.
    """
    base = case.preset(preset, case.datasets[0])
    knobs = [knob for knob in case.config.knobs() if knob.shown != "none"]
    main = [knob for knob in knobs if knob.shown == "main"]
    main.sort(key=lambda knob: knob.name == "seed")  # the seed last
    made = {knob.name: _control(case, knob, base, language) for knob in main}
    more = [knob for knob in knobs if knob.shown == "more"]
    if more:
        with language.add(gr.Accordion(open=False, elem_classes="mm-more"), label="train.more"):
            made |= {knob.name: _control(case, knob, base, language) for knob in more}
    order = [knob.name for knob in knobs]
    return Controls(case, {name: made[name] for name in order})


def _control(case: Case, knob: Knob, base: TrainConfig, language: Language) -> Any:
    value = getattr(base, knob.name)
    keys: dict[str, Any] = {"label": knob.label_key}
    if knob.hint_key in words.table("en"):
        keys["info"] = knob.hint_key
    shown: dict[str, Any] = {
        "elem_id": f"{case.name}-knob-{knob.name}",
        "visible": knob.name not in case.idle_of(case.datasets[0]),
    }
    if knob.choices:
        radio = gr.Radio(list(knob.choices), value=value, elem_classes="mm-seg", **shown)
        choices = {choice: f"{knob.label_key}.{choice}" for choice in knob.choices}
        return language.add(radio, choices=choices, **keys)
    if isinstance(value, bool):
        return language.add(gr.Checkbox(value, **shown), **keys)
    if _is_slider(knob):
        low, high, step = slider_range(knob, float(value), float(value))
        slider = KnobSlider(
            low, high, value, step=step, elem_classes="mm-slider", buttons=[], **shown
        )
        return language.add(slider, **keys)
    # no precision: Gradio would round a fraction in silence
    number = gr.Number(value, elem_classes="mm-number", **shown)
    return language.add(number, **keys)
