"""Held-out figures of some strategies' networks on the same samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_demo.cases.fusion.model import FUSIONS, SIGHT, SOUND, Listener
from mm_demo.cases.fusion.samples import Samples

_CHUNK = 500
BINS = 9  # of the noise difference, along which the weight is shown
SPANS = 7  # of a strength, along which accuracy is shown
_SHUFFLED = 500  # samples on which is looked whether a sense has a say


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's logits (N, classes) and weights (N, 2), sight first, None where it has none."""

    logits: Tensor
    weights: Tensor | None

    def right(self, samples: Samples) -> Tensor:
        """(N,) 1 where the most likely class is the label, else 0."""
        return (self.logits.argmax(1) == samples.labels).float()


@torch.inference_mode()
def answers(network: Listener, samples: Samples, only: int | None = None) -> Answers:
    """What a network says of samples, `only` one sense being there if named."""
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
    return Answers(torch.cat(logits), torch.cat(weights) if weights else None)


def ask_all(networks: Mapping[str, Listener], samples: Samples) -> dict[str, Answers]:
    """The answers of each strategy."""
    return {name: answers(network, samples) for name, network in networks.items()}


def accuracies(said: Mapping[str, Answers], samples: Samples) -> dict[str, float]:
    """`accuracy_<strategy>` of each."""
    return {f"accuracy_{name}": float(a.right(samples).mean()) for name, a in said.items()}


def best_fusion(found: Mapping[str, float]) -> str:
    """The most accurate of the fusions, or of the single senses where no fusion was trained."""
    known = [name for name in FUSIONS if f"accuracy_{name}" in found]
    known = known or [name.removeprefix("accuracy_") for name in found]
    return max(known, key=lambda name: found[f"accuracy_{name}"])


def with_one_sense(networks: Mapping[str, Listener], samples: Samples) -> dict[str, float]:
    """`accuracy_<fusion>_sight_only` and `_sound_only`: the other sense is missing."""
    return {
        f"accuracy_{name}_{sense}_only": float(
            answers(networks[name], samples, only).right(samples).mean()
        )
        for name in FUSIONS
        if name in networks
        for sense, only in (("sight", SIGHT), ("sound", SOUND))
    }


def weight_noise_r(said: Answers, samples: Samples) -> float:
    """Pearson's r of sight's weight with how much more the sound is corrupted than the picture.

    0 where the weights or the strengths do not vary.
    """
    if said.weights is None:
        return 0.0
    pair = np.stack([said.weights[:, SIGHT].numpy(), _difference(samples)])
    if (pair.std(1) < 1e-6).any():
        return 0.0
    return float(np.corrcoef(pair)[0, 1])


def weight_along_noise(said: Answers, samples: Samples) -> tuple[list[float], list[float]]:
    """Noise differences (sound minus sight, the middles of bins) and sight's mean weight there."""
    assert said.weights is not None, "a strategy with weights"
    edges = np.linspace(-1, 1, BINS + 1)
    places = np.clip(np.digitize(_difference(samples), edges) - 1, 0, BINS - 1)
    filled = [k for k in range(BINS) if (places == k).any()]
    middles = (edges[:-1] + edges[1:]) / 2
    sight = said.weights[:, SIGHT].numpy()
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
    samples = _rows(samples, torch.arange(len(samples.labels)) < _SHUFFLED)
    order = torch.roll(torch.arange(len(samples.labels)), 1)
    shuffled = {
        "sight": Samples(samples.pictures[order], samples.mel, samples.labels, samples.strengths),
        "sound": Samples(samples.pictures, samples.mel[order], samples.labels, samples.strengths),
    }
    found = []
    for name in FUSIONS:
        if name not in networks:
            continue
        whole = answers(networks[name], samples).right(samples).mean()
        cost = {
            sense: float(whole - answers(networks[name], other).right(samples).mean())
            for sense, other in shuffled.items()
        }
        for sense, counterpart in (("sight", "sound"), ("sound", "sight")):
            if cost[sense] < 0.01 and cost[counterpart] > 0.1:
                found.append((name, sense))
    return found


def along(levels: Iterable[tuple[float, Mapping[str, Answers], Samples]]) -> dict[str, Any]:
    """How the accuracies change with how much a sense is spoiled: "x", and a list for each strategy.

    "weight_sound" is the mean weight that attention gives to the sound there.
    """
    curve: dict[str, Any] = {"x": [], "accuracy": {}}
    for x, said, samples in levels:
        curve["x"].append(round(x, 3))
        for name, answered in said.items():
            share = float(answered.right(samples).mean())
            curve["accuracy"].setdefault(name, []).append(round(share, 4))
            if name == "attention" and answered.weights is not None:
                mean = float(answered.weights[:, SOUND].mean())
                curve.setdefault("weight_sound", []).append(round(mean, 4))
    return curve


def along_strength(said: Mapping[str, Answers], samples: Samples, sense: int) -> dict[str, Any]:
    """`along` equal spans of a sense's strength of corruption, by their middles."""
    levels = []
    for k in range(SPANS):
        strength = samples.strengths[:, sense]
        rows = (strength >= k / SPANS) & (strength <= (k + 1) / SPANS)
        if rows.any():
            chosen = {
                name: Answers(a.logits[rows], None if a.weights is None else a.weights[rows])
                for name, a in said.items()
            }
            levels.append(((k + 0.5) / SPANS, chosen, _rows(samples, rows)))
    return along(levels)


def _difference(samples: Samples) -> np.ndarray:
    """How much more the sound is corrupted than the picture (N,)."""
    found: np.ndarray = (samples.strengths[:, SOUND] - samples.strengths[:, SIGHT]).numpy()
    return found


def _rows(samples: Samples, rows: Tensor) -> Samples:
    return Samples(*(getattr(samples, part.name)[rows] for part in fields(samples)))
