"""Which model searches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mm_demo.ui.context import Context


@dataclass(frozen=True)
class Answering:
    """The model that searches; `world` is what it learned from, `folder` where a run's lies."""

    predictor: Any
    world: str
    folder: Path | None


def answering(context: Context, session: str | None, model: str | None) -> Answering:
    """The model of that name, the first world's without one. UserError as `Context.predictor`."""
    case = context.case
    name = (model or case.worlds[0]).removeprefix(f"{case.name}-")
    predictor = context.predictor(session, name)
    if name in case.worlds:
        return Answering(predictor, name, None)
    dataset = context.runs.get(session, int(name.removeprefix("run-"))).dataset
    return Answering(predictor, case.world_of(dataset), context.model_folder(session, name))
