"""Training retrieval on drawn scenes: batches, loss, held-out figures, what to draw meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo import store
from mm_demo.cases.retrieval import RetrievalConfig
from mm_demo.cases.retrieval.encoders import Encoders
from mm_demo.cases.retrieval.joint_map import JointMap, preview
from mm_demo.cases.retrieval.model import SceneRetrieval
from mm_demo.cases.retrieval.predict import Predictor
from mm_demo.cases.retrieval.ranking import guessing, hardness, loss_over_captions
from mm_demo.data.inline import data_url
from mm_demo.data.scene_samples import gallery, vocabulary
from mm_demo.data.scenes import LANGUAGES, Scene, draw
from mm_demo.data.scenes.pairs import MOST_TOKENS, ScenePairs
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.metrics.retrieval import evaluate_retrieval
from mm_demo.nn.preprocess import to_tensor
from mm_demo.nn.tokens import build_tokenizer

CARDS = {
    "scenes": {
        "title": "Retrieval on drawn scenes",
        "what": "Finds drawn pictures by words, by a picture or by both, and sentences for a picture, in "
        "English and Chinese. A convolutional stem with attention pooling and a text encoder of words "
        "and word pairs meet in one space, trained from random weights with the triplet loss of VSE++: "
        "the hardest negative of a batch counts, reached from random ones over the first steps.",
        "data": "`scenes`, drawn by this project from a seed: storybook pictures of one to three objects "
        "(12 kinds, 8 colours, 2 sizes, 6 backgrounds) with captions by a grammar. No photograph, no "
        "person's work; nothing to license. Scenes of train, dev and test differ in their description, "
        "by construction; recipes were chosen on dev. A caption that is also true of another picture is "
        "no negative while training, and counts as right in the figures; the strict ones count the "
        "picture's own alone.",
        "limits": "It knows nothing but drawn scenes: what it finds in photographs is chance. It knows "
        "only the words of the grammar; a word that it never saw is named and counts for nothing. "
        "Negative terms are a subtraction of vectors: they push away, they do not forbid.",
    }
}
GALLERY = 1000
PREVIEW = 40
_WIDTH = 128  # of a word's vector


@dataclass(frozen=True)
class Batch:
    """`texts[k]` belongs to `images` pair by pair; `untrue[k]` (B, B): where it does not fit."""

    images: Tensor
    texts: list[Tensor]
    untrue: list[Tensor] | None
    hardness: float


class Task:
    """SceneRetrieval on the data set `scenes`."""

    def __init__(self, config: RetrievalConfig, dataset: str) -> None:
        self.config = config
        self.languages = ("en", "zh") if config.language == "both" else (config.language,)
        self.tokenizer = build_tokenizer(sorted(vocabulary(self.languages)), max_len=MOST_TOKENS)
        self.model = SceneRetrieval(
            self.tokenizer.get_vocab_size(),
            config.embed_dim,
            image={"width": config.width},
            text={"width": _WIDTH},
        )
        self.guess_loss = guessing(config, config.batch_size)
        self.device = torch.device("cpu")
        self.map = JointMap()
        self.train: ScenePairs | None = None

    @property
    def networks(self) -> list[torch.nn.Module]:
        return [self.model]

    def to(self, device: torch.device) -> None:
        self.device = device
        self.model.to(device)
        self.model.pictures.to(memory_format=torch.channels_last)

    def load(self, folder: Path) -> None:
        """Weights and words of a checkpoint of the same architecture."""
        store.load_weights(self.model, folder)
        self.tokenizer = store.read_tokenizer(folder)

    def prepare(self) -> Iterator[Preparing]:
        """Draw the training pictures (or map them from the cache) and write their captions."""
        size = self.model.pictures.image_size
        pairs = ScenePairs("train", self.config.pictures, seed=0, size=size)
        yield from pairs.prepare(self.languages, self.tokenizer)
        if self.config.pairs == "shuffled":
            pairs.shuffle(self.config.seed)
        self.train = pairs

    def batches(self, split: str, seed: int, first_step: int = 0) -> Iterator[Batch]:
        """Endless batches; the one of a step depends on seed and step alone.

        One-object pictures only for the first `curriculum` of the steps: single names are learned
        before relations.
        """
        assert self.train is not None, "prepare() first"
        config, train, step = self.config, self.train, first_step
        while True:
            rng = np.random.default_rng([seed, step])
            single = step < config.curriculum * config.steps
            rows = train.draw_rows(rng, config.batch_size, single=single)
            language = self.languages[int(rng.integers(len(self.languages)))]
            chosen = train.draw_captions(rng, rows, language, config.captions)
            untrue = None
            if config.pairs == "true":
                untrue = [torch.from_numpy(train.untrue(rows, texts)) for texts in chosen]
            yield Batch(
                to_tensor(train.images[rows]),
                [torch.from_numpy(train.tokens(texts)) for texts in chosen],
                untrue,
                hardness(config, step),
            )
            step += 1

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The ranking loss, the mean over the captions of a picture."""
        images = self.model.embed_images(batch.images.to(self.device))
        sizes = [len(texts) for texts in batch.texts]
        longest = max(texts.shape[1] for texts in batch.texts)
        padded = [
            torch.nn.functional.pad(texts, (0, longest - texts.shape[1])) for texts in batch.texts
        ]
        texts = self.model.embed_texts(torch.cat(padded).to(self.device))
        untrue = batch.untrue and [each.to(self.device) for each in batch.untrue]
        return loss_over_captions(
            self.config, images, torch.split(texts, sizes), untrue, batch.hardness
        )

    def evaluate(self, split: str) -> dict[str, float]:
        """Retrieval in a gallery of held-out scenes."""
        return figures(self._encoders(), split, 0, self.languages[0])

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """The same figures on dev: there is nothing to calibrate."""
        yield Preparing("figures", 0, 1)
        return self.evaluate("dev")

    def preview(self) -> dict[str, Any]:
        """40 dev pairs on a plane; see `joint_map.preview`."""
        encoders, language = self._encoders(), self.languages[0]
        scenes, written, true = _gallery("dev", PREVIEW, 1, language)
        return preview(
            self.map,
            encoders.scenes(scenes),
            encoders.texts(written),
            ~true,
            written,
            [data_url(draw(scene, 64), quality=60) for scene in scenes],
        )

    def _encoders(self) -> Encoders:
        return Encoders(self.model, self.tokenizer)

    def save(self, folder: Path) -> None:
        """Weights, config and words."""
        self.model.save_pretrained(folder)
        self.tokenizer.save(str(folder / store.TOKENIZER))


