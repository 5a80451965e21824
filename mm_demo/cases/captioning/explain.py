"""A sentence once more, all at once: what the model thought before each of its words."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mm_demo.cases.captioning.decode import MOST_WORDS, Found, Words, sayable
from mm_demo.cases.captioning.model import ImageCaptioningModel, Looked


def explain(
    model: ImageCaptioningModel, looked: Looked, words: Words, ids: Sequence[int]
) -> tuple[Tensor, Tensor | None]:
    """One picture's sentence once more, all at once: what the model thought before each word.

    -> log P over the vocabulary, (len(ids) + 1, vocab_size), the last row being what follows, and
    the weights (len(ids) + 1, cells), None without attention.
    """
    given = torch.tensor([[*words.start, *ids]], device=looked.image.device)
    logits, weights, _ = model.step(given, looked)
    first = len(words.start) - 1
    thought = torch.stack(
        [
            sayable(row, words, first=place == 0).log_softmax(-1)
            for place, row in enumerate(logits[0, first:])
        ]
    )
    return thought, None if weights is None else weights[0, first:]


def word_probabilities(
    model: ImageCaptioningModel, looked: Looked, words: Words, found: Found
) -> list[list[float]]:
    """P of each word of every picture's best sentence, and of its end if it was not cut."""
    longest = max(len(ids[0]) for ids in found.ids)
    rows = [[*words.start, *ids[0], *[0] * (longest - len(ids[0]))] for ids in found.ids]
    logits, _, _ = model.step(torch.tensor(rows, device=looked.image.device), looked)
    first = len(words.start) - 1
    logits[..., list(words.never)] = -torch.inf
    if not words.begun:
        logits[:, first, words.end] = -torch.inf
    shares = logits[:, first:].softmax(-1)
    return [
        [
            float(shares[row, place, word])
            for place, word in enumerate([*ids[0], words.end][:MOST_WORDS])
        ]
        for row, ids in enumerate(found.ids)
    ]
