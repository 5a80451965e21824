"""Evidence: shares that add up, and that point at what was put there."""

import pytest
import torch

from mm_demo.cases.timesformer.explain import space_evidence, time_evidence
from mm_demo.cases.timesformer.model import SCHEMES, Maps, TimeSformer

B, T, HEADS, P = 2, 3, 2, 4


@pytest.mark.parametrize("scheme", SCHEMES)
def test_shapes_and_shares(scheme):
    torch.manual_seed(0)
    model = TimeSformer(5, T, 16, 8, 8, 2, HEADS, attention=scheme).eval()
    with torch.inference_mode():
        _, maps = model.explain(torch.randn(B, T, 3, 16, 16))
    space, time = space_evidence(maps, T), time_evidence(maps, T)
    assert space.shape == (B, T, 2, 2)
    assert (space > 0).all()
    assert (space.sum((1, 2, 3)) < 1).all()
    assert time.shape == (B, T, T)
    torch.testing.assert_close(time.sum(-1), torch.ones(B, T))
    if scheme == "space":
        torch.testing.assert_close(time, torch.eye(T).expand(B, T, T))


def all_to(column: int, *shape: int) -> torch.Tensor:
    weights = torch.zeros(shape)
    weights[..., column] = 1
    return weights


def test_divided_points_at_the_patch_and_the_frame():
    """All look at the third patch; that place looks at the last frame, all others at the first."""
    time = all_to(0, B, P, HEADS, T, T)
    time[:, 2] = all_to(T - 1, B, HEADS, T, T)
    layer = Maps(space=all_to(1 + 2, B, T, HEADS, P + 1, P + 1), time=time)
    space = space_evidence([layer, layer], T)
    torch.testing.assert_close(space[:, :, 1, 0], torch.full((B, T), 3 / 4 / T))
    assert space.sum((1, 2, 3)).tolist() == pytest.approx([3 / 4] * B)
    seen = time_evidence([layer, layer], T)
    torch.testing.assert_close(seen[0], torch.tensor([[1, 0, 3], [0, 1, 3], [0, 0, 4]]) / 4)


def test_joint_points_at_one_token():
    token = 1 + 1 * P + 3  # the last patch of the second frame
    layer = Maps(joint=all_to(token, B, HEADS, 1 + T * P, 1 + T * P))
    space = space_evidence([layer], T)
    assert space[0, 1, 1, 1] == 1 / 2
    assert space.sum() == B / 2
    assert time_evidence([layer], T)[0, 1].tolist() == [0, 1, 0]


def test_no_layers_are_an_error():
    with pytest.raises(ValueError, match="no layer"):
        space_evidence([], T)
