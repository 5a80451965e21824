"""From pictures that were looked at to plain answers: the sentence, its words, what they rest on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_demo import store
from mm_demo.cases.captioning.decode import Decoding, Hypothesis, decode
from mm_demo.cases.captioning.explain import explain
from mm_demo.cases.captioning.model import ImageCaptioningModel, Looked
from mm_demo.cases.captioning.vocabulary import Vocabulary
from mm_demo.errors import UserError
from mm_demo.media.image import Picture

TRUST = "trust.json"
ALTERNATIVES = 5
_CHUNK = 16  # pictures that are looked at together


@dataclass(frozen=True)
class Alternative:
    """A word that might have stood in a word's place; "" is the end of the sentence."""

    word: str
    probability: float


@dataclass(frozen=True)
class Word:
    """A word of a sentence: P(word | those before, picture), the likeliest in its place, best first.

    `map`: where the model looked, rows of values from 0 to 1, None without attention.
    """

    word: str
    probability: float
    alternatives: list[Alternative]
    map: list[list[float]] | None


@dataclass(frozen=True)
class Node:
    """A beginning that beam search weighed: log P of all its words, and what became of it.

    `parent` is the place of what it goes on from among the kept ones of the step before; `fate` is
    "kept", "cut" or "ended"; "" as `word` is the end. `chosen`: it is on the way to the answer.
    """

    parent: int
    word: str
    score: float
    fate: str
    chosen: bool


@dataclass(frozen=True)
class Caption:
    """`sureness` is the geometric mean of the words' probabilities, that of ending included, those of
    `named` left out.

    `trust`: of dev pictures whose sentence was as sure, the share of what it said that was right
    (`trust_of` says of what: "facts" or "words"); None for a model without such a measurement.
    `others` are beam search's further sentences. `words` and `tree` only where asked for. `named`:
    the beginning that a classifier gave, sure of what the decoder did not name; "" if it did not.
    """

    caption: str
    sureness: float
    trust: float | None
    trust_of: str
    outside: bool
    strangeness: float
    model: str
    language: str
    method: str
    others: list[str]
    words: list[Word]
    tree: list[list[Node]]
    named: str = ""


