"""Where and when TimeSformer looks: its attention, rolled out through the layers.

`maps` are those of `TimeSformer.explain`. Attention tells where tokens were gathered from, not what
they did to the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mm_demo.cases.timesformer.model import Maps
from mm_demo.nn.attention import rollout


def space_evidence(maps: Sequence[Maps], num_frames: int) -> Tensor:
    """How much of each patch is in the class token, (B, T, h, w); what is missing to 1 is its own.

    "joint": over the clip, so frames may differ in what they give. "divided" and "space": within
    each frame, and every frame gives the same, for the class token is their average.
    """
    joint = [m.joint for m in maps if m.joint is not None]
    space = [m.space for m in maps if m.space is not None]
    if joint:
        shares = rollout(joint)[:, 0, 1:]  # (B, T*P)
        shares = shares.reshape(len(shares), num_frames, -1)  # (B, T, P)
    else:
        shares = rollout(space)[:, :, 0, 1:] / num_frames  # (B, T, P)
    grid_size = math.isqrt(shares.shape[-1])
    return shares.reshape(*shares.shape[:2], grid_size, grid_size)


def time_evidence(maps: Sequence[Maps], num_frames: int) -> Tensor:
    """Which frames (columns) stand in what a frame (row) says, (B, T, T); rows add up to 1.

    A mean over the patches, each weighted by what the class token takes of it: the still background
    would drown what moves. The identity for "space", whose frames do not see each other.
    """
    weights = space_evidence(maps, num_frames).flatten(2)  # (B, T, P)
    B, T, P = weights.shape
    joint = [m.joint for m in maps if m.joint is not None]
    time = [m.time for m in maps if m.time is not None]
    if joint:
        seen = rollout(joint)[:, 1:, 1:].reshape(B, T, P, T, P).sum(-1)  # (B, T, P, T)
    elif time:
        seen = rollout(time).transpose(1, 2)  # (B, T, P, T)
    else:
        seen = torch.eye(T, device=weights.device)[None, :, None]
    gathered = (weights[..., None] * seen).sum(2)  # (B, T, T)
    return gathered / gathered.sum(-1, keepdim=True)
