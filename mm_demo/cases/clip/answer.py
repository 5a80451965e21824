"""What CLIP answers, whatever world it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Score:
    """One label: its share of the softmax, and whether it is true on its own.

    `alone` is the calibrated probability that the label is true of the picture, whatever the other
    labels are; `unknown` lists its words that the model never saw.
    """

    label: str
    sentence: str
    probability: float
    alone: float
    cosine: float
    unknown: list[str]
    witness: float = 0.0


@dataclass(frozen=True)
class Answer:
    """Labels best first; `none` is the probability that not even the best one is true.

    `outside` is True where the picture is unlike anything that the model was trained on;
    `logit_scale` is 1 / temperature; `remembered` counts the sentences taken from memory.
    """

    ranking: list[Score]
    none: float
    outside: bool
    strangeness: float
    model: str
    logit_scale: float
    remembered: int


def ranked(
    labels: Sequence[str],
    sentences: Sequence[str],
    cosines: np.ndarray,
    alone: np.ndarray,
    unknown: Sequence[list[str]],
    scale: float,
    witness: np.ndarray | None = None,
) -> list[Score]:
    """The labels best first; all arrays (T,). Their shares are softmax(scale * cosine + witness)."""
    second = np.zeros_like(cosines) if witness is None else witness
    logits = scale * cosines + second
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return [
        Score(
            label=labels[i],
            sentence=sentences[i],
            probability=float(shares[i]),
            alone=float(alone[i]),
            cosine=float(cosines[i]),
            unknown=unknown[i],
            witness=float(second[i]),
        )
        for i in np.argsort(-logits, kind="stable")
    ]


def rounded(values: np.ndarray) -> list[list[float]]:
    """A table of plain numbers, to four places."""
    return [[round(float(value), 4) for value in row] for row in values]