class Speaker(ABC):
    """What the predictors of drawn scenes and of photographs share. Thread-safe.

    They say how pictures are looked at: `look` gives what the decoder reads of N pictures and how
    strange each is, beyond 1 outside; `maps` brings weights (words, cells) onto the picture.
    """

    def __init__(self, folder: Path, captioner: ImageCaptioningModel) -> None:
        self.name = folder.name
        self.captioner = captioner
        try:
            self.words = Vocabulary(store.read_tokenizer(folder))
        except ValueError as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error
        if len(self.words) != captioner.bias.shape[0]:
            raise UserError("checkpoint.foreign", folder=str(folder))
        self.languages = self.words.languages
        self.trust = Trust.load(folder)

    @abstractmethod
    def look(self, pictures: Sequence[Picture]) -> tuple[Looked, list[float]]:
        """What the decoder reads of N pictures, and how strange each is."""

    def look_and_name(
        self, pictures: Sequence[Picture]
    ) -> tuple[Looked, list[float], list[Callable[[Sequence[str]], list[str]]]]:
        """`look`, and for each picture a function of a sentence's words: those to begin with instead."""
        looked, strangeness = self.look(pictures)
        return looked, strangeness, [lambda _: [] for _ in strangeness]

    @abstractmethod
    def maps(self, weights: Tensor) -> Tensor:
        """(N, cells) -> (N, side, side), values from 0 to 1."""

    def caption(
        self,
        picture: Picture,
        how: Decoding | None = None,
        language: str = "en",
        *,
        evidence: bool = False,
    ) -> Caption:
        """A sentence for a picture; with `evidence` its words and the tree of beam search."""
        return self._answers([picture], how or Decoding(), language, evidence)[0]

    def captions(
        self, pictures: Sequence[Picture], how: Decoding | None = None, language: str = "en"
    ) -> list[Caption]:
        """A sentence for each picture, in batches, without evidence."""
        how, found = how or Decoding(), []
        for start in range(0, len(pictures), _CHUNK):
            found += self._answers(pictures[start : start + _CHUNK], how, language, False)
        return found

    @torch.inference_mode()
    def instead(
        self,
        picture: Picture,
        before: Sequence[str],
        word: str,
        how: Decoding | None = None,
        language: str = "en",
    ) -> str:
        """The sentence that would have followed had `word` stood after the words `before`.

        UserError: `captioning.unknown_word` (word) for one that the model cannot say.
        """
        speaks = self.speaks(language)
        ids = [self._id(each, speaks) for each in before]
        if word == "":
            return self.words.text(ids, speaks)
        ids.append(self._id(word, speaks))
        looked, _ = self.look([picture])
        found = decode(
            self.captioner, looked, self.words.words(speaks).after(ids), how or Decoding()
        )
        return self.words.text([*ids, *found.ids[0][0]], speaks)

    @torch.inference_mode()
    def read(self, picture: Picture, sentence: str, language: str = "en") -> list[Word]:
        """Teacher forcing: each word of a given sentence, and its end, after the true words before it.

        A word that was never learned has probability 0; its alternatives are what the model thought.
        """
        speaks = self.speaks(language)
        ids = self.words.ids(sentence)
        looked, _ = self.look([picture])
        thought, weights = explain(self.captioner, looked, self.words.words(speaks), ids[:-1])
        return self._words(ids, thought, weights)

    @torch.inference_mode()
    def _answers(
        self, pictures: Sequence[Picture], how: Decoding, language: str, evidence: bool
    ) -> list[Caption]:
        speaks = self.speaks(language)
        words = self.words.words(speaks)
        looked, strangeness, beginnings = self.look_and_name(pictures)
        tree: list[list[Hypothesis]] | None = [] if evidence and how.method == "beam" else None
        found = decode(self.captioner, looked, words, how, tree)
        answers = []
        for row, sentences in enumerate(found.ids):
            own = looked.rows(torch.tensor([row], device=looked.image.device))
            begun = self.words.numbers(beginnings[row](self.words.said(sentences[0])))
            if begun:
                tree = None if tree is None else []
                again = decode(self.captioner, own, words.after(begun), how, tree)
                sentences = [[*begun, *ids] for ids in again.ids[0]]
            ids = sentences[0]
            thought, weights = explain(self.captioner, own, words, ids)
            said = [*ids, words.end][: int(how.max_words)]  # cut: no end
            gained = [float(thought[place, number].exp()) for place, number in enumerate(said)]
            (sure,) = sureness([gained[len(begun) :] or gained])  # of what it chose itself
            answers.append(
                Caption(
                    caption=self.words.text(ids, speaks),
                    sureness=sure,
                    trust=self.trust.of(speaks, sure),
                    trust_of=self.trust.what,
                    outside=strangeness[row] > 1,
                    strangeness=strangeness[row],
                    model=self.name,
                    language=speaks,
                    method=how.method,
                    others=[self.words.text(each, speaks) for each in sentences[1:]],
                    words=self._words(ids, thought, weights) if evidence else [],
                    tree=_tree(tree, [*ids[len(begun) :], words.end], self.words) if tree else [],
                    named=self.words.text(begun, speaks),
                )
            )
        return answers

    def _words(self, ids: Sequence[int], thought: Tensor, weights: Tensor | None) -> list[Word]:
        maps = None if weights is None else self.maps(weights).tolist()
        words = []
        for place, number in enumerate(ids):
            values, others = thought[place].exp().topk(ALTERNATIVES)
            words.append(
                Word(
                    self.words.word(number),
                    float(thought[place, number].exp()),
                    [
                        Alternative(self.words.word(other), round(value, 4))
                        for value, other in zip(values.tolist(), others.tolist(), strict=True)
                        if value > 0
                    ],
                    None
                    if maps is None
                    else [[round(value, 3) for value in line] for line in maps[place]],
                )
            )
        return words

    def speaks(self, language: str) -> str:
        """The language itself; UserError: `captioning.other_language` for one never learned."""
        if language not in self.languages:
            raise UserError(
                "captioning.other_language", language=language, known=", ".join(self.languages)
            )
        return language

    def _id(self, word: str, language: str) -> int:
        number = self.words.tokenizer.token_to_id(word)
        if number is None or number in self.words.words(language).never or number == self.words.end:
            raise UserError("captioning.unknown_word", word=word[:80])
        return int(number)


