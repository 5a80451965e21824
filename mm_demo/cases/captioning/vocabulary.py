"""A captioner's words: sentences to ids and back, and the mark that says which language to speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer

from mm_demo.cases.captioning.decode import Words
from mm_demo.nn.tokens import END, PAD, START, UNKNOWN, build_tokenizer

LEAST = 5  # times that a word of a large data set must occur: others are not learned
_LARGE = 5000  # captions
MOST_TOKENS = 40


class Vocabulary:
    """The words of a tokenizer. A sentence begins with the start and, if the model speaks several
    languages, the mark of its own; both are given, not said."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.languages = tuple(
            language for language in ("en", "zh") if tokenizer.token_to_id(mark(language))
        ) or ("en",)
        self.end, self.unknown = self._special(END), self._special(UNKNOWN)

    def __len__(self) -> int:
        return int(self.tokenizer.get_vocab_size())

    def words(self, language: str) -> Words:
        """What decoding must know to speak a language of the model; its first for another."""
        start = self._special(START)
        marks = {
            name: number
            for name in self.languages
            if (number := self.tokenizer.token_to_id(mark(name))) is not None
        }
        own = marks.get(language) or next(iter(marks.values()), None)
        never = [self._special(PAD), self.unknown, start, *marks.values()]
        if len(marks) > 1:  # a word of the other language is never meant
            never += [
                number
                for word, number in self.tokenizer.get_vocab().items()
                if number not in (*never, self.end) and _other(word, language)
            ]
        return Words((start,) if own is None else (start, own), self.end, tuple(never))

    def _special(self, name: str) -> int:
        number = self.tokenizer.token_to_id(name)
        if number is None:
            raise ValueError(f"a tokenizer without {name}")
        return int(number)

    def ids(self, text: str) -> list[int]:
        """A sentence's words and the end, without the start."""
        return list(self.tokenizer.encode(text).ids)[1:]

    def word(self, number: int) -> str:
        """A word, "" for the end."""
        return "" if number == self.end else str(self.tokenizer.id_to_token(number))

    def said(self, ids: Sequence[int]) -> list[str]:
        """Words, one by one."""
        return [self.word(number) for number in ids]

    def numbers(self, words: Sequence[str]) -> list[int]:
        """The ids of words; [] if one of them is not known."""
        found = [self.tokenizer.token_to_id(word) for word in words]
        return [] if None in found else [int(number) for number in found if number is not None]

    def text(self, ids: Sequence[int], language: str) -> str:
        """Words to a sentence. Chinese has no spaces, and its comma back, which NFKC took."""
        said = self.said(ids)
        return "".join(said).replace(",", "，") if language == "zh" else " ".join(said)


def _other(word: str, language: str) -> bool:
    """Whether a word is of the other language: Chinese has characters and its comma."""
    return word.isascii() and word != "," if language == "zh" else not word.isascii() or word == ","


def mark(language: str) -> str:
    return f"[{language}]"


def frequent_words(captions: Iterable[Sequence[str]], more: Sequence[str] = ()) -> Tokenizer:
    """Of captions that are split into words: those said at least `LEAST` times, most often first.

    Of a small set all are learned. The words of `more` follow, however rare.
    """
    said = list(captions)
    counts = Counter(word for words in said for word in words)
    least = LEAST if len(said) >= _LARGE else 1
    order = sorted(counts, key=lambda word: (-counts[word], word))
    kept = [word for word in order if counts[word] >= least]
    return build_tokenizer([*kept, *more], MOST_TOKENS)
