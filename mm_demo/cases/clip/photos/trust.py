"""Can its yes and its "none of these" be trusted? The questions, the calibration, the figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mm_demo import store
from mm_demo.cases.clip.photos.encoders import Encoders, Said
from mm_demo.cases.clip.photos.figures import kinds_of, prompts
from mm_demo.data.photo_pairs import Pairs
from mm_demo.errors import UserError
from mm_demo.metrics.calibration import expected_calibration_error, fit_platt, sigmoid
from mm_demo.metrics.classification import roc_auc
from mm_demo.nn.knowledge import agreement

FILE = "calibration.safetensors"
LIST = 5  # labels of a "none of these" question
_SEED = 2**31  # of the calibration's questions, out of reach of an evaluation's


@dataclass(frozen=True)
class YesNo:
    """P(the label is true of the picture), whatever the other labels are.

    Three signs: the cosine, the classifiers' word (see `Encoders.witness`), and how far the cosine
    is below the picture's best among `bank` (labels, embed_dim), what the model can name: a
    picture of many things lies far from each of their labels. P = sigmoid(signs @ slopes +
    offset), Platt's method with three scores.
    """

    slopes: NDArray[np.float64]
    offset: float
    bank: NDArray[np.float32]

    def signs(
        self, encoders: Encoders, images: torch.Tensor, known: torch.Tensor, said: Said
    ) -> NDArray[np.float64]:
        """(N, T, 3)."""
        return _signs(encoders, images, known, said, self.bank)

    def __call__(
        self, encoders: Encoders, images: torch.Tensor, known: torch.Tensor, said: Said
    ) -> NDArray[np.float64]:
        """(N, T) probabilities."""
        return sigmoid(self.signs(encoders, images, known, said) @ self.slopes + self.offset)

    def save(self, folder: Path) -> None:
        """Into the folder's `calibration.safetensors`."""
        tensors = {name: torch.as_tensor(value).float() for name, value in vars(self).items()}
        store.write_tensors(folder / FILE, tensors)

    @classmethod
    def load(cls, folder: Path) -> YesNo:
        """What `save` wrote; UserError for a missing, broken or foreign file."""
        tensors = store.read_tensors(folder / FILE)
        try:
            slopes, bank = tensors["slopes"].double().numpy(), tensors["bank"].numpy()
            offset = float(tensors["offset"])
        except KeyError as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error
        if slopes.shape != (3,) or bank.ndim != 2:
            raise UserError("checkpoint.foreign", folder=str(folder))
        return cls(slopes, offset, bank)


def _signs(
    encoders: Encoders,
    images: torch.Tensor,
    known: torch.Tensor,
    said: Said,
    bank: NDArray[np.float32],
) -> NDArray[np.float64]:
    cosines = encoders.cosines(images, said)
    best = (images.numpy() @ bank.T).max(1, keepdims=True)
    return np.stack(
        [cosines, encoders.witness(known, said), np.broadcast_to(best, cosines.shape)], -1
    ).astype(np.float64)


def calibrate(encoders: Encoders, objects: Pairs) -> YesNo:
    """Fit on the kinds in photographs: each one that is there, and as many that are not."""
    said = prompts(encoders)
    bank = said.vectors.numpy()
    rows, labels, truths = questions(kinds_of(objects), _SEED)
    signs = _signs(encoders, encoders.images_of(objects), objects.known[0], said, bank)
    slopes, offset = fit_platt(signs[rows, labels], truths)
    return YesNo(slopes, offset, bank)


def calibrate_on_captions(encoders: Encoders, pairs: Pairs) -> YesNo:
    """The same from captions: each photograph's first, and one of another photograph."""
    first = pairs.sentences[pairs.first[:-1]]
    own = Said(
        encoders.texts(first),
        agreement(first.float(), encoders.classes),
    )
    bank = own.vectors.numpy()
    signs = _signs(encoders, encoders.images_of(pairs), pairs.known[0], own, bank)
    rows = np.arange(len(pairs))
    others = np.roll(rows, 1 + len(rows) // 2)
    chosen = np.concatenate([signs[rows, rows], signs[rows, others]])
    slopes, offset = fit_platt(chosen, np.repeat([True, False], len(rows)))
    return YesNo(slopes, offset, bank)


def questions(
    truth: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Yes/no questions: (photograph row, label, truth). As many absent labels as there are present."""
    rng = np.random.default_rng([seed, 11])
    rows: list[int] = []
    labels: list[int] = []
    truths: list[bool] = []
    for row, there in enumerate(truth):
        present, absent = np.flatnonzero(there), np.flatnonzero(~there)
        count = min(len(present), len(absent))
        drawn = rng.choice(absent, count, replace=False)
        rows += [row] * (len(present) + count)
        labels += [*present.tolist(), *drawn.tolist()]
        truths += [True] * len(present) + [False] * count
    return np.array(rows), np.array(labels), np.array(truths)


def lists(truth: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lists of five labels for each photograph with a kind: one there and four not; five not there.

    Two arrays (rows, 5); in the first the label that is there stands in front.
    """
    rng = np.random.default_rng([seed, 12])
    some, none = [], []
    for there in truth:
        absent = np.flatnonzero(~there)
        some.append([rng.choice(np.flatnonzero(there)), *rng.choice(absent, LIST - 1, False)])
        none.append(rng.choice(absent, LIST, False))
    return np.array(some), np.array(none)


def trust(encoders: Encoders, judge: YesNo, objects: Pairs, seed: int) -> dict[str, float]:
    """How far a yes and a "none of these" can be trusted; lists and questions are drawn by `seed`.

    `_uncalibrated`: the cosine alone, and for the calibration error its logit as it is.
    """
    said, truth = prompts(encoders), kinds_of(objects)
    images, known = encoders.images_of(objects), objects.known[0]
    yes, cosines = judge(encoders, images, known, said), encoders.cosines(images, said)
    rows, labels, truths = questions(truth, seed)
    asked, plain = yes[rows, labels], cosines[rows, labels]
    named = np.flatnonzero(truth.any(1))
    some, none = lists(truth[named], seed)
    scale = float(encoders.model.scale().detach())
    return {
        "yes_no_auroc": roc_auc(asked[truths], asked[~truths]),
        "yes_no_auroc_uncalibrated": roc_auc(plain[truths], plain[~truths]),
        "yes_no_ece": expected_calibration_error(asked, truths),
        "yes_no_ece_uncalibrated": expected_calibration_error(sigmoid(scale * plain), truths),
        "none_auroc": roc_auc(*(_none(yes[named], each) for each in (none, some))),
        "none_auroc_uncalibrated": roc_auc(*(_none(cosines[named], each) for each in (none, some))),
    }


def _none(scores: NDArray[np.floating], listed: NDArray[np.int64]) -> NDArray[np.floating]:
    """How sure it is that none of a list's labels is there."""
    return -np.take_along_axis(scores, listed, 1).max(1)
