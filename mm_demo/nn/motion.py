"""What a video network reads: colours, or grey with its change in time, or with its flow as well.

The flow is Lucas and Kanade's ("An iterative image registration technique", 1981), one step of it
at each of a few sizes. It does much of the work by hand that a network would else have to learn.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KINDS = ("rgb", "difference", "flow")
LEVELS = 2  # flow at the full size, and at half of it for what is fast
_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601
_LEAST_CONTRAST = 0.02  # of 1: a frame of less is noise, not to be blown up
_LEAST_ENERGY = 0.01  # of gradients: where there are fewer, nothing is said about the flow
_FASTEST = 2.0  # pixels of a level: linear steps are not true beyond


class MotionChannels(nn.Module):
    """Frames (B, T, 3, H, W), uint8 or floats in 0 .. 1, to (B, T, channels, size, size).

    "rgb": the colours in -1 .. 1. "difference": grey and its change since the frame before.
    "flow": these and x, y of the flow at each level, in pixels of `size` a frame, the finest first.
    Grey has mean 0 and deviation 1 in each frame, so that a light that changes is no movement. The
    first frame has no change and no flow: zeros. ValueError for an unknown kind.
    """

    grey: Tensor

    def __init__(self, kind: str, size: int = 32) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"unknown channels {kind!r}: one of {', '.join(KINDS)}")
        self.kind, self.size = kind, size
        self.channels = {"rgb": 3, "difference": 2, "flow": 2 + 2 * LEVELS}[kind]
        self.register_buffer("grey", torch.tensor(_GREY).view(3, 1, 1), False)

    def forward(self, frames: Tensor) -> Tensor:
        B, T = frames.shape[:2]
        scale = 1.0 if frames.is_floating_point() else 1 / 255
        small = _resized(frames.flatten(0, 1).float() * scale, self.size)
        if self.kind == "rgb":
            return (2 * small - 1).view(B, T, 3, self.size, self.size)
        grey = standardised((small * self.grey).sum(1).view(B, T, self.size, self.size))
        change = F.pad(grey[:, 1:] - grey[:, :-1], (0, 0, 0, 0, 1, 0))
        found = [grey[:, :, None], change[:, :, None]]
        if self.kind == "flow":
            for level in range(LEVELS):
                smaller = F.avg_pool2d(grey, 2**level) if level else grey
                flow = F.pad(lucas_kanade(smaller), (0, 0, 0, 0, 0, 0, 1, 0)) * 2**level
                flow = flow.repeat_interleave(2**level, -1).repeat_interleave(2**level, -2)
                found.append(flow)
        return torch.cat(found, 2)


def _resized(frames: Tensor, size: int) -> Tensor:
    """(N, C, H, W) to (N, C, size, size), squeezed; averaged, so that nothing fine flickers."""
    if frames.shape[-2:] == (size, size):
        return frames
    if frames.shape[-1] % size == 0 and frames.shape[-2] % size == 0:
        return F.avg_pool2d(frames, (frames.shape[-2] // size, frames.shape[-1] // size))
    return F.interpolate(frames, (size, size), mode="bilinear", antialias=True)


def standardised(grey: Tensor) -> Tensor:
    """(B, T, H, W) with mean 0 and, unless it has hardly any contrast, deviation 1 in each frame."""
    deviation, mean = torch.std_mean(grey, (2, 3), keepdim=True)
    return (grey - mean) / deviation.clamp(min=_LEAST_CONTRAST)


def lucas_kanade(grey: Tensor) -> Tensor:
    """How the content moves from each frame to the next: (B, T, H, W) to (B, T-1, 2, H, W), x first.

    The displacement that explains the change best within 5 x 5 pixels, in pixels; small where the
    window has no edges, along an edge where it has but one. Derivatives are means over cubes of
    2 x 2 x 2 (Horn and Schunck 1981, section 7).
    """
    still = (grey[:, 1:] + grey[:, :-1]) / 2
    upper, lower = still[..., :-1, :], still[..., 1:, :]
    across, down = (upper + lower) / 2, lower - upper
    gx = across[..., 1:] - across[..., :-1]
    gy = (down[..., 1:] + down[..., :-1]) / 2
    B, T, H, W = gx.shape
    change = F.avg_pool2d(grey[:, 1:] - grey[:, :-1], 2, 1)
    products = torch.stack([gx * gx, gx * gy, gy * gy, gx * change, gy * change], 2)
    # 4 x 4 cubes around each pixel are 5 x 5 pixels
    means = F.avg_pool2d(products.view(B * T, 5, H, W), 4, 1, 2, count_include_pad=False)
    xx, xy, yy, xt, yt = means.view(B, T, 5, H + 1, W + 1).unbind(2)
    xx, yy = xx + _LEAST_ENERGY, yy + _LEAST_ENERGY
    determinant = xx * yy - xy * xy
    flow = torch.stack([xy * yt - yy * xt, xy * xt - xx * yt], 2) / determinant[:, :, None]
    return flow.clamp(-_FASTEST, _FASTEST)
