"""Is this like anything that the model knows? Each sense on its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mm_demo import store
from mm_demo.cases.fusion.model import SIGHT, SOUND, Listener
from mm_demo.cases.fusion.samples import Samples
from mm_demo.errors import UserError

FILE = "familiar.safetensors"
_TURNED = "columns"  # of `whiten`, as rows
KNOWN_SHARE = 0.98  # of unseen samples that are to count as known
_RIDGE = 0.05  # of the mean variance: some features hardly ever vary


@dataclass(frozen=True, eq=False)
class Familiar:
    """Mahalanobis distance to the nearest class (Lee et al. 2018, arXiv:1807.03888).

    means (classes, dim), whiten (dim, dim) shared by the classes, after which features vary by 1 in
    each direction; `limit` is the squared distance that counts as 1.
    """

    means: Tensor
    whiten: Tensor
    limit: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Distances (N,) of features (N, dim); above 1 is outside what the model knows."""
        return self._raw(features) / self.limit

    def _raw(self, features: Tensor) -> Tensor:
        away = features.float()[:, None] - self.means[None]
        return (away @ self.whiten).square().sum(-1).amin(1)

    @classmethod
    def fit(cls, features: Tensor, labels: Tensor, unseen: Tensor) -> Familiar:
        """From features (N, dim) and labels (N,) of training samples; the limit from unseen ones."""
        features = features.double()
        classes = int(labels.max()) + 1
        means = torch.stack([features[labels == k].mean(0) for k in range(classes)])
        rest = features - means[labels]
        covariance = rest.T @ rest / len(rest)
        ridge = _RIDGE * covariance.diagonal().mean() + 1e-9
        values, vectors = torch.linalg.eigh(covariance)
        whiten = vectors / (values.clamp(min=0) + ridge).sqrt()
        found = cls(means.float(), whiten.float(), torch.ones(()))
        return cls(found.means, found.whiten, found._raw(unseen).quantile(KNOWN_SHARE))


@torch.inference_mode()
def features(network: Listener, samples: Samples, sense: int) -> Tensor:
    """What a network's encoder of one sense makes of samples (N, dim), on the CPU."""
    device = next(network.parameters()).device
    encoder = network.picture_encoder if sense == SIGHT else network.sound_encoder
    assert encoder is not None, "a strategy that has this sense"
    given = samples.pictures if sense == SIGHT else samples.mel
    parts = [encoder(part.to(device)).float().cpu() for part in torch.split(given, 500)]
    return torch.cat(parts)


def listener(networks: dict[str, Listener], sense: int) -> Listener | None:
    """The network whose encoder judges a sense: the one that has nothing else, else a fusion."""
    alone = "visual" if sense == SIGHT else "audio"
    return next((networks[n] for n in (alone, "attention", "late", "early") if n in networks), None)


def fit(networks: dict[str, Listener], train: Samples, unseen: Samples) -> dict[int, Familiar]:
    """A judge for each sense that the networks have, from clean samples."""
    return {
        sense: Familiar.fit(
            features(network, train, sense), train.labels, features(network, unseen, sense)
        )
        for sense in (SIGHT, SOUND)
        if (network := listener(networks, sense)) is not None
    }


def save(folder: Path, judges: dict[str, dict[int, Familiar]]) -> None:
    """Write the judges of each group into a checkpoint folder.

    `whiten` in eight bits: its columns' lengths differ by orders, so each has a scale of its own.
    """
    tensors: dict[str, Tensor] = {}
    for group, senses in judges.items():
        for sense, judge in senses.items():
            key = f"{group}.{sense}"
            tensors |= {f"{key}.means": judge.means.half(), f"{key}.limit": judge.limit}
            tensors |= store.in_eight_bits(f"{key}.{_TURNED}", judge.whiten.T)
    store.write_tensors(folder / FILE, tensors)


def load(folder: Path) -> dict[str, dict[int, Familiar]]:
    """What `save` wrote; UserError for a file that is none of it."""
    found: dict[str, dict[int, dict[str, Tensor]]] = {}
    try:
        for key, tensor in store.unpacked(store.read_tensors(folder / FILE)).items():
            group, sense, name = key.split(".")
            parts = found.setdefault(group, {}).setdefault(int(sense), {})
            if name == _TURNED:
                name, tensor = "whiten", tensor.T
            parts[name] = tensor
        return {
            group: {sense: Familiar(**stored) for sense, stored in senses.items()}
            for group, senses in found.items()
        }
    except (ValueError, TypeError) as error:
        raise UserError("checkpoint.foreign", folder=str(folder)) from error
