"""Own photographs for a training: a zip takes the place of what was there, or changes nothing."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from mm_demo.cases.retrieval import own_panel
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.errors import UserError


def zipped(path, names, broken=()):
    with zipfile.ZipFile(path, "w") as archive:
        rows = ["file_name,text"]
        for shade, name in enumerate(names):
            file = io.BytesIO()
            Image.fromarray(np.full((20, 20, 3), 9 * shade, np.uint8)).save(file, "PNG")
            archive.writestr(f"{name}.png", b"none" if name in broken else file.getvalue())
            rows += [f"{name}.png,one {name}", f"{name}.png,another {name}"]
        archive.writestr("captions.csv", "\n".join(rows))
    return path


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "own"
    place.mkdir()
    return place


def test_a_zip_takes_the_place_of_the_last(folder, tmp_path):
    assert own_panel.replace(folder, zipped(tmp_path / "a.zip", "abc")) == (3, 6)
    assert own_panel.replace(folder, zipped(tmp_path / "b.zip", "xyz", broken="y")) == (2, 4)
    photos = read_photo_folder(folder)
    assert photos.captions == (("one x", "another x"), ("one z", "another z"))


@pytest.mark.parametrize("fault", ["broken", "large", "no zip"])
def test_what_cannot_be_used_changes_nothing(folder, tmp_path, monkeypatch, fault):
    own_panel.replace(folder, zipped(tmp_path / "a.zip", "abc"))
    bad = zipped(tmp_path / "b.zip", "xy", broken="xy" if fault == "broken" else "")
    if fault == "large":
        monkeypatch.setattr(own_panel, "MOST_BYTES", 100)
    if fault == "no zip":
        bad.write_bytes(b"PK nothing")
    with pytest.raises(UserError) as told:
        own_panel.replace(folder, bad)
    keys = {
        "broken": "photos.none_opened",
        "large": "retrieval.own.too_large",
        "no zip": "photos.not_a_folder",
    }
    assert told.value.key == keys[fault]
    assert len(read_photo_folder(folder)) == 3
    assert [place.name for place in tmp_path.iterdir() if place.is_dir()] == ["own"]
