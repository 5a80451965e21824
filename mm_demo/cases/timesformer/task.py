"""Training TimeSformer: batches, losses, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from mm_demo import store
from mm_demo.cases.timesformer import (
    SCHEMES,
    TIMESFORMER,
    TimesformerConfig,
    baselines,
    camera,
    figures,
    footage,
    own,
)
from mm_demo.cases.timesformer.camera import Camera
from mm_demo.cases.timesformer.networks import ABOUT, TimeSformers, load_networks, load_trunk
from mm_demo.cases.timesformer.own import Own
from mm_demo.data.camera_motion import FRAMES, SOURCES, Clips
from mm_demo.data.inline import data_url
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.metrics.classification import chance

CARDS = {"camera_motion": camera.CARD, "actions": own.ACTIONS_CARD, "own": own.OWN_CARD}
_UNSURE = 0.05  # the share of right answers on dev that are less sure than what is called sure
_STRIP = 48  # pixels a frame, in the clips of a confusion matrix


class Task:
    """One scheme of attention, or all of them side by side on the same clips."""

    def __init__(self, config: TimesformerConfig, dataset: str) -> None:
        self.config = config
        self.source = source_of(dataset, config)
        schemes = SCHEMES if config.attention == "all" else (config.attention,)
        torch.manual_seed(config.seed)
        sizes: dict[str, Any] = {
            "num_frames": FRAMES,
            "image_size": config.image_size,
            "patch_size": config.patch_size,
            "embed_dim": config.embed_dim,
            "num_layers": config.num_layers,
            "num_heads": config.num_heads,
            "channels": config.channels,
            "dropout": config.dropout,
        }
        bundled = TIMESFORMER.checkpoint()
        if config.trunk == "bundled":  # its sizes, whatever the knobs say
            sizes |= {
                k: v for k, v in store.read_json(bundled / store.CONFIG).items() if k in sizes
            }
            sizes["dropout"] = config.dropout
        self.model = TimeSformers(schemes, len(self.source.classes), **sizes)
        if config.trunk == "bundled":
            load_trunk(self.model, bundled)
        self.guess_loss = math.log(len(self.source.classes))
        self.device = torch.device("cpu")
        self._said: dict[str, NDArray[np.float32]] = {}

    @property
    def networks(self) -> list[nn.Module]:
        return [network for _, network in self.model.each()]

    def to(self, device: torch.device) -> None:
        self.device = device
        self.model.to(device)

    def load(self, folder: Path) -> None:
        """Weights of a checkpoint of the same schemes and sizes; without the heads of other classes."""
        if store.read_json(folder / ABOUT).get("classes") == list(self.classes):
            store.load_weights(self.model, folder)
        else:
            load_trunk(self.model, folder)

    def prepare(self) -> Iterator[Preparing]:
        """Draw or read what is trained and measured on."""
        yield from self.source.prepare()

    def batches(
        self, split: str, seed: int, first_step: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless (frames (B, T, 3, H, W) uint8, labels (B,)); those of a step depend on seed and step.

        With `order` "shuffled" the frames of each clip come in random order: nothing is left to learn
        but what single frames tell.
        """
        step = first_step
        while True:
            rng = np.random.default_rng([seed, step])
            done = step / self.config.steps
            batch = self.source.training_batch(rng, self.config.batch_size, done)
            frames = figures.to_tensor(_ordered(batch.frames, self.config.order, rng))
            yield frames, torch.from_numpy(np.asarray(batch.labels))
            step += 1

    def loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The mean cross-entropy of the schemes; each gets the gradient of its own, undivided."""
        frames, labels = batch[0].to(self.device), batch[1].to(self.device)
        losses = torch.stack([F.cross_entropy(z, labels) for z in self.model(frames).values()])
        total = losses.sum()
        return total + (losses.mean() - total).detach(), {}

    def evaluate(self, split: str) -> dict[str, float]:
        """`top1` and `top5` of the first scheme, `top1_<scheme>` of each."""
        clips = self.source.held_out(split, 0)
        rng = np.random.default_rng(0)
        self._said = figures.ask(self.model, _ordered(clips.frames, self.config.order, rng))
        return figures.scores(self._said, clips.labels)

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """The figures on dev, and what guessing scores."""
        yield Preparing("figures", 0, 1)
        found = self.evaluate("dev")
        found["top1_chance"] = chance(self.source.held_out("dev", 0).labels)
        yield Preparing("figures", 1, 1)
        return found

    def preview(self) -> dict[str, Any]:
        """The confusion matrix on dev: counts, the classes, and the surest clip of each cell."""
        return matrix(next(iter(self._said.values())), self.source.held_out("dev", 0), self.classes)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.source.classes)

    def save(self, folder: Path) -> None:
        """Weights, config, the classes, and from which probability on an answer is sure."""
        self.model.save_pretrained(folder)
        clips = self.source.held_out("dev", 0)
        said = next(iter(figures.ask(self.model, clips.frames).values()))
        right = said.max(1)[said.argmax(1) == clips.labels]
        sure = float(np.quantile(right, _UNSURE)) if len(right) else 1.0
        about = {
            "classes": self.classes,
            "span": self.source.span,
            "cropped": self.source.cropped,
            "sure": round(sure, 3),
        }
        (folder / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def source_of(dataset: str, config: TimesformerConfig) -> Camera | Own:
    """The clips of a data set by its name, or of a person's own folder by its place."""
    if dataset == "camera_motion":
        return Camera(config.source, config.image_size, config.channels)
    return Own.of_actions() if dataset == "actions" else Own.of_folder(Path(dataset))


