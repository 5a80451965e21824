"""Fisher's discriminant between a world's pictures and others; a Gaussian around a world alone."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import mahalanobis
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from mm_demo.nn.domain import Domain, Familiar


def made(seed: int, count: int, shift: float = 0.0) -> torch.Tensor:
    """Features that vary most where they say nothing; worlds differ in one direction."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, 24, generator=generator)
    noise[:, 0] *= 6
    noise[:, 1] += shift
    return 8 + noise


def fitted() -> Domain:
    return Domain.fit(made(0, 3000), [made(1, 300, 5.0), made(2, 40, 6.0)], made(3, 3000))


def test_all_but_two_in_a_thousand_are_familiar():
    share = (fitted().distance(made(4, 4000)) <= 1).float().mean()
    assert 0.993 <= share <= 0.9998


def test_strangers_are_outside_though_they_differ_in_little():
    domain = fitted()
    assert (domain.distance(made(5, 500, 5.5)) > 1).float().mean() > 0.97
    assert abs(float(domain.distance(made(4, 4000)).mean())) < 0.1


def test_the_direction_is_scikit_learns():
    world, strange = made(0, 3000), made(1, 3000, 5.0)
    unit = torch.nn.functional.normalize(torch.cat([world, strange]), dim=-1).numpy()
    labels = np.repeat([0, 1], 3000)
    reference = LinearDiscriminantAnalysis(solver="eigen").fit(unit, labels).coef_[0]
    found = Domain.fit(world, [strange], world).direction.numpy()
    cosine = found @ reference / np.linalg.norm(found) / np.linalg.norm(reference)
    assert cosine > 0.99


def test_length_does_not_matter():
    domain, asked = fitted(), made(6, 50)
    assert torch.allclose(domain.distance(asked), domain.distance(0.01 * asked), atol=1e-3)


def test_a_handful_of_pictures_is_enough():
    domain = Domain.fit(made(0, 3), [made(1, 2, 5.0)], made(0, 3))
    assert torch.isfinite(domain.distance(made(1, 2))).all()


def test_half_a_percent_of_a_familiar_world_is_outside():
    world = Familiar.fit(made(0, 3000), made(3, 3000))
    distance = world.distance(made(4, 4000))
    assert 0.985 <= (distance <= 1).float().mean() <= 0.999
    assert float(world.distance(made(3, 3000)).quantile(0.995)) == pytest.approx(1, abs=1e-4)


def test_a_stranger_is_told_by_the_direction_that_hardly_varies():
    world = Familiar.fit(made(0, 3000), made(3, 3000))
    far, near = world.mean.clone(), world.mean.clone()
    far[1] += 10  # the spread there is 1
    near[0] += 10  # and 6 here
    assert float(world.distance(far[None])) > 1 > float(world.distance(near[None]))
    assert float(world.distance(world.mean[None])) == 0


def test_the_distance_is_scipys_mahalanobis():
    familiar, others, asked = made(0, 3000), made(3, 3000), made(5, 20, 2.0)
    covariance = np.cov(familiar.double().numpy().T)
    covariance += 0.01 * np.diag(covariance).mean() * np.eye(24)
    inverse, mean = np.linalg.inv(covariance), familiar.double().numpy().mean(0)

    def reference(looks):
        return np.array([mahalanobis(each, mean, inverse) for each in looks.double().numpy()])

    wanted = reference(asked) / np.quantile(reference(others), 0.995)
    found = Familiar.fit(familiar, others).distance(asked).numpy()
    assert found == pytest.approx(wanted, rel=1e-3)


def test_fewer_familiar_pictures_than_dimensions_are_enough():
    world = Familiar.fit(made(0, 8), made(3, 8))
    assert torch.isfinite(world.distance(made(4, 5))).all()
