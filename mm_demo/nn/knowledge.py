"""What the backbones' ImageNet classifiers know, brought to where sentences live.

A classifier names 1,000 kinds of things, a few hundred of which no caption at hand ever speaks of.
It helps twice: as one more input of the picture's head (`semantic`), and as pairs to learn from
that nobody photographed (`Prototypes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

_CLOSE = 0.1  # the temperature of "this sentence speaks of that class"
_RISE = 15.0  # by how much a pseudo-picture's class rises above what it was, in logits
_KEPT = 0.7  # how much of a real photograph's way from the mean a pseudo-picture keeps


def probabilities(logits: Sequence[Tensor]) -> Tensor:
    """The mean over several classifiers: logits (B, 1000) of each -> (B, 1000)."""
    return torch.stack([each.float().softmax(-1) for each in logits]).mean(0)


def semantic(probabilities: Tensor, classes: Tensor) -> Tensor:
    """What the classifiers see, as a sentence vector: (B, 1000) and (1000, 384) -> (B, 384).

    The mean of the classes' sentence vectors, weighted by the square root of their probabilities:
    the second and third guess count, as with the power normalisation of Perronnin et al. (2010).
    """
    return 2 * probabilities.sqrt() @ classes


def agreement(sentences: Tensor, classes: Tensor) -> Tensor:
    """Which classes a sentence may speak of: (T, 384) and (1000, 384) -> (T, 1000), rows sum to 1.

    A softmax over the classes of the sentence vectors' cosines. With it the classifiers say of a
    sentence: the sum over the classes of P(class | picture) P(class | sentence).
    """
    return (sentences @ classes.T / _CLOSE).softmax(-1)


@dataclass(frozen=True)
class Prototypes:
    """Pseudo-pictures of ImageNet's classes, pooled vectors (classes, 1280 * backbones).

    A linear classifier's row says in which direction evidence for its class lies; times the
    features' covariance it is the direction in which pictures of that class lie (as in linear
    discriminant analysis, row = covariance^-1 (class mean - mean)).
    """

    mean: Tensor
    directions: Tensor
    classifiers: Sequence[nn.Linear]
    classes: Tensor
    sentences: Tensor

    @classmethod
    def of(
        cls, pooled: Tensor, classifiers: Sequence[nn.Linear], classes: Tensor, sentences: Tensor
    ) -> Prototypes:
        """From training photographs' pooled vectors (N, 1280 * backbones).

        classes (1000, 384): what `semantic` reads; sentences (forms, 1000, 384): ways to name each.
        """
        mean = pooled.mean(0)
        directions = []
        for own, classifier in zip(pooled.chunk(len(classifiers), -1), classifiers, strict=True):
            rows = classifier.weight
            towards = rows @ torch.cov(own.T)
            gain = (towards * rows).sum(1, keepdim=True)  # what one step adds to the class's logit
            directions.append(_RISE * towards / gain)
        return cls(mean, torch.cat(directions, -1), classifiers, classes, sentences)

    def draw(
        self, pooled: Tensor, rng: np.random.Generator, count: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Pooled, semantic and sentence vectors of `count` pseudo-pictures, each of another class.

        Each begins from one of the photographs `pooled` (B, ...), drawn at random.
        """
        chosen = torch.from_numpy(rng.choice(len(self.classes), count, replace=False))
        start = pooled[torch.from_numpy(rng.integers(0, len(pooled), count))].float()
        made, seen = self.moved(start, chosen)
        form = torch.from_numpy(rng.integers(0, len(self.sentences), count))
        return made, seen, self.sentences[form, chosen]

    def moved(self, pooled: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Photographs' pooled vectors (B, ...) moved each towards a class of `chosen` (B,).

        The pooled and the semantic vectors of the pseudo-pictures.
        """
        made = (self.mean + _KEPT * (pooled - self.mean) + self.directions[chosen]).clamp(min=0)
        parts = made.chunk(len(self.classifiers), -1)
        logits = [each(part) for each, part in zip(self.classifiers, parts, strict=True)]
        return made, semantic(probabilities(logits), self.classes)
