"""CLIP (Radford et al. 2021, arXiv:2103.00020): two encoders and one loss that ties them.

The image encoder is a Vision Transformer (Dosovitskiy et al. 2020, arXiv:2010.11929), the text
encoder a transformer. Both have a small convolutional front behind one argument: a few thousand
pictures then teach it in a minute what bare patches would need millions for (early convolutions
help transformers learn: Xiao et al. 2021, arXiv:2106.14881).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.nn.attention import AttentionPool
from mm_demo.nn.conv_stem import ConvStem
from mm_demo.nn.transformer import Transformer
from mm_demo.nn.word_pairs import gather, pair_slots

MAX_LOGIT_SCALE = 100.0  # Radford et al., section 2.5


class ImageEncoder(nn.Module):
    """Pictures to unit vectors: (B, 3, H, W) in -1 .. 1 -> (B, embed_dim).

    `stem="patch"`: ViT's linear patches and a class token. `stem="conv"`: a convolutional stem
    with one token per 8 x 8 pixels, pooled by learned queries. `num_layers` transformer blocks
    stand between; with the conv stem there may be none.
    """

    def __init__(
        self,
        embed_dim: int = 512,
        image_size: int = 224,
        patch_size: int = 16,
        num_layers: int = 6,
        num_heads: int = 8,
        *,
        width: int | None = None,
        stem: Literal["patch", "conv"] = "patch",
    ) -> None:
        super().__init__()
        self.stem = stem
        self.image_size = image_size
        if stem == "patch":
            dim = width or embed_dim
            self.patch_embed: nn.Module = nn.Conv2d(3, dim, patch_size, patch_size)
            self.grid_size = image_size // patch_size
            self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
            gathered = dim
        else:
            width = width or embed_dim // 4
            dim = 4 * width
            self.patch_embed = ConvStem(width)
            self.grid_size = image_size // 8
            self.pool = AttentionPool(dim, num_queries=8)
            gathered = 8 * dim
        # ViT draws positions with std 0.02 (appendix D.4 studies them): larger ones drown the content
        self.pos_embed = nn.Parameter(torch.randn(1, self.grid_size**2, dim) * 0.02)
        self.transformer = Transformer(dim, num_layers, num_heads) if num_layers else None
        self.norm = nn.Identity() if stem == "patch" else nn.BatchNorm1d(gathered)
        self.projection = nn.Linear(gathered, embed_dim)

    def tokens(self, images: Tensor) -> Tensor:
        """The feature grid before pooling, (B, grid * grid, dim), row by row."""
        x = self.patch_embed(images).flatten(2).transpose(1, 2) + self.pos_embed
        if self.stem == "patch":
            x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1)
        if self.transformer is not None:
            x, _ = self.transformer(x)
        return x

    def embed(self, tokens: Tensor) -> Tensor:
        """Tokens to unit vectors, (B, N, dim) -> (B, embed_dim)."""
        gathered = tokens[:, 0] if self.stem == "patch" else self.pool(tokens)[0]
        return F.normalize(self.projection(self.norm(gathered)), dim=-1)

    def forward(self, images: Tensor) -> Tensor:
        return self.embed(self.tokens(images))


class TextEncoder(nn.Module):
    """Token ids to unit vectors: (B, L), padded with 0, the end token the largest -> (B, embed_dim).

    With `num_layers` > 0 a transformer, read at the end token. With 0, words and pairs of
    neighbouring words, gathered by sum and maximum, as fastText does (Joulin et al. 2017,
    arXiv:1607.01759): the pairs carry the order, and cost next to nothing. A pair finds its vector
    by hashing among `num_pairs`; while training, a share `pair_dropout` of the pairs is left out,
    so that the words alone must do as well: a pair never seen then still fits.
    """

    def __init__(
        self,
        vocab_size: int = 10_000,
        embed_dim: int = 512,
        max_len: int = 77,
        num_layers: int = 6,
        num_heads: int = 8,
        *,
        width: int | None = None,
        num_pairs: int = 4096,
        pair_dropout: float = 0.3,
    ) -> None:
        super().__init__()
        width = width or embed_dim
        self.max_len = max_len
        self.pair_dropout = pair_dropout
        self.token_embed = nn.Embedding(vocab_size, width, padding_idx=0)
        self.transformer = None
        if num_layers:
            nn.init.normal_(self.token_embed.weight, std=0.02)
            self.pos_embed = nn.Parameter(torch.randn(1, max_len, width) * 0.01)
            self.transformer = Transformer(width, num_layers, num_heads)
            self.projection = nn.Linear(width, embed_dim)
        else:
            nn.init.normal_(self.token_embed.weight, std=0.5)
            # pairs begin small: single words are learned first, so unseen pairs of them still fit
            self.pair_embed = nn.Embedding(num_pairs, width)
            nn.init.normal_(self.pair_embed.weight, std=0.02)
            self.norm = nn.BatchNorm1d(2 * width)
            self.projection = nn.Linear(2 * width, embed_dim)

    def forward(self, texts: Tensor) -> Tensor:
        mask = texts != 0  # (B, L)
        x = self.token_embed(texts)
        if self.transformer is not None:
            x, _ = self.transformer(x + self.pos_embed[:, : texts.shape[1]], mask)
            gathered = x[torch.arange(len(x)), texts.argmax(-1)]
        else:
            pairs = self.pair_embed(pair_slots(texts, self.pair_embed.num_embeddings))
            if self.training:
                kept = torch.rand(texts.shape, device=x.device) >= self.pair_dropout
                pairs = pairs * kept.unsqueeze(-1)
            gathered = self.norm(gather(x + pairs, mask))
        return F.normalize(self.projection(gathered), dim=-1)


class CLIP(nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["clip", "multimodal"]):
    """The two encoders and the logit scale, exp(s) = 1 / temperature, learned and clamped at 100.

    `image` and `text` are further arguments of the encoders; the defaults are the course's sizes.
    """

    def __init__(
        self,
        embed_dim: int = 512,
        temperature: float = 0.07,
        image: dict[str, Any] | None = None,
        text: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.image_encoder = ImageEncoder(embed_dim, **(image or {}))
        self.text_encoder = TextEncoder(embed_dim=embed_dim, **(text or {}))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def scale(self) -> Tensor:
        """1 / temperature, at most 100."""
        return self.logit_scale.exp().clamp(max=MAX_LOGIT_SCALE)

    def forward(self, images: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) and (T, L) -> logits_per_image (B, T), logits_per_text (T, B)."""
        logits_per_image = self.scale() * self.image_encoder(images) @ self.text_encoder(texts).T
        return logits_per_image, logits_per_image.T


def clip_loss(
    logits_per_image: Tensor, logits_per_text: Tensor, untrue: Tensor | None = None
) -> Tensor:
    """Symmetric InfoNCE (Radford et al., figure 3): picture i belongs to text i. Both (B, B).

    `untrue` (B, B) is True where the text does not fit the picture: only those are negatives, a
    text that is also true of another picture is left out of the sum. None: all others are.
    """
    labels = torch.arange(len(logits_per_image), device=logits_per_image.device)
    if untrue is not None:
        left_out = ~(untrue | torch.eye(len(labels), dtype=torch.bool, device=labels.device))
        logits_per_image = logits_per_image.masked_fill(left_out, -torch.inf)
        logits_per_text = logits_per_text.masked_fill(left_out.T, -torch.inf)
    loss_i2t = F.cross_entropy(logits_per_image, labels)
    loss_t2i = F.cross_entropy(logits_per_text, labels)
    return (loss_i2t + loss_t2i) / 2
