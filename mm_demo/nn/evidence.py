"""Where a score comes from: gradient times features, place by place.

The idea of Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391), without its mean over the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_demo.nn.backbone import Seen


def token_shares(tokens: Tensor, embed: Callable[[Tensor], Tensor], texts: Tensor) -> Tensor:
    """Each token's share of the cosine: tokens (N, T, dim), texts (N, D) -> (N, T).

    `embed` makes unit vectors (N, D) of the tokens. A token counts by what it has more than the mean.
    """
    with torch.enable_grad():
        tokens = tokens.detach().requires_grad_()
        (slope,) = torch.autograd.grad((embed(tokens) * texts).sum(), tokens)
    return (slope * (tokens - tokens.mean(1, keepdim=True))).sum(-1).detach()


def stem_grids(shares: Tensor) -> Tensor:
    """Shares of a ConvStem's cells, (N, side, side), as maps from 0 to 1, each cell's in its middle.

    Two strided convolutions, padded by one, look at the pixels around 8 i + 1, not 8 i + 4.
    """
    return scaled(_centred(_centred(shares.clamp(min=0)).transpose(1, 2)).transpose(1, 2))


def scaled(grids: Tensor) -> Tensor:
    """(N, side, side), 0 where a place speaks against the text, 1 where it speaks most for it."""
    grids = grids.clamp(min=0)
    return grids / grids.amax((1, 2), keepdim=True).clamp(min=1e-12)


def pooled_grid(seen: Sequence[Seen], score: Callable[[list[Tensor]], Tensor], side: int) -> Tensor:
    """What each place of a picture adds to a score of the backbones' pooled vectors, (side, side).

    A pooled vector is the mean over the cells of a backbone's grid, so to first order a cell's share
    is the gradient times what it has more than the mean. `seen` are the backbones' views of one
    picture, `score` makes a number of their pooled vectors, each (1, channels); from 0 to 1.
    """
    with torch.enable_grad():
        pooled = [each.pooled.clone().requires_grad_() for each in seen]
        slopes = torch.autograd.grad(score(pooled), pooled)
    total = torch.zeros(1, side, side)
    for each, slope in zip(seen, slopes, strict=True):
        share = ((each.grid - each.pooled[:, None, None]) * slope[:, None, None]).sum(-1)
        total += F.interpolate(share[None], (side, side), mode="bilinear")[0].cpu()
    return scaled(total)[0].detach()


def _centred(grids: Tensor) -> Tensor:
    """Each cell's value in its middle, along the last axis."""
    after = torch.cat([grids[..., 1:], grids[..., -1:]], dim=-1)
    return torch.lerp(grids, after, 3 / 8)
