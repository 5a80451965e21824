"""Pictures and captions of `scenes` as arrays, and which caption is true of which picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from zlib import crc32

import numpy as np
from tokenizers import Tokenizer

from mm_demo.data.arrays import cache_folder, load_array, store_array
from mm_demo.data.scenes.cache import scene_arrays, source_key
from mm_demo.data.scenes.captions import captions
from mm_demo.data.scenes.facts import facts, without_colours
from mm_demo.data.scenes.lexicon import COLOUR_WORDS
from mm_demo.data.scenes.world import Scene
from mm_demo.events import Preparing
from mm_demo.nn.tokens import UNKNOWN

PER_PICTURE = 5
CHUNK = 1000  # a larger set extends a smaller one, chunk by chunk, so their caches are shared
FACT_BITS = 1 << 14
MOST_FACTS = 12
MOST_TOKENS = 40
_COLUMNS = 2 * MOST_FACTS + MOST_TOKENS  # facts, facts without colours, tokens


class ScenePairs:
    """`count` pictures of a split with five captions each in every language, in memory.

    A caption's number is (language * count + row) * 5 + k. Facts are hashed to 16,384 bits: a
    caption counts as true of a picture if all its bits are among the picture's. So a few untrue
    captions pass as true (about one in two hundred of those that miss by a single fact), never the
    other way round; training only leaves them out of its negatives.
    """

    def __init__(self, split: str, count: int, seed: int, size: int) -> None:
        self.split, self.count, self.seed, self.size = split, count, seed, size
        self.images = np.empty((count, size, size, 3), np.uint8)

    def prepare(self, languages: Sequence[str], tokenizer: Tokenizer) -> Iterator[Preparing]:
        """Draw the pictures, write, encode and hash the captions, or load all that from the cache."""
        self.languages = tuple(languages)
        bits, texts = [], []
        vocabulary = hashlib.sha256(
            repr(sorted(tokenizer.get_vocab().items())).encode()
        ).hexdigest()
        for start in range(0, self.count, CHUNK):
            yield Preparing("pictures", start, self.count)
            n, seed = min(CHUNK, self.count - start), self.seed + start // CHUNK
            key = source_key(self.split, CHUNK, seed, self.languages, vocabulary)
            paths = [cache_folder() / f"scenes-{kind}-{key}.npy" for kind in ("facts", "texts")]
            images, scenes = scene_arrays(self.split, CHUNK, seed, self.size)
            self.images[start : start + n] = images[:n]
            known, said = (load_array(path) for path in paths)
            if known is None or said is None:
                yield Preparing("captions", start, self.count)
                known, said = _fact_bits(scenes), _texts(scenes, seed, self.languages, tokenizer)
                store_array(paths[0], known)
                store_array(paths[1], said)
            bits.append(known[:n])
            texts.append(said[:, :n])
        self.bits = np.concatenate(bits)
        written = np.concatenate(texts, axis=1).reshape(-1, _COLUMNS)
        self.caption_bits, self.colourless_bits, self.token_ids = np.split(
            written, [MOST_FACTS, 2 * MOST_FACTS], axis=1
        )
        self.colour_ids = _colour_ids(self.languages, tokenizer)
        one = _bit("count 1")
        self.single = np.flatnonzero(self.bits[:, one // 8] & (128 >> one % 8))
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
        first = self.languages.index(language) * self.count
        order = rng.random((len(rows), PER_PICTURE)).argsort(1)[:, :per_picture]
        return list(((first + self.owner[rows][:, None]) * PER_PICTURE + order).T)

    def tokens(self, numbers: np.ndarray, colourless: np.ndarray | None = None) -> np.ndarray:
        """Token ids (len(numbers), L), int64, cut to the longest of these captions.

        Where `colourless` (len(numbers),) is True, the words that name colours are left out.
        """
        ids = self.token_ids[numbers].astype(np.int64)
        if colourless is not None:
            gone = np.isin(ids, self.colour_ids) & colourless[:, None]
            order = (gone | (ids == 0)).argsort(1, kind="stable")
            ids = np.take_along_axis(np.where(gone, 0, ids), order, 1)
        return ids[:, : int((ids != 0).sum(1).max())]

    def untrue(
        self, rows: np.ndarray, numbers: np.ndarray, colourless: np.ndarray | None = None
    ) -> np.ndarray:
        """(rows, captions) bool: where the caption is not true of the picture.

        Where `colourless` is True, neither the row's caption nor its picture tells colours, and
        the others' captions and pictures are compared with it without them.
        """
        known = np.unpackbits(self.bits[rows], axis=1)
        stated, plain = self.caption_bits[numbers], self.colourless_bits[numbers]
        if colourless is None:
            return np.logical_not(known[:, stated].all(-1))
        fits = np.asarray(known[:, np.where(colourless[:, None], plain, stated)].all(-1))
        fits[colourless] = known[colourless][:, plain].all(-1)
        return np.logical_not(fits)


def _fact_bits(scenes: Sequence[Scene]) -> np.ndarray:
    """(N, FACT_BITS / 8) uint8: what is true of each scene."""
    packed = np.empty((len(scenes), FACT_BITS // 8), np.uint8)
    for row, scene in enumerate(scenes):
        known = np.zeros(FACT_BITS, np.uint8)
        known[[_bit(fact) for fact in facts(scene)]] = 1
        packed[row] = np.packbits(known)
    return packed


def _texts(
    scenes: Sequence[Scene], seed: int, languages: Sequence[str], tokenizer: Tokenizer
) -> np.ndarray:
    """(languages, N, 5, columns) int16: a caption's fact bits, with and without colours, and ids."""
    written = np.zeros((len(languages), len(scenes), PER_PICTURE, _COLUMNS), np.int16)
    for number, language in enumerate(languages):
        texts = []
        for row, scene in enumerate(scenes):
            rng = np.random.default_rng([seed, row, *language.encode()])
            for k, caption in enumerate(captions(scene, rng, language, PER_PICTURE)):
                stated = sorted(caption.facts)
                stated += stated[:1] * (MOST_FACTS - len(stated))  # said twice changes nothing
                bits = [*map(_bit, stated), *(_bit(without_colours(fact)) for fact in stated)]
                written[number, row, k, : 2 * MOST_FACTS] = bits
                texts.append(caption.text)
        for index, encoding in enumerate(tokenizer.encode_batch_fast(texts)):
            ids = encoding.ids
            place = slice(2 * MOST_FACTS, 2 * MOST_FACTS + len(ids))
            written[number, index // PER_PICTURE, index % PER_PICTURE, place] = ids
    return written


def _colour_ids(languages: Sequence[str], tokenizer: Tokenizer) -> list[int]:
    """The tokens that name colours (in Chinese the characters, so that 红色的船 becomes 的船)."""
    names = [
        word for colour in COLOUR_WORDS.values() for lang in languages for word in colour[lang]
    ]
    encodings = tokenizer.encode_batch_fast(names, add_special_tokens=False)
    known = {index for encoding in encodings for index in encoding.ids}
    return sorted(known - {tokenizer.token_to_id(UNKNOWN)})


@cache
def _bit(fact: str) -> int:
    return crc32(fact.encode()) % FACT_BITS
