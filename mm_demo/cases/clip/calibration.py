"""What makes the scores honest: yes/no per label, "none of these", "I do not know such pictures".

All of it is fitted on the dev split once a model is trained and travels with the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mm_demo import store
from mm_demo.errors import UserError
from mm_demo.metrics.calibration import fit_platt, sigmoid

FILE = "calibration.safetensors"
RIDGE = 1e-2  # of the mean variance
FAMILIAR_SHARE = 0.995  # so many dev pictures count as familiar


@dataclass(frozen=True)
class YesNo:
    """P(the label is true of the picture), from two cosines.

    A picture of three things lies far from each of their labels, a picture of one close to its
    own: what a cosine is worth depends on the best one that the picture reaches among `bank`
    (labels, D), the unit vectors of what the model can name. So
    P = sigmoid(slopes @ (cosine, best) + offset), Platt's method with two scores.
    """

    slopes: np.ndarray
    offset: float
    bank: np.ndarray

    def best(self, images: np.ndarray) -> np.ndarray:
        """The highest cosine of each picture with the bank: (N, D) -> (N,)."""
        return np.asarray((images @ self.bank.T).max(-1))

    def __call__(self, cosines: np.ndarray, best: np.ndarray) -> np.ndarray:
        """The probabilities; `best` must broadcast with `cosines`."""
        return sigmoid(self.slopes[0] * cosines + self.slopes[1] * best + self.offset)


@dataclass(frozen=True)
class Calibration:
    """A `YesNo` for every language of the model, and a Gaussian around what scenes look like.

    `mean` (D,) and `whiten` (D, D) give the Mahalanobis distance of a picture's mean token (Lee et
    al. 2018, arXiv:1807.03888); beyond `limit` it is unlike anything drawn. The embedding itself is
    no use for this: it forgets all that no caption speaks of.
    """

    yes: Mapping[str, YesNo]
    mean: np.ndarray
    whiten: np.ndarray
    limit: float

    def language(self, asked: str) -> str:
        """The language itself, if the model speaks it, else its first."""
        return asked if asked in self.yes else next(iter(self.yes))

    def distance(self, looks: np.ndarray) -> np.ndarray:
        """(N, D) mean tokens -> (N,) distances from the drawn scenes, 1 = the limit."""
        return np.asarray(np.linalg.norm((looks - self.mean) @ self.whiten, axis=-1) / self.limit)

    @classmethod
    def fit(
        cls,
        questions: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
        familiar: np.ndarray,
        others: np.ndarray,
    ) -> Calibration:
        """From questions in each language, and the mean tokens (N, D) of scenes.

        A language's questions are cosines (Q,), the pictures' best cosines (Q,), truths (Q,) and
        the bank. The limit is set on `others` (M, D), scenes that the Gaussian was not fitted on.
        """
        yes = {}
        for language, (cosines, best, truths, bank) in questions.items():
            yes[language] = YesNo(*fit_platt(np.column_stack([cosines, best]), truths), bank)
        mean = familiar.mean(0)
        covariance = np.cov(familiar.T)
        covariance += RIDGE * np.trace(covariance) / len(mean) * np.eye(len(mean))
        values, vectors = np.linalg.eigh(covariance)
        whiten = vectors / np.sqrt(values)
        distances = np.linalg.norm((others - mean) @ whiten, axis=-1)
        return cls(yes, mean, whiten, float(np.quantile(distances, FAMILIAR_SHARE)))

    def save(self, folder: Path) -> None:
        """Into the folder's `calibration.safetensors`."""
        values = {"mean": self.mean, "whiten": self.whiten, "limit": self.limit}
        for language, yes in self.yes.items():
            values |= {f"{language}.{name}": value for name, value in vars(yes).items()}
        tensors = {name: torch.as_tensor(value).float() for name, value in values.items()}
        store.write_tensors(folder / FILE, tensors)

    @classmethod
    def load(cls, folder: Path) -> Calibration:
        """What `save` wrote; UserError for a missing, broken or foreign file."""
        tensors = store.read_tensors(folder / FILE)
        try:
            yes = {
                name.split(".")[0]: YesNo(
                    tensors[name].numpy(),
                    float(tensors[name.replace("slopes", "offset")]),
                    tensors[name.replace("slopes", "bank")].numpy(),
                )
                for name in sorted(tensors)
                if name.endswith(".slopes")
            }
            mean, whiten = tensors["mean"].numpy(), tensors["whiten"].numpy()
            limit = float(tensors["limit"])
        except KeyError as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error
        if not yes or whiten.shape != 2 * mean.shape:
            raise UserError("checkpoint.foreign", folder=str(folder))
        return cls(yes, mean, whiten, limit)
