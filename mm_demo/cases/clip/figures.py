"""CLIP's figures on held-out scenes, each as the field defines it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mm_demo.cases.clip import trust
from mm_demo.cases.clip.calibration import Calibration
from mm_demo.cases.clip.encoders import Encoders
from mm_demo.cases.clip.evidence import evidence, peak
from mm_demo.cases.clip.labels import prompt
from mm_demo.data import scene_samples
from mm_demo.data.scenes import (
    ALL_PAIRS,
    DEV_PAIRS,
    KINDS,
    TEST_PAIRS,
    boxes,
    scenes_for,
    zero_shot_scenes,
)
from mm_demo.metrics.classification import accuracy, top_k_accuracy
from mm_demo.metrics.retrieval import evaluate_retrieval

GALLERY = 1000
POINTED = 500


def held_out(split: str) -> frozenset[tuple[str, str]]:
    """The split's zero-shot classes."""
    return DEV_PAIRS if split == "dev" else TEST_PAIRS


def zero_shot(
    encoders: Encoders, split: str, seed: int, per_pair: int, language: str
) -> dict[str, float]:
    """One-object pictures of pairs never trained on, among the prompts of all pairs.

    `colour_only` is what the model's sense of colour alone would give: its own colour with a kind
    drawn at random.
    """
    drawn = zero_shot_scenes(split, per_pair, seed)
    scores = encoders.images([scene for scene, _ in drawn]) @ encoders.prompts(language).T
    labels = np.array([ALL_PAIRS.index(pair) for _, pair in drawn])
    kinds = np.random.default_rng(seed).choice(KINDS, len(labels))
    said = [ALL_PAIRS[best] for best in scores.argmax(1)]
    truth = [pair for _, pair in drawn]
    blind = [(colour, kind) for (colour, _), kind in zip(said, kinds, strict=True)]
    return {
        "zero_shot_accuracy": accuracy(scores, labels),
        "zero_shot_accuracy_top5": top_k_accuracy(scores, labels, 5),
        "zero_shot_accuracy_colour_only": _share(blind, truth),
        "zero_shot_colour_accuracy": _share(
            [pair[0] for pair in said], [pair[0] for pair in truth]
        ),
        "zero_shot_kind_accuracy": _share([pair[1] for pair in said], [pair[1] for pair in truth]),
        "zero_shot_accuracy_chance": 1 / len(ALL_PAIRS),
    }


def _share(said: Sequence[object], truth: Sequence[object]) -> float:
    return sum(a == b for a, b in zip(said, truth, strict=True)) / len(truth)


def retrieval(
    encoders: Encoders, split: str, seed: int, gallery: int, language: str
) -> dict[str, float]:
    """Caption 0 of each picture of a gallery, both ways; what is also true counts as right."""
    scenes, written, true = scene_samples.gallery(split, gallery, seed, language)
    images, texts = encoders.images(scenes), encoders.texts(written)
    return {
        **evaluate_retrieval(images, texts, true=true),
        "retrieval_r1_chance": float(true.mean()),
    }


def pointing(
    encoders: Encoders, split: str, seed: int, count: int, language: str
) -> dict[str, float]:
    """Two-object pictures whose map for the first object's label peaks inside its box.

    `evidence_hit_centre` is the same for a map that always peaks in the middle of the picture.
    """
    scenes = scenes_for(split, count, seed + 9000, n_objects=2)
    named = [scene.objects[0] for scene in scenes]
    texts = encoders.texts([prompt(o.colour, o.kind, language) for o in named])
    hits = middle = 0
    for start in range(0, count, 100):
        part = slice(start, start + 100)
        grids = evidence(encoders.model, encoders.pixels(scenes[part]), texts[part])
        for scene, grid in zip(scenes[part], grids, strict=True):
            hits += _inside(boxes(scene)[0], *peak(grid))
            middle += _inside(boxes(scene)[0], 0.5, 0.5)
    return {"evidence_hit": hits / count, "evidence_hit_centre": middle / count}


def _inside(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def parts(
    encoders: Encoders, calibration: Calibration, split: str, seed: int, language: str
) -> list[Callable[[], dict[str, float]]]:
    """All figures of the case on one split, a second or two of work each.

    `seed` draws a fresh set of the same size.
    """
    return [
        lambda: zero_shot(encoders, split, seed, trust.PER_PAIR, language),
        lambda: retrieval(encoders, split, seed, GALLERY, language),
        lambda: trust.trust(encoders, calibration, split, seed, language),
        lambda: pointing(encoders, split, seed, POINTED, language),
    ]
