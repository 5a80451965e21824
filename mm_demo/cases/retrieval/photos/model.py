"""The joint space over frozen networks: only the two heads are learned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.cases.retrieval.model import CrossModalRetrieval

POOLED = 1280  # what an EfficientNet-Lite says of a picture
SENTENCE = 384  # what MiniLM says of a sentence


class PhotoRetrieval(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["retrieval", "multimodal"]
):
    """The heads, and what the photographs' features are like on the whole (`mean`, `deviation`).

    `backbones` names the networks whose pooled vectors, one after the other, the picture's head
    reads, the mean over the picture and its mirror image where `mirrored`; after them comes the
    semantic vector (see `nn.knowledge.semantic`).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        backbones: Sequence[str] = ("lite0", "lite2"),
        embed_dim: int = 256,
        dropout: float = 0.7,
        mirrored: bool = True,
    ) -> None:
        super().__init__()
        self.backbones, self.mirrored = tuple(backbones), mirrored
        pooled = POOLED * len(self.backbones)
        self.register_buffer("mean", torch.zeros(pooled))
        self.register_buffer("deviation", torch.ones(pooled))
        self.joint = CrossModalRetrieval(pooled + SENTENCE, SENTENCE, embed_dim, dropout=dropout)

    def embed_images(self, pooled: Tensor, semantic: Tensor) -> Tensor:
        """(B, 1280 * backbones) and (B, 384) -> unit vectors (B, embed_dim)."""
        seen = torch.cat([(pooled - self.mean) / self.deviation, semantic], -1)
        return self.joint.image_encoder(seen)

    def embed_texts(self, sentences: Tensor) -> Tensor:
        """MiniLM's unit vectors (T, 384) -> unit vectors (T, embed_dim)."""
        return self.joint.text_encoder(sentences * math.sqrt(SENTENCE))  # entries of about 1

    def forward(self, pooled: Tensor, semantic: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        return self.embed_images(pooled, semantic), self.embed_texts(sentences)
