"""Held-out figures of a model's schemes on the same clips."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo.cases.timesformer.networks import TimeSformers
from mm_demo.cases.timesformer.own import parts
from mm_demo.metrics.classification import accuracy, top_k_accuracy

_CHUNK = 100


def to_tensor(frames: NDArray[np.uint8]) -> Tensor:
    """(B, T, H, W, 3) to (B, T, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 1, 4, 2, 3)))


@torch.inference_mode()
def ask(model: TimeSformers, frames: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Each scheme's probabilities (N, classes) of clips (N, T, H, W, 3).

    Of clips with more frames than the model reads, the mean over `parts` of them.
    """
    if frames.shape[1] != model.num_frames:
        told = [ask(model, frames[:, part]) for part in parts(frames.shape[1])]
        return {scheme: np.mean([each[scheme] for each in told], 0) for scheme in told[0]}
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    said: dict[str, list[Tensor]] = {}
    for start in range(0, len(frames), _CHUNK):
        clips = to_tensor(frames[start : start + _CHUNK]).to(device)
        for scheme, logits in model(clips).items():
            said.setdefault(scheme, []).append(logits.float().softmax(-1).cpu())
    model.train(was_training)
    return {scheme: torch.cat(parts).numpy() for scheme, parts in said.items()}


def scores(said: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int64]) -> dict[str, float]:
    """`top1`, `top5` of the first scheme, and `top1_<scheme>` of each."""
    first = next(iter(said.values()))
    found = {
        "top1": accuracy(first, labels),
        "top5": top_k_accuracy(first, labels, min(5, first.shape[1])),
    }
    return found | {f"top1_{name}": accuracy(each, labels) for name, each in said.items()}


def confusion(
    said: NDArray[np.float32], labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], dict[tuple[int, int], int]]:
    """Counts (classes, classes), a row for each true class, and for each cell its surest clip."""
    answers, classes = said.argmax(1), said.shape[1]
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (labels, answers), 1)
    surest: dict[tuple[int, int], int] = {}
    for row in np.argsort(said.max(1)):  # the surest last
        surest[int(labels[row]), int(answers[row])] = int(row)
    return table, surest
