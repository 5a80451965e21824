"""Figures and trust of a PhotoCLIP against naive oracles, with encoders whose knowledge is known."""

import numpy as np
import pytest
import torch

from mm_demo.cases.clip.photos import figures, trust
from mm_demo.cases.clip.photos.encoders import Said
from mm_demo.data.coco_objects import KINDS
from mm_demo.data.photo_pairs import Pairs
from mm_demo.data.photo_set import Photos
from mm_demo.metrics.classification import roc_auc


def pairs(kinds=(), counts=(), sentences=None) -> Pairs:
    """Photographs with these kinds, or with so many captions each; the features are empty."""
    number = len(kinds) or len(counts)
    owner = np.repeat(np.arange(number), counts) if len(counts) else np.zeros(0, int)
    photos = Photos(
        "made",
        "dev",
        tuple(f"{row}.jpg" for row in range(number)),
        tuple(tuple(f"caption {row} {k}" for k in range(n)) for row, n in enumerate(counts)),
        tuple(frozenset(each) for each in kinds),
        0,
        (),
    )
    return Pairs(
        photos,
        torch.zeros(1, number, 4),
        torch.zeros(1, number, 1000),
        torch.zeros(1, number, 384),
        torch.zeros(len(owner), 384) if sentences is None else sentences,
        owner,
        np.searchsorted(owner, np.arange(number + 1)),
    )


class Knowing:
    """Encoders that give the vectors they were told to; the 80 kinds are the axes."""

    class model:
        @staticmethod
        def scale():
            return torch.tensor(10.0)

    def __init__(self, images, texts=None, witness=None):
        self._images, self._texts, self._witness = images, texts, witness

    def images_of(self, pairs):
        return self._images

    def texts(self, sentences):
        return self._texts

    def read(self, sentences):
        assert [s.split(" ", 4)[-1] for s in sentences] == list(KINDS)
        return Said(torch.eye(80), torch.zeros(80, 1000))

    def cosines(self, images, said):
        return (images @ said.vectors.T).numpy()

    def witness(self, known, said):
        shape = (len(known), len(said.vectors))
        return np.zeros(shape) if self._witness is None else self._witness

    def scores(self, images, known, said):
        return 10 * self.cosines(images, said) + self.witness(known, said)


def vectors(kinds, noise=0.0, seed=0):
    made = torch.zeros(len(kinds), 80)
    for row, there in enumerate(kinds):
        for kind in there:
            made[row, KINDS.index(kind)] = 1
    generator = torch.Generator().manual_seed(seed)
    made += noise * torch.randn(made.shape, generator=generator)
    return torch.nn.functional.normalize(made, dim=-1)


def test_a_photograph_is_found_by_any_of_its_captions_and_each_caption_finds_it():
    texts = torch.eye(6)
    images = torch.stack([texts[1], texts[3], texts[5]])  # each like its second caption
    found = figures.retrieval(Knowing(images, texts), pairs(counts=(2, 2, 2)))
    assert found["image_to_text_r1"] == 1
    assert found["image_to_text_r1_strict"] == 0  # the first caption ties with those of others
    assert found["text_to_image_r1"] == 0.5
    assert found["image_to_text_r1_chance"] == pytest.approx(1 / 3)
    assert found["text_to_image_r1_chance"] == pytest.approx(1 / 3)


def test_naming_counts_single_kinds_apart_and_any_kind_that_is_there():
    kinds = [{"dog"}, {"cat"}, {"cat", "person"}, {"person", "zebra"}, {"bus"}]
    seen = vectors([{"dog"}, {"dog"}, {"person"}, {"bus"}, {"bus"}])
    found = figures.naming(Knowing(seen), pairs(kinds))
    assert found["zero_shot_accuracy"] == pytest.approx(2 / 3)  # dog, bus; not cat
    assert found["zero_shot_examples"] == 3
    assert found["best_label_true"] == pytest.approx(3 / 5)
    assert found["best_label_true_constant"] == pytest.approx(2 / 5)
    assert found["zero_shot_accuracy_chance"] == 1 / 80


def test_the_second_witness_counts():
    kinds, seen = [{"dog"}], vectors([{"cat"}])
    word = np.zeros((1, 80))
    word[0, KINDS.index("dog")] = 11
    assert figures.naming(Knowing(seen), pairs(kinds))["zero_shot_accuracy"] == 0
    assert figures.naming(Knowing(seen, witness=word), pairs(kinds))["zero_shot_accuracy"] == 1


