"""An opened picture and labels in, a plain answer out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from mm_demo import device, store
from mm_demo.cases.clip.answer import Answer, ranked, rounded
from mm_demo.cases.clip.calibration import Calibration
from mm_demo.cases.clip.evidence import evidence
from mm_demo.cases.clip.labels import check_template, language_of, parse_labels, sentence
from mm_demo.cases.clip.memory import Memory
from mm_demo.cases.clip.model import CLIP
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.preprocess import square, to_tensor
from mm_demo.nn.tokens import encode, unknown_words


class Predictor:
    """A CLIP from a checkpoint folder. Thread-safe; sentences once encoded are kept."""

    def __init__(self, folder: Path) -> None:
        self.device = device.best_device()
        self.model = store.load_model(CLIP, folder).to(self.device)
        self.tokenizer = store.read_tokenizer(folder)
        self.calibration = Calibration.load(folder)
        self._check_fit(folder)
        self.name = folder.name
        self.image_size = self.model.image_encoder.image_size
        self._memory = Memory(self._encode)

    def _check_fit(self, folder: Path) -> None:
        """UserError where the folder's files are each whole but not of one model."""
        words = self.model.text_encoder.token_embed.num_embeddings
        looks = self.model.image_encoder.pos_embed.shape[-1]
        if self.tokenizer.get_vocab_size() > words or self.calibration.mean.shape != (looks,):
            raise UserError("checkpoint.foreign", folder=str(folder))

    def classify(
        self, picture: Picture, labels: str | list[str], template: str | None = None
    ) -> Answer:
        """Score the labels for the picture; UserError for labels or a template that cannot be read."""
        labels, template = parse_labels(labels), check_template(template)
        sentences = [sentence(label, template) for label in labels]
        texts, remembered = self.texts(sentences)
        image, strangeness = self._image(picture)
        cosines = (image @ texts.T)[0]
        scale = float(self.model.scale().detach())
        alone = self._alone(image, labels, cosines[None])[0]
        unknown = [unknown_words(self.tokenizer, each) for each in sentences]
        return Answer(
            ranking=ranked(labels, sentences, cosines, alone, unknown, scale),
            none=float(1 - alone.max()),
            outside=strangeness > 1,
            strangeness=strangeness,
            model=self.name,
            logit_scale=scale,
            remembered=remembered,
        )

    def evidence(self, picture: Picture, text: str) -> list[list[float]]:
        """Where the model looked for a sentence: rows of values from 0 to 1 on its feature grid."""
        texts, _ = self.texts([text])
        (grid,) = evidence(self.model, self._pixels([picture]), texts)
        return [[round(float(value), 3) for value in row] for row in grid]

    def matrix(
        self, pictures: Sequence[Picture], labels: str | list[str], template: str | None = None
    ) -> tuple[list[list[float]], list[list[float]]]:
        """Several pictures (rows) and labels (columns): cosines, and each label on its own."""
        labels, template = parse_labels(labels), check_template(template)
        texts, _ = self.texts([sentence(label, template) for label in labels])
        images = self.images(pictures)
        cosines = images @ texts.T
        return rounded(cosines), rounded(self._alone(images, labels, cosines))

    def _alone(self, images: np.ndarray, labels: Sequence[str], cosines: np.ndarray) -> np.ndarray:
        """(pictures, labels): is the label true, judged in the language that it is written in."""
        alone = np.empty_like(cosines)
        for column, label in enumerate(labels):
            judge = self.calibration.yes[self.calibration.language(language_of(label))]
            alone[:, column] = judge(cosines[:, column], judge.best(images))
        return alone

    def strangeness(self, picture: Picture) -> float:
        """How unlike drawn scenes a picture is; beyond 1 it is outside."""
        return self._image(picture)[1]

    @torch.inference_mode()
    def _image(self, picture: Picture) -> tuple[np.ndarray, float]:
        """Unit vector (1, embed_dim) and strangeness of a picture."""
        encoder = self.model.image_encoder
        tokens = encoder.tokens(self._pixels([picture]))
        look = tokens.mean(1).cpu().numpy()
        return encoder.embed(tokens).cpu().numpy(), float(self.calibration.distance(look)[0])

    @torch.inference_mode()
    def images(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Unit vectors (N, embed_dim)."""
        return self.model.image_encoder(self._pixels(pictures)).cpu().numpy()

    def texts(self, sentences: Sequence[str]) -> tuple[np.ndarray, int]:
        """Unit vectors (T, embed_dim), and how many of them were remembered."""
        return self._memory(sentences)

    @torch.inference_mode()
    def _encode(self, sentences: Sequence[str]) -> np.ndarray:
        ids = encode(self.tokenizer, sentences).to(self.device)
        return self.model.text_encoder(ids).cpu().numpy()

    def _pixels(self, pictures: Sequence[Picture]) -> torch.Tensor:
        squares = [square(picture.pixels, self.image_size) for picture in pictures]
        return to_tensor(np.stack(squares)).to(self.device)
