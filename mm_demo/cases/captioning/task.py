"""Training a captioner on drawn scenes: batches, loss, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_demo import store
from mm_demo.case import CHECKPOINTS
from mm_demo.cases.captioning import CaptioningConfig
from mm_demo.cases.captioning.decode import beam, greedy
from mm_demo.cases.captioning.explain import word_probabilities
from mm_demo.cases.captioning.figures import (
    asked_language,
    baselines,
    frequent,
    scores,
    with_margin,
)
from mm_demo.cases.captioning.model import SceneCaptioner, caption_loss
from mm_demo.cases.captioning.predict import FAMILIAR, Predictor
from mm_demo.cases.captioning.preview import Diary
from mm_demo.cases.captioning.speaker import Trust, sureness
from mm_demo.cases.captioning.vocabulary import MOST_TOKENS, Vocabulary, mark
from mm_demo.data.inline import data_url
from mm_demo.data.scene_samples import pixels, vocabulary
from mm_demo.data.scenes import Scene, captions, draw, scenes_for
from mm_demo.data.scenes.pairs import ScenePairs
from mm_demo.data.scenes.reading import read
from mm_demo.data.scenes.scoring import fact_figures, judged
from mm_demo.events import Preparing
from mm_demo.metrics.captions import best_constant
from mm_demo.nn.domain import Familiar
from mm_demo.nn.preprocess import to_tensor
from mm_demo.nn.tokens import build_tokenizer

CARDS = {
    "scenes": {
        "title": "Captions for drawn scenes",
        "what": "Says in a sentence what is in a drawn picture, in English and Chinese, and for each word "
        "where it looked. An LSTM with soft attention over the grid of a small convolutional network "
        "(Show, Attend and Tell); that network starts from the picture encoder of `clip-scenes` unless "
        "the recipe says otherwise, all else from random weights.",
        "data": "`scenes`, drawn by this project from a seed: storybook pictures of one to three objects "
        "(12 kinds, 8 colours, 2 sizes, 6 backgrounds) with captions by a grammar. No photograph, no "
        "person's work; nothing to license. Scenes of train, dev and test differ in their description, "
        "by construction; recipes were chosen on dev. The five references of a picture leave things "
        "out, each others: their own figures stand beside the model's.",
        "limits": "It knows nothing but drawn scenes: what it says of a photograph is made up, and it "
        "says so (`outside`). Fluency comes long before truth: a sentence that reads well may be "
        "wrong about a kind, a size or a place.",
    }
}
PICTURES = 1000  # that the figures are of
LIVE = 200  # that a run under way is measured on
REFERENCES = 5
CLIP_SCENES = CHECKPOINTS / "clip-scenes"
_CLIP_NAMES = {  # the picture encoder's tensors there -> here
    f"image_encoder.{theirs}": ours
    for theirs, ours in (
        ("patch_embed.", "stem."), ("pos_embed", "pos_embed"), ("pool.", "pool."), ("norm.", "norm."),
    )
}  # fmt: skip
SHOWN = 4  # pictures whose sentences are shown while a run goes on
FAMILIAR_TO = 500  # pictures that what is familiar is learned from, and as many for its limit
TRUST_SEED = 2**31  # no --seed of an evaluation reaches its scenes
GROUPS = 4  # of captions of about one length in a batch
_BATCH = 100  # pictures that are decoded together


@dataclass(frozen=True)
class Batch:
    """B pictures, and captions of about one length together: of which pictures, and ids (n, L)."""

    images: Tensor
    texts: list[tuple[Tensor, Tensor]]


class Task:
    """SceneCaptioner on the data set `scenes`."""

    def __init__(self, config: CaptioningConfig, dataset: str) -> None:
        self.config = config
        self.languages = ("en", "zh") if config.language == "both" else (config.language,)
        self.words = Vocabulary(
            build_tokenizer(
                sorted(vocabulary(self.languages)),
                MOST_TOKENS,
                [mark(each) for each in self.languages],
            )
        )
        self.model = SceneCaptioner(
            len(self.words),
            config.embed_dim,
            config.hidden_dim,
            attention=config.attention,
            image={"width": config.width},
            decoder={"attention_dim": config.attention_dim, "dropout": config.dropout},
        )
        if config.picture != "random":
            store.load_part(self.model.pictures, CLIP_SCENES, _CLIP_NAMES)
        if config.picture == "frozen":
            self.model.pictures.requires_grad_(False)
        self.guess_loss = math.log(len(self.words))
        self.device = torch.device("cpu")
        self.train: ScenePairs | None = None
        self.trust: Trust | None = None
        self.diary = Diary()

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
        self.words = Vocabulary(store.read_tokenizer(folder))

    def prepare(self) -> Iterator[Preparing]:
        """Draw the training pictures (or map them from the cache) and write their captions."""
        pairs = ScenePairs(
            "train", self.config.pictures, seed=0, size=self.model.pictures.image_size
        )
        yield from pairs.prepare(self.languages, self.words.tokenizer)
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
            numbers = np.concatenate(chosen)
            ids = train.tokens(numbers)[:, 1:]
            order = (ids != 0).sum(1).argsort(kind="stable")  # so little is computed on padding
            texts = []
            for group in np.array_split(order, min(GROUPS, len(order))):
                longest = int((ids[group] != 0).sum(1).max())
                start = np.tile(self.words.words(language).start, (len(group), 1))
                text = np.concatenate([start, ids[group, :longest]], 1)
                texts.append((torch.from_numpy(group % len(rows)), torch.from_numpy(text)))
            yield Batch(to_tensor(train.images[rows]), texts)
            step += 1

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean cross-entropy of the next word. A picture is looked at once for all its captions."""
        if self.config.picture == "frozen":
            self.model.pictures.eval()  # its statistics stay as they are, too
        looked = self.model.look(batch.images.to(self.device))
        total, count = looked.image.new_zeros(()), 0
        for rows, text in batch.texts:
            captions = text.to(self.device)
            own = looked.rows(rows.to(self.device))
            logits, _, _ = self.model.captioner.step(captions[:, :-1], own)
            asked = captions.clone()
            asked[:, 1 : len(self.words.words("en").start)] = 0  # the language is given, not said
            asks = int((asked[:, 1:] != 0).sum())
            total = total + asks * caption_loss(logits, asked, self.config.smoothing)
            count += asks
        return total / count, {}

    def evaluate(self, split: str) -> dict[str, float]:
        """Facts, BLEU and CIDEr of the sentences for some dev pictures."""
        return figures(self.model, self.words, "dev", 0, self.languages[0], LIVE)

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """Measure how far its sureness can be trusted, then all figures, of a thousand dev pictures."""
        count = PICTURES if thorough else LIVE
        yield Preparing("trust", 0, 2)
        self.trust = self._trust(count)
        yield Preparing("figures", 1, 2)
        return figures(self.model, self.words, "dev", 0, self.languages[0], count)

    def preview(self) -> dict[str, Any]:
        """What is said of four dev pictures, word by word; see `Diary`."""
        scenes, references = described("dev", 1, self.languages[0], SHOWN)
        with torch.inference_mode():
            looked = self.model.look(pixels(scenes, self.model.pictures.image_size).to(self.device))
            words = self.words.words(self.languages[0])
            found = greedy(self.model.captioner, looked, words)
            likely = word_probabilities(self.model.captioner, looked, words, found)
        language = self.languages[0]
        said = [self.words.text(ids[0], language) for ids in found.ids]
        right = [judged(read(text, language), s) for text, s in zip(said, scenes, strict=True)]
        return self.diary(
            [data_url(draw(scene, 128), quality=70) for scene in scenes],
            [
                [(self.words.word(number), p) for number, p in zip(ids[0], ps, strict=False)]
                for ids, ps in zip(found.ids, likely, strict=True)
            ],
            [several[0] for several in references],
            language,
            [(sum(map(bool, each.values())), len(each)) for each in right],
        )

    def _trust(self, count: int) -> Trust:
        found = {}
        for language in self.languages:
            scenes = scenes_for("dev", count, TRUST_SEED)
            said, sure = captions_of(self.model, scenes, self.words, language)
            counts = [
                judged(read(text, language), scene)
                for text, scene in zip(said, scenes, strict=True)
            ]
            found[language] = (sure, [(sum(map(bool, c.values())), len(c)) for c in counts])
        return Trust.fit("facts", found)

    @torch.inference_mode()
    def _familiar(self) -> Familiar:
        """How drawn scenes look to the picture network: dev scenes that no figure is of."""
        scenes, eyes = scenes_for("dev", 2 * FAMILIAR_TO, TRUST_SEED), self.model.pictures
        looks = torch.cat(
            [
                eyes.tokens(pixels(scenes[n : n + _BATCH], eyes.image_size).to(self.device)).mean(1)
                for n in range(0, len(scenes), _BATCH)
            ]
        ).cpu()
        return Familiar.fit(looks[:FAMILIAR_TO], looks[FAMILIAR_TO:])

    def save(self, folder: Path) -> None:
        """Weights, config, words, what is familiar, and how far its sureness can be trusted."""
        self.model.save_pretrained(folder)
        self.words.tokenizer.save(str(folder / store.TOKENIZER))
        store.write_tensors(folder / FAMILIAR, vars(self._familiar()))
        if self.trust is not None:
            self.trust.save(folder)


