"""Held-out figures of some strategies' networks on the same samples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mm_demo.cases.fusion.model import FUSIONS, SIGHT, SOUND, Listener
from mm_demo.cases.fusion.samples import Samples

_CHUNK = 500
BINS = 9  # of the noise difference, along which the weight is shown


@torch.inference_mode()
def answers(
    network: Listener, samples: Samples, only: int | None = None
) -> tuple[Tensor, Tensor | None]:
    """Logits (N, classes) and weights (N, 2) or None, `only` one sense being there if named."""
    device = next(network.parameters()).device
    logits, weights = [], []
    for start in range(0, len(samples.labels), _CHUNK):
        rows = slice(start, start + _CHUNK)
        pictures, mel = samples.pictures[rows].to(device), samples.mel[rows].to(device)
        present = None
        if only is not None:
            present = torch.zeros(len(pictures), 2, dtype=torch.bool, device=device)
            present[:, only] = True
        z, w = network.explain(pictures, mel, present)
        logits.append(z.float().cpu())
        if w is not None:
            weights.append(w.float().cpu())
    return torch.cat(logits), torch.cat(weights) if weights else None


def accuracies(networks: Mapping[str, Listener], samples: Samples) -> dict[str, float]:
    """`accuracy_<strategy>` of each network."""
    return {
        f"accuracy_{name}": _right(answers(network, samples)[0], samples)
        for name, network in networks.items()
    }


def best_fusion(found: Mapping[str, float]) -> str:
    """The most accurate of the fusions, or of the single senses where no fusion was trained."""
    known = [name for name in FUSIONS if f"accuracy_{name}" in found]
    known = known or [name.removeprefix("accuracy_") for name in found]
    return max(known, key=lambda name: found[f"accuracy_{name}"])


def with_one_sense(networks: Mapping[str, Listener], samples: Samples) -> dict[str, float]:
    """`accuracy_<fusion>_sight_only` and `_sound_only`: the other sense is missing."""
    return {
        f"accuracy_{name}_{sense}_only": _right(answers(networks[name], samples, only)[0], samples)
        for name in FUSIONS
        if name in networks
        for sense, only in (("sight", SIGHT), ("sound", SOUND))
    }


def weight_noise_r(network: Listener, samples: Samples) -> float:
    """Pearson's r of sight's weight with how much more the sound is corrupted than the picture.

    0 where the weights or the strengths do not vary.
    """
    _, weights = answers(network, samples)
    if weights is None:
        return 0.0
    difference = samples.strengths[:, SOUND] - samples.strengths[:, SIGHT]
    pair = np.stack([weights[:, SIGHT].numpy(), difference.numpy()])
    if (pair.std(1) < 1e-6).any():
        return 0.0
    return float(np.corrcoef(pair)[0, 1])


def weight_along_noise(network: Listener, samples: Samples) -> tuple[list[float], list[float]]:
    """Noise differences (sound minus sight, the middles of bins) and sight's mean weight there."""
    _, weights = answers(network, samples)
    assert weights is not None, "a strategy with weights"
    difference = (samples.strengths[:, SOUND] - samples.strengths[:, SIGHT]).numpy()
    edges = np.linspace(-1, 1, BINS + 1)
    places = np.clip(np.digitize(difference, edges) - 1, 0, BINS - 1)
    filled = [k for k in range(BINS) if (places == k).any()]
    middles = (edges[:-1] + edges[1:]) / 2
    sight = weights[:, SIGHT].numpy()
    return (
        [round(float(middles[k]), 3) for k in filled],
        [round(float(sight[places == k].mean()), 3) for k in filled],
    )


def ignored_senses(networks: Mapping[str, Listener], samples: Samples) -> list[tuple[str, str]]:
    """(fusion, sense) where a sense has next to no say: shuffled, it costs less than 0.01.

    The other one must cost at least 0.1: before anything is learned, nothing is ignored. The
    measure is the sense's effect, not its gradient (Peng et al. 2022, arXiv:2203.15332, call the
    same fault under-optimised senses and see it in the gradients).
    """
    order = torch.roll(torch.arange(len(samples.labels)), 1)
    found = []
    for name in FUSIONS:
        if name not in networks:
            continue
        whole = _right(answers(networks[name], samples)[0], samples)
        cost = {}
        for sense in ("sight", "sound"):
            pictures, mel = samples.pictures, samples.mel
            if sense == "sight":
                pictures = pictures[order]
            else:
                mel = mel[order]
            other = Samples(pictures, mel, samples.labels, samples.strengths)
            cost[sense] = whole - _right(answers(networks[name], other)[0], samples)
        for sense, counterpart in (("sight", "sound"), ("sound", "sight")):
            if cost[sense] < 0.01 and cost[counterpart] > 0.1:
                found.append((name, sense))
    return found


def _right(logits: Tensor, samples: Samples) -> float:
    return float((logits.argmax(1) == samples.labels).float().mean())