def sureness(probabilities: Sequence[Sequence[float]]) -> list[float]:
    """The geometric mean of each sentence's word probabilities."""
    return [float(np.exp(np.log(np.maximum(each, 1e-12)).mean())) for each in probabilities]


@dataclass(frozen=True)
class Trust:
    """How right sentences were on dev, by how sure the model was: for each language, edges of
    sureness between bins and the share that was right in each. `what`: "facts" or "words".
    """

    what: str
    bins: dict[str, tuple[list[float], list[float]]]

    BINS = 5

    def of(self, language: str, sureness: float) -> float | None:
        """The share for a sentence that is so sure."""
        if language not in self.bins:
            return None
        edges, shares = self.bins[language]
        return shares[int(np.searchsorted(edges, sureness))]

    @classmethod
    def fit(
        cls, what: str, said: Mapping[str, tuple[Sequence[float], Sequence[tuple[int, int]]]]
    ) -> Trust:
        """From the sureness of dev sentences, and of how many things said how many were right."""
        bins = {}
        for language, (sureness, counts) in said.items():
            edges = np.quantile(sureness, np.linspace(0, 1, cls.BINS + 1)[1:-1])
            place = np.searchsorted(edges, sureness)
            right = np.array(counts, np.float64).reshape(-1, 2)
            shares = [
                float(right[place == k, 0].sum() / max(right[place == k, 1].sum(), 1))
                for k in range(cls.BINS)
            ]
            bins[language] = (edges.round(4).tolist(), [round(share, 4) for share in shares])
        return cls(what, bins)

    def save(self, folder: Path) -> None:
        """Into the folder's `trust.json`."""
        bins = {name: {"edges": e, "shares": s} for name, (e, s) in self.bins.items()}
        store.write_json(folder / TRUST, {"what": self.what, "bins": bins})

    @classmethod
    def load(cls, folder: Path) -> Trust:
        """What `save` wrote, or nothing known; UserError for a foreign file."""
        if not (folder / TRUST).exists():
            return cls("", {})
        found: dict[str, Any] = store.read_json(folder / TRUST)
        try:
            bins = {
                name: ([float(v) for v in each["edges"]], [float(v) for v in each["shares"]])
                for name, each in found["bins"].items()
            }
            if any(len(edges) + 1 != len(shares) for edges, shares in bins.values()):
                raise ValueError("a bin more than edges")
            return cls(str(found["what"]), bins)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error


def _tree(
    tree: Sequence[Sequence[Hypothesis]], ids: Sequence[int], words: Vocabulary
) -> list[list[Node]]:
    """The tree in words, the way to the answer marked."""
    made, at = [], 0
    for step, weighed in enumerate(tree):
        kept = [n for n, each in enumerate(weighed) if each.fate == "kept"]
        nodes, onward = [], -1
        for n, each in enumerate(weighed):
            chosen = step < len(ids) and each.parent == at and each.word == ids[step]
            if chosen and each.fate == "kept":
                onward = kept.index(n)
            nodes.append(
                Node(each.parent, words.word(each.word), round(each.score, 3), each.fate, chosen)
            )
        made.append(nodes)
        at = onward
    return made
