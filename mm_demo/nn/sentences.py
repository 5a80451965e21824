"""Sentence vectors: BERT's encoder (Devlin et al. 2018, arXiv:1810.04805, section 3), the mean of
its tokens (Reimers and Gurevych 2019, arXiv:1908.10084, section 3), brought to length 1.

The sizes are those of all-MiniLM-L6-v2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from mm_demo.nn.attention import Attention

MAX_PIECES = 128  # what the tower was trained with, [CLS] and [SEP] included

_EPS = 1e-12  # of every LayerNorm, as in the authors' code
_BATCH = 32
_UNKNOWN = "[UNK]"
_LATIN = "0-9A-Za-zÀ-ɏḀ-ỿ"
_PUNCTUATION = r"\s\x00-\x7f\u2010-\u2027\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f"
_WORD = re.compile(rf"[{_LATIN}]+|[^{_LATIN}{_PUNCTUATION}]+")
_VOWEL = re.compile("[aeiouy]")
_CONSONANTS = re.compile(r"[^aeiouy\d]{4}")


class Layer(nn.Module):
    """One encoder layer, post-norm: norm(x + attention(x)), then norm(x + mlp(x)). (N, L, dim)."""

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.attention = Attention(dim, num_heads)
        self.norm1 = nn.LayerNorm(dim, eps=_EPS)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.norm2 = nn.LayerNorm(dim, eps=_EPS)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x, mask)[0])
        return self.norm2(x + self.mlp(x))


class SentenceTower(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["sentence-similarity"]
):
    """Word pieces to one unit vector a sentence: ids (N, L), mask (N, L) -> (N, dim).

    mask is True where a piece counts. A sentence is all there is, so BERT's embedding of "the
    first segment" is a constant and stands in `positions`.
    """

    def __init__(
        self,
        vocab_size: int = 30522,
        dim: int = 384,
        num_layers: int = 6,
        num_heads: int = 12,
        max_len: int = 512,
    ) -> None:
        super().__init__()
        self.words = _embeddings(vocab_size, dim)
        self.positions = _embeddings(max_len, dim)
        self.norm = nn.LayerNorm(dim, eps=_EPS)
        self.layers = nn.ModuleList(Layer(dim, num_heads) for _ in range(num_layers))

    def tokens(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Each piece in its context: (N, L), (N, L) -> (N, L, dim)."""
        x = self.norm(self.words[ids] + self.positions[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        counts = mask[..., None].to(self.norm.weight.dtype)
        mean = (self.tokens(ids, mask) * counts).sum(1) / counts.sum(1)
        return F.normalize(mean, dim=-1)


def _embeddings(count: int, dim: int) -> nn.Parameter:
    """As BERT draws them. (`nn.Embedding`'s own draw, on "meta", imports torch's compiler: 1 s.)"""
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(count, dim), std=0.02, a=-0.04, b=0.04))


def from_bert(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a `SentenceTower` from that of transformers' `BertModel`.

    Its pooler is left out. KeyError where a tensor is missing.
    """
    segments = tensors["embeddings.token_type_embeddings.weight"]
    state = {
        "words": tensors["embeddings.word_embeddings.weight"],
        "positions": tensors["embeddings.position_embeddings.weight"] + segments[0],
    }
    renamed = {
        "attention.output.dense": "attention.out",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "mlp.0",
        "output.dense": "mlp.2",
        "output.LayerNorm": "norm2",
    }
    count = len({name.split(".")[2] for name in tensors if name.startswith("encoder.layer.")})
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = tensors[f"embeddings.LayerNorm.{kind}"]
        for k in range(count):
            theirs = f"encoder.layer.{k}"
            state[f"layers.{k}.attention.qkv.{kind}"] = torch.cat(
                [tensors[f"{theirs}.attention.self.{n}.{kind}"] for n in ("query", "key", "value")]
            )
            for name, ours in renamed.items():
                state[f"layers.{k}.{ours}.{kind}"] = tensors[f"{theirs}.{name}.{kind}"]
    return state


class Sentences:
    """A tower with its tokenizer, which it sets to no padding and at most `MAX_PIECES` pieces."""

    def __init__(self, tower: SentenceTower, tokenizer: Tokenizer) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_PIECES)
        self.tower, self.tokenizer = tower.eval(), tokenizer

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N, dim), in the order given. What is beyond `MAX_PIECES` is not read."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]))  # little padding in a batch
        vectors = np.zeros((len(ids), self.tower.words.shape[1]), np.float32)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            with torch.inference_mode():
                vectors[rows] = self.tower(*self.batch([ids[row] for row in rows])).cpu().numpy()
        return vectors

    def batch(self, ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Ids and mask, each (N, L), padded to the longest, where the tower is."""
        longest = max(map(len, ids))
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in ids])
        mask = torch.tensor([[k < len(row) for k in range(longest)] for row in ids])
        device = self.tower.words.device
        return padded.to(device), mask.to(device)


class Word(NamedTuple):
    """A word as typed, its pieces, and whether the tower can know what it means."""

    text: str
    pieces: tuple[str, ...]
    known: bool


def pieces(tokenizer: Tokenizer, text: str) -> list[Word]:
    """The words of `text` in order, without punctuation; runs of other scripts count as a word.

    Not known: what holds a letter that is not Latin or a sign that has no piece (Chinese, emoji);
    and what nobody could pronounce (no vowel, or four consonants in a row) and falls into pieces
    none of which has a vowel and two letters more. Up to three letters may be an abbreviation.
    """
    words = []
    for run in _WORD.findall(unicodedata.normalize("NFC", text)):
        cut = tokenizer.encode(run, add_special_tokens=False).tokens
        parts = tuple(piece.removeprefix("##") for piece in cut)
        latin = re.fullmatch(f"[{_LATIN}]+", run) is not None
        if not latin and _UNKNOWN not in parts and not any(map(str.isalpha, run)):
            continue  # a sign, such as a currency's
        known = latin and _UNKNOWN not in parts and not _shredded(parts)
        words.append(Word(run, parts, known))
    return words


def _shredded(parts: Sequence[str]) -> bool:
    word = "".join(parts)
    if len(word) <= 3 or len(parts) == 1 or word.isdigit():
        return False
    if any(len(part) >= 3 and _VOWEL.search(part) for part in parts):
        return False
    return not _VOWEL.search(word) or _CONSONANTS.search(word) is not None
