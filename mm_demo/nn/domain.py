"""Which world a picture is of, by what a photo network sees in it; or of none."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_RIDGE = 0.05  # of the mean variance
_SHARE = 0.99  # so many pictures of a world count as familiar


@dataclass(frozen=True)
class Domain:
    """A Gaussian around what pictures of one world look like (Lee et al. 2018, arXiv:1807.03888).

    mean (D,), whiten (D, k): directions that explain most of the variance, scaled to 1; a picture's
    distance counts in units of `limit`, within which all but one in a hundred familiar ones lie.
    """

    mean: Tensor
    whiten: Tensor
    limit: float

    @classmethod
    def fit(cls, familiar: Tensor, others: Tensor, directions: int = 256) -> Domain:
        """From pooled vectors (N, D); the limit is set on `others` (M, D) of the same world."""
        mean = familiar.mean(0)
        values, vectors = torch.linalg.eigh(torch.cov((familiar - mean).T))
        values, vectors = values[-directions:], vectors[:, -directions:]
        ridge = _RIDGE * values.mean()
        whiten = vectors / (values.clamp(min=0) + ridge).sqrt()
        made = cls(mean, whiten, 1.0)
        return cls(mean, whiten, float(made.distance(others).quantile(_SHARE)))

    def distance(self, pooled: Tensor) -> Tensor:
        """(N, D) -> (N,) distances, 1 = the limit."""
        return ((pooled - self.mean) @ self.whiten).norm(dim=-1) / self.limit
