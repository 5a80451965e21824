"""A PhotoCLIP with the frozen networks under it: pictures and sentences to vectors and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mm_demo.cases.clip.photos.model import PhotoCLIP
from mm_demo.data import pretrained
from mm_demo.data.photo_pairs import Pairs
from mm_demo.media.image import Picture
from mm_demo.nn.knowledge import agreement, probabilities, semantic
from mm_demo.nn.preprocess import photo_square, to_tensor

_CHUNK = 1000


@dataclass(frozen=True)
class Look:
    """What the frozen networks see in N pictures: pooled vectors and class probabilities."""

    pooled: Tensor
    known: Tensor


@dataclass(frozen=True)
class Said:
    """T sentences: the head's unit vectors (T, embed_dim), and each's share of ImageNet's classes.

    classes: (T, 1000), see `nn.knowledge.agreement`.
    """

    vectors: Tensor
    classes: Tensor


class Encoders:
    """Everything that is asked of a PhotoCLIP, without gradients, on the device of its heads."""

    def __init__(self, model: PhotoCLIP) -> None:
        self.model = model
        self.backbones = [pretrained.backbone(name) for name in model.backbones]
        self.tower = pretrained.sentence_tower()
        self.classes = torch.from_numpy(pretrained.imagenet_classes()[1])

    @torch.inference_mode()
    def look(self, pictures: Sequence[Picture]) -> Look:
        """Run the frozen networks, on the mirror images too where the heads are used to it."""
        views = []
        for flipped in (False, True)[: 1 + self.model.mirrored]:
            seen = [b(self.pixels(pictures, b.size, flipped=flipped)) for b in self.backbones]
            pooled = torch.cat([each.pooled for each in seen], -1)
            views.append(Look(pooled, probabilities([each.logits for each in seen])))
        return Look(
            torch.stack([view.pooled for view in views]).mean(0),
            torch.stack([view.known for view in views]).mean(0),
        )

    @staticmethod
    def pixels(pictures: Sequence[Picture], size: int, *, flipped: bool = False) -> Tensor:
        """Pictures as a backbone reads them, (N, 3, size, size)."""
        squares = np.stack([photo_square(p.pixels, size) for p in pictures])
        return to_tensor(squares[:, :, ::-1] if flipped else squares)

    def images(self, look: Look) -> Tensor:
        """Unit vectors (N, embed_dim)."""
        return self._embedded(look.pooled, semantic(look.known, self.classes))

    def images_of(self, pairs: Pairs) -> Tensor:
        """Unit vectors (N, embed_dim) of photographs whose features are known, as they are."""
        return self._embedded(pairs.pooled[0], pairs.semantic[0])

    @torch.inference_mode()
    def _embedded(self, pooled: Tensor, seen: Tensor) -> Tensor:
        device = self.model.mean.device
        return torch.cat(
            [
                self.model.embed_images(
                    pooled[start : start + _CHUNK].float().to(device),
                    seen[start : start + _CHUNK].to(device),
                ).cpu()
                for start in range(0, len(pooled), _CHUNK)
            ]
        )

    @torch.inference_mode()
    def texts(self, sentences: Tensor) -> Tensor:
        """Sentence vectors (T, 384) to unit vectors (T, embed_dim)."""
        device = self.model.mean.device
        return torch.cat(
            [
                self.model.embed_texts(sentences[start : start + _CHUNK].float().to(device)).cpu()
                for start in range(0, len(sentences), _CHUNK)
            ]
        )

    def read(self, sentences: Sequence[str]) -> Said:
        """What is said, from the words."""
        vectors = torch.from_numpy(self.tower.encode(sentences))
        return Said(self.texts(vectors), agreement(vectors, self.classes))

    def cosines(self, images: Tensor, said: Said) -> np.ndarray:
        """(N, T)."""
        return (images @ said.vectors.T).numpy()

    def scores(self, images: Tensor, known: Tensor, said: Said) -> np.ndarray:
        """The two witnesses together, (N, T): logits whose softmax are the labels' shares.

        The heads' scale times the cosine, plus the logarithm of what the classifiers say.
        """
        heads = float(self.model.scale().detach()) * self.cosines(images, said)
        return np.asarray(heads + self.witness(known, said))

    @staticmethod
    def witness(known: Tensor, said: Said) -> np.ndarray:
        """The classifiers' word for each sentence, (N, T): log of sum over classes P(c|picture) P(c|sentence)."""
        return (known @ said.classes.T + 1e-6).log().numpy()
