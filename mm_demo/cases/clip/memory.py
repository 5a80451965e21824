"""Sentences that were read before need not be read again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

CACHED = 4096


class Memory:
    """Vectors of the sentences asked for last. Thread-safe; `encode` makes a row for each new one."""

    def __init__(self, encode: Callable[[Sequence[str]], np.ndarray]) -> None:
        self._encode = encode
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, sentences: Sequence[str]) -> tuple[np.ndarray, int]:
        """(T, D), and how many of the sentences were remembered."""
        with self._lock:
            known = {text: self._kept[text] for text in sentences if text in self._kept}
        new = [text for text in dict.fromkeys(sentences) if text not in known]
        if new:
            fresh = dict(zip(new, self._encode(new), strict=True))
            known |= fresh
            with self._lock:
                self._kept |= fresh
                while len(self._kept) > CACHED:
                    self._kept.popitem(last=False)
        return np.stack([known[text] for text in sentences]), len(sentences) - len(new)
