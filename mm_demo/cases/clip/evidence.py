"""Where the model looked for a label: the share of the label's score that comes from each place."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from mm_demo.cases.clip.model import CLIP

FINE = 8  # the map is read off eight times finer than the grid, bilinearly


def evidence(model: CLIP, image: torch.Tensor, text: np.ndarray) -> np.ndarray:
    """Gradient of the label's cosine on the feature grid, times the features.

    The idea of Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391), summed place by place instead
    of averaged over the picture. `image` (1, 3, H, W), `text` (embed_dim,) a unit vector; returns
    (grid, grid) float32 from 0 to 1, 0 where a place speaks against the label.
    """
    encoder = model.image_encoder
    with torch.enable_grad():
        tokens = encoder.tokens(image).detach().requires_grad_()
        score = encoder.embed(tokens) @ torch.as_tensor(text, device=image.device)
        (slope,) = torch.autograd.grad(score.sum(), tokens)
    share = (slope * (tokens - tokens.mean(1, keepdim=True))).sum(-1)[0].detach()
    grid = share[-(encoder.grid_size**2) :].view(encoder.grid_size, -1).clamp(min=0)
    return (grid / grid.max().clamp(min=1e-12)).cpu().numpy().astype(np.float32)


def peak(grid: np.ndarray) -> tuple[float, float]:
    """Where the bilinear map is highest: (x, y) in fractions of the picture."""
    size = grid.shape[0] * FINE
    smooth = F.interpolate(
        torch.from_numpy(grid)[None, None], size=(size, size), mode="bicubic", align_corners=False
    )[0, 0]
    row, column = divmod(int(smooth.argmax()), size)
    return (column + 0.5) / size, (row + 0.5) / size
