"""Generated sentences against several references each: BLEU, CIDEr-D, and the best constant.

References need not be equally many; one without a word in it (after `normalised`) is left out.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from sacrebleu.metrics.bleu import BLEU

from mm_demo.errors import UserError

Ngram = tuple[str, ...]

ORDERS = (1, 2, 3, 4)
_SIGMA = 6.0  # of CIDEr-D's length penalty, in words
_JOINED = re.compile(r"['’ʼ‐‑-]")
_PUNCTUATION = re.compile(r"[^\w\s]|_")


def normalised(text: str, language: str = "en") -> list[str]:
    """The words that are compared: lower case, without punctuation, split at white space.

    Apostrophes and hyphens vanish ("t-shirt" is "tshirt"), other marks separate words. Chinese
    ("zh") is split into single characters.
    """
    plain = _JOINED.sub("", unicodedata.normalize("NFKC", text).lower())
    words = _PUNCTUATION.sub(" ", plain).split()
    return list("".join(words)) if language == "zh" else words


def bleu(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], language: str = "en"
) -> dict[str, float]:
    """Corpus BLEU (Papineni et al. 2002) of N sentences, "bleu1" to "bleu4", fractions, by sacrebleu.

    "bleuN" is the geometric mean of the precisions up to N-grams times the brevity penalty against
    the closest reference length (of two the shorter); nothing is smoothed.
    ValueError: no sentences, or not one list of references a sentence.
    UserError: `captions.empty_reference`, a sentence without a reference.
    """
    said, known = _split(hypotheses, references, language)
    most = max(map(len, known))
    # To sacrebleu None is no reference (its types leave that out), "" one of length 0.
    columns = [
        [" ".join(several[i]) if i < len(several) else None for several in known]
        for i in range(most)
    ]
    scorer = BLEU(tokenize="none", smooth_method="none", force=True)
    score = scorer.corpus_score([" ".join(words) for words in said], cast(list[list[str]], columns))
    return {
        f"bleu{n}": _geometric_mean(score.counts[:n], score.totals[:n]) * score.bp for n in ORDERS
    }


def cider(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], language: str = "en"
) -> float:
    """CIDEr-D (Vedantam et al. 2015, eq. 1-4 and section 7), from 0 to 10; 0.5 is usual on photographs.

    Document frequencies are those of the references given: an n-gram counts once a picture. With a
    single picture every weight is log 1, and so the score 0. Errors as for `bleu`.
    """
    said, known = _split(hypotheses, references, language)
    counted = [[_counts(words) for words in several] for several in known]
    pictures = Counter(ngram for several in counted for ngram in set().union(*several))
    rarity = {ngram: math.log(len(known) / n) for ngram, n in pictures.items()}
    unseen = math.log(len(known))

    def weighted(counts: Counter[Ngram]) -> tuple[dict[Ngram, float], list[float]]:
        """TF-IDF of a sentence's n-grams, and its norm for each n."""
        vector = {ngram: n * rarity.get(ngram, unseen) for ngram, n in counts.items()}
        squares = [0.0 for _ in ORDERS]
        for ngram, weight in vector.items():
            squares[len(ngram) - 1] += weight * weight
        return vector, [math.sqrt(square) for square in squares]

    total = 0.0
    for words, several, theirs in zip(said, known, counted, strict=True):
        vector, norms = weighted(_counts(words))
        for other, counts in zip(several, theirs, strict=True):
            wanted, their_norms = weighted(counts)
            products = [0.0 for _ in ORDERS]
            for ngram, weight in wanted.items():
                if ngram in vector:
                    products[len(ngram) - 1] += min(vector[ngram], weight) * weight
            cosines = [
                product / (a * b) if a and b else 0.0
                for product, a, b in zip(products, norms, their_norms, strict=True)
            ]
            penalty = math.exp(-((len(words) - len(other)) ** 2) / (2 * _SIGMA**2))
            total += penalty * sum(cosines) / len(ORDERS) / len(several)
    return 10 * total / len(said)


@dataclass(frozen=True)
class NgramMatch:
    """An n-gram of a sentence: how often it occurs, and how often the references allow."""

    words: Ngram
    count: int
    clipped: int  # min(count, the most that one reference has)


@dataclass(frozen=True)
class Precision:
    """The modified precision p_n: `matched` of `total` n-grams, each clipped; 0 where there is none."""

    n: int
    ngrams: tuple[NgramMatch, ...]  # in the sentence's order
    matched: int
    total: int
    value: float


