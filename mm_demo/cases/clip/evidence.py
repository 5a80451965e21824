"""Where the model looked for a label: the share of the label's score that comes from each place."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from mm_demo.cases.clip.model import CLIP
from mm_demo.nn.evidence import scaled, stem_grids, token_shares

FINE = 8  # the map is read off eight times finer than the grid


def evidence(model: CLIP, images: torch.Tensor, texts: np.ndarray) -> np.ndarray:
    """Gradient of each label's cosine on the feature grid, times the features.

    See `nn.evidence`. `images` (N, 3, H, W), `texts` (N, embed_dim) unit vectors, one a
    picture; returns (N, grid, grid) float32 from 0 to 1, 0 where a place speaks against the label.
    """
    encoder = model.image_encoder
    with torch.no_grad():
        tokens = encoder.tokens(images)
    share = token_shares(tokens, encoder.embed, torch.as_tensor(texts, device=images.device))
    size = encoder.grid_size
    # a class token stands in front of the grid
    grids = share[:, -(size**2) :].view(-1, size, size)
    made = stem_grids(grids) if encoder.stem == "conv" else scaled(grids)
    return made.cpu().numpy().astype(np.float32)


def peak(grid: np.ndarray) -> tuple[float, float]:
    """Where the smoothed map is highest: (x, y) in fractions of the picture."""
    size = grid.shape[0] * FINE
    smooth = F.interpolate(
        torch.from_numpy(grid)[None, None], size=(size, size), mode="bicubic", align_corners=False
    )[0, 0]
    row, column = divmod(int(smooth.argmax()), size)
    return (column + 0.5) / size, (row + 0.5) / size
