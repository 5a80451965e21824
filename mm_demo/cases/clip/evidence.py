"""Where the model looked for a label: the share of the label's score that comes from each place."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from mm_demo.cases.clip.model import CLIP

FINE = 8  # the map is read off eight times finer than the grid


def evidence(model: CLIP, images: torch.Tensor, texts: np.ndarray) -> np.ndarray:
    """Gradient of each label's cosine on the feature grid, times the features.

    The idea of Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391), summed place by place instead
    of averaged over the picture. `images` (N, 3, H, W), `texts` (N, embed_dim) unit vectors, one a
    picture; returns (N, grid, grid) float32 from 0 to 1, 0 where a place speaks against the label.
    """
    encoder = model.image_encoder
    with torch.enable_grad():
        tokens = encoder.tokens(images).detach().requires_grad_()
        scores = encoder.embed(tokens) * torch.as_tensor(texts, device=images.device)
        (slope,) = torch.autograd.grad(scores.sum(), tokens)
    share = (slope * (tokens - tokens.mean(1, keepdim=True))).sum(-1).detach()  # (N, tokens)
    size = encoder.grid_size
    # a class token stands in front of the grid
    grids = share[:, -(size**2) :].clamp(min=0).view(-1, size, size)
    if encoder.stem == "conv":
        grids = _centred(_centred(grids).transpose(1, 2)).transpose(1, 2)
    grids = grids / grids.amax((1, 2), keepdim=True).clamp(min=1e-12)
    return grids.cpu().numpy().astype(np.float32)


def _centred(grids: torch.Tensor) -> torch.Tensor:
    """Each cell's value in its middle, along the last axis.

    Two strided convolutions, padded by one, look at the pixels around 8 i + 1, not 8 i + 4.
    """
    after = torch.cat([grids[..., 1:], grids[..., -1:]], dim=-1)
    return torch.lerp(grids, after, 3 / 8)


def peak(grid: np.ndarray) -> tuple[float, float]:
    """Where the smoothed map is highest: (x, y) in fractions of the picture."""
    size = grid.shape[0] * FINE
    smooth = F.interpolate(
        torch.from_numpy(grid)[None, None], size=(size, size), mode="bicubic", align_corners=False
    )[0, 0]
    row, column = divmod(int(smooth.argmax()), size)
    return (column + 0.5) / size, (row + 0.5) / size
