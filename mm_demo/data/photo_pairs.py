"""Photographs and captions as the heads read them: cached features, in tensors."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mm_demo.data import photos, pretrained
from mm_demo.data.photo_features import see
from mm_demo.data.photo_folder import read_folder_split
from mm_demo.data.photo_set import Photos
from mm_demo.events import Preparing, at_once
from mm_demo.nn.knowledge import probabilities, semantic


@dataclass(frozen=True, eq=False)
class Pairs:
    """N photographs in one or three views, M captions sorted by photograph.

    Three views are the mean of the other two, the photograph, its mirror image; view 0 is what is
    measured and used. pooled: (views, N, 1280 * backbones) float16. known: (views, N, 1000), the classifiers' mean
    probabilities. semantic: (views, N, 384). sentences: (M, 384). owner: (M,) the photograph of
    each caption; photograph n has captions first[n] to first[n + 1].
    """

    photos: Photos
    pooled: Tensor
    known: Tensor
    semantic: Tensor
    sentences: Tensor
    owner: np.ndarray
    first: np.ndarray

    def __len__(self) -> int:
        return len(self.photos)

    def captions_of(self, rows: np.ndarray, rng: np.random.Generator, together: float) -> Tensor:
        """A caption's vector of each photograph, (B, 384); in a share `together` of them the mean of all."""
        low, high = self.first[rows], self.first[rows + 1]
        chosen = self.sentences[torch.from_numpy(rng.integers(low, high))].float()
        means = self.means[torch.from_numpy(rows)]
        return torch.where(
            torch.from_numpy(rng.random(len(rows)) < together)[:, None], means, chosen
        )

    @cached_property
    def means(self) -> Tensor:
        """The mean of each photograph's caption vectors, (N, 384)."""
        total = torch.zeros(len(self), self.sentences.shape[1])
        total.index_add_(0, torch.from_numpy(self.owner), self.sentences.float())
        return total / torch.from_numpy(np.diff(self.first))[:, None]

    def with_pictures_of(self, order: np.ndarray) -> Pairs:
        """The same captions with other photographs: what shuffled pairs learn from."""
        rows = torch.from_numpy(order)
        return replace(
            self,
            pooled=self.pooled[:, rows],
            known=self.known[:, rows],
            semantic=self.semantic[:, rows],
        )


def read(dataset: str, split: str) -> Photos:
    """A split of a data set or of a person's own folder; UserError as the readers raise."""
    if dataset in photos.DATASETS:
        return photos.read(dataset, split)
    return read_folder_split(Path(dataset), split)


def pairs_of(
    found: Photos, backbones: Sequence[str], *, mirrored: bool = False
) -> Generator[Preparing, None, Pairs]:
    """Look at the photographs and read the captions, or take both from the cache.

    `mirrored`: in three views, see `Pairs`.
    """
    features = yield from see(found, backbones, mirrored=mirrored)
    classes = torch.from_numpy(pretrained.imagenet_classes()[1])
    pooled = torch.cat([torch.from_numpy(features.pooled[name]) for name in backbones], -1)
    known = torch.stack(
        [
            probabilities([torch.from_numpy(features.logits[name][view]) for name in backbones])
            for view in range(len(pooled))
        ]
    )
    if mirrored:
        pooled = torch.cat([pooled.float().mean(0, keepdim=True).half(), pooled])
        known = torch.cat([known.mean(0, keepdim=True), known])
    return Pairs(
        features.photos,
        pooled,
        known,
        semantic(known, classes),
        torch.from_numpy(features.sentences),
        features.owner,
        np.searchsorted(features.owner, np.arange(len(features.photos) + 1)),
    )


def pairs_at_once(found: Photos, backbones: Sequence[str], *, mirrored: bool = False) -> Pairs:
    """`pairs_of` where nobody waits to be told."""
    return at_once(pairs_of(found, backbones, mirrored=mirrored))
