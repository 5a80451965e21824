"""Whether a picture is like the photographs that a model was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mm_demo import store
from mm_demo.data.non_photographs import non_photographs
from mm_demo.data.photo_features import POOLED
from mm_demo.errors import UserError
from mm_demo.nn.backbone import Backbone
from mm_demo.nn.domain import Domain
from mm_demo.nn.preprocess import photo_square, to_tensor

FILE = "domain.safetensors"


def fit(familiar: Tensor, others: Tensor, backbone: Backbone) -> Domain:
    """By what a backbone sees in photographs, pooled (N, POOLED), and in pictures that are none.

    The limit is set on others (M, POOLED), photographs held out.
    """
    strange = []
    for pictures in non_photographs(0).values():
        squares = np.stack([photo_square(pixels, backbone.size) for pixels in pictures])
        with torch.no_grad():
            strange.append(backbone(to_tensor(squares)).pooled)
    return Domain.fit(familiar, strange, others)


def save(domain: Domain, folder: Path) -> None:
    """Into the folder's `domain.safetensors`."""
    tensors = {"direction": domain.direction, "centre": torch.tensor(domain.centre)}
    store.write_tensors(folder / FILE, tensors)


def load(folder: Path) -> Domain:
    """What `save` wrote; UserError for a missing, broken or foreign file."""
    tensors = store.read_tensors(folder / FILE)
    try:
        direction, centre = tensors["direction"], float(tensors["centre"])
    except KeyError as error:
        raise UserError("checkpoint.foreign", folder=str(folder)) from error
    if direction.shape != (POOLED,):
        raise UserError("checkpoint.foreign", folder=str(folder))
    return Domain(direction, centre)
