"""Samples of `sounding_shapes`. Its groups of networks are the two ways of corrupting the senses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from mm_demo.cases.fusion import FusionConfig, figures
from mm_demo.cases.fusion.model import SIGHT, SOUND, Listener
from mm_demo.cases.fusion.samples import LOG_MEL, Samples, asked, illegal
from mm_demo.data import sounding_shapes
from mm_demo.data.sounding_shapes import CORRUPTIONS, SAMPLES, THINGS
from mm_demo.events import Preparing

CLASSES = THINGS
LENGTH = SAMPLES  # of a wave
LIVE: dict[str, Any] = {}  # further arguments of `held_out` while a run is under way

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


def groups(config: FusionConfig) -> tuple[str, ...]:
    """The groups that a config trains."""
    return CORRUPTIONS if config.corruption == "both" else (config.corruption,)


def prepare() -> Iterator[Preparing]:
    """Draw and synthesise what is trained and measured on."""
    for done, split in enumerate(("train", "dev")):
        yield Preparing("things", done, 2)
        sounding_shapes.things(split)
    yield Preparing("things", 2, 2)


def training_batch(group: str, rng: np.random.Generator, count: int) -> Samples:
    """`count` training samples, every class as likely."""
    return _corrupted("train", 0, group, rng, rng.integers(len(THINGS), size=count))


def held_out(split: str, seed: int, group: str) -> Samples:
    """A split's samples, each thing once, corrupted by the same seed: the same every time."""
    rng = np.random.default_rng([29, seed])
    return _corrupted(split, seed, group, rng, sounding_shapes.things(split, seed).labels)


def clean(split: str, seed: int) -> Samples:
    """A split's things as they are."""
    things = sounding_shapes.things(split, seed)
    return Samples(
        torch.from_numpy(things.pictures),
        LOG_MEL(torch.from_numpy(things.waves)),
        torch.from_numpy(things.labels),
        torch.zeros(len(things.labels), 2),
    )


def strangers(seed: int) -> Samples:
    """Things that no training saw: their makers are all alike."""
    return clean("dev", seed)


def read_settings(settings: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The group and the further arguments of `held_out` that `--set` asks for."""
    corruption = asked(settings, {"corruption": CORRUPTIONS[0]})["corruption"]
    if corruption not in CORRUPTIONS:
        raise illegal("corruption", corruption, ", ".join(CORRUPTIONS))
    return corruption, {}


def curves(networks: Mapping[str, Listener], split: str, seed: int, group: str) -> dict[str, Any]:
    """Accuracies along the corruption of the sound and of the picture, from 0 to 1."""
    samples = held_out(split, seed, group)
    said = figures.ask_all(networks, samples)
    return {
        "sound": figures.along_strength(said, samples, SOUND),
        "sight": figures.along_strength(said, samples, SIGHT),
    }


def _corrupted(
    split: str, seed: int, corruption: str, rng: np.random.Generator, labels: np.ndarray
) -> Samples:
    found = sounding_shapes.corrupt(sounding_shapes.things(split, seed), labels, corruption, rng)
    return Samples(
        torch.from_numpy(found.pictures),
        LOG_MEL(torch.from_numpy(found.waves)),
        torch.from_numpy(found.labels),
        torch.from_numpy(found.strengths),
    )
