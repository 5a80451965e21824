"""A SceneRetrieval with what it takes to embed drawn scenes and sentences, without gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from mm_demo.cases.retrieval.model import SceneRetrieval
from mm_demo.data.scene_samples import pixels
from mm_demo.data.scenes import Scene
from mm_demo.nn.tokens import encode

_CHUNK = 200


class Encoders:
    """Both sides of a model, in batches, on the model's device."""

    def __init__(self, model: SceneRetrieval, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer

    def scenes(self, scenes: Sequence[Scene]) -> NDArray[np.float32]:
        """Unit vectors (N, embed_dim) of drawn scenes."""
        size = self.model.pictures.image_size
        parts = [
            self.pictures(pixels(scenes[start : start + _CHUNK], size))
            for start in range(0, len(scenes), _CHUNK)
        ]
        return np.concatenate(parts)

    @torch.inference_mode()
    def pictures(self, images: Tensor) -> NDArray[np.float32]:
        """Unit vectors (N, embed_dim) of (N, 3, size, size)."""
        return self.model.embed_images(images.to(self.device)).cpu().numpy()

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N, embed_dim) of sentences."""
        parts = [
            self.model.embed_texts(
                encode(self.tokenizer, texts[start : start + _CHUNK]).to(self.device)
            ).cpu()
            for start in range(0, len(texts), _CHUNK)
        ]
        return torch.cat(parts).numpy()

    @property
    def device(self) -> torch.device:
        return self.model.pictures.pos_embed.device
