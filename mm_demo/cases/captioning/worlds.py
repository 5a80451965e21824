"""Which bundled model answers for a picture: that of drawn scenes, or that of photographs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mm_demo.case import Case
from mm_demo.media.image import Picture


def at_hand(case: Case) -> list[str]:
    """The worlds whose bundled model is there."""
    return [world for world in case.worlds if case.checkpoint(world).is_dir()]


def worlds_of(
    case: Case, pictures: Sequence[Picture], predictor: Callable[[str], Any]
) -> list[str]:
    """ "scenes" for each picture that looks like a drawn scene, "photos" for each other.

    `predictor` gives the loaded model of a world. The model of drawn scenes is asked, since it is
    quick and knows its own surely; what neither knows goes to the photographs' model, which says
    so. Where only one model is at hand it is that one's; where none is, the first world's.
    """
    there = at_hand(case) or list(case.worlds[:1])
    if len(there) == 1:
        return there * len(pictures)
    _, strangeness = predictor("scenes").look(pictures)
    return ["scenes" if strange <= 1 else "photos" for strange in strangeness]
