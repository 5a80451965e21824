"""Training CLIP on drawn scenes: batches, loss, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_demo import store
from mm_demo.cases.clip import ClipConfig, figures, trust
from mm_demo.cases.clip.calibration import Calibration
from mm_demo.cases.clip.encoders import Encoders
from mm_demo.cases.clip.labels import prompt
from mm_demo.cases.clip.model import CLIP, clip_loss
from mm_demo.cases.clip.predict import Predictor
from mm_demo.data.inline import data_url
from mm_demo.data.scene_samples import vocabulary
from mm_demo.data.scenes import LANGUAGES, Scene, captions, draw, scenes_for
from mm_demo.data.scenes.pairs import MOST_TOKENS, ScenePairs
from mm_demo.errors import UserError
from mm_demo.events import Preparing, at_once
from mm_demo.nn.preprocess import to_tensor
from mm_demo.nn.tokens import build_tokenizer

CARDS = {
    "scenes": {
        "title": "CLIP on drawn scenes",
        "what": "Tells which of some sentences fits a drawn picture, in English and Chinese, and which "
        "of them are true on their own. A convolutional stem with attention pooling and a text encoder "
        "of words and word pairs, trained from random weights with the symmetric InfoNCE loss.",
        "data": "`scenes`, drawn by this project from a seed: storybook pictures of one to three objects "
        "(12 kinds, 8 colours, 2 sizes, 6 backgrounds) with captions by a grammar. No photograph, no "
        "person's work; nothing to license. 24 colour-object pairs were never trained on: 8 chose "
        "between recipes (dev), 16 are the test's zero-shot classes. Scenes of train, dev and test "
        "differ in their description, by construction. While training, a quarter of the pictures is shown "
        "in black and white with captions that name no colour; the yes/no figures are of 1,000 further "
        "pictures, the evidence of 500 with two objects.",
        "limits": "It knows nothing but drawn scenes: on a photograph its scores are guesses, and it "
        "says so (`outside`). It knows only the words of the grammar; a word that it never saw is named "
        "and counts for nothing. It does not count beyond three and does not read relations as surely "
        "as it names objects.",
    }
}
PREVIEW = 16
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
ROUGHLY = 200  # pictures that the calibration of a run under way is fitted on


@dataclass(frozen=True)
class Batch:
    """`texts[k]` belongs to `images` pair by pair; `untrue[k]` (B, B): where it does not fit."""

    images: Tensor
    texts: list[Tensor]
    untrue: list[Tensor] | None


class Task:
    """CLIP on the data set `scenes`."""

    def __init__(self, config: ClipConfig, dataset: str) -> None:
        self.config = config
        self.dataset = dataset
        self.languages = ("en", "zh") if config.language == "both" else (config.language,)
        self.tokenizer = build_tokenizer(_vocabulary(self.languages), max_len=MOST_TOKENS)
        self.model = CLIP(**architecture(config, self.tokenizer.get_vocab_size()))
        self.guess_loss = math.log(config.batch_size)
        self.device = torch.device("cpu")
        self.calibration: Calibration | None = None
        self.train: ScenePairs | None = None

    @property
    def networks(self) -> list[torch.nn.Module]:
        return [self.model]

    def to(self, device: torch.device) -> None:
        self.device = device
        self.model.to(device)
        if self.config.stem == "conv":
            self.model.image_encoder.to(memory_format=torch.channels_last)

    def load(self, folder: Path) -> None:
        """Weights and words of a checkpoint of the same architecture."""
        store.load_weights(self.model, folder)
        self.tokenizer = store.read_tokenizer(folder)

    def prepare(self) -> Iterator[Preparing]:
        """Draw the training pictures (or map them from the cache) and write their captions."""
        pairs = ScenePairs("train", self.config.pictures, seed=0, size=self.config.image_size)
        yield from pairs.prepare(self.languages, self.tokenizer)
        if self.config.pairs == "shuffled":
            pairs.shuffle(self.config.seed)
        self.train = pairs

    def batches(self, split: str, seed: int, first_step: int = 0) -> Iterator[Batch]:
        """Endless batches; the one of a step depends on seed and step alone.

        One-object pictures only for the first `curriculum` of the steps: single names are learned
        before relations. A share `grey` of the pictures is shown in black and white, with captions
        that name no colour: what a thing is must not hang on the colours that it was seen in.
        """
        assert self.train is not None, "prepare() first"
        config, step = self.config, first_step
        while True:
            rng = np.random.default_rng([seed, step])
            single = step < config.curriculum * config.steps
            rows = self.train.draw_rows(rng, config.batch_size, single=single)
            language = self.languages[int(rng.integers(len(self.languages)))]
            chosen = self.train.draw_captions(rng, rows, language, config.captions)
            images = self.train.images[rows]
            grey = rng.random(len(rows)) < config.grey
            images[grey] = (images[grey] @ LUMA)[..., None].astype(np.uint8)
            untrue = None
            if config.negatives == "untrue" and config.pairs == "true":
                untrue = [
                    torch.from_numpy(self.train.untrue(rows, texts, grey)) for texts in chosen
                ]
            yield Batch(
                to_tensor(images),
                [torch.from_numpy(self.train.tokens(texts, grey)) for texts in chosen],
                untrue,
            )
            step += 1

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean symmetric InfoNCE over the captions of a picture; `spread` tells a collapse."""
        model = self.model
        images = model.image_encoder(batch.images.to(self.device))
        sizes = [len(texts) for texts in batch.texts]
        longest = max(texts.shape[1] for texts in batch.texts)
        stacked = torch.cat(
            [torch.nn.functional.pad(t, (0, longest - t.shape[1])) for t in batch.texts]
        )
        texts = model.text_encoder(stacked.to(self.device)).split(sizes)
        total = images.new_zeros(())
        for k, text in enumerate(texts):
            logits = model.scale() * images @ text.T
            untrue = None if batch.untrue is None else batch.untrue[k].to(self.device)
            total = total + clip_loss(logits, logits.T, untrue) / len(texts)
        with torch.no_grad():
            n = len(images)
            mean_cosine = (images.sum(0).square().sum() - n) / (n * (n - 1))
            spread = 1 - float(mean_cosine)
            scale = float(model.scale())
        return total, {"spread": spread, "temperature": 1 / scale}

    def evaluate(self, split: str) -> dict[str, float]:
        """Zero-shot and retrieval, on as many pictures as in the figures at the end."""
        encoders, language = self._encoders(), self.languages[0]
        return {
            **figures.zero_shot(encoders, split, 0, trust.PER_PAIR, language),
            **figures.retrieval(encoders, split, 0, figures.GALLERY, language),
        }

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """Calibrate on dev, then all figures on dev, or the live ones if not `thorough`."""
        encoders = self._encoders()
        self.calibration = yield from trust.calibrate(encoders, self.languages)
        if not thorough:
            return self.evaluate("dev")
        found: dict[str, float] = {}
        for done, part in enumerate(
            figures.parts(encoders, self.calibration, "dev", 0, self.languages[0])
        ):
            yield Preparing("figures", done + 1, 5)
            found |= part()
        return found

    def preview(self) -> dict[str, Any]:
        """16 dev pictures against their 16 sentences: cosines, row by row, and what they are of."""
        encoders, (scenes, sentences) = self._encoders(), _looked_at()
        texts = encoders.texts([sentence[self.languages[0]] for sentence in sentences])
        cosines = encoders.images(scenes) @ texts.T
        return {
            "matrix": [[round(float(v), 3) for v in row] for row in cosines],
            "pictures": [data_url(draw(scene, 96), quality=60) for scene in scenes],
            "sentences": sentences,
        }

    def _encoders(self) -> Encoders:
        return Encoders(self.model, self.tokenizer, self.config.image_size, self.device)

    def save(self, folder: Path) -> None:
        """Weights, config, words and a calibration: a rough one while the run goes on."""
        self.model.save_pretrained(folder)
        self.tokenizer.save(str(folder / store.TOKENIZER))
        calibration = self.calibration
        if calibration is None:
            calibration = at_once(trust.calibrate(self._encoders(), self.languages, ROUGHLY))
        calibration.save(folder)


