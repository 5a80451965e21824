"""A PhotoCLIP with the frozen networks under it: what is said, and how well it fits a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mm_demo.cases.clip.photos.model import PhotoCLIP
from mm_demo.data.photo_heads import PhotoEncoders
from mm_demo.nn.knowledge import agreement


@dataclass(frozen=True)
class Said:
    """T sentences: the head's unit vectors (T, embed_dim), and each's share of ImageNet's classes.

    classes: (T, 1000), see `nn.knowledge.agreement`.
    """

    vectors: Tensor
    classes: Tensor


class Encoders(PhotoEncoders):
    """Everything that is asked of a PhotoCLIP, without gradients, on the device of its heads."""

    model: PhotoCLIP

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
