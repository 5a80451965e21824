"""The public endpoint of a case's training: the same runs as on the page, as plain events."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from mm_demo.case import Case
from mm_demo.errors import UserError
from mm_demo.events import Progress
from mm_demo.ui.context import refusal
from mm_demo.ui.trainer import Begun, Order, Trainer
from mm_demo.ui.training_handlers import visitor

log = logging.getLogger(__name__)
_BETWEEN = 1 / 3


def train_endpoint(case: Case, trainer: Trainer) -> Callable[..., Iterator[dict[str, Any]]]:
    """The function behind `/<case>_train`."""
    first = next(iter(case.presets))

    def train(
        dataset: str = case.datasets[0],
        preset: str = first,
        seed: int = 0,
        settings: dict[str, Any] | None = None,
        request: gr.Request = None,
    ) -> Iterator[dict[str, Any]]:
        """Train a model of this client's own; yields events as JSON objects.

        Every event is told but "progress", which comes at most three times a second. The last is
        "finished" or "stopped"; its "checkpoint" is the name by which this client uses the model.
        """
        number, last = 0, 0.0
        try:
            case.check_dataset(dataset)
            if not isinstance(settings or {}, dict):
                raise UserError("knob.no_value", setting=str(settings)[:80])
            config = case.preset(preset, dataset).changed({"seed": seed, **(settings or {})})
            order = Order(case, dataset, preset, config)
            with closing(trainer.run(visitor(request), order)) as events:
                for event in events:
                    if isinstance(event, Begun):
                        number = event.number
                        continue
                    if isinstance(event, Progress):
                        if time.monotonic() - last < _BETWEEN:
                            continue
                        last = time.monotonic()
                    told = event.to_dict()
                    if "checkpoint" in told:
                        told["checkpoint"] = f"run-{number}"
                    yield told
        except UserError as error:
            raise refusal(error) from None

    return train
