"""What ImageNet's classifiers bring to where sentences live."""

import numpy as np
import pytest
import torch
from torch import nn

from mm_demo.nn.knowledge import Prototypes, agreement, probabilities, semantic


def test_classifiers_are_averaged_as_probabilities():
    sure, other = torch.tensor([[20.0, 0, 0]]), torch.tensor([[0.0, 20, 0]])
    assert torch.allclose(probabilities([sure, other]), torch.tensor([[0.5, 0.5, 0]]), atol=1e-4)


def test_the_semantic_vector_leans_to_the_second_guess_more_than_its_probability():
    classes = torch.eye(4)
    found = semantic(torch.tensor([[0.64, 0.36, 0, 0]]), classes)
    assert torch.allclose(found, torch.tensor([[1.6, 1.2, 0, 0]]))


def test_a_sentence_speaks_of_the_class_it_is_close_to():
    classes = torch.nn.functional.normalize(torch.randn(6, 16), dim=-1)
    shares = agreement(classes[[2, 5]], classes)
    assert shares.argmax(1).tolist() == [2, 5]
    assert torch.allclose(shares.sum(1), torch.ones(2))
    assert shares[0, 2] == pytest.approx(
        float(torch.exp(torch.tensor(10.0)) / torch.exp(10 * classes @ classes[2]).sum()), rel=1e-4
    )


def gaussian_world() -> tuple[torch.Tensor, torch.Tensor, nn.Linear, torch.Tensor]:
    """Pictures of five classes with one covariance; the linear classifier that is right for them."""
    generator = torch.Generator().manual_seed(0)
    dim, classes = 12, 5
    mix = torch.randn(dim, dim, generator=generator)
    means = 6 + torch.randn(classes, dim, generator=generator)
    labels = torch.randint(classes, (40_000,), generator=generator)
    pooled = means[labels] + torch.randn(40_000, dim, generator=generator) @ mix.T
    whole = torch.cov(pooled.T)
    classifier = nn.Linear(dim, classes).requires_grad_(False)
    classifier.weight.copy_((means - means.mean(0)) @ torch.linalg.inv(whole))
    classifier.bias.zero_()
    return pooled, means, classifier, labels


def test_a_pseudo_picture_lies_where_the_pictures_of_its_class_do():
    pooled, means, classifier, _ = gaussian_world()
    classes = torch.eye(5)
    made = Prototypes.of(pooled, [classifier], classes, torch.stack([classes, 2 * classes]))
    towards = torch.nn.functional.cosine_similarity(made.directions, means - means.mean(0))
    assert (towards > 0.999).all()
    rise = (made.directions * classifier.weight).sum(1)
    assert torch.allclose(rise, torch.full((5,), 15.0), atol=1e-3)


def test_pseudo_pictures_come_with_sentences_of_their_class():
    pooled, _, classifier, _ = gaussian_world()
    classes = torch.eye(5)
    made = Prototypes.of(pooled, [classifier], classes, torch.stack([classes, 2 * classes]))
    pictures, _, said = made.draw(pooled, np.random.default_rng(0), 5)
    assert (pictures >= 0).all()
    assert sorted(said.argmax(1).tolist()) == [0, 1, 2, 3, 4]
    assert set(said.amax(1).tolist()) <= {1.0, 2.0}
    again = made.draw(pooled, np.random.default_rng(0), 5)
    assert torch.equal(pictures, again[0])
    drawn = [made.draw(pooled, np.random.default_rng(k), 5)[1:] for k in range(100)]
    right = [(seen.argmax(1) == said.argmax(1)).float().mean() for seen, said in drawn]
    assert np.mean(right) > 0.8  # what the classifier says of them
