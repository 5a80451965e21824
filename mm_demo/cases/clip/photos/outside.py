"""Whether a picture is like the photographs that a model was trained on."""

from __future__ import annotations

from pathlib import Path

import torch

from mm_demo import store
from mm_demo.cases.clip.photos.model import POOLED
from mm_demo.cases.clip.photos.pairs import Pairs
from mm_demo.errors import UserError
from mm_demo.nn.domain import Domain

FILE = "domain.safetensors"


def fit(train: Pairs, dev: Pairs) -> Domain:
    """By what the first backbone sees in them."""
    return Domain.fit(train.pooled[0, :, :POOLED].float(), dev.pooled[0, :, :POOLED].float())


def save(domain: Domain, folder: Path) -> None:
    """Into the folder's `domain.safetensors`, in half precision."""
    tensors = {"mean": domain.mean.half(), "whiten": domain.whiten.half()}
    store.write_tensors(folder / FILE, {**tensors, "limit": torch.tensor(domain.limit)})


def load(folder: Path) -> Domain:
    """What `save` wrote; UserError for a missing, broken or foreign file."""
    tensors = store.read_tensors(folder / FILE)
    try:
        mean, whiten = tensors["mean"].float(), tensors["whiten"].float()
        limit = float(tensors["limit"])
    except KeyError as error:
        raise UserError("checkpoint.foreign", folder=str(folder)) from error
    if mean.shape != (POOLED,) or whiten.shape[:1] != mean.shape:
        raise UserError("checkpoint.foreign", folder=str(folder))
    return Domain(mean, whiten, limit)
