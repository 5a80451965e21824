"""Pictures and captions of `scenes` as arrays, and which caption is true of which picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from tokenizers import Tokenizer

from mm_demo.data.scenes.cache import scene_arrays
from mm_demo.data.scenes.captions import captions, facts
from mm_demo.data.scenes.world import Scene
from mm_demo.events import Preparing

PER_PICTURE = 5
CHUNK = 4000  # a larger set extends a smaller one, chunk by chunk, so their caches are shared
FACT_BITS = 1 << 14


class ScenePairs:
    """`count` pictures of a split with five captions each in every language, in memory.

    A caption's number is language * count * 5 + row * 5 + k. Facts are hashed to 16,384 bits: a
    caption counts as true of a picture if all its bits are among the picture's. So a few untrue
    captions pass as true (about one in a hundred of those that miss by a single fact), never the
    other way round; training only leaves them out of its negatives.
    """

    def __init__(self, split: str, count: int, seed: int, size: int) -> None:
        self.split, self.count, self.seed, self.size = split, count, seed, size
        self.images = np.empty((count, size, size, 3), np.uint8)
        self.scenes: list[Scene] = []

    def prepare(self, languages: Sequence[str], tokenizer: Tokenizer) -> Iterator[Preparing]:
        """Draw or load the pictures, then write, encode and hash the captions."""
        for start in range(0, self.count, CHUNK):
            yield Preparing("pictures", start, self.count)
            n = min(CHUNK, self.count - start)
            images, scenes = scene_arrays(self.split, CHUNK, self.seed + start // CHUNK, self.size)
            self.images[start : start + n] = images[:n]
            self.scenes.extend(scenes[:n])
        self.single = np.flatnonzero([len(scene.objects) == 1 for scene in self.scenes])
        self.bits = np.zeros((self.count, FACT_BITS // 8), np.uint8)
        self.languages = tuple(languages)
        texts: list[str] = []
        ids: list[list[int]] = []
        for language in self.languages:
            for row, scene in enumerate(self.scenes):
                if row % CHUNK == 0:
                    yield Preparing("captions", row, self.count)
                if language == self.languages[0]:
                    true = [_bit(fact) for fact in facts(scene)]
                    np.bitwise_or.at(self.bits[row], np.array(true) // 8, _mask(np.array(true)))
                rng = np.random.default_rng([self.seed, row, len(language), ord(language[0])])
                written = captions(scene, rng, language, PER_PICTURE)
                texts.extend(caption.text for caption in written)
                ids.extend([_bit(fact) for fact in sorted(caption.facts)] for caption in written)
        longest = max(len(row) for row in ids)
        self.caption_bits = np.array([row + row[:1] * (longest - len(row)) for row in ids])
        encodings = tokenizer.encode_batch(texts)
        self.token_ids = np.array([encoding.ids for encoding in encodings], np.int16)
        self.owner = np.arange(self.count)
        yield Preparing("captions", self.count, self.count)

    def shuffle(self, seed: int) -> None:
        """Give every picture the captions of another: what a model learns from this is nothing."""
        self.owner = np.random.default_rng(seed).permutation(self.count)

    def draw_rows(self, rng: np.random.Generator, count: int, *, single: bool) -> np.ndarray:
        """Rows of `count` pictures, one-object pictures only with `single`."""
        pool = self.single if single and len(self.single) else np.arange(self.count)
        return rng.choice(pool, count, replace=len(pool) < count)

    def draw_captions(
        self, rng: np.random.Generator, rows: np.ndarray, language: str, per_picture: int
    ) -> list[np.ndarray]:
        """Caption numbers, `per_picture` arrays of one number a row; a row's are all different."""
        first = self.languages.index(language) * self.count * PER_PICTURE
        order = rng.random((len(rows), PER_PICTURE)).argsort(1)[:, :per_picture]
        return list((first + self.owner[rows][:, None] * PER_PICTURE + order).T)

    def tokens(self, numbers: np.ndarray) -> np.ndarray:
        """Token ids (len(numbers), L), int64, cut to the longest of these captions."""
        ids = self.token_ids[numbers].astype(np.int64)
        return ids[:, : int((ids != 0).sum(1).max())]

    def untrue(self, rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """(rows, captions) bool: where the caption is not true of the picture."""
        bits = np.unpackbits(self.bits[rows], axis=1)
        return ~bits[:, self.caption_bits[numbers]].all(-1).astype(bool)


def _bit(fact: str) -> int:
    return crc32(fact.encode()) % FACT_BITS


def _mask(bits: np.ndarray) -> np.ndarray:
    return (128 >> (bits % 8)).astype(np.uint8)
