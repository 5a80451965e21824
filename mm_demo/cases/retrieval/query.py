"""What is looked for, as one vector: words, a picture or both, less what is not wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mm_demo.errors import UserError
from mm_demo.media.image import Picture

AWAY = 0.5  # how much of the negative terms is taken away
MOST_LETTERS = 2000


class Embedder(Protocol):
    """What a query needs of a model."""

    def embed_texts(self, texts: list[str]) -> NDArray[np.float32]: ...
    def embed_pictures(self, pictures: list[Picture]) -> NDArray[np.float32]: ...
    def knows(self, text: str) -> bool: ...


def query(
    model: Embedder,
    text: str | None,
    picture: Picture | None,
    without: Sequence[str],
    *,
    refused: str = "retrieval.unknown_words",
) -> NDArray[np.float32]:
    """A unit vector (D,): the mean of words and picture, less half the mean of `without`.

    What holds no word that the model knows counts for nothing beside what it knows. UserError:
    `retrieval.empty_query`, `retrieval.only_negatives`, `retrieval.long_query` (limit),
    `refused` (words) where nothing is left, `retrieval.cancelled` where what is wanted and what is
    not are one and the same.
    """
    words = (text or "").strip()
    unwanted = [term.strip() for term in without if term.strip()]
    if max(map(len, [words, *unwanted])) > MOST_LETTERS:
        raise UserError("retrieval.long_query", limit=MOST_LETTERS)
    if not words and picture is None:
        raise UserError("retrieval.only_negatives" if unwanted else "retrieval.empty_query")
    wanted = [model.embed_texts([words])] if words and model.knows(words) else []
    if picture is not None:
        wanted.append(model.embed_pictures([picture]))
    if not wanted:
        raise UserError(refused, words=words[:80])
    found = np.concatenate(wanted).mean(0)
    known = [term for term in unwanted if model.knows(term)]
    if known:
        found = found - AWAY * model.embed_texts(known).mean(0)
    length = float(np.linalg.norm(found))
    if length < 1e-6:
        raise UserError("retrieval.cancelled")
    return np.asarray(found / length, np.float32)
