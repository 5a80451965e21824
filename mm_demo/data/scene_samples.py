"""What is asked of models about `scenes`: their words, a held-out gallery, pictures as networks read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mm_demo.data.scenes import Scene, captions, draw, facts, scenes_for
from mm_demo.nn.preprocess import to_tensor


@cache
def vocabulary(languages: tuple[str, ...]) -> frozenset[str]:
    """The words (in Chinese the characters) of training captions: the same for every seed and size."""
    words: set[str] = set()
    for index, scene in enumerate(scenes_for("train", 2000, 0)):
        for language in languages:
            rng = np.random.default_rng([11, index])
            for caption in captions(scene, rng, language, 5):
                words.update(caption.text if language == "zh" else caption.text.split())
    return frozenset(words)


def gallery(
    split: str, count: int, seed: int, language: str
) -> tuple[list[Scene], list[str], NDArray[np.bool_]]:
    """`count` scenes of a split, a caption of each, and which are true: (scenes, captions) bool."""
    scenes = scenes_for(split, count, seed)
    written = [
        captions(scene, np.random.default_rng([seed, 3, row]), language, 5)[0]
        for row, scene in enumerate(scenes)
    ]
    known = [facts(scene) for scene in scenes]
    true = np.array([[caption.facts <= scene for caption in written] for scene in known])
    return scenes, [caption.text for caption in written], true


def pixels(scenes: Sequence[Scene], size: int) -> Tensor:
    """Drawn scenes as a network reads them, (N, 3, size, size)."""
    return to_tensor(np.stack([_drawn(scene, size) for scene in scenes]))


@lru_cache(maxsize=2048)
def _drawn(scene: Scene, size: int) -> NDArray[np.uint8]:
    """A live run looks at the same few hundred pictures again and again."""
    return draw(scene, size)
