"""What is learned on top of frozen features: from any vector to a unit vector of the joint space."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Head(nn.Module):
    """Vectors (B, dim) to unit vectors (B, embed_dim): a linear map, and a residual MLP on it."""

    def __init__(self, dim: int, embed_dim: int, dropout: float, inner_dropout: float) -> None:
        super().__init__()
        self.projection = nn.Sequential(nn.Dropout(dropout), nn.Linear(dim, embed_dim))
        self.mlp = nn.Sequential(
            nn.LayerNorm(embed_dim),
            nn.Linear(embed_dim, embed_dim),
            nn.GELU(),
            nn.Dropout(inner_dropout),
            nn.Linear(embed_dim, embed_dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.projection(x)
        return F.normalize(x + self.mlp(x), dim=-1)