def _ordered(frames: NDArray[np.uint8], order: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Clips (N, T, ...) as they are, or each with its frames in an order of its own."""
    if order == "true":
        return frames
    places = rng.permuted(np.tile(np.arange(frames.shape[1]), (len(frames), 1)), axis=1)
    return frames[np.arange(len(frames))[:, None], places]


def matrix(said: NDArray[np.float32], clips: Clips, classes: tuple[str, ...]) -> dict[str, Any]:
    """What the page's confusion matrix shows; a clip is one picture, its frames side by side."""
    counts, surest = figures.confusion(said, clips.labels)
    strips = {}
    for (truth, answer), row in surest.items():
        step = max(1, clips.frames.shape[2] // _STRIP)
        seen = clips.frames[row, own.spread(clips.frames.shape[1])]
        strip = np.concatenate(list(seen[:, ::step, ::step]), axis=1)
        strips[f"{truth}-{answer}"] = data_url(strip, quality=60)
    return {"classes": list(classes), "counts": counts.tolist(), "clips": strips}


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of clips they are of.

    `seed` draws fresh clips, where they are drawn. `settings`: `source` is textures, flickr8k (the
    same motions over photographs) or footage (real clips, see `footage`); `order` is true or
    shuffled. UserError where the checkpoint has other classes.
    """
    model, about = load_networks(folder)
    source, order = _read_settings(settings)
    if source == "footage":
        return footage.score(folder)
    clips_of = source_of(dataset, TimesformerConfig(source=source))  # type: ignore[arg-type]
    if list(clips_of.classes) != about["classes"]:
        raise UserError("checkpoint.other_dataset", folder=str(folder), dataset=dataset)
    clips = clips_of.held_out(split, seed)
    rng = np.random.default_rng(seed)
    found = figures.scores(figures.ask(model, _ordered(clips.frames, order, rng)), clips.labels)
    found["top1_chance"] = chance(clips.labels)
    if source == "textures":
        found |= baselines.of(clips_of, split, clips)
    return found, len(clips.labels)


def _read_settings(settings: dict[str, str]) -> tuple[str, str]:
    known = {"source": (*SOURCES, "footage"), "order": ("true", "shuffled")}
    for name, value in settings.items():
        if name not in known:
            raise UserError("knob.unknown", name=name, known=", ".join(known))
        if value not in known[name]:
            raise UserError("knob.illegal", name=name, value=value, allowed=", ".join(known[name]))
    return settings.get("source", "textures"), settings.get("order", "true")


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures: the confusion matrix."""
    model, about = load_networks(folder)
    if about["span"] is None:
        return {}
    clips = Camera("textures").held_out(split, seed)
    said = next(iter(figures.ask(model, clips.frames).values()))
    counts, _ = figures.confusion(said, clips.labels)
    found = {"headline_examples": len(clips.labels), "confusion": counts.tolist()}
    file = folder / store.METRICS
    known = store.read_json(file) if file.is_file() else {}
    return found | {k: v for k, v in known.items() if k == "channels"}  # benchmarks/channels.py's
