"""An opened picture in, a sentence about a photograph out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from mm_demo import device, store
from mm_demo.cases.captioning.model import Looked
from mm_demo.cases.captioning.photos.features import Eyes
from mm_demo.cases.captioning.photos.model import PhotoCaptioner
from mm_demo.cases.captioning.photos.naming import Naming
from mm_demo.cases.captioning.speaker import Speaker
from mm_demo.data import photo_domain
from mm_demo.media.image import Picture
from mm_demo.nn.evidence import scaled


class Predictor(Speaker):
    """A PhotoCaptioner from a checkpoint folder, its frozen backbones under it."""

    def __init__(self, folder: Path) -> None:
        self.model = store.load_model(PhotoCaptioner, folder).to(device.best_device())
        super().__init__(folder, self.model.captioner)
        self.eyes, self.naming = Eyes(self.model), Naming.load(folder)
        self.domain = photo_domain.load(folder)

    @torch.inference_mode()
    def look(self, pictures: Sequence[Picture]) -> tuple[Looked, list[float]]:
        """What the decoder reads of N pictures, and how unlike photographs each is."""
        looked, pooled, _ = self.eyes.look(pictures)
        return looked, self.domain.distance(pooled).tolist()

    def look_and_name(
        self, pictures: Sequence[Picture]
    ) -> tuple[Looked, list[float], list[Callable[[Sequence[str]], list[str]]]]:
        """The same, and of each picture how a sentence should begin that misses what is sure."""
        with torch.inference_mode():
            looked, pooled, known = self.eyes.look(pictures)
            strangeness = self.domain.distance(pooled).tolist()
        shares = known.numpy()
        return looked, strangeness, [partial(self.naming.beginning, row) for row in shares]

    def maps(self, weights: Tensor) -> Tensor:
        """(N, cells) -> (N, side, side)."""
        side = round(weights.shape[-1] ** 0.5)
        return scaled(weights.view(-1, side, side))
