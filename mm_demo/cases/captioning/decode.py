"""From P(next word) to a sentence: greedy, beam search, nucleus sampling. Pictures in batches.

A picture is looked at once, the LSTM's state is carried along. Every method always returns a
sentence of at least one word, whatever the weights: what stands for nothing (padding, an unknown
word, the start) is never said, and a sentence that does not end is cut at `max_words`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mm_demo.cases.captioning.model import ImageCaptioningModel, Looked, Memory
from mm_demo.errors import UserError

METHODS = ("greedy", "beam", "sample")
MOST_WORDS, WIDEST = 30, 20
LIMITS: dict[str, tuple[float, float]] = {  # of what a person may set
    "beam": (1, WIDEST), "length_penalty": (0, 2), "max_words": (1, MOST_WORDS),
    "temperature": (0, 5), "top_p": (0.01, 1), "seed": (0, 2**31 - 1),
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """What decoding must know of a vocabulary: ids of the first words given, the end, the unsayable.

    `begun`: how many of the words given say something; after those the end may follow at once.
    """

    start: tuple[int, ...]
    end: int
    never: tuple[int, ...]
    begun: int = 0

    def after(self, ids: Sequence[int]) -> Words:
        """The same with a beginning that a person chose."""
        return replace(self, start=(*self.start, *ids), begun=self.begun + len(ids))


@dataclass(frozen=True)
class Decoding:
    """How to decode; what a method has no use for does nothing. All published figures are of this default.

    UserError, naming the setting and what it may be, for one that cannot be.
    """

    method: str = "beam"
    beam: int = 3
    length_penalty: float = 0.7
    max_words: int = MOST_WORDS
    temperature: float = 1.0
    top_p: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UserError(
                "knob.illegal",
                name="method",
                value=str(self.method)[:80],
                allowed=", ".join(METHODS),
            )
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            whole = name in ("beam", "max_words", "seed")
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not low <= value <= high or (whole and value != int(value)):
                raise UserError(
                    "knob.illegal",
                    name=name,
                    value=str(value)[:80],
                    allowed=f"{low:g} – {high:.10g}",
                )


class Hypothesis(NamedTuple):
    """A beginning that beam search weighed at one step; log P of all its words.

    `parent` is the place of what it goes on from among those `kept` at the step before. `fate`:
    "kept", "cut", or "ended" where `word` is the end.
    """

    parent: int
    word: int
    score: float
    fate: str


class Found(NamedTuple):
    """Sentences of B pictures, best first: ids without start and end, lists of N lists of ids.

    scores: as the method ranks them, for sampling and greedy log P of the words.
    """

    ids: list[list[list[int]]]
    scores: list[list[float]]


def decode(
    model: ImageCaptioningModel,
    looked: Looked,
    words: Words,
    how: Decoding,
    tree: list[list[Hypothesis]] | None = None,
) -> Found:
    """Sentences by the method asked for; `tree` as for `beam`."""
    if how.method == "greedy":
        return greedy(model, looked, words, int(how.max_words))
    if how.method == "sample":
        return sample(
            model, looked, words, int(how.max_words),
            temperature=how.temperature, top_p=how.top_p, seed=int(how.seed),
        )  # fmt: skip
    return beam(
        model, looked, words, int(how.max_words),
        width=int(how.beam), length_penalty=how.length_penalty, tree=tree,
    )  # fmt: skip


def greedy(
    model: ImageCaptioningModel, looked: Looked, words: Words, max_words: int = MOST_WORDS
) -> Found:
    """The likeliest word, again and again."""
    return _one_by_one(model, looked, words, max_words, lambda logits, _: logits.argmax(-1))


def sample(
    model: ImageCaptioningModel,
    looked: Looked,
    words: Words,
    max_words: int = MOST_WORDS,
    *,
    temperature: float = 1.0,
    top_p: float = 1.0,
    seed: int = 0,
) -> Found:
    """Words drawn from the nucleus: the likeliest that together reach `top_p` (Holtzman et al. 2020,
    arXiv:1904.09751, section 3.1), of logits / `temperature`; at temperature 0 that is greedy.

    A picture's dice depend on `seed` and its place alone, so a batch does not change a sentence.
    """
    if temperature == 0:
        return greedy(model, looked, words, max_words)
    dice = np.stack(
        [np.random.default_rng([seed, row]).random(max_words) for row in range(len(looked.image))]
    )
    drawn = torch.from_numpy(dice).to(looked.image.device)

    def draw(logits: Tensor, step: int) -> Tensor:
        # The largest is 0, so that no temperature makes it infinite.
        below = logits.double() - logits.amax(-1, keepdim=True)
        shares, order = (below / temperature).softmax(-1).sort(-1, descending=True)
        mass = shares.cumsum(-1)
        shares = shares.masked_fill(mass - shares >= top_p, 0)  # the first is always kept
        mass = shares.cumsum(-1)
        place = (mass <= drawn[:, step, None] * mass[:, -1:]).sum(-1, keepdim=True)
        return order.gather(-1, place.clamp(max=order.shape[-1] - 1))[:, 0]

    return _one_by_one(model, looked, words, max_words, draw)


def beam(
    model: ImageCaptioningModel,
    looked: Looked,
    words: Words,
    max_words: int = MOST_WORDS,
    *,
    width: int = 3,
    length_penalty: float = 0.7,
    tree: list[list[Hypothesis]] | None = None,
) -> Found:
    """The `width` best beginnings go on together; ranked by log P / words ** length_penalty.

    The normalisation is that of Wu et al. (2016, arXiv:1609.08144, eq. 14) in its simplest form. A
    beginning that ends among the best `width` is a sentence found. A picture's search is over with
    `width` of them, or when nothing left can overtake the best one: log P only falls. So width 1
    says what greedy says. With one picture, `tree` gets what was weighed at every step.
    """
    count, device = len(looked.image), looked.image.device
    vocabulary = model.bias.shape[0]
    memory, logits = _begin(model, looked, words)
    logits = logits.expand(-1, width, -1)
    memory = (memory[0].repeat_interleave(width, 1), memory[1].repeat_interleave(width, 1))
    scores = torch.full((count, width), -torch.inf, device=device)
    scores[:, 0] = 0  # all hypotheses are still the same one
    said = torch.zeros(count, width, 0, dtype=torch.long, device=device)
    done = torch.full((count, width), -torch.inf, device=device)
    done_words = torch.zeros(count, width, max_words, dtype=torch.long, device=device)
    answers, answer_words = done.clone(), done_words.clone()
    rows = torch.arange(count, device=device)  # the pictures whose search goes on
    longest = (words.begun + max_words) ** length_penalty
    for step in range(max_words):
        allowed = sayable(logits, words, first=step == 0)
        totals = (scores[..., None] + allowed.log_softmax(-1)).flatten(1)
        best, places = totals.topk(min(2 * width, totals.shape[1]))  # at most `width` of them end
        parents, chosen = places // vocabulary, places % vocabulary
        ended = chosen == words.end
        if step or words.begun:
            good = ended & (torch.arange(best.shape[1], device=device) < width)
            finished = best.masked_fill(~good, -torch.inf) / (words.begun + step) ** length_penalty
            ids = _padded(said.gather(1, parents[..., None].expand(-1, -1, step)), max_words)
            done, done_words = _best(done, done_words, finished, ids)
        scores, order = best.masked_fill(ended, -torch.inf).topk(width)
        if tree is not None:
            _note(tree, best[0], parents[0], chosen[0], ended[0], order[0])
        kept, chosen = parents.gather(1, order), chosen.gather(1, order)
        said = torch.cat(
            [said.gather(1, kept[..., None].expand(-1, -1, step)), chosen[..., None]], -1
        )
        over = (done[:, -1] > -torch.inf) | (done[:, 0] >= scores[:, 0] / longest)
        if step == max_words - 1:
            unended = done[:, :1].isinf()  # then what stands there is the answer
            cut = scores.masked_fill(~unended, -torch.inf) / longest
            done, done_words = _best(done, done_words, cut, said)
            over = torch.ones_like(over)
        places = kept + torch.arange(len(rows), device=device)[:, None] * width
        if bool(over.any()):
            answers[rows[over]], answer_words[rows[over]] = done[over], done_words[over]
            on = ~over
            rows, scores, said, done, done_words, chosen, places = (
                each[on] for each in (rows, scores, said, done, done_words, chosen, places)
            )
            looked = looked.rows(on.nonzero()[:, 0])
        if not len(rows):
            break
        memory = (memory[0][:, places.flatten()], memory[1][:, places.flatten()])
        logits, memory = model.hypotheses(chosen, looked, memory)
    return _found(answers, answer_words)


def _begin(model: ImageCaptioningModel, looked: Looked, words: Words) -> tuple[Memory, Tensor]:
    """The memory after the words given, and the logits of the first word, (B, 1, V)."""
    given = torch.tensor([words.start], device=looked.image.device)
    logits, _, memory = model.step(given.expand(len(looked.image), -1), looked)
    return memory, logits[:, -1:]


def _one_by_one(
    model: ImageCaptioningModel,
    looked: Looked,
    words: Words,
    max_words: int,
    choose: Callable[[Tensor, int], Tensor],
) -> Found:
    memory, logits = _begin(model, looked, words)
    rows = len(looked.image)
    said: list[list[int]] = [[] for _ in range(rows)]
    scores, open_ = [0.0] * rows, [True] * rows
    for step in range(max_words):
        allowed = sayable(logits[:, 0], words, first=step == 0)
        chosen = choose(allowed, step)
        gained = allowed.log_softmax(-1).gather(-1, chosen[:, None])[:, 0].tolist()
        for row, (word, gain) in enumerate(zip(chosen.tolist(), gained, strict=True)):
            if open_[row]:
                scores[row] += gain
                open_[row] = word != words.end
                if open_[row]:
                    said[row].append(word)
        if not any(open_):
            break
        logits, memory = model.hypotheses(chosen[:, None], looked, memory)
    return Found([[ids] for ids in said], [[score] for score in scores])


def sayable(logits: Tensor, words: Words, *, first: bool) -> Tensor:
    """Logits (..., vocab_size) with what may not be said at minus infinity; the end may not be first."""
    logits = logits.clone()
    logits[..., [*words.never, *([words.end] if first and not words.begun else [])]] = -torch.inf
    return logits


def _padded(ids: Tensor, length: int) -> Tensor:
    return torch.nn.functional.pad(ids, (0, length - ids.shape[-1]))


def _best(done: Tensor, done_words: Tensor, scores: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """The best of the sentences found so far, (B, width) and their words, and of new ones."""
    scores, order = torch.cat([done, scores], 1).topk(done.shape[1])
    ids = torch.cat([done_words, ids], 1)
    return scores, ids.gather(1, order[..., None].expand(-1, -1, ids.shape[-1]))


def _found(scores: Tensor, ids: Tensor) -> Found:
    sentences, kept = [], []
    for row_scores, row in zip(scores.tolist(), ids.tolist(), strict=True):
        there = [n for n, score in enumerate(row_scores) if score > -np.inf]
        sentences.append([[word for word in row[n] if word] for n in there])
        kept.append([row_scores[n] for n in there])
    return Found(sentences, kept)


def _note(
    tree: list[list[Hypothesis]],
    scores: Tensor,
    parents: Tensor,
    chosen: Tensor,
    ended: Tensor,
    order: Tensor,
) -> None:
    kept = set(order.tolist())
    weighed = zip(scores.tolist(), parents.tolist(), chosen.tolist(), ended.tolist(), strict=True)
    tree.append(
        [
            Hypothesis(parent, word, score, "ended" if end else "kept" if n in kept else "cut")
            for n, (score, parent, word, end) in enumerate(weighed)
            if score > -np.inf
        ]
    )
