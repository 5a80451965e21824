"""What makes the scores honest: yes/no per label, "none of these", and "I do not know such pictures".

All three are fitted on the dev split once a model is trained and travel with the checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mm_demo import store
from mm_demo.errors import UserError
from mm_demo.metrics.calibration import fit_platt

FILE = "calibration.safetensors"
RIDGE = 1e-4
FAMILIAR_SHARE = 0.995  # so many dev pictures count as familiar


@dataclass(frozen=True)
class Calibration:
    """Platt's line on the cosine, and a Gaussian around the embeddings of drawn scenes.

    `slope`, `offset`: P(the label is true) = sigmoid(slope * cosine + offset). `mean` (D,) and
    `whiten` (D, D) give the Mahalanobis distance of an image embedding; beyond `limit` a picture
    is unlike anything drawn.
    """

    slope: float
    offset: float
    mean: np.ndarray
    whiten: np.ndarray
    limit: float

    def yes(self, cosines: np.ndarray) -> np.ndarray:
        """Each label on its own: the probability that it is true."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * cosines + self.offset))))

    def none(self, cosines: np.ndarray) -> np.ndarray:
        """(..., labels) -> (...): the probability that not even the best label is true."""
        return 1 - self.yes(cosines.max(-1))

    def distance(self, images: np.ndarray) -> np.ndarray:
        """(N, D) embeddings -> (N,) distances from the drawn scenes, 1 = the limit."""
        return np.asarray(np.linalg.norm((images - self.mean) @ self.whiten, axis=-1) / self.limit)

    @classmethod
    def fit(
        cls, cosines: np.ndarray, truths: np.ndarray, familiar: np.ndarray, others: np.ndarray
    ) -> Calibration:
        """Platt's line from yes/no questions (Q,), the Gaussian from embeddings (N, D).

        The limit is set on `others` (M, D), drawn scenes that the Gaussian was not fitted on.
        """
        slope, offset = fit_platt(cosines, truths)
        mean = familiar.mean(0)
        covariance = np.cov(familiar.T) + RIDGE * np.eye(len(mean))
        values, vectors = np.linalg.eigh(covariance)
        whiten = vectors / np.sqrt(values)
        distances = np.linalg.norm((others - mean) @ whiten, axis=-1)
        return cls(slope, offset, mean, whiten, float(np.quantile(distances, FAMILIAR_SHARE)))

    def save(self, folder: Path) -> None:
        tensors = {name: torch.as_tensor(value) for name, value in vars(self).items()}
        store.write_tensors(folder / FILE, {k: v.float() for k, v in tensors.items()})

    @classmethod
    def load(cls, folder: Path) -> Calibration:
        tensors = store.read_tensors(folder / FILE)
        try:
            return cls(
                slope=float(tensors["slope"]),
                offset=float(tensors["offset"]),
                mean=tensors["mean"].numpy(),
                whiten=tensors["whiten"].numpy(),
                limit=float(tensors["limit"]),
            )
        except KeyError as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error
