"""The numbers that Understand shows: an example's sentences by every method, its words, a wrong word's cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mm_demo.data.scenes import (
    BACKGROUND_WORDS,
    COLOUR_WORDS,
    KIND_WORDS,
    SIZE_WORDS,
    Scene,
    captions,
    compose,
    draw,
)
from mm_demo.data.scenes.reading import read
from mm_demo.data.scenes.scoring import judged
from mm_demo.errors import UserError
from mm_demo.media.image import Picture

if TYPE_CHECKING:  # it brings torch, which no page waits for
    from mm_demo.cases.captioning.speaker import Speaker, Word

SIDE = 256  # of an example, in pixels
REFERENCES = 5
WIDTHS = (2, 3, 4, 5)
TEMPERATURES = (0.5, 1.0, 1.5)
MOST_LETTERS, MOST_REFERENCES = 300, 10
_WRONG = 5  # words offered in a word's place
_SCENES = (
    ((("boat", "red", "large", "left"), ("house", "green", "small", "right")), "sea"),
    ((("cat", "white", "large", "bottom"), ("balloon", "blue", "small", "top_left")), "meadow"),
    (
        (
            ("car", "purple", "large", "bottom_left"),
            ("tree", "green", "small", "right"),
            ("bird", "red", "small", "top"),
        ),
        "snow",
    ),
    (
        (
            ("umbrella", "pink", "small", "top_left"),
            ("house", "orange", "large", "bottom_right"),
            ("star", "white", "small", "top_right"),
        ),
        "night",
    ),
)


@dataclass(frozen=True)
class Forced:
    """A place of a reference: the true word, what the model would have said after the true words
    before it, and P of both; "" is the end."""

    true: str
    said: str
    true_probability: float
    said_probability: float


@dataclass(frozen=True)
class Decoded:
    """A sentence and the ways of decoding that gave it; log P with its end; (true, stated) facts."""

    ways: tuple[tuple[str, float], ...]
    sentence: str
    log_probability: float
    words: int
    facts: tuple[int, int]


@dataclass(frozen=True)
class Slip:
    """A sentence with a wrong word, and as the model went on from it.

    facts, facts_before: (true, stated) of it and of the model's own. rest, rest_before: the geometric
    mean of the probabilities after the place, the end's included.
    """

    words: list[tuple[str, float]]
    place: int
    facts: tuple[int, int]
    facts_before: tuple[int, int]
    rest: float
    rest_before: float


@cache
def scenes() -> tuple[Scene, ...]:
    """The four examples; no split has them."""
    return tuple(compose(things, background) for things, background in _SCENES)


def picture(index: int) -> Picture:
    """An example, opened."""
    return Picture(draw(scenes()[index], SIDE), (SIDE, SIDE))


def references(index: int, language: str) -> list[str]:
    """Five true sentences about an example."""
    rng = np.random.default_rng([29, index])
    return [each.text for each in captions(scenes()[index], rng, language, REFERENCES)]


def spoken_language(model: Speaker, wanted: str) -> str:
    """The language asked for, or the model's first where it does not speak that."""
    return wanted if wanted in model.languages else model.languages[0]


def facts(sentence: str, index: int, language: str) -> tuple[int, int]:
    """How many of a sentence's facts are true of an example, and how many it states."""
    found = judged(read(sentence, language), scenes()[index])
    return sum(map(bool, found.values())), len(found)


def own_words(model: Speaker, index: int, language: str) -> list[Word]:
    """What the model says alone, greedily, of an example: its words, the end ("") last."""
    from mm_demo.cases.captioning.decode import Decoding  # brings torch

    said = model.caption(picture(index), Decoding("greedy"), language)
    return model.read(picture(index), said.caption, language)


def sentence_of(said: Sequence[Word], language: str) -> str:
    """Words, the end last, as a sentence."""
    return ("" if language == "zh" else " ").join(word.word for word in said[:-1])


def weights(model: Speaker, index: int, sentence: str, language: str) -> list[list[float]] | None:
    """Each word's attention, a weight for every cell of the grid, row by row; None without any."""
    import torch

    from mm_demo.cases.captioning.explain import explain

    with torch.inference_mode():
        looked, _ = model.look([picture(index)])
        ids = model.words.ids(sentence)[:-1]
        found = explain(model.captioner, looked, model.words.words(language), ids)[1]
    return None if found is None else [[round(w, 5) for w in row] for row in found.tolist()[:-1]]