def test_label_map_is_the_mean_over_kinds_that_are_somewhere():
    kinds = [{"dog"}, {"cat"}, {"dog", "cat"}]
    scores = torch.zeros(3, 80)
    scores[:, KINDS.index("dog")] = torch.tensor([0.9, 0.5, 0.1])  # right, wrong, right
    scores[:, KINDS.index("cat")] = torch.tensor([0.1, 0.5, 0.9])
    found = figures.naming(Knowing(scores), pairs(kinds))
    dog, cat = (1 + 2 / 3) / 2, 1.0
    assert found["label_map"] == pytest.approx((dog + cat) / 2)


def test_as_many_labels_that_are_not_there_are_asked_as_are():
    truth = np.zeros((3, 80), bool)
    truth[0, [3, 5]] = truth[1, 7] = True
    rows, labels, truths = trust.questions(truth, 0)
    assert rows.tolist() == [0, 0, 0, 0, 1, 1]
    assert (truth[rows, labels] == truths).all()
    assert len({*zip(rows, labels, strict=True)}) == 6
    other = trust.questions(truth, 1)
    assert other[1].tolist() != labels.tolist()


def test_lists_hold_one_that_is_there_or_none():
    truth = np.random.default_rng(0).random((20, 80)) < 0.05
    truth[:, 0] = True
    some, none = trust.lists(truth, 0)
    rows = np.arange(20)[:, None]
    assert truth[rows, some].tolist() == [[True, False, False, False, False]] * 20
    assert not truth[rows, none].any()
    assert all(len(set(each)) == 5 for each in [*some.tolist(), *none.tolist()])


def crowd(count, seed):
    rng = np.random.default_rng(seed)
    return [set(rng.choice(KINDS, rng.integers(1, 4), replace=False)) for _ in range(count)]


def test_calibration_makes_the_yes_mean_what_it_says():
    learned, asked = crowd(400, 0), crowd(400, 1)
    judge = trust.calibrate(Knowing(vectors(learned, 0.25, 2)), pairs(learned))
    assert judge.slopes[0] > 0
    encoders = Knowing(vectors(asked, 0.25, 3))
    found = trust.trust(encoders, judge, pairs(asked), 0)
    assert found["yes_no_ece"] < 0.05 < found["yes_no_ece_uncalibrated"]
    assert found["yes_no_auroc"] > 0.9
    rows, labels, truths = trust.questions(figures.kinds_of(pairs(asked)), 0)
    plain = encoders.cosines(encoders.images_of(None), Said(torch.eye(80), None))[rows, labels]
    wanted = roc_auc(plain[truths], plain[~truths])
    assert found["yes_no_auroc_uncalibrated"] == pytest.approx(wanted)
    assert found["none_auroc"] > 0.85


def test_a_model_that_knows_nothing_is_at_chance():
    kinds = crowd(300, 0)
    blind = torch.nn.functional.normalize(torch.randn(300, 80), dim=-1)
    judge = trust.calibrate(Knowing(blind), pairs(kinds))
    found = trust.trust(Knowing(blind), judge, pairs(kinds), 0)
    assert found["yes_no_auroc"] == pytest.approx(0.5, abs=0.07)
    assert found["none_auroc"] == pytest.approx(0.5, abs=0.08)


def test_a_judge_comes_back_from_its_folder(tmp_path):
    kinds = crowd(60, 0)
    encoders = Knowing(vectors(kinds, 0.2))
    judge = trust.calibrate(encoders, pairs(kinds))
    judge.save(tmp_path)
    again = trust.YesNo.load(tmp_path)
    said, known = encoders.read([f"a photo of a {kind}" for kind in KINDS]), torch.zeros(60, 1000)
    images = encoders.images_of(None)
    assert again(encoders, images, known, said) == pytest.approx(
        judge(encoders, images, known, said), abs=1e-5
    )


def test_captions_are_drawn_from_the_photographs_own():
    sentences = torch.arange(6.0)[:, None].expand(6, 384).clone()
    made = pairs(counts=(1, 3, 2), sentences=sentences)
    rng = np.random.default_rng(0)
    seen = {0: set(), 1: set(), 2: set()}
    for _ in range(60):
        for row, value in zip(
            (0, 1, 2), made.captions_of(np.arange(3), rng, 0.0)[:, 0], strict=True
        ):
            seen[row].add(float(value))
    assert seen == {0: {0.0}, 1: {1.0, 2.0, 3.0}, 2: {4.0, 5.0}}
    means = made.captions_of(np.array([2, 1]), rng, 1.0)[:, 0]
    assert means.tolist() == [4.5, 2.0]


def test_shuffled_pairs_keep_the_captions_and_change_the_pictures():
    made = pairs(counts=(1, 1))
    made.pooled[0, 1] = 7
    other = made.with_pictures_of(np.array([1, 0]))
    assert other.pooled[0, 0, 0] == 7
    assert other.owner is made.owner
