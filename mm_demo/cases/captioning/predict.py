"""An opened picture in, a sentence about a drawn scene out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mm_demo import device, store
from mm_demo.cases.captioning.model import Looked, SceneCaptioner
from mm_demo.cases.captioning.speaker import Speaker
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.domain import Familiar
from mm_demo.nn.evidence import stem_grids
from mm_demo.nn.preprocess import square, to_tensor

FAMILIAR = "familiar.safetensors"


class Predictor(Speaker):
    """A SceneCaptioner from a checkpoint folder."""

    def __init__(self, folder: Path) -> None:
        self.model = store.load_model(SceneCaptioner, folder).to(device.best_device())
        super().__init__(folder, self.model.captioner)
        try:
            self.familiar = Familiar(**store.read_tensors(folder / FAMILIAR))
        except TypeError as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error

    @torch.inference_mode()
    def look(self, pictures: Sequence[Picture]) -> tuple[Looked, list[float]]:
        """What the decoder reads of N pictures, and how unlike drawn scenes each is."""
        eyes = self.model.pictures
        squares = np.stack([square(picture.pixels, eyes.image_size) for picture in pictures])
        tokens = eyes.tokens(to_tensor(squares).to(eyes.pos_embed.device))
        looked = self.model.captioner.look(eyes.gathered(tokens), tokens)
        return looked, self.familiar.distance(tokens.mean(1).cpu()).tolist()

    def maps(self, weights: Tensor) -> Tensor:
        """(N, cells) -> (N, side, side), each cell's weight in its middle."""
        side = self.model.pictures.grid_size
        return stem_grids(weights.view(-1, side, side))