def forced(model: Speaker, index: int, language: str) -> list[Forced]:
    """Teacher forcing along the longest of an example's references."""
    true = max(references(index, language), key=len)
    found = []
    for word in model.read(picture(index), true, language):
        best = word.alternatives[0]
        found.append(Forced(word.word, best.word, word.probability, best.probability))
    return found


def decoded(model: Speaker, index: int, language: str, seed: int) -> list[Decoded]:
    """Each way of decoding, those that say the same together; last a reference, for comparison."""
    from mm_demo.cases.captioning.decode import Decoding  # brings torch

    said: dict[str, list[tuple[str, float]]] = {}
    ways = [("greedy", 1.0, Decoding("greedy"))]
    ways += [("beam", float(width), Decoding(beam=width)) for width in WIDTHS]
    ways += [("sample", t, Decoding("sample", temperature=t, seed=seed)) for t in TEMPERATURES]
    for name, value, how in ways:
        sentence = model.caption(picture(index), how, language).caption
        said.setdefault(sentence, []).append((name, value))
    said.setdefault(references(index, language)[0], []).append(("reference", 0.0))
    return [
        _measured(model, index, language, sentence, tuple(ways)) for sentence, ways in said.items()
    ]


def _measured(
    model: Speaker, index: int, language: str, sentence: str, ways: tuple[tuple[str, float], ...]
) -> Decoded:
    likely = [word.probability for word in model.read(picture(index), sentence, language)]
    return Decoded(
        ways, sentence, log_probability(likely), len(likely) - 1, facts(sentence, index, language)
    )


def log_probability(likely: Sequence[float]) -> float:
    """The natural logarithm of a product of probabilities; minus infinity where one is 0."""
    return sum(math.log(p) for p in likely) if all(likely) else -math.inf


def wrong_words(model: Speaker, said: Sequence[Word], language: str) -> list[list[str]]:
    """What may be put in place of each word: what the model nearly said, and others of its sort."""
    offered = []
    for word in said[:-1]:
        others = [each.word for each in word.alternatives if each.word not in ("", word.word)][:3]
        sort = [each for each in _alike(word.word, language) if _says(model, each)]
        offered.append(list(dict.fromkeys([*others, *sort]))[:_WRONG])
    return offered


def _alike(word: str, language: str) -> list[str]:
    """The other words of a colour's, thing's, size's or background's sort; none for another word."""
    for table in (COLOUR_WORDS, KIND_WORDS, SIZE_WORDS, BACKGROUND_WORDS):
        own = [key for key, names in table.items() if word in names[language]]
        if own:
            return [names[language][0] for key, names in table.items() if key not in own]
    return []


def _says(model: Speaker, word: str) -> bool:
    return model.words.tokenizer.token_to_id(word) is not None


def slip(model: Speaker, index: int, place: int, word: str, language: str) -> Slip:
    """Put `word` at a place of the model's own sentence and let it go on, greedily.

    UserError: `captioning.unknown_word`, also for a place that the sentence does not have.
    """
    from mm_demo.cases.captioning.decode import Decoding  # brings torch

    own = own_words(model, index, language)
    if not 0 <= place < len(own) - 1 or not word:
        raise UserError("captioning.unknown_word", word=word[:80])
    before = [each.word for each in own[:place]]
    sentence = model.instead(picture(index), before, word, Decoding("greedy"), language)
    after = model.read(picture(index), sentence, language)
    return Slip(
        [(each.word, each.probability) for each in after[:-1]],
        place,
        facts(sentence, index, language),
        facts(sentence_of(own, language), index, language),
        _mean(after[place + 1 :]),
        _mean(own[place + 1 :]),
    )


def _mean(words: Sequence[Word]) -> float:
    """The geometric mean of the words' probabilities; there is always the end."""
    return math.exp(log_probability([word.probability for word in words]) / len(words))


def example(model: Speaker, index: int, wanted: str) -> dict[str, Any]:
    """The plain numbers of an example that the panel's script works with."""
    language = spoken_language(model, wanted)
    own = own_words(model, index, language)
    sentence = sentence_of(own, language)
    cells = weights(model, index, sentence, language)
    return {
        "index": index,
        "language": language,
        "words": [{"word": w.word, "probability": w.probability} for w in own[:-1]],
        "end": own[-1].probability,
        "weights": cells,
        "side": 0 if cells is None else round(math.sqrt(len(cells[0]))),
        "wrong": wrong_words(model, own, language),
        "sentence": sentence,
        "references": references(index, language),
    }
