"""A checkpoint folder's networks: loaded by whoever answers with them or measures them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mm_demo import store
from mm_demo.cases.fusion.model import FusionNetworks
from mm_demo.errors import UserError

ABOUT = "fusion.json"  # the data set, its classes, the samples of a sound, each group's best fusion


def load_networks(folder: Path) -> tuple[FusionNetworks, dict[str, Any]]:
    """A checkpoint's networks, ready to answer, and what `save` wrote about them."""
    model = store.load_model(FusionNetworks, folder)
    about = store.read_json(folder / ABOUT)
    whole = {"best", "classes", "samples"} <= set(about)
    if not whole or not set(about["best"]) >= set(model.groups):
        raise UserError("checkpoint.foreign", folder=str(folder))
    return model, about
