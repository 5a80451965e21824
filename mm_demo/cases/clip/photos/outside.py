"""Whether a picture is like the photographs that a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from mm_demo import store
from mm_demo.cases.clip.photos.model import POOLED
from mm_demo.cases.clip.photos.pairs import Pairs
from mm_demo.errors import UserError
from mm_demo.nn.domain import Domain

FILE = "domain.safetensors"


def fit(train: Pairs, held_out: Sequence[Pairs]) -> Domain:
    """By what the first backbone sees in them; the limit is set on photographs held out."""
    others = [pairs.pooled[0, :, :POOLED].float() for pairs in held_out]
    return Domain.fit(train.pooled[0, :, :POOLED].float(), torch.cat(others))


def save(domain: Domain, folder: Path) -> None:
    """Into the folder's `domain.safetensors`, in half precision."""
    tensors = {"bank": domain.bank.half(), "limit": torch.tensor(domain.limit)}
    store.write_tensors(folder / FILE, tensors)


def load(folder: Path) -> Domain:
    """What `save` wrote; UserError for a missing, broken or foreign file."""
    tensors = store.read_tensors(folder / FILE)
    try:
        bank, limit = tensors["bank"].float(), float(tensors["limit"])
    except KeyError as error:
        raise UserError("checkpoint.foreign", folder=str(folder)) from error
    if bank.ndim != 2 or bank.shape[1] != POOLED:
        raise UserError("checkpoint.foreign", folder=str(folder))
    return Domain(bank, limit)
