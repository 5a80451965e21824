"""Words and pairs of neighbouring words, gathered into one vector of a sentence.

As fastText does (Joulin et al. 2017, arXiv:1607.01759): the pairs carry the order of words, and cost
next to nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_FACTOR = 40_503  # spreads neighbouring ids over the table


def pair_slots(texts: Tensor, num_pairs: int) -> Tensor:
    """Where each word and its successor (padding at the end) have their vector among `num_pairs`.

    Token ids (B, L), padded with 0 -> (B, L).
    """
    successors = F.pad(texts[:, 1:], (0, 1))
    return (texts * _FACTOR + successors) % num_pairs


def gather(x: Tensor, mask: Tensor) -> Tensor:
    """Sum and maximum over the words that count: (B, L, dim), mask (B, L) -> (B, 2 * dim)."""
    padding = ~mask.unsqueeze(-1)
    total = x.masked_fill(padding, 0).sum(1)
    most = x.masked_fill(padding, -torch.inf).amax(1)
    return torch.cat([total, most], dim=-1)
