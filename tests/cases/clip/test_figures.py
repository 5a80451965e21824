"""CLIP's figures against naive oracles, with encoders whose knowledge is known."""

import numpy as np
import pytest

from mm_demo.cases.clip import figures, trust
from mm_demo.cases.clip.calibration import Calibration, YesNo
from mm_demo.data.scenes import (
    ALL_PAIRS,
    COLOURS,
    DEV_PAIRS,
    KINDS,
    TEST_PAIRS,
    captions,
    is_true,
    scenes_for,
    zero_shot_scenes,
)


class Knowing:
    """Encoders that know exactly what they are told to: pairs, colours alone, or nothing."""

    def __init__(self, knows):
        self.knows = knows

    def _vector(self, colour, kind):
        vector = np.zeros(len(COLOURS) * len(KINDS) + len(COLOURS))
        if self.knows == "pairs":
            vector[ALL_PAIRS.index((colour, kind))] = 1
        if self.knows == "colours":
            vector[len(ALL_PAIRS) + COLOURS.index(colour)] = 1
        return vector

    def images(self, scenes):
        return np.array([sum(self._vector(o.colour, o.kind) for o in s.objects) for s in scenes])

    def looks(self, scenes):
        return np.zeros((len(scenes), 2))

    def prompts(self, language):
        return np.array([self._vector(*pair) for pair in ALL_PAIRS])


def test_knowing_all():
    got = figures.zero_shot(Knowing("pairs"), "test", 0, 5, "en")
    assert got["zero_shot_accuracy"] == got["zero_shot_accuracy_top5"] == 1.0
    assert got["zero_shot_colour_accuracy"] == got["zero_shot_kind_accuracy"] == 1.0
    assert got["zero_shot_accuracy_colour_only"] == pytest.approx(1 / len(KINDS), abs=0.07)
    assert got["zero_shot_accuracy_chance"] == 1 / 96


def test_a_constant_scorer_gets_nothing_from_ties():
    got = figures.zero_shot(Knowing("nothing"), "test", 0, 5, "en")
    assert got["zero_shot_accuracy"] == got["zero_shot_accuracy_top5"] == 0.0


def test_what_is_scored_was_not_trained_on():
    train = {described(s) for seed in range(3) for s in scenes_for("train", 2000, seed)}
    for split, pairs in (("dev", DEV_PAIRS), ("test", TEST_PAIRS)):
        assert not train & {described(s) for seed in (0, 7) for s in scenes_for(split, 1000, seed)}
        drawn = zero_shot_scenes(split, 3, 0)
        assert {pair for _, pair in drawn} == pairs == figures.held_out(split)
        assert not train & {described(s) for s, _ in drawn}
    trained = {(o[0], o[1]) for scene in train for o in scene[1]}
    assert not trained & (DEV_PAIRS | TEST_PAIRS)
    assert not DEV_PAIRS & TEST_PAIRS


def described(scene):
    return scene.background, tuple(sorted((o.colour, o.kind, o.size) for o in scene.objects))


