"""Pictures on their way to a network."""

import numpy as np
import pytest

from mm_demo.nn.preprocess import square, to_tensor


def test_values_and_layout():
    pixels = np.zeros((1, 2, 2, 3), np.uint8)
    pixels[0, 0, 1] = (255, 0, 51)
    tensor = to_tensor(pixels)
    assert tensor.shape == (1, 3, 2, 2)
    assert tensor[0, :, 0, 1].tolist() == pytest.approx([1.0, -1.0, 51 * 2 / 255 - 1])
    assert tensor.stride()[1] == 1  # channels_last


def test_square_keeps_the_edges():
    pixels = np.zeros((40, 100, 3), np.uint8)
    pixels[:, :10] = (255, 0, 0)
    pixels[:, -10:] = (0, 0, 255)
    out = square(pixels, 20)
    assert out.shape == (20, 20, 3)
    assert out[10, 0].tolist() == [255, 0, 0]
    assert out[10, -1].tolist() == [0, 0, 255]


def test_a_square_of_the_right_size_is_left_alone():
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    assert np.array_equal(square(pixels, 16), pixels)
