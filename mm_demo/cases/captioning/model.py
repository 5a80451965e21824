"""Show, Attend and Tell (Xu et al. 2015, arXiv:1502.03044): a recurrent network that writes a sentence
word by word and, before each, looks at the picture once more.

Two departures from the paper, both for speed: the state *after* the last word looks, as in Lu et al.
(2017, arXiv:1612.01887, section 2.2), so that a whole sentence is computed at once where its words
are known; and it scores a place by a product (Luong et al. 2015, arXiv:1508.04025, "general").
Without a grid the network is the course's: the picture enters as one vector beside each word
(Vinyals et al. 2015, arXiv:1411.4555, give it once).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo.nn.conv_stem import PictureFeatures

Memory = tuple[Tensor, Tensor]  # h and c of the LSTM, each (1, B, hidden_dim)


class Looked(NamedTuple):
    """A picture as the decoder needs it for every word, computed once.

    image: (B, hidden_dim); keys, values: (B, cells, attention_dim), None without a grid.
    """

    image: Tensor
    keys: Tensor | None
    values: Tensor | None

    def rows(self, rows: Tensor) -> Looked:
        """Some of the pictures, (n,) of their numbers."""
        if self.keys is None or self.values is None:
            return Looked(self.image[rows], None, None)
        return Looked(self.image[rows], self.keys[rows], self.values[rows])


class SoftAttention(nn.Module):
    """Where to look for the next word, and what is seen there (eqs. 4, 5, 13)."""

    def __init__(self, grid_dim: int, hidden_dim: int, attention_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(grid_dim)
        self.key = nn.Linear(grid_dim, attention_dim)
        self.value = nn.Linear(grid_dim, attention_dim)
        self.query = nn.Linear(hidden_dim, attention_dim)

    def look(self, grid: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of a grid: (B, cells, grid_dim) -> (B, cells, attention_dim) each."""
        grid = self.norm(grid)
        return self.key(grid), self.value(grid)

    def forward(self, hidden: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """States (B, N, hidden_dim) -> contexts (B, N, attention_dim), weights (B, N, cells).

        N is the words of a sentence, or the hypotheses about the next word.
        """
        scores = self.query(hidden) @ keys.transpose(1, 2) / math.sqrt(keys.shape[-1])
        weights = scores.softmax(-1)
        return weights @ values, weights


class ImageCaptioningModel(nn.Module):
    """P(w_t | w_<t, image): an LSTM over words, the picture beside each of them.

    vocab_size words, 0 is padding. image_dim: width of the picture's vector; grid_dim: of its grid's
    cells, 0 for the course's plain variant, which has none. The output shares the words' embedding
    (Press and Wolf 2017, arXiv:1608.05859).
    """

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int = 256,
        hidden_dim: int = 512,
        image_dim: int = 2048,
        *,
        grid_dim: int = 0,
        attention_dim: int = 128,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.image_encoder = nn.Sequential(
            nn.Linear(image_dim, hidden_dim), nn.ReLU(), nn.Dropout(dropout)
        )
        self.word_embed = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        nn.init.normal_(self.word_embed.weight, std=embed_dim**-0.5)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(embed_dim + hidden_dim, hidden_dim, batch_first=True)
        self.attention = SoftAttention(grid_dim, hidden_dim, attention_dim) if grid_dim else None
        self.hidden_out = nn.Linear(hidden_dim, embed_dim)
        self.context_out = nn.Linear(attention_dim, embed_dim, bias=False) if grid_dim else None
        self.bias = nn.Parameter(torch.zeros(vocab_size))

    def look(self, images: Tensor, grid: Tensor | None = None) -> Looked:
        """Pictures (B, image_dim) and, with attention, their grids (B, cells, grid_dim)."""
        keys = values = None
        if self.attention is not None:
            if grid is None:
                raise ValueError("a model with attention needs the pictures' grids")
            keys, values = self.attention.look(grid)
        return Looked(self.image_encoder(images), keys, values)

    def step(
        self, words: Tensor, looked: Looked, memory: Memory | None = None
    ) -> tuple[Tensor, Tensor | None, Memory]:
        """Go on by N words at once: logits of what follows each, where each looked, the new memory.

        words (B, N) -> logits (B, N, vocab_size), weights (B, N, cells) or None. Without a memory a
        sentence begins.
        """
        image = looked.image[:, None].expand(-1, words.shape[1], -1)
        hidden, memory = self.lstm(
            torch.cat([self.dropout(self.word_embed(words)), image], -1), memory
        )
        logits, weights = self.read_out(hidden, looked)
        return logits, weights, memory

    def hypotheses(
        self, words: Tensor, looked: Looked, memory: Memory | None = None
    ) -> tuple[Tensor, Memory]:
        """Go on by one word in each of N sentences about a picture, their pictures looked at once.

        words (B, N), memory of B * N sentences -> logits (B, N, vocab_size), the new memory.
        """
        image = looked.image[:, None].expand(-1, words.shape[1], -1)
        given = torch.cat([self.word_embed(words), image], -1).flatten(0, 1)[:, None]
        hidden, memory = self.lstm(given, memory)
        return self.read_out(hidden.view(*words.shape, -1), looked)[0], memory

    def read_out(self, hidden: Tensor, looked: Looked) -> tuple[Tensor, Tensor | None]:
        """The deep output layer (eq. 7): states (B, N, hidden_dim) -> logits, weights as in `step`."""
        hidden = self.dropout(hidden)
        told, weights = self.hidden_out(hidden), None
        if self.attention is not None:
            assert self.context_out is not None
            context, weights = self.attention(hidden, looked.keys, looked.values)
            told = told + self.context_out(context)
        return F.linear(told, self.word_embed.weight, self.bias), weights

    def forward(self, images: Tensor, captions: Tensor, grid: Tensor | None = None) -> Tensor:
        """Teacher forcing: captions (B, L), the true words -> logits (B, L, vocab_size) of the next."""
        return self.step(captions, self.look(images, grid))[0]


def eight_bits(prefix: str) -> tuple[str, ...]:
    """The decoder's large matrices, which a finished run keeps in eight bits (BLEU moves by .002)."""
    names = (
        "word_embed.weight",
        "image_encoder.0.weight",
        "lstm.weight_ih_l0",
        "lstm.weight_hh_l0",
    )
    return tuple(prefix + name for name in names)


class SceneCaptioner(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["image-captioning", "multimodal"]
):
    """Drawn pictures to sentences: a small convolutional network, and the decoder that looks at it.

    `image` and `decoder` are further arguments of the two.
    """

    EIGHT_BITS = eight_bits("captioner.")

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int = 192,
        hidden_dim: int = 256,
        *,
        attention: bool = True,
        image: dict[str, Any] | None = None,
        decoder: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.pictures = PictureFeatures(**(image or {}))
        self.captioner = ImageCaptioningModel(
            vocab_size,
            embed_dim,
            hidden_dim,
            self.pictures.dim,
            grid_dim=self.pictures.pos_embed.shape[-1] if attention else 0,
            **(decoder or {}),
        )

    def look(self, images: Tensor) -> Looked:
        """(B, 3, size, size) in -1 .. 1 -> what the decoder reads."""
        tokens = self.pictures.tokens(images)
        return self.captioner.look(self.pictures.gathered(tokens), tokens)

    def forward(self, images: Tensor, captions: Tensor) -> Tensor:
        """Teacher forcing: captions (B, L) -> logits (B, L, vocab_size) of the next words."""
        return self.captioner.step(captions, self.look(images))[0]


def caption_loss(logits: Tensor, captions: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy of each next word: logits (B, L - 1, V) of captions (B, L), padded with 0.

    Padding counts for nothing; the end does, else no sentence would learn to end.
    """
    return F.cross_entropy(
        logits.flatten(0, 1), captions[:, 1:].flatten(), ignore_index=0, label_smoothing=smoothing
    )
