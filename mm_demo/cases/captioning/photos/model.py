"""A captioner over frozen backbones: only the decoder is learned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.cases.captioning.model import ImageCaptioningModel, Looked, eight_bits

POOLED = 1280  # what an EfficientNet-Lite says of a picture
SENTENCE = 384  # width of the semantic vector


class PhotoCaptioner(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["image-captioning", "multimodal"]
):
    """The decoder, and what the photographs' features are like on the whole (`mean`, `deviation`).

    `backbones` names the networks whose pooled vectors, one after the other and then the semantic
    vector (see `nn.knowledge.semantic`), are the picture beside each word; the last one's grid, of
    `grid_dim` channels, is what attention looks at (0: the plain variant).
    """

    EIGHT_BITS = eight_bits("captioner.")

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        vocab_size: int,
        backbones: Sequence[str] = ("lite0",),
        embed_dim: int = 256,
        hidden_dim: int = 384,
        grid_dim: int = 320,
        attention_dim: int = 128,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        self.backbones = tuple(backbones)
        pooled = POOLED * len(self.backbones)
        self.register_buffer("mean", torch.zeros(pooled))
        self.register_buffer("deviation", torch.ones(pooled))
        self.dropout = nn.Dropout(dropout)  # thousands of features for a few thousand photographs
        self.captioner = ImageCaptioningModel(
            vocab_size,
            embed_dim,
            hidden_dim,
            pooled + SENTENCE,
            grid_dim=grid_dim,
            attention_dim=attention_dim,
            dropout=dropout,
        )

    def look(self, pooled: Tensor, semantic: Tensor, grid: Tensor | None) -> Looked:
        """(B, 1280 * backbones), (B, 384), (B, cells, grid_dim) -> what the decoder reads."""
        images = torch.cat([(pooled - self.mean) / self.deviation, semantic], -1)
        return self.captioner.look(self.dropout(images), grid)

    def forward(
        self, pooled: Tensor, semantic: Tensor, captions: Tensor, grid: Tensor | None = None
    ) -> Tensor:
        """Teacher forcing: captions (B, L) -> logits (B, L, vocab_size) of the next words."""
        return self.captioner.step(captions, self.look(pooled, semantic, grid))[0]
