"""Words and opened pictures in, vectors of the joint space out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mm_demo import device, store
from mm_demo.cases.retrieval.encoders import Encoders
from mm_demo.cases.retrieval.model import SceneRetrieval
from mm_demo.cases.retrieval.query import query
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.evidence import stem_grids, token_shares
from mm_demo.nn.preprocess import square, to_tensor
from mm_demo.nn.tokens import UNKNOWN, unknown_words


class Predictor:
    """A SceneRetrieval from a checkpoint folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        model = store.load_model(SceneRetrieval, folder).to(device.best_device())
        self.encoders = Encoders(model, store.read_tokenizer(folder))
        words = model.sentences.token_embed.num_embeddings
        if self.encoders.tokenizer.get_vocab_size() > words:  # each whole, but not of one model
            raise UserError("checkpoint.foreign", folder=str(folder))
        self.name = folder.name
        self.id = f"{folder.name}@{store.weights_hash(folder)}"  # of whose vectors a gallery keeps
        self.dim = model.joint.image_encoder.projection[-1].out_features

    def embed_texts(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors (T, dim)."""
        return self.encoders.texts(texts)

    def embed_pictures(self, pictures: list[Picture]) -> NDArray[np.float32]:
        """Unit vectors (N, dim)."""
        return self.encoders.pictures(self._pixels(pictures))

    def query(
        self, text: str | None = None, picture: Picture | None = None, without: Sequence[str] = ()
    ) -> NDArray[np.float32]:
        """A unit vector (dim,) to search with; see `query.query` for the rule and the errors."""
        return query(self, text, picture, without)

    def unknown(self, text: str) -> list[str]:
        """The words of a text that the model never saw."""
        return unknown_words(self.encoders.tokenizer, text)

    def knows(self, text: str) -> bool:
        """Whether a word of the text is known."""
        ids = self.encoders.tokenizer.encode(text, add_special_tokens=False).ids
        return any(each != self.encoders.tokenizer.token_to_id(UNKNOWN) for each in ids)

    def evidence(self, picture: Picture, text: str) -> list[list[float]]:
        """Where the model looked for a text: rows of values from 0 to 1 on its feature grid."""
        model, pixels = self.encoders.model, self._pixels([picture])
        with torch.no_grad():
            tokens = model.pictures.tokens(pixels)
        vector = torch.from_numpy(self.embed_texts([text])).to(pixels.device)
        shares = token_shares(tokens, model.embed_tokens, vector)
        side = model.pictures.grid_size
        grid = stem_grids(shares.view(1, side, side))[0]
        return [[round(float(value), 3) for value in row] for row in grid]

    def _pixels(self, pictures: Sequence[Picture]) -> torch.Tensor:
        size = self.encoders.model.pictures.image_size
        squares = np.stack([square(picture.pixels, size) for picture in pictures])
        return to_tensor(squares).to(self.encoders.device)
