"""What a run shows while it goes on: what is said of a few pictures, and what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Diary:
    """Keeps what was said of the pictures at each evaluation of a run."""

    def __init__(self) -> None:
        self._before: list[list[str]] = []

    def __call__(
        self,
        pictures: Sequence[str],
        sentences: Sequence[Sequence[tuple[str, float]]],
        references: Sequence[str],
        language: str,
        right: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, Any]:
        """Plain values: `pictures` (data URLs), `sentences` (a list of {word, probability} each), a
        person's `references`, `before` (earlier sentences of each picture, oldest first, each once)
        and, where that can be told, `right`: [true, stated] facts of each sentence.
        """
        text = [("" if language == "zh" else " ").join(w for w, _ in words) for words in sentences]
        if not self._before:
            self._before = [[] for _ in pictures]
        found = {
            "pictures": list(pictures),
            "sentences": [
                [{"word": word, "probability": round(p, 3)} for word, p in words]
                for words in sentences
            ],
            "references": list(references),
            "before": [list(dict.fromkeys(told)) for told in self._before],
            "language": language,
        }
        if right is not None:
            found["right"] = [list(each) for each in right]
        for told, now in zip(self._before, text, strict=True):
            told.append(now)
        return found
