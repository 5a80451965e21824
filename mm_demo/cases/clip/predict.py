"""An opened picture and labels in, a plain answer out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mm_demo import device, store
from mm_demo.cases.clip.calibration import Calibration
from mm_demo.cases.clip.evidence import evidence
from mm_demo.cases.clip.labels import check_template, language_of, parse_labels, sentence
from mm_demo.cases.clip.model import CLIP
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.preprocess import square, to_tensor
from mm_demo.nn.tokens import encode, unknown_words

CACHED_TEXTS = 4096


@dataclass(frozen=True)
class Score:
    """One label: its share of the softmax, and whether it is true on its own.

    `alone` is the calibrated probability that the label is true of the picture, whatever the other
    labels are; `unknown` lists its words that the model never saw.
    """

    label: str
    sentence: str
    probability: float
    alone: float
    cosine: float
    unknown: list[str]


@dataclass(frozen=True)
class Answer:
    """Labels best first; `none` is the probability that not even the best one is true.

    `outside` is True where the picture is unlike anything that the model was trained on;
    `logit_scale` is 1 / temperature; `remembered` counts the sentences taken from memory.
    """

    ranking: list[Score]
    none: float
    outside: bool
    strangeness: float
    model: str
    logit_scale: float
    remembered: int


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
        self._texts: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

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
        image, look = self._image(picture)
        cosines = (image @ texts.T)[0]
        scale = float(self.model.scale().detach())
        shares = np.exp(scale * (cosines - cosines.max()))
        shares /= shares.sum()
        alone = self._alone(image, labels, cosines[None])[0]
        strangeness = float(self.calibration.distance(look)[0])
        return Answer(
            ranking=[
                Score(
                    label=labels[i],
                    sentence=sentences[i],
                    probability=float(shares[i]),
                    alone=float(alone[i]),
                    cosine=float(cosines[i]),
                    unknown=unknown_words(self.tokenizer, sentences[i]),
                )
                for i in np.argsort(-cosines, kind="stable")
            ],
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
        return _rounded(cosines), _rounded(self._alone(images, labels, cosines))

    def _alone(self, images: np.ndarray, labels: Sequence[str], cosines: np.ndarray) -> np.ndarray:
        """(pictures, labels): is the label true, judged in the language that it is written in."""
        alone = np.empty_like(cosines)
        for column, label in enumerate(labels):
            judge = self.calibration.yes[self.calibration.language(language_of(label))]
            alone[:, column] = judge(cosines[:, column], judge.best(images))
        return alone

    @torch.inference_mode()
    def _image(self, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
        """Unit vector (1, embed_dim) and mean token (1, dim) of a picture."""
        encoder = self.model.image_encoder
        tokens = encoder.tokens(self._pixels([picture]))
        return encoder.embed(tokens).cpu().numpy(), tokens.mean(1).cpu().numpy()

    @torch.inference_mode()
    def images(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Unit vectors (N, embed_dim)."""
        return self.model.image_encoder(self._pixels(pictures)).cpu().numpy()

    @torch.inference_mode()
    def texts(self, sentences: Sequence[str]) -> tuple[np.ndarray, int]:
        """Unit vectors (T, embed_dim), and how many of them were remembered."""
        with self._lock:
            known = {text: self._texts[text] for text in sentences if text in self._texts}
        new = [text for text in dict.fromkeys(sentences) if text not in known]
        if new:
            encoded = self.model.text_encoder(encode(self.tokenizer, new).to(self.device)).cpu()
            fresh = dict(zip(new, encoded.numpy(), strict=True))
            known |= fresh
            with self._lock:
                self._texts |= fresh
                while len(self._texts) > CACHED_TEXTS:
                    self._texts.popitem(last=False)
        return np.stack([known[text] for text in sentences]), len(sentences) - len(new)

    def _pixels(self, pictures: Sequence[Picture]) -> torch.Tensor:
        squares = [square(picture.pixels, self.image_size) for picture in pictures]
        return to_tensor(np.stack(squares)).to(self.device)


def _rounded(values: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 4) for value in row] for row in values]
