"""Which model answers in Try, and in which language: as chosen, or as the picture is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mm_demo.case import OWN
from mm_demo.cases.captioning.worlds import at_hand, worlds_of
from mm_demo.media.image import Picture
from mm_demo.ui.context import Context

AUTO = "auto"


@dataclass(frozen=True)
class Answering:
    """The model that answers.

    `name` is its own on the page ("scenes", "photos", "run-1"), `world` what it learned from,
    `chosen_for` True where it was picked for the picture; `terms`: its data has terms to be told.
    """

    predictor: Any
    name: str
    world: str
    chosen_for: bool = False
    terms: bool = False


def names_of(
    context: Context, session: str | None, choice: str | None, pictures: Sequence[Picture]
) -> list[str]:
    """The model of each picture for a choice: a world, "run-1", or "auto" (also none at all)."""
    name = (choice or AUTO).removeprefix(f"{context.case.name}-")
    if name != AUTO:
        return [name] * len(pictures)
    return worlds_of(context.case, pictures, lambda world: context.predictor(session, world))


def answering(
    context: Context, session: str | None, choice: str | None, picture: Picture
) -> Answering:
    """The model for one picture. UserError as `Context.predictor`."""
    case = context.case
    (name,) = names_of(context, session, choice, [picture])
    predictor = context.predictor(session, name)
    chosen_for = (choice or AUTO) == AUTO and len(at_hand(case)) > 1
    if name in case.worlds:
        return Answering(predictor, name, name, chosen_for, terms=name == "photos")
    dataset = context.runs.get(session, int(name.removeprefix("run-"))).dataset
    world = case.world_of(dataset)
    return Answering(predictor, name, world, terms=world == "photos" and dataset != OWN)
