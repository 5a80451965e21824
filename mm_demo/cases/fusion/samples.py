"""What the networks see and hear: samples of a data set as tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mm_demo.data import sounding_shapes
from mm_demo.nn.mel import LogMel


@dataclass(frozen=True, eq=False)
class Samples:
    """pictures (B, 28, 28), mel (B, n_mels, frames), labels (B,), strengths (B, 2), sight first."""

    pictures: Tensor
    mel: Tensor
    labels: Tensor
    strengths: Tensor


LOG_MEL = LogMel()


def shapes(
    split: str, seed: int, corruption: str, rng: np.random.Generator, labels: np.ndarray
) -> Samples:
    """Freshly corrupted `sounding_shapes` for these labels."""
    found = sounding_shapes.corrupt(sounding_shapes.things(split, seed), labels, corruption, rng)
    return Samples(
        torch.from_numpy(found.pictures),
        LOG_MEL(torch.from_numpy(found.waves)),
        torch.from_numpy(found.labels),
        torch.from_numpy(found.strengths),
    )


def training_batch(corruption: str, rng: np.random.Generator, count: int) -> Samples:
    """`count` training samples, every class as likely."""
    labels = rng.integers(len(sounding_shapes.THINGS), size=count)
    return shapes("train", 0, corruption, rng, labels)


def held_out(split: str, seed: int, corruption: str) -> Samples:
    """A split's samples, each thing once, corrupted by the same seed: the same every time."""
    rng = np.random.default_rng([29, seed])
    return shapes(split, seed, corruption, rng, sounding_shapes.things(split, seed).labels)
