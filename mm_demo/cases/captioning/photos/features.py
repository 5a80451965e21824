"""Photographs as the captioner reads them: cached features and grids, their captions as words."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo.cases.captioning.model import Looked
from mm_demo.cases.captioning.photos.model import PhotoCaptioner
from mm_demo.data import pretrained
from mm_demo.data.photo_features import see
from mm_demo.data.photo_grids import Grids, grids_of
from mm_demo.data.photo_set import Photos
from mm_demo.events import Preparing, at_once
from mm_demo.media.image import Picture
from mm_demo.nn.backbone import Backbone
from mm_demo.nn.knowledge import probabilities, semantic
from mm_demo.nn.preprocess import photo_square, to_tensor

_Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Features:
    """N photographs in one or two views, the second mirrored.

    pooled: (views, N, 1280 * backbones) float16; known: (views, N, 1000) float16, the classifiers' mean
    probabilities; semantic: (views, N, 384); grids: of the last backbone, None without attention.
    """

    photos: Photos
    pooled: Tensor
    known: Tensor
    semantic: Tensor
    grids: Grids | None

    def __len__(self) -> int:
        return len(self.photos)

    def rows(self, views: _Rows, rows: _Rows) -> tuple[Tensor, Tensor, Tensor | None]:
        """What `PhotoCaptioner.look` takes, of one view of each."""
        grids = None if self.grids is None else self.grids.rows(views, rows)
        return self.pooled[views, rows].float(), self.semantic[views, rows], grids


def features_of(
    found: Photos, backbones: Sequence[str], *, grids: bool, mirrored: bool = False
) -> Generator[Preparing, None, Features]:
    """Look at the photographs, or take what is known from the cache; those that open are left."""
    seen = yield from see(replace(found, captions=()), backbones, mirrored=mirrored)
    opened = set(seen.photos.names)
    photos = found.rows([row for row, name in enumerate(found.names) if name in opened])
    classes = torch.from_numpy(pretrained.imagenet_classes()[1])
    logits = [torch.from_numpy(seen.logits[name]) for name in backbones]
    known = torch.stack([probabilities(view) for view in zip(*logits, strict=True)])
    pooled = torch.cat([torch.from_numpy(seen.pooled[name]) for name in backbones], -1)
    looked = None
    if grids:
        looked = yield from grids_of(photos, backbones[-1], mirrored=mirrored)
    return Features(photos, pooled, known.half(), semantic(known, classes), looked)


def features_at_once(found: Photos, backbones: Sequence[str], *, grids: bool) -> Features:
    """`features_of` where nobody waits to be told."""
    return at_once(features_of(found, backbones, grids=grids))


class Eyes:
    """The frozen networks under a captioner: opened pictures to what its decoder reads."""

    def __init__(self, model: PhotoCaptioner) -> None:
        self.model = model
        self.backbones: list[Backbone] = [pretrained.backbone(name) for name in model.backbones]
        self.classes = torch.from_numpy(pretrained.imagenet_classes()[1])

    @torch.inference_mode()
    def look(self, pictures: Sequence[Picture]) -> tuple[Looked, Tensor, Tensor]:
        """Of N pictures: what the decoder reads, the first backbone's pooled vectors (N, 1280), and
        the classes' probabilities (N, 1000).
        """
        grid, seen = None, []
        for backbone in self.backbones:
            squares = np.stack([photo_square(p.pixels, backbone.size) for p in pictures])
            stages = backbone.stages(to_tensor(squares))
            grid = stages.flatten(2).transpose(1, 2)
            seen.append(backbone.seen(stages))
        known = probabilities([each.logits for each in seen])
        device = self.model.mean.device
        pooled = torch.cat([each.pooled for each in seen], -1)
        assert grid is not None, "a model has at least one backbone"
        spoken = semantic(known, self.classes).to(device)
        looked = self.model.look(pooled.to(device), spoken, grid.to(device))
        return looked, seen[0].pooled, known