@dataclass(frozen=True)
class BleuSteps:
    """A sentence's BLEU and all that it is made of. `zero_at`: the first n with p_n = 0, or None."""

    words: tuple[str, ...]
    precisions: tuple[Precision, ...]  # n = 1 to 4
    reference_length: int  # the closest to the sentence's, of two the shorter
    brevity_penalty: float
    zero_at: int | None
    bleu: float


def sentence_bleu_steps(
    hypothesis: str, references: Sequence[str], language: str = "en"
) -> BleuSteps:
    """BLEU-4 of one sentence, step by step (Papineni et al. 2002, section 2), not smoothed.

    One precision of 0 makes it 0, also where a sentence of fewer than four words has no 4-grams.
    UserError: `captions.empty_reference`, no reference with a word in it.
    """
    (words,), (known,) = _split([hypothesis], [references], language)
    most = _most(known)
    precisions = []
    for n in ORDERS:
        found = [
            NgramMatch(ngram, count, min(count, most[ngram]))
            for ngram, count in Counter(_ngrams(words, n)).items()
        ]
        matched, total = sum(each.clipped for each in found), sum(each.count for each in found)
        precisions.append(Precision(n, tuple(found), matched, total, matched / max(total, 1)))
    closest = _closest(len(words), [len(other) for other in known])
    penalty = _brevity_penalty(len(words), closest)
    mean = _geometric_mean([p.matched for p in precisions], [p.total for p in precisions])
    zero_at = next((p.n for p in precisions if not p.matched), None)
    return BleuSteps(tuple(words), tuple(precisions), closest, penalty, zero_at, penalty * mean)


def best_constant(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    count: int = 500,
    language: str = "en",
) -> tuple[str, float]:
    """The sentence that scores best when said of every picture, and its corpus BLEU-4.

    Of the first `count` candidates (most frequent first); of equals the first. Exact: for a
    constant the clipped counts of all pictures add up to how many pictures have an n-gram at least
    k times, for k up to its count. ValueError: no candidate. Errors else as for `bleu`.
    """
    if not candidates or count < 1:
        raise ValueError("no candidate to choose from")
    tried = list(dict.fromkeys(candidates[:count]))
    _, known = _split(["" for _ in references], references, language)
    at_least: Counter[tuple[Ngram, int]] = Counter()
    for several in known:
        at_least.update((g, k) for g, most in _most(several).items() for k in range(1, most + 1))
    lengths = Counter(tuple(sorted({len(words) for words in several})) for several in known)

    def score(text: str) -> float:
        words = normalised(text, language)
        matched, total = [], []
        for n in ORDERS:
            ngrams = Counter(_ngrams(words, n))
            matched.append(
                sum(at_least[g, k] for g, most in ngrams.items() for k in range(1, most + 1))
            )
            total.append(len(known) * ngrams.total())
        closest = sum(_closest(len(words), of) * n for of, n in lengths.items())
        penalty = _brevity_penalty(len(known) * len(words), closest)
        return penalty * _geometric_mean(matched, total)

    scores = [score(text) for text in tried]
    best = max(range(len(tried)), key=scores.__getitem__)
    return tried[best], scores[best]


def _split(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], language: str
) -> tuple[list[list[str]], list[list[list[str]]]]:
    """The words of each sentence and of its references."""
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            f"{len(hypotheses)} sentences and {len(references)} lists of references must be "
            "equally many, at least one"
        )
    said = [normalised(text, language) for text in hypotheses]
    known = [
        [words for text in several if (words := normalised(text, language))]
        for several in references
    ]
    if not all(known):
        raise UserError("captions.empty_reference")
    return said, known


def _ngrams(words: Sequence[str], n: int) -> Iterable[Ngram]:
    return zip(*(words[i:] for i in range(n)), strict=False)


def _counts(words: Sequence[str]) -> Counter[Ngram]:
    """The n-grams of every order."""
    return Counter(ngram for n in ORDERS for ngram in _ngrams(words, n))


def _most(references: Sequence[Sequence[str]]) -> Counter[Ngram]:
    """How often the reference with the most of an n-gram has it."""
    most: Counter[Ngram] = Counter()
    for words in references:
        most |= _counts(words)
    return most


def _closest(length: int, lengths: Iterable[int]) -> int:
    return min(lengths, key=lambda other: (abs(other - length), other))


def _brevity_penalty(length: int, reference_length: int) -> float:
    """BP of Papineni et al. (2002), section 2.3; 0 for nothing said."""
    if not length:
        return 0.0
    return min(1.0, math.exp(1 - reference_length / length))


def _geometric_mean(matched: Sequence[int], total: Sequence[int]) -> float:
    if not all(matched):
        return 0.0
    logs = [math.log(m / t) for m, t in zip(matched, total, strict=True)]
    return math.exp(sum(logs) / len(logs))