@torch.inference_mode()
def captions_of(
    model: SceneCaptioner, scenes: Sequence[Scene], words: Vocabulary, language: str
) -> tuple[list[str], list[float]]:
    """The sentence of beam search for each scene, and how sure the model is of it."""
    device, speaks = model.pictures.pos_embed.device, words.words(language)
    said, sure = [], []
    for start in range(0, len(scenes), _BATCH):
        images = pixels(scenes[start : start + _BATCH], model.pictures.image_size)
        looked = model.look(images.to(device))
        found = beam(model.captioner, looked, speaks)
        said += [words.text(ids[0], language) for ids in found.ids]
        sure += sureness(word_probabilities(model.captioner, looked, speaks, found))
    return said, sure


def figures(
    model: SceneCaptioner, words: Vocabulary, split: str, seed: int, language: str, count: int
) -> dict[str, float]:
    """How true and how good the sentences for `count` scenes are, baselines beside them."""
    scenes, references = described(split, seed, language, count)
    said, _ = captions_of(model, scenes, words, language)
    return with_margin(
        {
            **fact_figures(said, scenes, references, language),
            **scores(said, references, language),
            **_baselines(split, seed, language, count),
        }
    )


@cache
def described(
    split: str, seed: int, language: str, count: int
) -> tuple[list[Scene], list[list[str]]]:
    """Scenes of a split with five references each: a run looks at the same again and again."""
    scenes = scenes_for(split, count, seed)
    return scenes, [
        [
            caption.text
            for caption in captions(
                scene, np.random.default_rng([seed, 13, row]), language, REFERENCES
            )
        ]
        for row, scene in enumerate(scenes)
    ]


@cache
def _baselines(split: str, seed: int, language: str, count: int) -> dict[str, float]:
    return baselines(constant(language), described(split, seed, language, count)[1], language)


@cache
def constant(language: str) -> str:
    """The sentence that is best for all scenes: of the most frequent of train, chosen on dev."""
    _, train = described("train", 0, language, 4 * PICTURES)
    _, dev = described("dev", 0, language, PICTURES)
    candidates = frequent(text for said in train for text in said)
    return best_constant(candidates, dev, language=language)[0]


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of pictures they are of.

    `seed` draws a fresh set of the same size; the one setting, `language`, is that of the captions.
    UserError for another setting, and for a language that the model does not speak.
    """
    language = asked_language(settings)
    predictor = Predictor(folder)
    predictor.speaks(language)
    return figures(predictor.model, predictor.words, split, seed, language, PICTURES), PICTURES


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures."""
    return {"headline_examples": PICTURES}
