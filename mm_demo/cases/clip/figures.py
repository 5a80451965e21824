"""CLIP's figures on held-out scenes, each as the field defines it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from mm_demo.cases.clip.calibration import Calibration
from mm_demo.cases.clip.evidence import evidence, peak
from mm_demo.cases.clip.model import CLIP
from mm_demo.data.scenes import (
    ALL_PAIRS,
    Scene,
    boxes,
    captions,
    draw,
    facts,
    prompt,
    scenes_for,
    zero_shot_scenes,
)
from mm_demo.metrics.calibration import expected_calibration_error
from mm_demo.metrics.classification import accuracy, roc_auc, top_k_accuracy
from mm_demo.metrics.retrieval import retrieval_figures
from mm_demo.nn.preprocess import to_tensor
from mm_demo.nn.tokens import encode

GALLERY = 1000
PER_PAIR = 50


class Encoders:
    """A model with what it takes to embed scenes and sentences, without gradients."""

    def __init__(
        self, model: CLIP, tokenizer: Tokenizer, image_size: int, device: torch.device
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.image_size, self.device = image_size, device

    def pixels(self, scenes: Sequence[Scene]) -> Tensor:
        return to_tensor(np.stack([draw(scene, self.image_size) for scene in scenes]))

    @torch.inference_mode()
    def images(self, scenes: Sequence[Scene]) -> np.ndarray:
        """Unit vectors (N, embed_dim) of drawn scenes."""
        parts = [
            self.model.image_encoder(self.pixels(scenes[i : i + 100]).to(self.device)).cpu()
            for i in range(0, len(scenes), 100)
        ]
        return torch.cat(parts).numpy()

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (N, embed_dim) of sentences."""
        parts = [
            self.model.text_encoder(encode(self.tokenizer, texts[i : i + 200]).to(self.device)).cpu()
            for i in range(0, len(texts), 200)
        ]
        return torch.cat(parts).numpy()

    def prompts(self, language: str) -> np.ndarray:
        """Unit vectors of "a photo of a {colour} {object}" for all pairs, in their order."""
        return self.texts([prompt(colour, kind, language) for colour, kind in ALL_PAIRS])


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
    guess = np.random.default_rng(seed).permutation(scores.shape[0])
    kinds = [ALL_PAIRS[index][1] for index in labels[guess]]
    blind = [(ALL_PAIRS[int(best)][0], kind) for best, kind in zip(scores.argmax(1), kinds, strict=True)]
    return {
        "zero_shot_accuracy": accuracy(scores, labels),
        "zero_shot_accuracy_top5": top_k_accuracy(scores, labels, 5),
        "zero_shot_accuracy_colour_only": float(
            np.mean([pair == ALL_PAIRS[label] for pair, label in zip(blind, labels, strict=True)])
        ),
        "zero_shot_accuracy_chance": 1 / len(ALL_PAIRS),
    }


def retrieval(
    encoders: Encoders, split: str, seed: int, gallery: int, language: str
) -> dict[str, float]:
    """Caption 0 of each picture of a gallery, both ways; what is also true counts as right."""
    scenes = scenes_for(split, gallery, seed)
    written = [
        captions(scene, np.random.default_rng([seed, 3, row]), language, 5)[0]
        for row, scene in enumerate(scenes)
    ]
    known = [facts(scene) for scene in scenes]
    true = np.array([[caption.facts <= scene for caption in written] for scene in known])
    scores = encoders.images(scenes) @ encoders.texts([caption.text for caption in written]).T
    own = np.arange(len(scenes))
    return {
        **retrieval_figures(scores, true, own, "image_to_text"),
        **retrieval_figures(scores.T, true.T, own, "text_to_image"),
        "retrieval_r1_chance": float(true.mean()),
    }


def yes_no_items(split: str, seed: int, count: int) -> tuple[list[Scene], np.ndarray, np.ndarray, np.ndarray]:
    """Scenes, and questions about them: (scene row, pair row, truth), as many true as untrue.

    Every object gives a true question and one untrue one; half of the untrue ones share the
    object's kind or its colour, so that neither alone answers.
    """
    scenes = scenes_for(split, count, seed + 5000)
    rng = np.random.default_rng([seed, 5])
    rows, pairs, truths = [], [], []
    for row, scene in enumerate(scenes):
        present = {(o.colour, o.kind) for o in scene.objects}
        absent = [pair for pair in ALL_PAIRS if pair not in present]
        for o in scene.objects:
            near = [pair for pair in absent if pair[0] == o.colour or pair[1] == o.kind]
            pool = near if rng.random() < 0.5 else absent
            wrong = pool[int(rng.integers(len(pool)))]
            rows += [row, row]
            pairs += [ALL_PAIRS.index((o.colour, o.kind)), ALL_PAIRS.index(wrong)]
            truths += [True, False]
    return scenes, np.array(rows), np.array(pairs), np.array(truths)


def trust(
    encoders: Encoders, calibration: Calibration, split: str, seed: int, language: str
) -> dict[str, float]:
    """Can its yes and its "none of these" be trusted?

    `none_auc`: one-object pictures of never-trained pairs, all prompts but the true one against
    all prompts. `yes_ece`: expected calibration error of the yes/no score.
    """
    prompts = encoders.prompts(language)
    scenes, rows, pairs, truths = yes_no_items(split, seed, GALLERY)
    cosines = (encoders.images(scenes)[rows] * prompts[pairs]).sum(1)
    yes = calibration.yes(cosines)
    drawn = zero_shot_scenes(split, PER_PAIR, seed)
    scores = encoders.images([scene for scene, _ in drawn]) @ prompts.T
    labels = np.array([ALL_PAIRS.index(pair) for _, pair in drawn])
    without = scores.copy()
    without[np.arange(len(labels)), labels] = -np.inf
    return {
        "none_auc": roc_auc(
            calibration.none(without), calibration.none(scores)
        ),
        "yes_ece": expected_calibration_error(yes, truths),
        "yes_accuracy": float(((yes > 0.5) == truths).mean()),
    }


def pointing(encoders: Encoders, split: str, seed: int, count: int, language: str) -> dict[str, float]:
    """Two-object pictures whose map for the first object's label peaks inside its box.

    `evidence_hit_centre` is the same for a map that always peaks in the middle of the picture.
    """
    scenes = scenes_for(split, count, seed + 9000, n_objects=2)
    pixels = encoders.pixels(scenes)
    hits = middle = 0
    for row, scene in enumerate(scenes):
        named, (x0, y0, x1, y1) = scene.objects[0], boxes(scene)[0]
        text = encoders.texts([prompt(named.colour, named.kind, language)])[0]
        grid = evidence(encoders.model, pixels[row : row + 1].to(encoders.device), text)
        x, y = peak(grid)
        hits += x0 <= x <= x1 and y0 <= y <= y1
        middle += x0 <= 0.5 <= x1 and y0 <= 0.5 <= y1
    return {"evidence_hit": hits / count, "evidence_hit_centre": middle / count}


def all_figures(
    encoders: Encoders, calibration: Calibration, split: str, seed: int, language: str
) -> dict[str, float]:
    """Every figure of the case on one split; `seed` draws a fresh set of the same size."""
    return {
        **zero_shot(encoders, split, seed, PER_PAIR, language),
        **retrieval(encoders, split, seed, GALLERY, language),
        **trust(encoders, calibration, split, seed, language),
        **pointing(encoders, split, seed, 500, language),
    }
