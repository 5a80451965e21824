"""Pictures that differ and embeddings of them, for the tests of the gallery."""

import numpy as np

from mm_demo.cases.retrieval.gallery_items import New
from mm_demo.media.image import Picture

DIM = 16
PLANE = np.random.default_rng(7).standard_normal((12, DIM)).astype(np.float32)


def embed(pictures):
    """Unit vectors (n, DIM) of a picture's colours, quarter by quarter."""
    quarters = [
        np.concatenate([p.pixels[y::2, x::2].mean((0, 1)) for y in (0, 1) for x in (0, 1)])
        for p in pictures
    ]
    vectors = (np.stack(quarters) / 255 - 0.5).astype(np.float32) @ PLANE
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def pictures(count, seed=0, source="scenes"):
    rng = np.random.default_rng(seed)
    for number in range(count):
        pixels = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8)
        yield New(
            Picture(np.tile(pixels, (8, 12, 1)), (48, 32)), f"picture {number}\nagain", source
        )
