"""Training the strategies side by side: batches, losses, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mm_demo import store
from mm_demo.cases.fusion import FusionConfig, figures
from mm_demo.cases.fusion.model import SIGHT, STRATEGIES, FusionNetworks, Listener
from mm_demo.cases.fusion.networks import ABOUT, load_networks
from mm_demo.cases.fusion.samples import Samples, held_out, training_batch
from mm_demo.data import sounding_shapes
from mm_demo.errors import UserError
from mm_demo.events import Preparing

CARD = {
    "title": "Audio-visual fusion on sounding shapes",
    "what": "Names one of ten things from a picture and a sound, both corrupted: early, late and "
    "attention fusion beside each sense alone, every network trained from random weights on the "
    "same samples, once for noise that hides and once for noise that misleads.",
    "data": "`sounding_shapes`, drawn and synthesised by this project from a seed: ten silhouettes "
    "and ten timbres, nothing to license. Drum and coin look alike, flute and whistle sound alike. "
    "Clean pictures and sounds of train, dev and test come from separate random numbers, corruption "
    "is drawn afresh for each sample.",
    "limits": "It knows these ten silhouettes and synthesised timbres and nothing else. It was "
    "never told that noise may be anything but white. That attention is best where the noisier "
    "sense misleads is what the data was built to show; where noise only hides, all three fusions "
    "are about as good.",
}


class Task:
    """All strategies, or one of them, on `sounding_shapes`."""

    def __init__(self, config: FusionConfig, dataset: str) -> None:
        self.config = config
        self.dataset = dataset
        self.groups = (
            sounding_shapes.CORRUPTIONS if config.corruption == "both" else (config.corruption,)
        )
        self.strategies = STRATEGIES if config.strategy == "all" else (config.strategy,)
        self.model = FusionNetworks(
            self.groups,
            self.strategies,
            config.hidden_dim,
            len(sounding_shapes.THINGS),
            config.width,
            config.dropout,
        )
        _first_weights(self.model, config.seed)
        self.guess_loss = math.log(len(sounding_shapes.THINGS))
        self.device = torch.device("cpu")
        self.best: dict[str, str] = {}

    @property
    def networks(self) -> list[nn.Module]:
        return list(self.model.each())

    def to(self, device: torch.device) -> None:
        self.device = device
        self.model.to(device)

    def load(self, folder: Path) -> None:
        """Weights of a checkpoint with the same groups and strategies."""
        store.load_weights(self.model, folder)

    def prepare(self) -> Iterator[Preparing]:
        """Draw and synthesise what is trained and measured on."""
        for done, split in enumerate(("train", "dev")):
            yield Preparing("things", done, 2)
            sounding_shapes.things(split)
        yield Preparing("things", 2, 2)

    def batches(
        self, split: str, seed: int, first_step: int = 0
    ) -> Iterator[dict[str, tuple[Samples, Tensor]]]:
        """For each group endless samples and which senses are there (B, 2); `split` is "train".

        Those of a step depend on seed and step alone. In a share `modality_dropout` of the samples
        one sense is missing, so that neither can be leaned on alone.
        """
        step = first_step
        while True:
            batch = {}
            for number, group in enumerate(self.groups):
                rng = np.random.default_rng([seed, step, number])
                samples = training_batch(group, rng, self.config.batch_size)
                present = np.ones((self.config.batch_size, 2), bool)
                dropped = np.flatnonzero(
                    rng.random(self.config.batch_size) < self.config.modality_dropout
                )
                present[dropped, rng.integers(2, size=len(dropped))] = False
                batch[group] = (samples, torch.from_numpy(present))
            yield batch
            step += 1

    def loss(self, batch: dict[str, tuple[Samples, Tensor]]) -> tuple[Tensor, dict[str, float]]:
        """The mean cross-entropy of the networks; each gets the gradient of its own, undivided."""
        losses = []
        for group, (samples, present) in batch.items():
            pictures, mel = samples.pictures.to(self.device), samples.mel.to(self.device)
            labels, present = samples.labels.to(self.device), present.to(self.device)
            for network in self.model.of(group).values():
                torch.manual_seed(int(samples.labels.sum()))  # the same dropout for every strategy
                losses.append(F.cross_entropy(network(pictures, mel, present), labels))
        total = torch.stack(losses).sum()
        mean = total.detach() / len(losses)
        return total + (mean - total.detach()), {}

    def evaluate(self, split: str) -> dict[str, float]:
        """The accuracies on a split; those of a second group bear its name."""
        found: dict[str, float] = {}
        for number, group in enumerate(self.groups):
            networks, samples = self.model.of(group), held_out(split, 0, group)
            scored = figures.accuracies(networks, samples)
            self.best[group] = figures.best_fusion(scored)
            scored = {"accuracy": scored[f"accuracy_{self.best[group]}"], **scored}
            if "attention" in networks:
                scored["weight_noise_r"] = figures.weight_noise_r(networks["attention"], samples)
            found |= scored if number == 0 else {f"{group}_{k}": v for k, v in scored.items()}
        return found

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """The figures on dev, with one sense missing too if `thorough`."""
        yield Preparing("figures", 0, 1)
        found = self.evaluate("dev")
        if thorough:
            group = self.groups[0]
            found |= figures.with_one_sense(self.model.of(group), held_out("dev", 0, group))
        yield Preparing("figures", 1, 1)
        return found

    def preview(self) -> dict[str, Any]:
        """The strategies' dev accuracies, sight's weight along the noise, and who is ignored."""
        group = self.groups[0]
        networks, samples = self.model.of(group), held_out("dev", 0, group)
        along: tuple[list[float], list[float]] = ([], [])
        if "attention" in networks:
            along = figures.weight_along_noise(networks["attention"], samples)
        return {
            "group": group,
            "accuracies": {
                name.removeprefix("accuracy_"): round(value, 4)
                for name, value in figures.accuracies(networks, samples).items()
            },
            "weight": {"difference": along[0], "sight": along[1]},
            "ignored": figures.ignored_senses(networks, samples),
        }

    def save(self, folder: Path) -> None:
        """Weights, config, and which fusion was best on dev."""
        self.model.save_pretrained(folder)
        about = {
            "dataset": self.dataset,
            "classes": sounding_shapes.THINGS,
            "samples": sounding_shapes.SAMPLES,
            "best": self.best,
        }
        (folder / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def _first_weights(model: FusionNetworks, seed: int) -> None:
    """Random weights that depend on seed and strategy alone, not on who else is trained."""
    for group in model.groups:
        for name, network in model.of(group).items():
            torch.manual_seed(seed * len(STRATEGIES) + STRATEGIES.index(name))
            _draw(network)


def _draw(network: Listener) -> None:
    for part in network.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()  # type: ignore[operator]


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of samples they are of.

    `seed` draws fresh things and corruption; the one setting, `corruption`, chooses the group.
    """
    model, about = load_networks(folder)
    for name in settings:
        if name != "corruption":
            raise UserError("knob.unknown", name=name, known="corruption")
    groups = list(model.groups)
    group = settings.get("corruption", groups[0])
    if group not in groups:
        raise UserError("knob.illegal", name="corruption", value=group, allowed=", ".join(groups))
    networks, samples = model.of(group), held_out(split, seed, group)
    found = figures.accuracies(networks, samples)
    metrics = {"accuracy": found[f"accuracy_{about['best'][group]}"], **found}
    metrics |= figures.with_one_sense(networks, samples)
    if "attention" in networks:
        metrics["weight_noise_r"] = figures.weight_noise_r(networks["attention"], samples)
        _, weights = figures.answers(networks["attention"], samples)
        assert weights is not None
        metrics["weight_sight"] = float(weights[:, SIGHT].mean())
    return metrics, len(samples.labels)
