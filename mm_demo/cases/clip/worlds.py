"""Which bundled model answers for a picture: that of drawn scenes, or that of photographs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mm_demo.media.image import Picture


def world_of(picture: Picture, predictor: Callable[[str], Any]) -> str:
    """ "scenes" for what looks like a drawn scene, "photos" for all else.

    `predictor` gives the loaded model of a world. The model of drawn scenes is asked, since it is
    quick and knows its own surely; what neither knows goes to the photographs' model, which says
    so.
    """
    return "scenes" if predictor("scenes").strangeness(picture) <= 1 else "photos"
