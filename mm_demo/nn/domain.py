"""Whether a picture is of a world, by what a photo network sees in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_BANK = 512  # pictures that are kept of a world
_NEAREST = 5
_SHARE = 0.99  # so many pictures of a world count as familiar


@dataclass(frozen=True)
class Domain:
    """How unlike its nearest neighbours of a world a picture is (Sun et al. 2022, arXiv:2204.06507).

    bank (K, D): unit vectors of some pictures of the world. A distance is 1 minus the mean cosine
    to the five nearest, in units of `limit`, within which all but one in a hundred familiar
    pictures lie. The direction alone is looked at: noise and blank pages move a network's features
    so little that by length they would lie in the midst of the photographs.
    """

    bank: Tensor
    limit: float

    @classmethod
    def fit(cls, familiar: Tensor, others: Tensor) -> Domain:
        """From pooled vectors (N, D); the limit is set on `others` (M, D) of the same world."""
        rows = torch.linspace(0, len(familiar) - 1, min(_BANK, len(familiar))).long()
        made = cls(F.normalize(familiar[rows], dim=-1), 1.0)
        return cls(made.bank, max(float(made.distance(others).quantile(_SHARE)), 1e-6))

    def distance(self, pooled: Tensor) -> Tensor:
        """(N, D) -> (N,) distances, 1 = the limit."""
        cosines = F.normalize(pooled, dim=-1) @ self.bank.T
        nearest = cosines.topk(min(_NEAREST, len(self.bank)), dim=-1).values
        return (1 - nearest.mean(-1)) / self.limit
