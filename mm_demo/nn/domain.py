"""Whether a picture is of a world, by what a photo network sees in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_RIDGE = 0.1  # of the mean variance
_SHARE = 0.998  # so many pictures of a world count as familiar


@dataclass(frozen=True)
class Domain:
    """Fisher's linear discriminant (1936) between a world and what is not of it.

    direction (D,): along it the unit vectors of the two lie apart. A distance counts from the
    world's `centre`, in units in which all but two in a thousand of its pictures lie below 1.
    Unit vectors, since noise and blank pages move a network's features so little that by length
    they would lie in the midst of the photographs.
    """

    direction: Tensor
    centre: float

    @classmethod
    def fit(cls, familiar: Tensor, strange: Sequence[Tensor], others: Tensor) -> Domain:
        """From pooled vectors (N, D) of a world and of several kinds of strangers, which count alike.

        The unit is set on `others` (M, D) of the same world.
        """
        world, kinds = _unit(familiar), [_unit(kind) for kind in strange]
        mean = world.mean(0)
        away = torch.stack([kind.mean(0) for kind in kinds]).mean(0) - mean
        within = _spread(world) + torch.stack([_spread(kind) for kind in kinds]).mean(0)
        ridge = _RIDGE * within.diagonal().mean() * torch.eye(len(mean))
        direction = torch.linalg.solve(within + ridge, away)
        made = cls(direction, float(mean @ direction))
        limit = made.distance(others).quantile(_SHARE).clamp(min=1e-6)
        return cls(direction / limit, made.centre / float(limit))

    def distance(self, pooled: Tensor) -> Tensor:
        """(N, D) -> (N,): 0 in the middle of the world, above 1 outside."""
        return _unit(pooled) @ self.direction - self.centre


@dataclass(frozen=True)
class Familiar:
    """A Gaussian around what pictures of a world look like to a small network trained on that alone.

    mean (D,), whiten (D, D): the Mahalanobis distance of a picture's mean token (Lee et al. 2018,
    arXiv:1807.03888). No strangers are needed; `limit` is the distance that counts as 1.
    """

    mean: Tensor
    whiten: Tensor
    limit: Tensor

    @classmethod
    def fit(cls, familiar: Tensor, others: Tensor) -> Familiar:
        """From mean tokens (N, D); the limit from others (M, D) of the same world."""
        mean = familiar.mean(0)
        covariance = torch.cov(familiar.T)
        covariance += 0.01 * covariance.diagonal().mean() * torch.eye(len(mean))
        values, vectors = torch.linalg.eigh(covariance)
        made = cls(mean, vectors / values.sqrt(), torch.ones(()))
        return cls(mean, made.whiten, made.distance(others).quantile(0.995))

    def distance(self, looks: Tensor) -> Tensor:
        """(N, D) -> (N,): above 1 outside."""
        return ((looks - self.mean) @ self.whiten).norm(dim=-1) / self.limit


def _unit(pooled: Tensor) -> Tensor:
    return F.normalize(pooled, dim=-1)


def _spread(vectors: Tensor) -> Tensor:
    away = vectors - vectors.mean(0)
    return away.T @ away / len(vectors)
