"""What TimeSformer's schemes cost, counted from their equations (arXiv:2102.05095, section 3).

Two conventions are about. Papers count a multiplication and the addition behind it as one (the
"590 GFLOPs" of TimeSformer are 590 G of these, for three views of a clip); profilers, such as
`torch.utils.flop_counter`, count two. Norms, softmax and activations are left out by both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Flops:
    """The cost of one forward pass for one clip."""

    multiply_adds: int

    @property
    def flops(self) -> int:
        """Multiplications and additions counted apart."""
        return 2 * self.multiply_adds


def timesformer_flops(
    attention: Literal["divided", "joint", "space"],
    *,
    num_classes: int,
    num_frames: int = 8,
    image_size: int = 224,
    patch_size: int = 16,
    embed_dim: int = 512,
    num_layers: int = 6,
    channels: int = 3,
    stem: Literal["linear", "convolutional"] = "linear",
) -> Flops:
    """One clip through `TimeSformer` of these sizes; the number of heads does not matter.

    ValueError for a scheme that is not there.
    """
    T, d = num_frames, embed_dim
    P = (image_size // patch_size) ** 2

    def attend(sequences: int, tokens: int) -> int:
        # q, k, v and the output, 4 d^2 a token; then QK^T and its product with V, d a pair each
        return sequences * (4 * tokens * d**2 + 2 * tokens**2 * d)

    def mlp(tokens: int) -> int:
        return tokens * 8 * d**2

    if attention == "divided":
        projection = T * P * d**2  # behind the time attention
        layer = attend(P, T) + projection + attend(T, P + 1) + mlp(T * P + 1)
    elif attention == "joint":
        layer = attend(1, T * P + 1) + mlp(T * P + 1)
    elif attention == "space":
        layer = attend(T, P + 1) + mlp(T * (P + 1))
    else:
        raise ValueError(f"attention {attention!r}: one of divided, joint, space")
    stem_cost = {"linear": _linear_stem, "convolutional": _convolutional_stem}[stem]
    frame = stem_cost(image_size, patch_size, d, channels)
    return Flops(T * frame + num_layers * layer + d * num_classes)


def _linear_stem(image_size: int, patch_size: int, embed_dim: int, channels: int) -> int:
    return (image_size // patch_size) ** 2 * channels * patch_size**2 * embed_dim


def _convolutional_stem(image_size: int, patch_size: int, embed_dim: int, channels: int) -> int:
    """3 x 3 convolutions of stride 2, each twice as wide, up to embed_dim; then 1 x 1."""
    total, size = 0, image_size
    for k in reversed(range(patch_size.bit_length() - 1)):
        size, out = size // 2, embed_dim // 2**k
        total += size**2 * 9 * channels * out
        channels = out
    return total + size**2 * embed_dim**2
