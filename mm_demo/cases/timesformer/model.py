"""TimeSformer (Bertasius et al. 2021, arXiv:2102.05095): a Vision Transformer that reads clips.

Three of the paper's schemes of attention (section 3, figure 2) behind one argument. The arithmetic
is that of the authors' code, so that their weights fit; where it parts from the paper, a comment
says so.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.cases.timesformer import SCHEMES
from mm_demo.nn.attention import Attention

EPS = 1e-6  # of every LayerNorm, as in the authors' code


class Maps(NamedTuple):
    """Who looks at whom in one layer; rows add up to 1. None where a scheme has no such attention.

    space (B, T, heads, P+1, P+1): within each frame, the class token first.
    time  (B, P, heads, T, T): each place of the grid over the frames.
    joint (B, heads, T*P+1, T*P+1): all tokens, the class token first, then frame by frame.
    """

    space: Tensor | None = None
    time: Tensor | None = None
    joint: Tensor | None = None


class DividedSpaceTimeAttention(nn.Module):
    """Time, then space (T+S, section 3): each patch looks at its own place in all frames, then at
    its own frame. Shapes: x (B, 1 + T*P, dim), the class token first -> the same, with residuals.

    The class token takes part in space only: copied to every frame, averaged over them after.
    (The paper's eq. 11 makes it a key of the time attention too; the authors' code does not.)
    """

    def __init__(self, dim: int, num_heads: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.time_norm = nn.LayerNorm(dim, EPS)
        self.time_attention = Attention(dim, num_heads)
        self.time_projection = nn.Linear(dim, dim)
        self.space_norm = nn.LayerNorm(dim, EPS)
        self.space_attention = Attention(dim, num_heads)
        self.dropout = nn.Dropout(dropout)
        # zero: training begins as a model of pictures, and adds time to it
        nn.init.zeros_(self.time_projection.weight)
        nn.init.zeros_(self.time_projection.bias)

    def forward(self, x: Tensor, num_frames: int, *, maps: bool = False) -> tuple[Tensor, Maps]:
        B, N, C = x.shape
        T, P = num_frames, (N - 1) // num_frames
        cls, patches = x[:, :1], x[:, 1:].reshape(B, T, P, C)

        places = self.time_norm(patches).transpose(1, 2).reshape(B * P, T, C)
        mixed, time = self.time_attention(places, maps=maps)
        mixed = self.time_projection(mixed).view(B, P, T, C).transpose(1, 2)  # (B, T, P, C)
        patches = patches + self.dropout(mixed)

        frames = torch.cat([cls[:, None].expand(B, T, 1, C), patches], dim=2)  # (B, T, P+1, C)
        frames = self.space_norm(frames).reshape(B * T, P + 1, C)
        mixed, space = self.space_attention(frames, maps=maps)
        mixed = self.dropout(mixed).view(B, T, P + 1, C)
        cls = cls + mixed[:, :, 0].mean(1, keepdim=True)  # (B, 1, C)
        patches = patches + mixed[:, :, 1:]

        x = torch.cat([cls, patches.reshape(B, T * P, C)], dim=1)
        if space is None or time is None:
            return x, Maps()
        heads = space.shape[1]
        return x, Maps(
            space=space.view(B, T, heads, P + 1, P + 1), time=time.view(B, P, heads, T, T)
        )


class PlainAttention(nn.Module):
    """Every token looks at every other: of its clip (ST, eq. 5), or of its frame (S, eq. 6).

    Shapes: x (B, 1 + T*P, dim) for the clip, (B, T, P+1, dim) for its frames -> the same, with the
    residual.
    """

    def __init__(self, dim: int, num_heads: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, EPS)
        self.attention = Attention(dim, num_heads)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, num_frames: int, *, maps: bool = False) -> tuple[Tensor, Maps]:
        by_frame = x.dim() == 4
        mixed, weights = self.attention(self.norm(x).flatten(0, -3), maps=maps)
        x = x + self.dropout(mixed).reshape(x.shape)
        if weights is None:
            return x, Maps()
        if by_frame:
            return x, Maps(space=weights.view(-1, num_frames, *weights.shape[1:]))
        return x, Maps(joint=weights)


class Block(nn.Module):
    """Attention, then x + mlp(norm(x)) (eq. 8 and 9). Shapes: (B, N, dim) -> (B, N, dim)."""

    def __init__(self, dim: int, num_heads: int, dropout: float, *, divided: bool) -> None:
        super().__init__()
        scheme = DividedSpaceTimeAttention if divided else PlainAttention
        self.attention = scheme(dim, num_heads, dropout)
        self.norm = nn.LayerNorm(dim, EPS)
        self.mlp = nn.Sequential(
            nn.Linear(dim, 4 * dim),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(4 * dim, dim),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor, num_frames: int, *, maps: bool = False) -> tuple[Tensor, Maps]:
        x, weights = self.attention(x, num_frames, maps=maps)
        return x + self.mlp(self.norm(x)), weights


def linear_stem(channels: int, embed_dim: int, patch_size: int) -> nn.Module:
    """One linear map of each patch: E of eq. 1. (N, channels, H, W) -> (N, embed_dim, h, w)."""
    return nn.Conv2d(channels, embed_dim, patch_size, patch_size)


def convolutional_stem(channels: int, embed_dim: int, patch_size: int) -> nn.Module:
    """log2(patch_size) convolutions of stride 2, each twice as wide, up to embed_dim, then 1 x 1.

    Xiao et al. 2021, arXiv:2106.14881, section 4: transformers learn sooner from it than from bare
    patches. (N, channels, H, W) -> (N, embed_dim, h, w).
    ValueError for a patch_size that is no power of two, or an embed_dim that cannot be halved.
    """
    halvings = patch_size.bit_length() - 1
    if patch_size != 2**halvings or halvings < 1 or embed_dim % 2 ** (halvings - 1):
        raise ValueError(
            f"a convolutional stem needs a patch_size that is a power of two and an embed_dim that "
            f"is a multiple of half of it, not {patch_size} and {embed_dim}"
        )
    layers: list[nn.Module] = []
    for k in reversed(range(halvings)):
        out = embed_dim // 2**k
        layers += [
            nn.Conv2d(channels, out, 3, 2, 1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
        ]
        channels = out
    return nn.Sequential(*layers, nn.Conv2d(channels, embed_dim, 1))


class TimeSformer(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["video-classification"]
):
    """Clips to class logits: (B, T, channels, H, W) -> (B, num_classes). Defaults: the course's.

    `attention`: "divided" (time, then space), "joint" (all tokens of a clip at once) or "space"
    (each frame for itself, averaged at the end: the baseline that is blind to order).
    `stem`: "linear" patches as in the paper, or "convolutional".

    ValueError where the sizes do not fit each other, or the clips do not fit them.
    """

    def __init__(
        self,
        num_classes: int,
        num_frames: int = 8,
        image_size: int = 224,
        patch_size: int = 16,
        embed_dim: int = 512,
        num_layers: int = 6,
        num_heads: int = 8,
        *,
        channels: int = 3,
        attention: Literal["divided", "joint", "space"] = "divided",
        stem: Literal["linear", "convolutional"] = "linear",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if attention not in SCHEMES:
            raise ValueError(f"attention {attention!r}: one of {', '.join(SCHEMES)}")
        if stem not in ("linear", "convolutional"):
            raise ValueError(f"stem {stem!r}: one of linear, convolutional")
        if image_size % patch_size:
            raise ValueError(
                f"image_size {image_size} is not a multiple of patch_size {patch_size}"
            )
        self.clip_shape = (num_frames, channels, image_size, image_size)
        self.num_frames = num_frames
        self.grid_size = image_size // patch_size
        self.scheme = attention
        make_stem = linear_stem if stem == "linear" else convolutional_stem
        self.patch_embed = make_stem(channels, embed_dim, patch_size)
        self.cls_token = nn.Parameter(torch.randn(1, 1, embed_dim) * 0.02)
        # a place for each patch and one, the first, for the class token
        self.pos_embed = nn.Parameter(torch.randn(1, self.grid_size**2 + 1, embed_dim) * 0.02)
        if attention != "space":  # zero, as in the authors' code: at first no frame has a time
            self.time_embed = nn.Parameter(torch.zeros(1, num_frames, embed_dim))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            Block(embed_dim, num_heads, dropout, divided=attention == "divided")
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(embed_dim, EPS)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, clips: Tensor) -> Tensor:
        return self.head(self.encode(clips)[0])

    def explain(self, clips: Tensor) -> tuple[Tensor, list[Maps]]:
        """Logits, and each layer's attention, by the explicit path; the logits are the same."""
        encoded, maps = self.encode(clips, maps=True)
        return self.head(encoded), maps

    def encode(self, clips: Tensor, *, maps: bool = False) -> tuple[Tensor, list[Maps]]:
        """What the head reads, (B, embed_dim), eq. 10; with `maps=True` each layer's attention."""
        x = self.tokens(clips)
        collected = []
        for block in self.blocks:
            x, weights = block(x, self.num_frames, maps=maps)
            if maps:
                collected.append(weights)
        if self.scheme == "space":
            x = x.mean(1)  # (B, P+1, C)
        return self.norm(x[:, 0]), collected

    def tokens(self, clips: Tensor) -> Tensor:
        """The first layer's input, eq. 1: (B, 1 + T*P, C), frame by frame behind the class token.

        For "space" each frame has a class token of its own: (B, T, P+1, C).
        """
        if clips.shape[1:] != self.clip_shape:
            expected = ", ".join(["B", *map(str, self.clip_shape)])
            raise ValueError(f"clips ({expected}) are expected, not {tuple(clips.shape)}")
        B, T = clips.shape[:2]
        frames = clips.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        patches = self.patch_embed(frames).flatten(2).transpose(1, 2)  # (B*T, P, C)
        patches = patches + self.pos_embed[:, 1:]
        patches = patches.view(B, T, *patches.shape[1:])  # (B, T, P, C)
        cls = self.cls_token + self.pos_embed[:, :1]  # (1, 1, C)
        if self.scheme == "space":
            x = torch.cat([cls.expand(B, T, 1, -1), patches], dim=2)
        else:
            patches = (patches + self.time_embed[:, :, None]).flatten(1, 2)  # (B, T*P, C)
            x = torch.cat([cls.expand(B, 1, -1), patches], dim=1)
        return self.dropout(x)
