"""Pictures that are no photographs, drawn from a seed: what a photograph's model should call outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mm_demo.data.camera_motion.textures import texture
from mm_demo.data.scenes import draw, scenes_for

Pictures = list[NDArray[np.uint8]]
_LETTERS = list("abcdefghijklmnoprstuvw")


def non_photographs(seed: int, count: int = 40) -> dict[str, Pictures]:
    """`count` of each kind, (H, W, 3) uint8: drawn scenes, textures, pages of text, noise."""
    rng = np.random.default_rng([seed, 21])
    return {
        "scenes": [draw(scene, 240) for scene in scenes_for("train", count, seed)],
        "textures": [texture(rng) for _ in range(count)],
        "text": [_page(rng) for _ in range(count)],
        "noise": [_noise(rng, k) for k in range(count)],
    }


def _page(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lines of meaningless words on something like paper."""
    page = Image.new("RGB", (400, 560), tuple(rng.integers(225, 256, 3).tolist()))
    pen, ink = ImageDraw.Draw(page), tuple(rng.integers(0, 60, 3).tolist())
    for y in range(20, 540, int(rng.integers(12, 20))):
        words = ["".join(rng.choice(_LETTERS, rng.integers(2, 9))) for _ in range(9)]
        pen.text((20, y), " ".join(words)[: rng.integers(30, 62)], fill=ink)
    return np.asarray(page)


def _noise(rng: np.random.Generator, kind: int) -> NDArray[np.uint8]:
    """In turn: every pixel drawn, one colour, soft blobs."""
    side = (160, 1, 8)[kind % 3]
    drawn = Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8))
    return np.asarray(drawn.resize((240, 160), Image.Resampling.BICUBIC))
