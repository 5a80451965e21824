"""Which model answers in Try: the one chosen, or the one for such a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mm_demo.case import OWN, Case
from mm_demo.cases.clip.worlds import world_of
from mm_demo.media.image import Picture
from mm_demo.ui.context import Context

AUTO, SCENES, PHOTOS = "auto", "scenes", "photos"


@dataclass(frozen=True)
class Answering:
    """The model that answers.

    `name` is its own on the page ("scenes", "photos", "run-1"), `world` what it learned from,
    `chosen_for` True where it was picked for the picture; `terms`: its data has terms to be told.
    """

    predictor: Any
    name: str
    world: str = SCENES
    chosen_for: bool = False
    terms: bool = False


def at_hand(case: Case) -> list[str]:
    """The worlds whose bundled model is there."""
    return [world for world in case.worlds if case.checkpoint(world).is_dir()]


def answering(
    context: Context, session: str | None, choice: str | None, picture: Picture
) -> Answering:
    """The model for a choice: a world, "run-1", or "auto" (also none at all).

    Where only one bundled model is there, "auto" is that one. UserError as `Context.predictor`.
    """
    case, name = context.case, (choice or AUTO).removeprefix(f"{context.case.name}-")
    chosen_for = False
    if name == AUTO:
        worlds = at_hand(case)
        chosen_for = len(worlds) > 1
        name = case.worlds[0]
        if chosen_for:
            name = world_of(picture, lambda world: context.predictor(session, world))
    predictor = context.predictor(session, name)
    if name in case.worlds:
        return Answering(predictor, name, name, chosen_for, terms=name == PHOTOS)
    dataset = context.runs.get(session, int(name.removeprefix("run-"))).dataset
    world = case.world_of(dataset)
    return Answering(predictor, name, world, terms=world == PHOTOS and dataset != OWN)