@cache
def _looked_at() -> tuple[list[Scene], list[dict[str, str]]]:
    """The dev scenes of the moving picture, each with a sentence in every language."""
    scenes = scenes_for("dev", PREVIEW, 1)
    return scenes, [
        {
            language: captions(scene, np.random.default_rng([7, row]), language, 1)[0].text
            for language in LANGUAGES
        }
        for row, scene in enumerate(scenes)
    ]


def architecture(config: ClipConfig, vocab_size: int) -> dict[str, Any]:
    """The arguments of CLIP that a config stands for."""
    return {
        "embed_dim": config.embed_dim,
        "temperature": config.temperature,
        "image": {
            "image_size": config.image_size,
            "patch_size": config.patch_size,
            "num_layers": config.image_layers,
            "width": config.width,
            "stem": config.stem,
        },
        "text": {
            "vocab_size": vocab_size,
            "max_len": MOST_TOKENS,
            "num_layers": config.text_layers,
            "width": config.embed_dim,
        },
    }


@cache
def _vocabulary(languages: tuple[str, ...]) -> list[str]:
    """The words of the training captions and of the prompts, sorted."""
    words = set(vocabulary(languages))
    for language in languages:
        words.update(prompt("red", "boat", language).split())
    return sorted(words)


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of pictures they are of.

    `seed` draws a fresh set of the same size; the one setting, `language`, is that of prompts and
    captions. UserError for another setting.
    """
    for name in settings:
        if name != "language":
            raise UserError("knob.unknown", name=name, known="language")
    language = settings.get("language", "en")
    if language not in LANGUAGES:
        raise UserError("knob.illegal", name="language", value=language, allowed="en, zh")
    predictor = Predictor(folder)
    encoders = Encoders.of(predictor)
    metrics: dict[str, float] = {}
    for part in figures.parts(encoders, predictor.calibration, split, seed, language):
        metrics |= part()
    return metrics, figures.GALLERY + trust.PER_PAIR * len(figures.held_out(split))


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures: how far its yes can be trusted."""
    predictor = Predictor(folder)
    return {
        "headline_examples": trust.PER_PAIR * len(figures.held_out(split)),
        "reliability": trust.reliability_of(
            Encoders.of(predictor), predictor.calibration, split, seed, "en"
        ),
    }
