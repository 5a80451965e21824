"""Training the heads on cached features: batches, loss, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_demo import store
from mm_demo.cases.clip import ClipConfig
from mm_demo.cases.clip.labels import TEMPLATES, sentence
from mm_demo.cases.clip.model import clip_loss
from mm_demo.cases.clip.photos import figures, trust
from mm_demo.cases.clip.photos.cards import CARDS
from mm_demo.cases.clip.photos.encoders import Encoders
from mm_demo.cases.clip.photos.model import POOLED, PhotoCLIP
from mm_demo.data import coco_objects, photo_domain, pretrained
from mm_demo.data.inline import data_url
from mm_demo.data.photo_heads import training_pairs
from mm_demo.data.photo_pairs import Pairs, pairs_at_once, pairs_of, read
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.nn.backbone import GROUPS
from mm_demo.nn.domain import Domain
from mm_demo.nn.knowledge import Prototypes
from mm_demo.nn.preprocess import square

__all__ = ["CARDS", "Task", "evaluate_checkpoint", "shown"]

PREVIEW = 16
_CLASSES = 192  # ImageNet classes a step
_TOGETHER = 0.3  # how often the mean of a photograph's captions stands for one of them


@dataclass(frozen=True)
class Batch:
    """B photographs, and captions of each in `texts`, a tensor (B, 384) for each turn.

    `invented`: pooled, semantic and sentence vectors of pseudo-pictures, None where none are used.
    """

    pooled: Tensor
    semantic: Tensor
    texts: list[Tensor]
    invented: tuple[Tensor, Tensor, Tensor] | None


class Task:
    """PhotoCLIP on `photos`, `flickr8k`, `coco`, or a folder of the person's own."""

    def __init__(self, config: ClipConfig, dataset: str) -> None:
        self.config, self.dataset = config, dataset
        self.model = PhotoCLIP(
            GROUPS[config.backbones],
            config.embed_dim,
            config.temperature,
            config.dropout,
            config.mirrored,
        )
        self.guess_loss = math.log(config.batch_size)
        self.device = torch.device("cpu")
        self.train: Pairs | None = None
        self.dev: Pairs | None = None
        self.objects: Pairs | None = None
        self.prototypes: Prototypes | None = None
        self.domain: Domain | None = None
        self.judge: trust.YesNo | None = None

    @property
    def networks(self) -> list[torch.nn.Module]:
        return [self.model]

    def to(self, device: torch.device) -> None:
        self.device = device
        self.model.to(device)

    def load(self, folder: Path) -> None:
        """Weights of a checkpoint of the same architecture."""
        store.load_weights(self.model, folder)

    def prepare(self) -> Generator[Preparing]:
        """Look at all photographs and read all captions, or take both from the cache."""
        config, backbones = self.config, self.model.backbones
        shuffled = config.seed if config.pairs == "shuffled" else None
        self.train, self.dev = yield from training_pairs(
            self.dataset, self.model, shuffled=shuffled
        )
        self.guess_loss = math.log(min(config.batch_size, len(self.train)))
        if self.dataset == "photos" and coco_objects.at_hand()[0]:
            objects = coco_objects.read("dev")
            self.objects = yield from pairs_of(objects, backbones, mirrored=config.mirrored)
        yield Preparing("classes", 0, 1)
        held_out = [self.dev] if self.objects is None else [self.dev, self.objects]
        familiar, *others = (
            pairs.pooled[0, :, :POOLED].float() for pairs in (self.train, *held_out)
        )
        backbone = pretrained.backbone(backbones[0])
        self.domain = photo_domain.fit(familiar, torch.cat(others), backbone)
        if config.prototypes:
            self.prototypes = _prototypes(self.train.pooled[0].float(), backbones)

    def batches(self, split: str, seed: int, first_step: int = 0) -> Iterator[Batch]:
        """Endless batches; the one of a step depends on seed and step alone.

        A view drawn for each photograph, two of its captions, now and then the mean of all of them.
        """
        assert self.train is not None, "prepare() first"
        train, step = self.train, first_step
        size = min(self.config.batch_size, len(train))
        while True:
            rng = np.random.default_rng([seed, step])
            rows = rng.choice(len(train), size, replace=False)
            views = rng.integers(0, len(train.pooled), size)
            invented = None
            if self.prototypes is not None:
                invented = self.prototypes.draw(train.pooled[0], rng, _CLASSES)
            yield Batch(
                train.pooled[views, rows].float(),
                train.semantic[views, rows],
                [train.captions_of(rows, rng, _TOGETHER) for _ in range(self.config.captions)],
                invented,
            )
            step += 1

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean symmetric InfoNCE over the captions, and a share of the pseudo-pictures'."""
        model, device = self.model, self.device
        images = model.embed_images(batch.pooled.to(device), batch.semantic.to(device))
        total = images.new_zeros(())
        for texts in batch.texts:
            logits = model.scale() * images @ model.embed_texts(texts.to(device)).T
            total = total + clip_loss(logits, logits.T) / len(batch.texts)
        if batch.invented is not None:
            logits, back = model(*(each.to(device) for each in batch.invented))
            total = total + self.config.prototypes * clip_loss(logits, back)
        with torch.no_grad():
            n = len(images)
            mean_cosine = (images.sum(0).square().sum() - n) / (n * (n - 1))
        return total, {
            "spread": 1 - float(mean_cosine),
            "temperature": 1 / float(model.scale().detach()),
        }

    def evaluate(self, split: str) -> dict[str, float]:
        """Retrieval on the held-out photographs; naming too where those of COCO are at hand."""
        assert self.dev is not None, "prepare() first"
        encoders = Encoders(self.model)
        found = figures.retrieval(encoders, self.dev)
        if self.objects is not None:
            found |= figures.naming(encoders, self.objects)
        return found

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """Calibrate on dev, then all figures on dev."""
        yield Preparing("calibration", 0, 2)
        self._calibrate()
        yield Preparing("figures", 1, 2)
        found = self.evaluate("dev")
        if thorough and self.objects is not None and self.judge is not None:
            found |= trust.trust(Encoders(self.model), self.judge, self.objects, 0)
        return found

    def preview(self) -> dict[str, Any]:
        """16 dev photographs against a caption of each: cosines, row by row, and what they are of."""
        assert self.dev is not None, "prepare() first"
        rows = _looked_at(self.dev)
        encoders, dev = Encoders(self.model), self.dev
        texts = encoders.texts(dev.sentences[dev.first[rows]])
        cosines = (encoders.images_of(dev)[rows] @ texts.T).numpy()
        said = [dev.photos.captions[row][0] for row in rows]
        return {
            "matrix": [[round(float(v), 3) for v in row] for row in cosines],
            "pictures": [
                data_url(square(dev.photos.picture(row).pixels, 96), quality=60) for row in rows
            ],
            "sentences": [{"en": caption, "zh": caption} for caption in said],
        }

    def _calibrate(self) -> None:
        assert self.dev is not None, "prepare() first"
        encoders = Encoders(self.model)
        if self.objects is not None:
            self.judge = trust.calibrate(encoders, self.objects)
        else:
            self.judge = trust.calibrate_on_captions(encoders, self.dev)

    def save(self, folder: Path) -> None:
        """Weights, config, calibration, and what the photographs look like."""
        assert self.domain is not None, "prepare() first"
        self.model.save_pretrained(folder)
        self._calibrate()
        assert self.judge is not None
        self.judge.save(folder)
        photo_domain.save(self.domain, folder)


