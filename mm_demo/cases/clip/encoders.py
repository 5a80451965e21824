"""A model with what it takes to embed drawn scenes and sentences, without gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from mm_demo.cases.clip.labels import prompt
from mm_demo.cases.clip.model import CLIP
from mm_demo.cases.clip.predict import Predictor
from mm_demo.data import scene_samples
from mm_demo.data.scenes import ALL_PAIRS, Scene
from mm_demo.nn.tokens import encode


class Encoders:
    """Both encoders of a model, in batches."""

    def __init__(
        self, model: CLIP, tokenizer: Tokenizer, image_size: int, device: torch.device
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.image_size, self.device = image_size, device

    @classmethod
    def of(cls, predictor: Predictor) -> Encoders:
        """Those of a loaded checkpoint."""
        return cls(predictor.model, predictor.tokenizer, predictor.image_size, predictor.device)

    def pixels(self, scenes: Sequence[Scene]) -> Tensor:
        """Drawn scenes as the model reads them, (N, 3, size, size)."""
        return scene_samples.pixels(scenes, self.image_size).to(self.device)

    @torch.inference_mode()
    def see(self, scenes: Sequence[Scene]) -> tuple[np.ndarray, np.ndarray]:
        """Of drawn scenes the unit vectors (N, embed_dim) and the mean tokens (N, dim).

        The mean token is what a picture looks like, before words matter.
        """
        encoder = self.model.image_encoder
        vectors, looks = [], []
        for start in range(0, len(scenes), 100):
            tokens = encoder.tokens(self.pixels(scenes[start : start + 100]))
            vectors.append(encoder.embed(tokens).cpu())
            looks.append(tokens.mean(1).cpu())
        return torch.cat(vectors).numpy(), torch.cat(looks).numpy()

    def images(self, scenes: Sequence[Scene]) -> np.ndarray:
        """Unit vectors (N, embed_dim) of drawn scenes."""
        return self.see(scenes)[0]

    def looks(self, scenes: Sequence[Scene]) -> np.ndarray:
        """Mean tokens (N, dim) of drawn scenes."""
        return self.see(scenes)[1]

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (N, embed_dim) of sentences."""
        parts = [
            self.model.text_encoder(
                encode(self.tokenizer, texts[i : i + 200]).to(self.device)
            ).cpu()
            for i in range(0, len(texts), 200)
        ]
        return torch.cat(parts).numpy()

    def prompts(self, language: str) -> np.ndarray:
        """Unit vectors of "a photo of a {colour} {object}" for all pairs, in their order."""
        return self.texts([prompt(colour, kind, language) for colour, kind in ALL_PAIRS])
