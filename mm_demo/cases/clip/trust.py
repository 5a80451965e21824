"""Can its yes and its "none of these" be trusted? The questions, the calibration, the figures."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from mm_demo.cases.clip.calibration import Calibration
from mm_demo.cases.clip.encoders import Encoders
from mm_demo.data.scenes import ALL_PAIRS, Scene, scenes_for, zero_shot_scenes
from mm_demo.events import Preparing
from mm_demo.metrics.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    reliability,
)
from mm_demo.metrics.classification import roc_auc

QUESTIONED = 1000  # pictures that yes/no questions are asked about
PER_PAIR = 50  # pictures of each held-out pair
CALIBRATION_SEED = 2**31


def calibrate(
    encoders: Encoders, languages: Sequence[str], questioned: int = QUESTIONED
) -> Generator[Preparing, None, Calibration]:
    """Fit on scenes of the dev split: yes/no questions in every language, and how scenes look.

    A generator, so that whoever waits can be told or stopped between its parts. Its scenes are
    drawn with seeds that no `--seed` of an evaluation reaches.
    """
    yield Preparing("calibration", 0, 5)
    scenes, rows, pairs, truths = yes_no_items("dev", CALIBRATION_SEED, questioned)
    images, others = encoders.see(scenes)
    yield Preparing("calibration", 0, 5)
    questions = {}
    for language in languages:
        bank = encoders.prompts(language)
        cosines = images @ bank.T
        best = cosines.max(1)[rows]
        questions[language] = (cosines[rows, pairs], best, truths, bank)
    familiar = encoders.looks(scenes_for("dev", questioned, CALIBRATION_SEED))
    yield Preparing("calibration", 0, 5)
    return Calibration.fit(questions, familiar, others)


def yes_no_items(
    split: str, seed: int, count: int
) -> tuple[list[Scene], np.ndarray, np.ndarray, np.ndarray]:
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

    `familiar`: the share of drawn scenes taken as such (the rest would be called "outside").
    `none_auc`: one-object pictures of never-trained pairs, all prompts but the true one against
    all prompts. `yes_ece`: expected calibration error of the yes/no score.
    """
    yes, truths = _answered(encoders, calibration, split, seed, language)
    scenes = scenes_for(split, QUESTIONED, seed)
    drawn = zero_shot_scenes(split, PER_PAIR, seed)
    images = encoders.images([scene for scene, _ in drawn])
    scores = images @ encoders.prompts(language).T
    labels = np.array([ALL_PAIRS.index(pair) for _, pair in drawn])
    without = scores.copy()
    without[np.arange(len(labels)), labels] = -np.inf
    judge = calibration.yes[calibration.language(language)]
    best = judge.best(images)
    return {
        "familiar": float((calibration.distance(encoders.looks(scenes)) <= 1).mean()),
        "none_auc": roc_auc(1 - judge(without.max(1), best), 1 - judge(scores.max(1), best)),
        "yes_ece": expected_calibration_error(yes, truths),
        "yes_accuracy": float(((yes > 0.5) == truths).mean()),
    }


def _answered(
    encoders: Encoders, calibration: Calibration, split: str, seed: int, language: str
) -> tuple[np.ndarray, np.ndarray]:
    """The yes/no questions of a split: what the model says, and the truth."""
    scenes, rows, pairs, truths = yes_no_items(split, seed, QUESTIONED)
    images = encoders.images(scenes)[rows]
    judge = calibration.yes[calibration.language(language)]
    cosines = (images * encoders.prompts(language)[pairs]).sum(1)
    return judge(cosines, judge.best(images)), truths


def reliability_of(
    encoders: Encoders, calibration: Calibration, split: str, seed: int, language: str
) -> list[ReliabilityBin]:
    """The bins of the reliability diagram: how often a yes of that height is right."""
    return reliability(*_answered(encoders, calibration, split, seed, language))