def _prototypes(pooled: Tensor, backbones: Sequence[str]) -> Prototypes:
    names, vectors = pretrained.imagenet_classes()
    tower, classes = pretrained.sentence_tower(), torch.from_numpy(vectors)
    first = [sentence(name.split(", ")[0], TEMPLATES["en"]) for name in names]
    forms = [classes, *(torch.from_numpy(tower.encode(each)) for each in (names, first))]
    classifiers = [pretrained.backbone(name).classifier for name in backbones]
    return Prototypes.of(pooled, classifiers, classes, torch.stack(forms))


def _looked_at(dev: Pairs) -> np.ndarray:
    """Rows spread over the split, the same at each call."""
    return np.linspace(0, len(dev) - 1, min(PREVIEW, len(dev))).astype(int)


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of photographs they are of.

    `seed` draws the questions about `coco_objects`; the photographs are the publishers' own split.
    """
    for name in settings:
        raise UserError("knob.unknown", name=name, known="-")
    model = store.load_model(PhotoCLIP, folder).eval()
    encoders, judge = Encoders(model), trust.YesNo.load(folder)
    found: dict[str, float] = {}
    examples = 0
    if dataset != "coco_objects":
        pairs = pairs_at_once(read(dataset, split), model.backbones, mirrored=model.mirrored)
        found |= figures.retrieval(encoders, pairs)
        examples += len(pairs)
    if dataset in ("coco_objects", "photos"):
        objects = pairs_at_once(coco_objects.read(split), model.backbones, mirrored=model.mirrored)
        found |= figures.naming(encoders, objects)
        found |= trust.trust(encoders, judge, objects, seed)
        examples += len(objects)
    return found, examples


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures."""
    return {}
