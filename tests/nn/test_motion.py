"""What the video network reads: flow of the right sign and size, nothing where nothing moves."""

import pytest
import torch

from mm_demo.nn.motion import KINDS, MotionChannels, lucas_kanade, standardised


def _moving(dx, dy, size=32, frames=4, seed=0):
    """A smooth texture that goes (dx, dy) pixels a frame: (1, T, 3, size, size) in 0 .. 1."""
    generator = torch.Generator().manual_seed(seed)
    waves = torch.rand(40, 3, generator=generator)
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    time = torch.arange(frames)[:, None, None]
    total = torch.zeros(frames, size, size)
    for a, b, phase in waves:
        fx, fy = 1.4 * (a - 0.5), 1.4 * (b - 0.5)
        total += torch.sin(fx * (x - dx * time) + fy * (y - dy * time) + 6.28 * phase)
    total = (total - total.min()) / (total.max() - total.min())
    return total[None, :, None].expand(-1, -1, 3, -1, -1)


@pytest.mark.parametrize(("dx", "dy"), [(0.5, 0.0), (-0.5, 0.0), (0.0, 0.7), (0.4, -0.6)])
def test_flow_is_how_the_content_moves(dx, dy):
    flow = MotionChannels("flow")(_moving(dx, dy))[0, 1:, 2:]
    for level in (flow[:, :2], flow[:, 2:]):
        found = level[..., 4:-4, 4:-4].mean((0, 2, 3))
        assert found[0] == pytest.approx(dx, abs=0.12)
        assert found[1] == pytest.approx(dy, abs=0.12)


def test_the_coarser_level_sees_what_is_fast():
    flow = MotionChannels("flow")(_moving(2.5, 0.0))[0, 1:, 2:]
    assert float(flow[:, 2, 4:-4, 4:-4].mean()) == pytest.approx(2.5, abs=0.6)


@pytest.mark.parametrize("kind", ["difference", "flow"])
def test_a_still_clip_has_no_change_and_no_flow(kind):
    still = _moving(0.0, 0.0)
    found = MotionChannels(kind)(still)
    assert found.shape == (1, 4, MotionChannels(kind).channels, 32, 32)
    assert float(found[:, :, 1:].abs().max()) < 1e-4
    assert float(found[:, :, 0].std()) == pytest.approx(1, abs=0.01)


def test_a_light_that_changes_is_no_movement():
    still = _moving(0.0, 0.0)
    gains = torch.linspace(0.6, 1.0, 4)[None, :, None, None, None]
    found = MotionChannels("flow")(still * gains * 0.8 + 0.1)
    assert float(found[:, :, 1:].abs().max()) < 1e-3


def test_the_first_frame_has_no_change():
    found = MotionChannels("flow")(_moving(0.5, 0.5))
    assert not found[:, 0, 1:].any()
    assert found[:, 1, 1:].any()


def test_bytes_and_floats_are_the_same():
    clip = (255 * _moving(0.5, 0.0, size=64)).round().byte()
    for kind in KINDS:
        channels = MotionChannels(kind)
        torch.testing.assert_close(channels(clip), channels(clip.float() / 255))
        assert channels(clip).shape == (1, 4, channels.channels, 32, 32)


def test_colours_are_in_minus_one_to_one():
    clip = torch.tensor([0, 255], dtype=torch.uint8)[None, :, None, None, None]
    found = MotionChannels("rgb")(clip.expand(1, 2, 3, 32, 32))
    assert float(found.min()) == -1
    assert float(found.max()) == pytest.approx(1)


def test_any_size_comes_down_to_the_network_s():
    clip = torch.randint(0, 255, (2, 3, 3, 45, 70), dtype=torch.uint8)
    assert MotionChannels("flow", 48)(clip).shape == (2, 3, 6, 48, 48)


def test_flat_frames_give_no_flow_and_no_nan():
    flat = torch.zeros(1, 3, 3, 32, 32)
    found = MotionChannels("flow")(flat)
    assert not found.any()
    assert standardised(torch.full((1, 2, 8, 8), 0.3)).abs().max() < 1e-4


def test_the_gradients_come_through():
    clip = _moving(0.5, 0.0).mean(2).clone().requires_grad_()
    lucas_kanade(clip).sum().backward()
    assert torch.isfinite(clip.grad).all()


def test_unknown_channels():
    with pytest.raises(ValueError, match="rgb, difference, flow"):
        MotionChannels("depth")
