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
RIDGE = 1e-2  # of the mean variance
FAMILIAR_SHARE = 0.995  # so many dev pictures count as familiar


@dataclass(frozen=True)
class Calibration:
    """Platt's line on the cosine, and a Gaussian around what drawn scenes look like.

    `slope`, `offset`: P(the label is true) = sigmoid(slope * cosine + offset). `mean` (D,) and
    `whiten` (D, D) give the Mahalanobis distance of a picture's mean token (Lee et al. 2018,
    arXiv:1807.03888); beyond `limit` it is unlike anything drawn. The embedding itself is no use
    for this: it forgets all that no caption speaks of.
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

    def distance(self, looks: np.ndarray) -> np.ndarray:
        """(N, D) mean tokens -> (N,) distances from the drawn scenes, 1 = the limit."""
        return np.asarray(np.linalg.norm((looks - self.mean) @ self.whiten, axis=-1) / self.limit)

    @classmethod
    def fit(
        cls, cosines: np.ndarray, truths: np.ndarray, familiar: np.ndarray, others: np.ndarray
    ) -> Calibration:
        """Platt's line from yes/no questions (Q,), the Gaussian from mean tokens (N, D).

        The limit is set on `others` (M, D), drawn scenes that the Gaussian was not fitted on.
        """
        slope, offset = fit_platt(cosines, truths)
        mean = familiar.mean(0)
        covariance = np.cov(familiar.T)
        covariance += RIDGE * np.trace(covariance) / len(mean) * np.eye(len(mean))
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
