"""Training the decoder on cached features: batches, loss, held-out figures, what to draw meanwhile."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo import store
from mm_demo.cases.captioning import CaptioningConfig
from mm_demo.cases.captioning.decode import beam, greedy
from mm_demo.cases.captioning.explain import word_probabilities
from mm_demo.cases.captioning.figures import baselines, frequent, scores, with_margin
from mm_demo.cases.captioning.model import Looked, caption_loss
from mm_demo.cases.captioning.photos.cards import CARDS
from mm_demo.cases.captioning.photos.features import Features, features_at_once, features_of
from mm_demo.cases.captioning.photos.model import POOLED, PhotoCaptioner
from mm_demo.cases.captioning.photos.naming import Naming
from mm_demo.cases.captioning.photos.pseudo import Pseudo, prototypes
from mm_demo.cases.captioning.preview import Diary
from mm_demo.cases.captioning.speaker import Trust, sureness
from mm_demo.cases.captioning.vocabulary import Vocabulary, frequent_words
from mm_demo.data import photo_domain, pretrained
from mm_demo.data.inline import data_url
from mm_demo.data.photo_pairs import read
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.metrics.captions import best_constant, normalised
from mm_demo.nn.backbone import GROUPS, Backbone
from mm_demo.nn.domain import Domain
from mm_demo.nn.knowledge import Prototypes
from mm_demo.nn.preprocess import square

__all__ = ["CARDS", "Task", "evaluate_checkpoint", "shown"]

LIVE = 300  # dev photographs that a run under way is measured on
SHOWN = 4  # photographs whose sentences are shown while a run goes on
CONSTANT = "constant.json"
_SMALL = frozenset(  # words that are in nearly every caption and say nothing of a picture
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "with",
        "by",
        "for",
        "from",
        "as",
        "is",
        "are",
        "be",
        "being",
        "it",
        "its",
        "this",
        "that",
        "there",
    ]
)
_BATCH = 100  # photographs that are decoded together
_NEAR = 8  # batches: how many captions of about one length a batch is drawn from


@dataclass(frozen=True)
class Batch:
    """B captions of about one length, ids (B, L), and what is seen in their photographs."""

    pooled: Tensor
    semantic: Tensor
    grids: Tensor | None
    captions: Tensor


class Task:
    """PhotoCaptioner on `photos`, `flickr8k`, `coco`, or a folder of the person's own."""

    def __init__(self, config: CaptioningConfig, dataset: str) -> None:
        self.config, self.dataset = config, dataset
        self.backbones = GROUPS[config.backbones]
        self.found = read(dataset, "train")
        if len(self.found) < 2:
            raise UserError("photos.too_few", count=len(self.found), least=2)
        self.captions = [
            (row, " ".join(normalised(text)))
            for row, said in enumerate(self.found.captions)
            for text in said
        ]
        owner, texts = zip(*self.captions, strict=True)
        self.pseudo = Pseudo(texts, owner) if config.prototypes else None
        more = self.pseudo.sentences() if self.pseudo else []
        self.naming = Naming(self.pseudo.names if self.pseudo else {})
        self.words = Vocabulary(frequent_words((text.split() for text in texts), more))
        self.model = PhotoCaptioner(
            len(self.words),
            self.backbones,
            config.embed_dim,
            config.hidden_dim,
            Backbone.width_of(self.backbones[-1]) if config.attention else 0,
            config.attention_dim,
            config.dropout,
        )
        self.guess_loss = math.log(len(self.words))
        self.device = torch.device("cpu")
        self.train: Features | None = None
        self.dev: Features | None = None
        self.prototypes: Prototypes | None = None
        self.domain: Domain | None = None
        self.trust: Trust | None = None
        self.diary = Diary()

    @property
    def networks(self) -> list[torch.nn.Module]:
        return [self.model]

    def to(self, device: torch.device) -> None:
        self.device = device
        self.model.to(device)

    def load(self, folder: Path) -> None:
        """Weights and words of a checkpoint of the same architecture."""
        store.load_weights(self.model, folder)
        self.words = Vocabulary(store.read_tokenizer(folder))

    def prepare(self) -> Generator[Preparing]:
        """Look at all photographs, or take what is known from the cache; split the captions."""
        config = self.config
        self.train = yield from features_of(
            self.found, self.backbones, grids=config.attention, mirrored=config.mirrored
        )
        self.dev = yield from features_of(
            read(self.dataset, "dev"), self.backbones, grids=config.attention
        )
        if not self.model.deviation.ne(1).any():  # fresh weights; loaded ones bring theirs
            pooled = self.train.pooled.float().flatten(0, 1)
            self.model.mean.copy_(pooled.mean(0))
            self.model.deviation.copy_(pooled.std(0) + 1e-3)
        if self.domain is None:
            yield Preparing("classes", 0, 1)
            familiar, others = (
                part.pooled[0, :, :POOLED].float() for part in (self.train, self.dev)
            )
            self.domain = photo_domain.fit(familiar, others, pretrained.backbone(self.backbones[0]))
        if self.pseudo is not None:
            pooled = self.train.pooled[0].float()
            self.prototypes = prototypes(pooled, self.backbones)
        self._split()

    def _split(self) -> None:
        """The captions of photographs that could be opened, as ids, sorted by length."""
        assert self.train is not None, "prepare() first"
        place = {name: row for row, name in enumerate(self.train.photos.names)}
        here = [place.get(name, -1) for name in self.found.names]
        captions = [(here[row], self._ids(text)) for row, text in self.captions if here[row] >= 0]
        if self.pseudo is not None:
            self.pseudo.dogs = [
                (here[row], text) for row, text in self.pseudo.dogs if here[row] >= 0
            ]
        captions.sort(key=lambda each: len(each[1]))  # stable: of one length as they came
        self.owner = np.array([row for row, _ in captions])
        if self.config.pairs == "shuffled":
            order = np.random.default_rng(self.config.seed).permutation(len(self.train))
            self.owner = order[self.owner]
        self.ids = _padded([ids for _, ids in captions])

    def _ids(self, text: str) -> list[int]:
        return [*self.words.words("en").start, *self.words.ids(text)]

    def batches(self, split: str, seed: int, first_step: int = 0) -> Iterator[Batch]:
        """Endless batches; the one of a step depends on seed and step alone.

        Captions of about one length together, so that little is computed on padding; a view drawn
        for each photograph. A share `prototypes` are pseudo-pictures, see `Pseudo`.
        """
        assert self.train is not None, "prepare() first"
        train, step, total = self.train, first_step, len(self.owner)
        size = min(self.config.batch_size, total)
        window = min(_NEAR * size, total)
        while True:
            rng = np.random.default_rng([seed, step])
            start = int(np.clip(rng.integers(total) - window // 2, 0, total - window))
            chosen = start + rng.choice(window, size, replace=False)
            views = rng.integers(0, len(train.pooled), size)
            rows, ids = self.owner[chosen], self.ids[chosen]
            made = round(self.config.prototypes * size) if self.pseudo else 0
            if made and self.pseudo is not None:
                rows[:made], classes, texts = self.pseudo.draw(rng, rows[:made])
                ids = _padded([*map(self._ids, texts), *(list(each) for each in ids[made:])])
            ids = ids[:, : int((ids != 0).sum(1).max())]
            pooled, known, grids = train.rows(views, rows)
            if made and self.prototypes is not None:
                with torch.no_grad():
                    pooled[:made], known[:made] = self.prototypes.moved(
                        pooled[:made], torch.from_numpy(classes)
                    )
            yield Batch(pooled, known, grids, torch.from_numpy(ids))
            step += 1

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy of the next word; a word too rare to be known is not asked for."""
        device = self.device
        captions = batch.captions.to(device)
        grids = None if batch.grids is None else batch.grids.to(device)
        logits = self.model(
            batch.pooled.to(device), batch.semantic.to(device), captions[:, :-1], grids
        )
        asked = captions.masked_fill(captions.eq(self.words.unknown), 0)
        return caption_loss(logits, asked, self.config.smoothing), {}

    def evaluate(self, split: str) -> dict[str, float]:
        """BLEU and CIDEr of the first dev photographs' sentences."""
        return self._figures(LIVE)

    def finish(self, *, thorough: bool) -> Generator[Preparing, None, dict[str, float]]:
        """Measure how far its sureness can be trusted, then all figures, of all dev photographs."""
        yield Preparing("figures", 0, 1)
        assert self.dev is not None, "prepare() first"
        return self._figures(len(self.dev) if thorough else LIVE)

    def _figures(self, count: int) -> dict[str, float]:
        assert self.dev is not None, "prepare() first"
        said, sure = captions_of(self.model, self.dev, self.words, self.naming, count)
        references = self.dev.photos.captions[:count]
        self.trust = Trust.fit("words", {"en": (sure, list(map(known_words, said, references)))})
        return with_margin({**scores(said, references), **baselines(self.constant, references)})

    @cached_property
    def constant(self) -> str:
        """The sentence that is best for all photographs, chosen on dev."""
        assert self.dev is not None, "prepare() first"
        candidates = frequent(text for _, text in self.captions)
        return best_constant(candidates, self.dev.photos.captions)[0]

    def preview(self) -> dict[str, Any]:
        """What is said of four dev photographs, word by word; see `Diary`."""
        assert self.dev is not None, "prepare() first"
        rows = np.linspace(0, len(self.dev) - 1, min(SHOWN, len(self.dev))).astype(np.int64)
        with torch.inference_mode():
            looked = _looked(self.model, self.dev, rows)
            words = self.words.words("en")
            found = greedy(self.model.captioner, looked, words)
            likely = word_probabilities(self.model.captioner, looked, words, found)
        photos = self.dev.photos
        return self.diary(
            [data_url(square(photos.picture(row).pixels, 128), quality=70) for row in rows],
            [
                [(self.words.word(number), p) for number, p in zip(ids[0], ps, strict=False)]
                for ids, ps in zip(found.ids, likely, strict=True)
            ],
            [photos.captions[row][0] for row in rows],
            "en",
        )

    def save(self, folder: Path) -> None:
        """Weights, config, words, the domain, the constant sentence, how far it can be trusted."""
        self.model.save_pretrained(folder)
        self.words.tokenizer.save(str(folder / store.TOKENIZER))
        assert self.domain is not None, "prepare() first"
        photo_domain.save(self.domain, folder)
        self.naming.save(folder)
        store.write_json(folder / CONSTANT, {"constant": self.constant})
        if self.trust is not None:
            self.trust.save(folder)


def _padded(captions: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Ids (n, L), 0 behind the shorter ones."""
    ids = np.zeros((len(captions), max(map(len, captions))), np.int64)
    for place, each in enumerate(captions):
        ids[place, : len(each)] = each
    return ids


def known_words(sentence: str, references: Sequence[str]) -> tuple[int, int]:
    """How many of a sentence's words that mean something people used too, and how many there are."""
    said = [word for word in normalised(sentence) if word not in _SMALL]
    known = {word for text in references for word in normalised(text)}
    return sum(word in known for word in said), len(said)


def _looked(model: PhotoCaptioner, features: Features, rows: NDArray[np.int64]) -> Looked:
    device = model.mean.device
    pooled, known, grids = features.rows(np.zeros_like(rows), rows)
    return model.look(
        pooled.to(device), known.to(device), None if grids is None else grids.to(device)
    )


@torch.inference_mode()
def captions_of(
    model: PhotoCaptioner,
    features: Features,
    words: Vocabulary,
    naming: Naming,
    count: int | None = None,
) -> tuple[list[str], list[float]]:
    """The sentence of beam search for each of the first `count` photographs, and how sure it is."""
    total = min(len(features), count or len(features))
    said, sure, speaks = [], [], words.words("en")
    for start in range(0, total, _BATCH):
        looked = _looked(model, features, np.arange(start, min(start + _BATCH, total)))
        found = beam(model.captioner, looked, speaks)
        for row, sentences in enumerate(found.ids):
            known = features.known[0, start + row].float().numpy()
            begun = words.numbers(naming.beginning(known, words.said(sentences[0])))
            if begun:
                again = beam(model.captioner, looked.rows(torch.tensor([row])), speaks.after(begun))
                sentences[0] = [*begun, *again.ids[0][0]]
        said += [words.text(ids[0], "en") for ids in found.ids]
        sure += sureness(word_probabilities(model.captioner, looked, speaks, found))
    return said, sure


def evaluate_checkpoint(
    folder: Path, dataset: str, split: str, seed: int, settings: dict[str, str]
) -> tuple[dict[str, float], int]:
    """All figures of a checkpoint on one split, and the number of photographs they are of.

    `seed` changes nothing: the photographs are the publishers' own split. UserError for a setting.
    """
    for name in settings:
        raise UserError("knob.unknown", name=name, known="-")
    model = store.load_model(PhotoCaptioner, folder)
    words = Vocabulary(store.read_tokenizer(folder))
    attention = model.captioner.attention is not None
    features = features_at_once(read(dataset, split), model.backbones, grids=attention)
    said, _ = captions_of(model, features, words, Naming.load(folder))
    references = features.photos.captions
    constant = str(store.read_json(folder / CONSTANT).get("constant", ""))
    figures = {**scores(said, references), **baselines(constant, references)}
    return with_margin(figures), len(features)


def shown(folder: Path, split: str, seed: int) -> dict[str, Any]:
    """What the page shows of a checkpoint beside its figures."""
    return {}
