"""Cross-modal retrieval: two encoders into one space, and a loss that ranks the right pair first.

The ranking loss is VSE++'s (Faghri et al. 2017, arXiv:1707.05612, section 3): a triplet asks that an
anchor be closer to its own partner than to another's by a margin, and what matters most is which
other one is asked about.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.nn.conv_stem import PictureFeatures
from mm_demo.nn.head import Head
from mm_demo.nn.word_pairs import gather, pair_slots

Negatives = Literal["random", "semi_hard", "hardest"]


class CrossModalRetrieval(nn.Module):
    """Features of pictures and of texts to unit vectors of one space; the course's sizes.

    images (B, image_dim), texts (T, text_dim) -> (B, embed_dim), (T, embed_dim). `dropout` is that
    of the pictures' features, `inner_dropout` that of everything else.
    """

    def __init__(
        self,
        image_dim: int = 2048,
        text_dim: int = 768,
        embed_dim: int = 512,
        *,
        dropout: float = 0.5,
        inner_dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.image_encoder = Head(image_dim, embed_dim, dropout, inner_dropout)
        self.text_encoder = Head(text_dim, embed_dim, inner_dropout, inner_dropout)

    def forward(self, images: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
        return self.image_encoder(images), self.text_encoder(texts)


def triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 0.2,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """Hinge on cosines: max(0, margin + cos(anchor, negative) - cos(anchor, positive)); all (B, D).

    Equal vectors cost exactly the margin: where a loss stays there, the space has collapsed.
    """
    positive_cosine = F.cosine_similarity(anchor, positive)
    negative_cosine = F.cosine_similarity(anchor, negative)
    loss = F.relu(margin + negative_cosine - positive_cosine)
    return loss.sum() if reduction == "sum" else loss.mean()


@torch.no_grad()
def pick_negatives(
    scores: Tensor, untrue: Tensor, negatives: Negatives, hardness: float = 1.0
) -> Tensor:
    """Which column is each row's negative, (B,) of column numbers; -1 where a row has none.

    scores (B, B): cosines, a row's own partner on the diagonal. untrue (B, B) is True where a
    column does not fit the row; the own partner never counts as untrue.

    * random: any untrue one, each as likely;
    * semi_hard: the closest of those that are further than the partner, the furthest of all where
      there are none (Schroff et al. 2015, arXiv:1503.03832, section 3.2);
    * hardest: the closest (VSE++, eq. 6), among (B - 1) ** hardness drawn at random: 0 is
      "random", 1 looks at all.
    """
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    allowed = untrue & ~own
    if negatives == "semi_hard":
        further = allowed & (scores < scores.diagonal()[:, None])
        closest = scores.masked_fill(~further, -torch.inf).argmax(1)
        furthest = scores.masked_fill(~allowed, torch.inf).argmin(1)
        picked = torch.where(further.any(1), closest, furthest)
    else:
        candidates = round((len(scores) - 1) ** (hardness if negatives == "hardest" else 0.0))
        among = allowed
        if candidates < len(scores) - 1:
            lots = torch.rand_like(scores).masked_fill(~allowed, -1)
            among = allowed & (lots >= lots.topk(candidates).values[:, -1:])
        picked = scores.masked_fill(~among, -torch.inf).argmax(1)
    return picked.masked_fill(~allowed.any(1), -1)


def ranking_loss(
    images: Tensor,
    texts: Tensor,
    untrue: Tensor | None = None,
    *,
    margin: float = 0.2,
    negatives: Negatives = "hardest",
    hardness: float = 1.0,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """The mean of both directions' triplet losses: picture i (B, D) belongs to text i (B, D).

    untrue (B, B) is True where text j does not fit picture i; None: wherever i is not j. A row
    without a negative has no loss.
    """
    scores = images @ texts.T
    if untrue is None:
        untrue = torch.ones_like(scores, dtype=torch.bool)
    total = scores.new_zeros(())
    for anchor, other, table, wrong in (
        (images, texts, scores, untrue),
        (texts, images, scores.T, untrue.T),
    ):
        picked = pick_negatives(table, wrong, negatives, hardness)
        rows = picked >= 0
        if rows.any():
            negative = other[picked[rows]]
            total = total + triplet_loss(anchor[rows], other[rows], negative, margin, reduction) / 2
    return total


class SentenceFeatures(nn.Module):
    """Token ids (B, L), padded with 0, to features (B, 2 * width): words and pairs of neighbours.

    While training, a share `pair_dropout` of the pairs is left out: the words alone must do too.
    """

    def __init__(
        self, vocab_size: int, width: int = 128, num_pairs: int = 4096, pair_dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.dim = 2 * width
        self.pair_dropout = pair_dropout
        self.token_embed = nn.Embedding(vocab_size, width, padding_idx=0)
        self.pair_embed = nn.Embedding(num_pairs, width)
        nn.init.normal_(self.token_embed.weight, std=0.5)
        nn.init.normal_(self.pair_embed.weight, std=0.02)  # single words are learned first
        self.norm = nn.BatchNorm1d(self.dim)

    def forward(self, texts: Tensor) -> Tensor:
        pairs = self.pair_embed(pair_slots(texts, self.pair_embed.num_embeddings))
        if self.training:
            kept = torch.rand(texts.shape, device=texts.device) >= self.pair_dropout
            pairs = pairs * kept.unsqueeze(-1)
        return self.norm(gather(self.token_embed(texts) + pairs, texts != 0))


class SceneRetrieval(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["retrieval", "multimodal"]
):
    """Drawn pictures and sentences about them, both from random weights, and their joint space.

    `image` and `text` are further arguments of the two front networks.
    """

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int = 256,
        image: dict[str, Any] | None = None,
        text: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.pictures = PictureFeatures(**(image or {}))
        self.sentences = SentenceFeatures(vocab_size, **(text or {}))
        self.joint = CrossModalRetrieval(
            self.pictures.dim, self.sentences.dim, embed_dim, dropout=0.0, inner_dropout=0.0
        )

    def embed_images(self, images: Tensor) -> Tensor:
        """(B, 3, size, size) -> unit vectors (B, embed_dim)."""
        return self.joint.image_encoder(self.pictures(images))

    def embed_tokens(self, tokens: Tensor) -> Tensor:
        """The same from `pictures.tokens`, (B, N, 4 * width)."""
        return self.joint.image_encoder(self.pictures.gathered(tokens))

    def embed_texts(self, texts: Tensor) -> Tensor:
        """(T, L) -> unit vectors (T, embed_dim)."""
        return self.joint.text_encoder(self.sentences(texts))

    def forward(self, images: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
        return self.embed_images(images), self.embed_texts(texts)
