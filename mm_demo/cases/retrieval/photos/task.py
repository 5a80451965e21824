"""Training the heads on cached features: batches, loss, held-out figures, what to draw meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_demo import store
from mm_demo.case import OWN
from mm_demo.cases.retrieval import RetrievalConfig
from mm_demo.cases.retrieval.joint_map import JointMap, preview
from mm_demo.cases.retrieval.photos.model import PhotoRetrieval
from mm_demo.cases.retrieval.ranking import guessing, hardness, loss_over_captions
from mm_demo.data.inline import data_url
from mm_demo.data.photo_heads import PhotoEncoders, training_pairs
from mm_demo.data.photo_pairs import Pairs, pairs_at_once, read
from mm_demo.data.photos import COCO_CARD, FLICKR8K_CARD
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.metrics.retrieval import evaluate_retrieval
from mm_demo.nn.backbone import GROUPS
from mm_demo.nn.preprocess import square

_WHAT = (
    "Finds photographs by English words, by a photograph or by both, and sentences for a photograph. "
    "Two small heads, trained from random weights with the triplet loss of VSE++ (the hardest negative "
    "of a batch, reached from random ones), on networks that others trained and that stay as they are: "
    "EfficientNet-Lite (ImageNet) for the picture, all-MiniLM-L6-v2 for the sentence."
)
_LIMITS = (
    "It knows people, dogs and everyday things; small things are often missed, and it neither counts "
    "nor reads nor tells left from right. English only: a word in another script is named and counts "
    "for nothing. It learned from Flickr users' photographs and what annotators wrote about them, "
    "prejudices included: nothing that matters to a person should hang on it. The data's terms allow "
    "research and education."
)
CARDS = {
    "photos": {
        "title": "Retrieval in photographs",
        "what": _WHAT,
        "data": f"{FLICKR8K_CARD} Beside them {COCO_CARD}",
        "limits": _LIMITS,
    },
    "flickr8k": {
        "title": "Retrieval in Flickr8k",
        "what": _WHAT,
        "data": FLICKR8K_CARD,
        "limits": _LIMITS,
    },
    "coco": {
        "title": "Retrieval in a part of COCO",
        "what": _WHAT,
        "data": COCO_CARD,
        "limits": _LIMITS,
    },
    OWN: {
        "title": "Retrieval in photographs of one's own",
        "what": _WHAT,
        "data": "A folder of photographs with captions; one in five was held out for the figures. The "
        "photographs belong to whoever made them and are not part of the model.",
        "limits": _LIMITS,
    },
}
PREVIEW = 40
_TOGETHER = 0.3  # how often the mean of a photograph's captions stands for one of them


@dataclass(frozen=True)
class Batch:
    """B photographs, and captions of each in `texts`, a tensor (B, 384) for each turn."""

    pooled: Tensor
    semantic: Tensor
    texts: list[Tensor]
    hardness: float


class Task:
    """PhotoRetrieval on `photos`, `flickr8k`, `coco`, or a folder of the person's own."""

    def __init__(self, config: RetrievalConfig, dataset: str) -> None:
        self.config, self.dataset = config, dataset
        self.model = PhotoRetrieval(
            GROUPS[config.backbones], config.embed_dim, config.dropout, config.mirrored
        )
        self.guess_loss = guessing(config, config.batch_size)
        self.device = torch.device("cpu")
        self.map = JointMap()
        self.train: Pairs | None = None
        self.dev: Pairs | None = None

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
        config = self.config
        shuffled = config.seed if config.pairs == "shuffled" else None
        self.train, self.dev = yield from training_pairs(
            self.dataset, self.model, shuffled=shuffled
        )
        self.guess_loss = guessing(config, min(config.batch_size, len(self.train)))

    def batches(self, split: str, seed: int, first_step: int = 0) -> Iterator[Batch]:
        """Endless batches; the one of a step depends on seed and step alone.

        A view drawn for each photograph, some of its captions, now and then the mean of all of them.
        """
        assert self.train is not None, "prepare() first"
        train, step = self.train, first_step
        size = min(self.config.batch_size, len(train))
        while True:
            rng = np.random.default_rng([seed, step])
            rows = rng.choice(len(train), size, replace=False)
            views = rng.integers(0, len(train.pooled), size)
            yield Batch(
                train.pooled[views, rows].float(),
                train.semantic[views, rows],
                [train.captions_of(rows, rng, _TOGETHER) for _ in range(self.config.captions)],
                hardness(self.config, step),
            )
            step += 1

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The ranking loss, the mean over the captions of a photograph."""
        device = self.device
        images = self.model.embed_images(batch.pooled.to(device), batch.semantic.to(device))
        sizes = [len(texts) for texts in batch.texts]
        texts = self.model.embed_texts(torch.cat(batch.texts).to(device))
        return loss_over_captions(
            self.config, images, torch.split(texts, sizes), None, batch.hardness
        )

    def evaluate(self, split: str) -> dict[str, float]:
        """Retrieval among the held-out photographs."""
        assert self.dev is not None, "prepare() first"
        return figures(PhotoEncoders(self.model), self.dev)

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """The same figures on dev: there is nothing to calibrate."""
        yield Preparing("figures", 0, 1)
        return self.evaluate("dev")

    def preview(self) -> dict[str, Any]:
        """40 dev photographs with a caption each on a plane; see `joint_map.preview`."""
        assert self.dev is not None, "prepare() first"
        dev, encoders = self.dev, PhotoEncoders(self.model)
        rows = np.linspace(0, len(dev) - 1, min(PREVIEW, len(dev))).astype(int)
        return preview(
            self.map,
            encoders.images_of(dev)[rows].numpy(),
            encoders.texts(dev.sentences[dev.first[rows]]).numpy(),
            ~np.eye(len(rows), dtype=bool),
            [dev.photos.captions[row][0] for row in rows],
            [data_url(square(dev.photos.picture(row).pixels, 64), quality=60) for row in rows],
        )

    def save(self, folder: Path) -> None:
        """Weights and config."""
        self.model.save_pretrained(folder)


def figures(encoders: PhotoEncoders, pairs: Pairs) -> dict[str, float]:
    """All photographs and all captions of a split, both ways, as the field does on Flickr8k.

    Only a photograph's own captions count as right; in `_r1_strict` its first one alone.
    """
    found = evaluate_retrieval(
        encoders.images_of(pairs), encoders.texts(pairs.sentences), pairs.owner
    )
    chance = 1 / len(pairs)  # either way: a photograph has as many captions as any other
    return {**found, "image_to_text_r1_chance": chance, "text_to_image_r1_chance": chance}


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of photographs they are of.

    `seed` changes nothing: the photographs are the publishers' own split. UserError for a setting.
    """
    for name in settings:
        raise UserError("knob.unknown", name=name, known="-")
    model = store.load_model(PhotoRetrieval, folder)
    photos = read(dataset, split)
    pairs = pairs_at_once(photos, model.backbones, mirrored=model.mirrored)
    return figures(PhotoEncoders(model), pairs), len(pairs)


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures: how many photographs they are of.

    Nothing where the data set that it learned from has no such split, or is the person's own.
    """
    dataset = store.read_json(folder / store.RUN)["dataset"]
    try:
        return {"headline_examples": len(read(dataset, split))}
    except (UserError, ValueError):
        return {}
