"""A PhotoCLIP's figures on held-out photographs: finding captions, naming what is there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mm_demo.cases.clip.labels import TEMPLATES, sentence
from mm_demo.cases.clip.photos.encoders import Encoders, Said
from mm_demo.data.coco_objects import KINDS
from mm_demo.data.photo_pairs import Pairs
from mm_demo.metrics.classification import accuracy, top_k_accuracy
from mm_demo.metrics.retrieval import evaluate_retrieval, mean_average_precision


def kinds_of(pairs: Pairs) -> NDArray[np.bool_]:
    """(N, 80): which of `KINDS` is in each photograph."""
    return np.array([[kind in there for kind in KINDS] for there in pairs.photos.kinds])


def prompts(encoders: Encoders) -> Said:
    """The 80 kinds in the default template."""
    return encoders.read([sentence(kind, TEMPLATES["en"]) for kind in KINDS])


def retrieval(encoders: Encoders, pairs: Pairs) -> dict[str, float]:
    """All photographs and all captions of a split, both ways, as the field does on Flickr8k.

    Only a photograph's own captions count as right; in `_r1_strict` its first one alone.
    """
    images, texts = encoders.images_of(pairs), encoders.texts(pairs.sentences)
    return {
        **evaluate_retrieval(images, texts, pairs.owner),
        "image_to_text_r1_chance": 1 / len(pairs),
        "text_to_image_r1_chance": 1 / len(pairs),
    }


def naming(encoders: Encoders, pairs: Pairs) -> dict[str, float]:
    """Labels never trained on, the 80 kinds of COCO.

    `zero_shot_accuracy`: photographs with one kind only. `label_map`: mean average precision over
    the kinds, all photographs. `best_label_true`: the share of all photographs whose best label is
    in them; `_constant`: the same for the commonest kind, whatever the picture.
    """
    said, truth = prompts(encoders), kinds_of(pairs)
    scores = encoders.scores(encoders.images_of(pairs), pairs.known[0], said)
    single = truth.sum(1) == 1
    labels = truth[single].argmax(1)
    there = truth.any(0)
    return {
        "zero_shot_accuracy": accuracy(scores[single], labels),
        "zero_shot_accuracy_top5": top_k_accuracy(scores[single], labels, 5),
        "zero_shot_accuracy_chance": 1 / len(KINDS),
        "zero_shot_examples": int(single.sum()),
        "label_map": mean_average_precision(scores.T[there], truth.T[there]),
        "label_map_chance": float(truth[:, there].mean()),
        "best_label_true": float(truth[np.arange(len(truth)), scores.argmax(1)].mean()),
        "best_label_true_constant": float(truth.mean(0).max()),
    }
