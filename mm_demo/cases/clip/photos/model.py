"""The two heads over frozen networks: pictures and sentences meet as unit vectors.

LiT (Zhai et al. 2022, arXiv:2111.07991) locks the picture's network and learns the text's; with a few
thousand photographs both are best left as they are, and only what stands on them is learned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.cases.clip.model import MAX_LOGIT_SCALE
from mm_demo.nn.head import Head

POOLED = 1280  # what an EfficientNet-Lite says of a picture
SENTENCE = 384  # what MiniLM says of a sentence
_INNER, _TEXT = 0.4, 0.3  # dropout that is no knob: what a sentence says bears less of it


class PhotoCLIP(nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["clip", "multimodal"]):
    """The heads, and what the photographs' features are like on the whole (`mean`, `deviation`).

    `backbones` names the networks whose pooled vectors, one after the other, the picture's head
    reads, the mean over the picture and its mirror image where `mirrored`; after them comes the
    semantic vector (see `nn.knowledge.semantic`). `dropout` is that of
    the features: a few thousand photographs against 4,000 numbers are learned by heart without it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        backbones: Sequence[str] = ("lite0", "lite2"),
        embed_dim: int = 512,
        temperature: float = 0.05,
        dropout: float = 0.7,
        mirrored: bool = True,
    ) -> None:
        super().__init__()
        self.backbones, self.mirrored = tuple(backbones), mirrored
        pooled = POOLED * len(self.backbones)
        self.register_buffer("mean", torch.zeros(pooled))
        self.register_buffer("deviation", torch.ones(pooled))
        self.image_encoder = Head(pooled + SENTENCE, embed_dim, dropout, _INNER)
        self.text_encoder = Head(SENTENCE, embed_dim, _TEXT, _TEXT)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def scale(self) -> Tensor:
        """1 / temperature, at most 100."""
        return self.logit_scale.exp().clamp(max=MAX_LOGIT_SCALE)

    def embed_images(self, pooled: Tensor, semantic: Tensor) -> Tensor:
        """(B, 1280 * backbones) and (B, 384) -> unit vectors (B, embed_dim)."""
        return self.image_encoder(torch.cat([(pooled - self.mean) / self.deviation, semantic], -1))

    def embed_texts(self, sentences: Tensor) -> Tensor:
        """MiniLM's unit vectors (T, 384) -> unit vectors (T, embed_dim)."""
        return self.text_encoder(sentences * math.sqrt(SENTENCE))  # entries of about 1

    def forward(self, pooled: Tensor, semantic: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        """logits_per_image (B, T) and logits_per_text (T, B)."""
        images, texts = self.embed_images(pooled, semantic), self.embed_texts(sentences)
        logits_per_image = self.scale() * images @ texts.T
        return logits_per_image, logits_per_image.T