@cache
def _gallery(
    split: str, count: int, seed: int, language: str
) -> tuple[list[Scene], list[str], NDArray[np.bool_]]:
    """A run looks at the same gallery again and again."""
    return gallery(split, count, seed, language)


def figures(encoders: Encoders, split: str, seed: int, language: str) -> dict[str, float]:
    """Caption 0 of each picture of a gallery, both ways; what is also true counts as right.

    `_r1_chance`: how often a caption drawn at random is true.
    """
    scenes, written, true = _gallery(split, GALLERY, seed, language)
    found = evaluate_retrieval(encoders.scenes(scenes), encoders.texts(written), true=true)
    chance = float(true.mean())
    return {**found, "image_to_text_r1_chance": chance, "text_to_image_r1_chance": chance}


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of pictures they are of.

    `seed` draws a fresh set of the same size; the one setting, `language`, is that of the captions.
    UserError for another setting.
    """
    for name in settings:
        if name != "language":
            raise UserError("knob.unknown", name=name, known="language")
    language = settings.get("language", "en")
    if language not in LANGUAGES:
        raise UserError("knob.illegal", name="language", value=language, allowed="en, zh")
    return figures(Predictor(folder).encoders, split, seed, language), GALLERY


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures: how many pictures they are of."""
    return {"headline_examples": GALLERY}
