"""Fisher's discriminant between a world's pictures and others."""

import numpy as np
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from mm_demo.nn.domain import Domain


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