class Random:
    """Encoders that give every scene and sentence a vector of its own, once and for all."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def images(self, scenes):
        self.seen = self.rng.normal(size=(len(scenes), 6))
        return self.seen

    def texts(self, texts):
        self.said = self.rng.normal(size=(len(texts), 6))
        return self.said


def test_retrieval_equals_a_naive_count():
    count, encoders = 60, Random()
    got = figures.retrieval(encoders, "dev", 4, count, "en")
    scenes = scenes_for("dev", count, 4)
    said = [captions(s, np.random.default_rng([4, 3, i]), "en", 5)[0] for i, s in enumerate(scenes)]
    right = strict = right_back = 0
    for i in range(count):
        scores = [float(encoders.seen[i] @ encoders.said[j]) for j in range(count)]
        best = max(range(count), key=scores.__getitem__)
        right += is_true(said[best], scenes[i])
        strict += best == i
        scores = [float(encoders.seen[j] @ encoders.said[i]) for j in range(count)]
        right_back += is_true(said[i], scenes[max(range(count), key=scores.__getitem__)])
    assert got["image_to_text_r1"] == pytest.approx(right / count)
    assert got["image_to_text_r1_strict"] == pytest.approx(strict / count)
    assert got["text_to_image_r1"] == pytest.approx(right_back / count)


def test_questions_are_half_true_and_near():
    scenes, rows, pairs, truths = trust.yes_no_items("dev", 0, 200)
    assert truths.mean() == 0.5
    near = 0
    for row, pair, truth in zip(rows, pairs, truths, strict=True):
        present = {(o.colour, o.kind) for o in scenes[row].objects}
        assert (ALL_PAIRS[pair] in present) == truth
        near += not truth and any(
            ALL_PAIRS[pair][0] == c or ALL_PAIRS[pair][1] == k for c, k in present
        )
    assert near / (~truths).sum() > 0.5


def judge(slope, offset, bank):
    return YesNo(np.array([slope, 0.0]), offset, bank)


def test_none_of_these_when_everything_is_known():
    encoders = Knowing("pairs")
    yes = {"en": judge(20.0, -10.0, encoders.prompts("en"))}
    calibration = Calibration(yes, np.zeros(2), np.eye(2), 1.0)
    got = trust.trust(encoders, calibration, "dev", 0, "en")
    assert got["none_auc"] == 1.0
    assert got["yes_accuracy"] == 1.0
    assert got["yes_ece"] < 0.01


def test_the_same_cosine_is_worth_more_in_a_fuller_picture():
    """Of n things each label reaches 0.8 / sqrt(n) if true, half of that if not."""
    rng = np.random.default_rng(0)
    best = 0.8 / np.sqrt(rng.integers(1, 4, 4000))
    truths = rng.random(4000) < 0.5
    cosines = np.where(truths, best, best / 2) + rng.normal(0, 0.03, 4000)
    familiar = rng.normal(size=(50, 4))
    fitted = Calibration.fit({"en": (cosines, best, truths, np.eye(4))}, familiar, familiar)
    judged = fitted.yes["en"](np.array([0.42, 0.42]), np.array([0.46, 0.8]))
    assert judged[0] > 0.9
    assert judged[1] < 0.3


def test_calibration_travels_with_the_checkpoint(tmp_path):
    rng = np.random.default_rng(0)
    truths = rng.random(4000) < 0.5
    cosines = np.where(truths, 0.5, 0.1) + rng.normal(0, 0.15, 4000)
    best = np.full(4000, 0.5)
    familiar = rng.normal(0, 1, (500, 8)) * np.arange(1, 9)
    bank = np.eye(3)
    questions = {"en": (cosines, best, truths, bank), "zh": (cosines - 0.2, best, truths, bank)}
    fitted = Calibration.fit(questions, familiar, familiar[:200])
    sure = fitted.yes["en"](np.array([0.1, 0.3, 0.5]), 0.5)
    assert sure[0] < 0.1 < 0.4 < sure[1] < 0.6 < 0.9 < sure[2]
    assert fitted.yes["zh"](np.array([0.1]), 0.5)[0] == pytest.approx(sure[1], abs=1e-6)
    assert fitted.language("zh") == "zh"
    assert fitted.language("fr") == "en"
    assert fitted.yes["en"].best(np.array([[0.1, 0.9, 0.2]])) == pytest.approx([0.9])
    assert (fitted.distance(familiar) > 1).mean() < 0.05
    assert fitted.distance(np.full((1, 8), 60.0))[0] > 1
    fitted.save(tmp_path)
    again = Calibration.load(tmp_path)
    for language in ("en", "zh"):
        before, after = fitted.yes[language], again.yes[language]
        assert after(cosines[:5], 0.5) == pytest.approx(before(cosines[:5], 0.5), abs=1e-5)
        assert np.array_equal(after.bank, before.bank)
    assert again.distance(familiar) == pytest.approx(fitted.distance(familiar), rel=1e-4)
