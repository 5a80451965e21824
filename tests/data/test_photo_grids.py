"""Grids of photographs: computed once, found again, read row by row from any chunk and view."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from mm_demo.data import photo_grids
from mm_demo.data.photo_grids import grids_of
from mm_demo.data.photo_set import Photos
from mm_demo.data.picture_files import Stored
from mm_demo.events import Preparing, at_once


def grids_at_once(*asked, **settings):
    return at_once(grids_of(*asked, **settings))


class Eye(nn.Module):
    """Sees each 32 x 32 piece of a picture through random weights."""

    def __init__(self, seed=0, size=96, width=5):
        super().__init__()
        torch.manual_seed(seed)
        self.conv = nn.Conv2d(3, width, 32, 32)
        self.size, self.width, self.looked = size, width, 0

    def stages(self, images):
        assert images.shape[1:] == (3, self.size, self.size)
        assert torch.is_inference_mode_enabled()
        assert len(images) <= 8
        self.looked += len(images)
        return self.conv(images)


@pytest.fixture
def eye(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(photo_grids, "CHUNK", 10)
    found = Eye()
    monkeypatch.setattr(photo_grids.pretrained, "backbone", lambda name: {"one": found}[name])
    return found


def noise(seed, flip=False):
    pixels = np.random.default_rng(seed).integers(0, 256, (96, 96, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels[:, ::-1] if flip else pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def make(tmp_path):
    def made(contents, folder="photos"):
        (tmp_path / folder).mkdir(exist_ok=True)
        names = tuple(f"{k:02d}.png" for k in range(len(contents)))
        files = tuple(Stored(tmp_path / folder / name) for name in names)
        for file, content in zip(files, contents, strict=True):
            file.path.write_bytes(content)
        return Photos("own", "train", names, (), (), 0, files)

    return made


def direct(eye, photos, row, flip=False):
    """One photograph's grid, cell by cell."""
    pixels = next(photos.squares(eye.size, [row]))
    pixels = np.ascontiguousarray(pixels[:, ::-1]) if flip else pixels
    image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 127.5 - 1
    cells = [
        eye.conv(image[None, :, 32 * y : 32 * y + 32, 32 * x : 32 * x + 32]).flatten()
        for y in range(3)
        for x in range(3)
    ]
    return torch.stack(cells).detach()


def at(*numbers):
    return np.array(numbers, np.int64)


def test_rows_are_what_the_network_sees_of_each(eye, make):
    photos = make([noise(k) for k in range(23)])
    grids = grids_at_once(photos, "one", mirrored=True)
    assert len(grids) == 23
    shapes = [[view.shape for view in views] for views in grids.parts]
    assert shapes == [[(10, 9, 5)] * 2, [(10, 9, 5)] * 2, [(3, 9, 5)] * 2]
    rows = at(22, 0, 9, 10, 19, 20, 0)  # the edges of the chunks, and one twice
    views = at(0, 1, 1, 0, 1, 0, 0)
    found = grids.rows(views, rows)
    assert (found.shape, found.dtype) == ((7, 9, 5), torch.float32)
    for place, (view, row) in enumerate(zip(views, rows, strict=True)):
        wanted = direct(eye, photos, int(row), flip=bool(view))
        torch.testing.assert_close(found[place], wanted, atol=2e-3, rtol=2e-3)  # half precision


def test_the_second_view_is_the_mirrored_picture(eye, make):
    both = grids_at_once(make([noise(k) for k in range(3)]), "one", mirrored=True)
    turned = grids_at_once(make([noise(k, flip=True) for k in range(3)], "flipped"), "one")
    torch.testing.assert_close(
        both.rows(at(1, 1, 1), at(0, 1, 2)), turned.rows(at(0, 0, 0), at(0, 1, 2))
    )
    assert not torch.allclose(both.rows(at(1), at(0)), both.rows(at(0), at(0)), atol=0.01)


def test_looked_at_once_and_again_where_anything_changed(eye, make):
    photos = make([noise(k) for k in range(12)])
    first = grids_at_once(photos, "one")
    assert eye.looked == 12
    again = grids_at_once(photos, "one")
    assert eye.looked == 12
    for (one,), (other,) in zip(first.parts, again.parts, strict=True):
        assert np.array_equal(one, other)
        assert isinstance(other, np.memmap)
    grids_at_once(photos, "one", mirrored=True)
    assert eye.looked == 12 + 12  # the second view alone
    photos.files[11].path.write_bytes(noise(99))
    grids_at_once(photos, "one")
    assert eye.looked == 24 + 2  # the second chunk alone
    with torch.no_grad():
        eye.conv.bias[0] += 1
    changed = grids_at_once(photos, "one")
    assert eye.looked == 26 + 12
    assert np.abs(changed.parts[0][0] - first.parts[0][0]).max() > 0.9


def test_a_file_of_another_shape_is_computed_again(eye, make, tmp_path):
    photos = make([noise(k) for k in range(3)])
    first = np.array(grids_at_once(photos, "one").parts[0][0])
    (path,) = (tmp_path / "cache").iterdir()
    for spoiled in (path.read_bytes()[:200], None):
        if spoiled is None:
            np.save(path, np.zeros((3, 4, 5), np.float16))
        else:
            path.write_bytes(spoiled)
        assert np.array_equal(grids_at_once(photos, "one").parts[0][0], first)
    assert eye.looked == 9


def test_what_is_told_meanwhile(eye, make, monkeypatch):
    photos = make([noise(k) for k in range(13)])
    assert list(grids_of(photos, "one")) == [Preparing("grids", n, 13) for n in (0, 10, 13)]
    monkeypatch.setattr(photo_grids, "_SECONDS", 0.0)
    eye.conv.bias.data += 1
    told = [event.done for event in grids_of(photos, "one")]
    assert told == [0, 8, 10, 10, 13, 13]
    assert not torch.is_inference_mode_enabled()


def test_one_that_cannot_be_opened_is_no_grid(eye, make):
    with pytest.raises(ValueError, match="cannot be opened"):
        grids_at_once(make([noise(0), b"no picture"]), "one")


def test_no_photographs_are_no_grids(eye, make):
    assert len(grids_at_once(make([]), "one")) == 0
