"""A PhotoRetrieval with the frozen networks under it, without gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo.cases.retrieval.photos.model import PhotoRetrieval
from mm_demo.data import pretrained
from mm_demo.data.photo_pairs import Pairs
from mm_demo.media.image import Picture
from mm_demo.nn.backbone import Seen
from mm_demo.nn.knowledge import probabilities, semantic
from mm_demo.nn.preprocess import photo_square, to_tensor

_CHUNK = 1000


class Encoders:
    """Both sides of a model, in batches; the heads compute on the model's device."""

    def __init__(self, model: PhotoRetrieval) -> None:
        self.model = model
        self.backbones = [pretrained.backbone(name) for name in model.backbones]
        self.tower = pretrained.sentence_tower()
        self.classes = torch.from_numpy(pretrained.imagenet_classes()[1])

    @torch.inference_mode()
    def pictures(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """Unit vectors (N, embed_dim)."""
        sides = [self.look(pictures, flipped=f) for f in (False, True)[: 1 + self.model.mirrored]]
        pooled = torch.stack([torch.cat([each.pooled for each in side], -1) for side in sides])
        known = torch.stack([probabilities([each.logits for each in side]) for side in sides])
        return self._images(pooled.mean(0), semantic(known.mean(0), self.classes))

    def look(self, pictures: Sequence[Picture], *, flipped: bool = False) -> list[Seen]:
        """What each backbone sees, in the pictures or in their mirror images."""
        seen = []
        for backbone in self.backbones:
            squares = np.stack([photo_square(p.pixels, backbone.size) for p in pictures])
            seen.append(backbone(to_tensor(squares[:, :, ::-1] if flipped else squares)))
        return seen

    def embed_pooled(self, pooled: Sequence[Tensor]) -> Tensor:
        """Each backbone's pooled vectors (N, 1280) of one side to unit vectors (N, embed_dim)."""
        logits = [b.classifier(p) for b, p in zip(self.backbones, pooled, strict=True)]
        seen = semantic(probabilities(logits), self.classes)
        device = self.model.mean.device
        return self.model.embed_images(torch.cat(list(pooled), -1).to(device), seen.to(device))

    def images_of(self, pairs: Pairs) -> NDArray[np.float32]:
        """Unit vectors (N, embed_dim) of photographs whose features are known, as they are."""
        return self._images(pairs.pooled[0], pairs.semantic[0])

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (T, embed_dim) of sentences."""
        return self.read(torch.from_numpy(self.tower.encode(texts)))

    @torch.inference_mode()
    def read(self, sentences: Tensor) -> NDArray[np.float32]:
        """MiniLM's vectors (T, 384) to unit vectors (T, embed_dim)."""
        device = self.model.mean.device
        parts = [
            self.model.embed_texts(part.float().to(device)).cpu()
            for part in torch.split(sentences, _CHUNK)
        ]
        return torch.cat(parts).numpy()

    @torch.inference_mode()
    def _images(self, pooled: Tensor, seen: Tensor) -> NDArray[np.float32]:
        device = self.model.mean.device
        parts = [
            self.model.embed_images(p.float().to(device), s.to(device)).cpu()
            for p, s in zip(torch.split(pooled, _CHUNK), torch.split(seen, _CHUNK), strict=True)
        ]
        return torch.cat(parts).numpy()
