"""Sentences are read once."""

import numpy as np

from mm_demo.cases.clip import memory
from mm_demo.cases.clip.memory import Memory


def test_only_new_sentences_are_read_and_the_order_is_kept(monkeypatch):
    read = []

    def encode(sentences):
        read.append(list(sentences))
        return np.array([[len(text)] for text in sentences])

    monkeypatch.setattr(memory, "CACHED", 3)
    ask = Memory(encode)
    vectors, remembered = ask(["a", "bbb", "a"])
    assert vectors[:, 0].tolist() == [1, 3, 1]
    assert (remembered, read) == (1, [["a", "bbb"]])
    vectors, remembered = ask(["bbb", "cc", "dddd"])
    assert vectors[:, 0].tolist() == [3, 2, 4]
    assert (remembered, read[1]) == (1, ["cc", "dddd"])
    assert ask(["a"])[1] == 0  # four were too many: the first is forgotten
