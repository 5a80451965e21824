"""The ranking loss as a run uses it: which negatives at which step, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_demo.cases.retrieval import RetrievalConfig
from mm_demo.cases.retrieval.model import ranking_loss


def hardness(config: RetrievalConfig, step: int) -> float:
    """How hard the negatives of a step are, from 0 (random) to 1, after `hardening` of the steps.

    VSE++ warms up with easy negatives too (its authors' code): from random weights the hardest
    ones pull all vectors together before they mean anything.
    """
    warm = config.hardening * config.steps
    return min(1.0, step / warm) if warm >= 1 else 1.0


def loss_over_captions(
    config: RetrievalConfig,
    images: Tensor,
    texts: Sequence[Tensor],
    untrue: Sequence[Tensor] | None,
    hard: float,
) -> tuple[Tensor, dict[str, float]]:
    """The mean loss over the captions of a picture, and figures of the batch.

    images (B, D); each of `texts` (B, D), of `untrue` (B, B). `spread` is 1 minus the mean cosine of
    different pictures (0: all alike), `margin_kept` the mean cosine of pairs less that of strangers,
    `alike_loss` what the loss is when all vectors are alike.
    """
    total = images.new_zeros(())
    for k, text in enumerate(texts):
        total = total + ranking_loss(
            images,
            text,
            None if untrue is None else untrue[k],
            margin=config.margin,
            negatives=config.negatives,
            hardness=hard,
            reduction=config.reduction,
        )
    n = len(images)
    with torch.no_grad():
        mean_cosine = (images.sum(0).square().sum() - n) / (n * (n - 1))
        scores = images @ texts[0].T
        own = scores.diagonal().mean()
        kept = own - (scores.sum() - scores.diagonal().sum()) / (n * (n - 1))
    return total / len(texts), {
        "spread": 1 - float(mean_cosine),
        "margin_kept": float(kept),
        "hardness": hard,
        "alike_loss": config.margin * (n if config.reduction == "sum" else 1),
    }


def guessing(config: RetrievalConfig, batch_size: int) -> float:
    """The loss of vectors that point anywhere, at the hardest that the run will ask."""
    generator = torch.Generator().manual_seed(0)
    images, texts = F.normalize(
        torch.randn(2, batch_size, config.embed_dim, generator=generator), dim=-1
    )
    return float(
        ranking_loss(
            images,
            texts,
            margin=config.margin,
            negatives=config.negatives,
            reduction=config.reduction,
        )
    )
