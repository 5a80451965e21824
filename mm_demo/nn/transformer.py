"""The transformer encoder, pre-norm (Xiong et al. 2020, arXiv:2002.04745)."""

from __future__ import annotations

from torch import Tensor, nn

from mm_demo.nn.attention import Attention


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)). Shapes: (B, N, dim) -> (B, N, dim)."""

    def __init__(self, dim: int, num_heads: int = 8) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = Attention(dim, num_heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(
        self, x: Tensor, mask: Tensor | None = None, *, maps: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        mixed, weights = self.attention(self.norm1(x), mask, maps=maps)
        x = x + mixed
        return x + self.mlp(self.norm2(x)), weights


class Transformer(nn.Module):
    """`num_layers` blocks and a last LayerNorm.

    Shapes: x (B, N, dim), mask (B, N) or None -> (B, N, dim); with `maps=True` the attention
    weights of every layer come back as a list of (B, heads, N, N), else an empty list.
    """

    def __init__(self, dim: int, num_layers: int, num_heads: int = 8) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(dim, num_heads) for _ in range(num_layers))
        self.norm = nn.LayerNorm(dim)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, *, maps: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        collected = []
        for block in self.blocks:
            x, weights = block(x, mask, maps=maps)
            if weights is not None:
                collected.append(weights)
        return self.norm(x), collected
