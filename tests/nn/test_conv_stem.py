"""A convolutional stem and the features gathered from it."""

import pytest
import torch

from mm_demo.nn.conv_stem import ConvStem, PictureFeatures


def features(size=32, width=8):
    torch.manual_seed(0)
    return PictureFeatures(size, width).eval()


def test_the_grid_is_an_eighth_of_the_picture():
    assert ConvStem(8)(torch.randn(2, 3, 32, 48)).shape == (2, 32, 4, 6)


def test_sizes_follow_from_width_and_picture():
    eyes, images = features(), torch.randn(3, 3, 32, 32)
    assert (eyes.dim, eyes.grid_size) == (256, 4)
    assert eyes.tokens(images).shape == (3, 16, 32)
    assert eyes(images).shape == (3, 256)


def test_tokens_are_the_stems_cells_row_by_row_each_with_its_place():
    eyes, images = features(), torch.randn(2, 3, 32, 32)
    tokens, grid = eyes.tokens(images), eyes.stem(images)
    for cell in (0, 3, 4, 15):
        wanted = grid[:, :, cell // 4, cell % 4] + eyes.pos_embed[0, cell]
        torch.testing.assert_close(tokens[:, cell], wanted)


def test_what_is_gathered_depends_on_where_things_are():
    eyes, images = features(), torch.zeros(2, 3, 32, 32)
    images[0, :, :8, :8] = images[1, :, 24:, 24:] = 1
    tokens = eyes.tokens(images)
    one, other = eyes.gathered(tokens)
    assert not torch.allclose(one, other, atol=1e-4)
    assert torch.equal(eyes(images), eyes.gathered(tokens))
    order = torch.randperm(16)  # a place goes with its token, so their order says nothing
    torch.testing.assert_close(eyes.gathered(tokens[:, order]), eyes.gathered(tokens))


@pytest.mark.parametrize("channels_last", [True, False])
def test_every_parameter_gets_a_gradient(channels_last):
    eyes = features().train()
    if channels_last:
        eyes.to(memory_format=torch.channels_last)
    (eyes(torch.randn(4, 3, 32, 32)) * torch.randn(4, 256)).sum().backward()
    idle = [name for name, p in eyes.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_pictures_in_a_batch_do_not_meet_while_answering():
    eyes, images = features(), torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(eyes(images)[:1], eyes(images[:1]), atol=1e-5, rtol=1e-4)
