"""Words and opened photographs in, vectors of the joint space out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mm_demo import device, store
from mm_demo.cases.retrieval.photos.model import PhotoRetrieval
from mm_demo.cases.retrieval.query import query
from mm_demo.data.photo_heads import PhotoEncoders
from mm_demo.media.image import Picture
from mm_demo.nn.evidence import pooled_grid
from mm_demo.nn.sentences import pieces

GRID = 7  # cells of a map of evidence, to a side


class Predictor:
    """A PhotoRetrieval from a checkpoint folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        model = store.load_model(PhotoRetrieval, folder).to(device.best_device())
        self.encoders = PhotoEncoders(model)
        self.name = folder.name
        self.id = f"{folder.name}@{store.weights_hash(folder)}"  # of whose vectors a gallery keeps
        self.dim = model.joint.image_encoder.projection[-1].out_features

    def embed_texts(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors (T, dim)."""
        return self.encoders.texts(torch.from_numpy(self.encoders.tower.encode(texts))).numpy()

    def embed_pictures(self, pictures: list[Picture]) -> NDArray[np.float32]:
        """Unit vectors (N, dim)."""
        return self.encoders.images(self.encoders.look(pictures)).numpy()

    def query(
        self, text: str | None = None, picture: Picture | None = None, without: Sequence[str] = ()
    ) -> NDArray[np.float32]:
        """A unit vector (dim,) to search with; see `query.query` for the rule and the errors."""
        return query(self, text, picture, without, refused="retrieval.english_only")

    def unknown(self, text: str) -> list[str]:
        """The words of a text that the sentence tower cannot know."""
        return [word.text for word in pieces(self.encoders.tower.tokenizer, text) if not word.known]

    def knows(self, text: str) -> bool:
        """Whether a word of the text is known."""
        return any(word.known for word in pieces(self.encoders.tower.tokenizer, text))

    def evidence(self, picture: Picture, text: str) -> list[list[float]]:
        """Where the model looked for a text: rows of values from 0 to 1 on a grid."""
        encoders = self.encoders
        vector = torch.from_numpy(self.embed_texts([text]))
        with torch.no_grad():
            seen = encoders.seen([picture])
        grid = pooled_grid(
            seen, lambda pooled: (encoders.embed(encoders.look_of([pooled])) * vector).sum(), GRID
        )
        return [[round(float(value), 3) for value in row] for row in grid]
