"""The nearest neighbours of a world's pictures."""

import torch
import torch.nn.functional as F

from mm_demo.nn.domain import Domain


def made(seed: int, count: int) -> torch.Tensor:
    """Features of pictures of four sorts."""
    generator = torch.Generator().manual_seed(seed)
    sorts = torch.rand(4, 32, generator=torch.Generator().manual_seed(99))
    rows = torch.randint(4, (count,), generator=generator)
    return (sorts[rows] + 0.2 * torch.randn(count, 32, generator=generator)).clamp(min=0)


def test_all_but_one_in_a_hundred_are_familiar():
    domain = Domain.fit(made(0, 2000), made(1, 3000))
    share = (domain.distance(made(2, 4000)) <= 1).float().mean()
    assert 0.98 <= share <= 0.998
    assert domain.bank.shape == (512, 32)


def test_distance_is_the_mean_over_the_five_nearest_by_cosine():
    domain = Domain.fit(made(0, 300), made(1, 100))
    asked = made(3, 1)[0]
    cosines = sorted(float(F.cosine_similarity(asked, row, dim=0)) for row in made(0, 300))
    wanted = (1 - sum(cosines[-5:]) / 5) / domain.limit
    assert abs(float(domain.distance(asked[None])) - wanted) < 1e-4


def test_length_does_not_matter_and_another_direction_does():
    domain = Domain.fit(made(0, 500), made(1, 500))
    asked = made(2, 50)
    assert torch.allclose(domain.distance(asked), domain.distance(0.01 * asked), atol=1e-4)
    strange = torch.zeros(1, 32)
    strange[0, 7] = 1
    assert domain.distance(strange) > 1.5


def test_a_handful_of_pictures_is_enough():
    domain = Domain.fit(made(0, 3), made(0, 3))
    assert len(domain.bank) == 3
    assert torch.isfinite(domain.distance(made(1, 2))).all()
