"""How good sentences are: against people's, against the best constant one, against another picture's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from mm_demo.data.scenes import LANGUAGES
from mm_demo.errors import UserError
from mm_demo.metrics.captions import bleu, cider

FREQUENT = 500  # train captions among which the constant one is chosen


def frequent(captions: Iterable[str], count: int = FREQUENT) -> list[str]:
    """The captions said most often, of equally frequent ones the first by the alphabet."""
    said = Counter(captions)
    return sorted(said, key=lambda text: (-said[text], text))[:count]


def scores(
    sentences: Sequence[str], references: Sequence[Sequence[str]], language: str = "en"
) -> dict[str, float]:
    """BLEU-1 to 4 and CIDEr-D, as fractions."""
    return {
        **bleu(sentences, references, language),
        "cider": cider(sentences, references, language),
    }


def baselines(
    constant: str, references: Sequence[Sequence[str]], language: str = "en"
) -> dict[str, float]:
    """What `constant` scores for every picture, and a reference of another picture for each."""
    order = np.random.default_rng(0).permutation(len(references))
    of = dict(zip(order.tolist(), np.roll(order, 1).tolist(), strict=True))  # never its own
    others = [references[of[row]][0] for row in range(len(references))]
    found = {}
    for name, said in (("constant", [constant] * len(references)), ("shuffled", others)):
        for key, value in scores(said, references, language).items():
            found[f"{key}_{name}"] = value
    return found


def with_margin(figures: dict[str, float]) -> dict[str, float]:
    """Beside them, by how much BLEU-4 is above the constant sentence's."""
    return {**figures, "bleu4_above_constant": figures["bleu4"] - figures["bleu4_constant"]}


def asked_language(settings: dict[str, str]) -> str:
    """The one setting of an evaluation, `language`; UserError for another or an illegal one."""
    for name in settings:
        if name != "language":
            raise UserError("knob.unknown", name=name, known="language")
    language = settings.get("language", "en")
    if language not in LANGUAGES:
        raise UserError("knob.illegal", name="language", value=language, allowed="en, zh")
    return language
