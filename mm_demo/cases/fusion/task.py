"""Training the strategies side by side: batches, losses, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mm_demo import store
from mm_demo.cases.fusion import FusionConfig, figures, trust
from mm_demo.cases.fusion.ink import as_digit
from mm_demo.cases.fusion.model import SIGHT, SOUND, STRATEGIES, FusionNetworks, Listener
from mm_demo.cases.fusion.networks import ABOUT, load_networks
from mm_demo.cases.fusion.samples import Samples
from mm_demo.cases.fusion.sources import SOURCES
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.metrics.classification import chance, roc_auc

CARDS = {name: source.CARD for name, source in SOURCES.items()}


class Task:
    """All strategies, or one of them, on one of the `SOURCES`."""

    def __init__(self, config: FusionConfig, dataset: str) -> None:
        self.config = config
        self.dataset = dataset
        self.source = SOURCES[dataset]
        self.groups: tuple[str, ...] = self.source.groups(config)
        self.strategies = STRATEGIES if config.strategy == "all" else (config.strategy,)
        self.model = FusionNetworks(
            self.groups,
            self.strategies,
            config.hidden_dim,
            len(self.source.CLASSES),
            config.width,
            config.dropout,
        )
        _first_weights(self.model, config.seed)
        self.guess_loss = math.log(len(self.source.CLASSES))
        self.device = torch.device("cpu")
        self.best: dict[str, str] = {}
        self._familiar: tuple[Samples, Samples] | None = None
        self._said: dict[str, figures.Answers] = {}
        self._kept: dict[tuple[str, str], Samples] = {}

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
        """Make or read what is trained and measured on."""
        yield from self.source.prepare()

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
                samples = self.source.training_batch(group, rng, self.config.batch_size)
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
            samples = self._held_out(split, group)
            said = figures.ask_all(self.model.of(group), samples)
            if number == 0:
                self._said = said
            scored = figures.accuracies(said, samples)
            self.best[group] = figures.best_fusion(scored)
            scored = {"accuracy": scored[f"accuracy_{self.best[group]}"], **scored}
            if "attention" in said:
                scored["weight_noise_r"] = figures.weight_noise_r(said["attention"], samples)
            found |= scored if number == 0 else {f"{group}_{k}": v for k, v in scored.items()}
        return found

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """The figures on dev, with one sense missing too if `thorough`."""
        yield Preparing("figures", 0, 1)
        found = self.evaluate("dev")
        group = self.groups[0]
        samples = self._held_out("dev", group)
        found["accuracy_chance"] = chance(samples.labels)
        if thorough:
            found |= figures.with_one_sense(self.model.of(group), samples)
        yield Preparing("figures", 1, 1)
        return found

    def preview(self) -> dict[str, Any]:
        """The strategies' last dev accuracies, also along the noise, sight's weight, who is ignored."""
        group, said = self.groups[0], self._said
        samples = self._held_out("dev", group)
        weight: tuple[list[float], list[float]] = ([], [])
        if "attention" in said:
            weight = figures.weight_along_noise(said["attention"], samples)
        return {
            "group": group,
            "accuracies": {
                name.removeprefix("accuracy_"): round(value, 4)
                for name, value in figures.accuracies(said, samples).items()
            },
            "along": figures.along_strength(said, samples, SOUND),
            "weight": {"difference": weight[0], "sight": weight[1]},
            "ignored": figures.ignored_senses(self.model.of(group), samples),
        }

    def _held_out(self, split: str, group: str) -> Samples:
        """The samples of all evaluations, corrupted as in training."""
        key = (split, group)
        if key not in self._kept:
            self._kept[key] = self.source.held_out(split, 0, group, **self.source.LIVE)
        return self._kept[key]

    def _clean(self) -> tuple[Samples, Samples]:
        """What is familiar, and what strangers bring: it sets the limit of the familiar."""
        if self._familiar is None:
            self._familiar = (self.source.clean("train", 0), self.source.strangers(0))
        return self._familiar

    def save(self, folder: Path) -> None:
        """Weights, config, which fusion was best on dev, and what is familiar to each sense."""
        self.model.save_pretrained(folder)
        about = {
            "dataset": self.dataset,
            "classes": self.source.CLASSES,
            "samples": self.source.LENGTH,
            "best": self.best,
        }
        known, unseen = self._clean()
        judges = {g: trust.fit(self.model.of(g), known, unseen) for g in self.groups}
        trust.save(folder, judges)
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

    `seed` draws fresh samples; `settings` are those of the data set's `read_settings`.
    """
    model, about = load_networks(folder)
    source = SOURCES[dataset]
    if list(source.CLASSES) != about["classes"]:
        raise UserError("checkpoint.other_dataset", folder=str(folder), dataset=dataset)
    group, options = source.read_settings(settings)
    if group not in model.groups:
        raise UserError("checkpoint.group", folder=str(folder), group=group)
    networks, samples = model.of(group), source.held_out(split, seed, group, **options)
    said = figures.ask_all(networks, samples)
    found = figures.accuracies(said, samples)
    metrics = {"accuracy": found[f"accuracy_{about['best'][group]}"], **found}
    metrics["accuracy_chance"] = chance(samples.labels)
    metrics |= figures.with_one_sense(networks, samples)
    if "attention" in said:
        metrics["weight_noise_r"] = figures.weight_noise_r(said["attention"], samples)
        weights = said["attention"].weights
        assert weights is not None
        metrics["weight_sight"] = float(weights[:, SIGHT].mean())
    metrics |= _outside(folder, networks, group, source, split, seed)
    return metrics, len(samples.labels)


def _outside(
    folder: Path,
    networks: dict[str, Listener],
    group: str,
    source: ModuleType,
    split: str,
    seed: int,
) -> dict[str, float]:
    """`outside_<sense>_auc`: how well a data set's own samples are told from those of the other.

    Only where the other one is built in: digits against shapes.
    """
    if source is SOURCES["sounding_shapes"]:
        return {}
    own = source.clean(split, seed)
    other = SOURCES["sounding_shapes"].clean(split, seed)
    grey = (255 * other.pictures).round().byte().numpy()
    fitted = np.stack([as_digit(np.repeat(one[..., None], 3, 2)) for one in grey])
    other = replace(other, pictures=torch.from_numpy(fitted))
    found = {}
    for sense, judge in trust.load(folder)[group].items():
        network = trust.listener(networks, sense)
        assert network is not None, "the judge was made with it"
        far = judge(trust.features(network, other, sense)).numpy()
        near = judge(trust.features(network, own, sense)).numpy()
        name = "sight" if sense == SIGHT else "sound"
        found[f"outside_{name}_auc"] = roc_auc(far, near)
    return found


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures: the other groups', and the curves."""
    model, about = load_networks(folder)
    source = SOURCES[about["dataset"]]
    first, *others = list(model.groups)
    samples = source.held_out(split, seed, first)
    found: dict[str, Any] = {
        "headline_examples": len(samples.labels),
        "curves": source.curves(model.of(first), split, seed, first),
    }
    for group in others:
        samples = source.held_out(split, seed, group)
        found[group] = figures.accuracies(figures.ask_all(model.of(group), samples), samples)
    return found
