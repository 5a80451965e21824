"""Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, section 3.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention, `MultiHead(x, x, x)` of section 3.2.2.

    Shapes: x (B, N, dim); `mask` (B, N) is True where a token counts. With `maps=True` the weights
    come back too, (B, heads, N, N), by the explicit path; otherwise the fused one is taken, and
    both give the same output.
    """

    def __init__(self, dim: int, num_heads: int = 8) -> None:
        super().__init__()
        if dim % num_heads:
            raise ValueError(f"dim {dim} is not a multiple of num_heads {num_heads}")
        self.num_heads = num_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, *, maps: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        B, N, C = x.shape
        qkv = self.qkv(x).view(B, N, 3, self.num_heads, C // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, N, C / heads)
        keys = None if mask is None else mask[:, None, None, :]
        weights = None
        if maps:
            scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # eq. 1
            if keys is not None:
                scores = scores.masked_fill(~keys, -torch.inf)
            weights = scores.softmax(-1)
            mixed = weights @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=keys)
        return self.out(mixed.transpose(1, 2).reshape(B, N, C)), weights


def rollout(maps: Sequence[Tensor]) -> Tensor:
    """Attention rollout (Abnar and Zuidema 2020, arXiv:2005.00928, section 3): how much of each
    input token is in each token of the last layer, residuals counted as half of every layer.

    Shapes: the layers' weights in order, each (..., heads, N, N) -> (..., N, N), rows add up to 1.
    ValueError without a layer.
    """
    if not maps:
        raise ValueError("rollout: no layer's attention is given")
    mixed = torch.eye(maps[0].shape[-1], dtype=maps[0].dtype, device=maps[0].device)
    identity = mixed
    for weights in maps:
        mixed = (weights.mean(-3) + identity) / 2 @ mixed
    return mixed


class AttentionPool(nn.Module):
    """A few learned queries look at the tokens; what each gathers stands side by side.

    Shapes: tokens (B, N, dim) -> (B, num_queries * dim), weights (B, num_queries, N), which add up
    to 1 over the tokens.
    """

    def __init__(self, dim: int, num_queries: int = 8) -> None:
        super().__init__()
        self.scores = nn.Linear(dim, num_queries)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        weights = self.scores(tokens).transpose(1, 2).softmax(-1)  # (B, Q, N)
        return (weights @ tokens).flatten(1), weights
