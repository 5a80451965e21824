"""Arrays on disk: as stored, or not there; never half."""

from pathlib import Path

import numpy as np
import pytest

from mm_demo.data.arrays import cache_folder, load_array, store_array


def test_what_is_stored_is_found(tmp_path):
    path = tmp_path / "below" / "a.npy"
    assert load_array(path) is None
    store_array(path, np.arange(6).reshape(2, 3))
    assert np.array_equal(load_array(path), [[0, 1, 2], [3, 4, 5]])
    assert [file.name for file in path.parent.iterdir()] == ["a.npy"]


@pytest.mark.parametrize("content", [b"", b"no array", None])
def test_half_a_file_is_none(tmp_path, content):
    path = tmp_path / "a.npy"
    store_array(path, np.zeros(1000))
    path.write_bytes(path.read_bytes()[:500] if content is None else content)
    assert load_array(path) is None


def test_nothing_pickled_is_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], object))
    assert load_array(tmp_path / "a.npy") is None


def test_a_place_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store_array(tmp_path / "file" / "a.npy", np.zeros(3))
    (tmp_path / "folder.npy" / "inside").mkdir(parents=True)
    store_array(tmp_path / "folder.npy", np.zeros(3))
    assert not list(tmp_path.glob("*.part"))


def test_where_the_cache_lies(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_CACHE", str(tmp_path / "named"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder(tmp_path) == tmp_path
    assert cache_folder() == tmp_path / "named"
    monkeypatch.delenv("MM_DEMO_CACHE")
    assert cache_folder() == tmp_path / "mm_demo"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == Path(tmp_path, ".cache", "mm_demo")
