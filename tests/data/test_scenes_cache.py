"""Arrays on disk: the same as drawn, found again, never half."""

import numpy as np
import pytest

from mm_demo.data.scenes import DEV_PAIRS, TEST_PAIRS, cache, draw, scene_arrays, scenes_for
from mm_demo.data.scenes import zero_shot_scenes as zero_shot


def test_arrays_are_the_scenes_drawn(tmp_path):
    images, scenes = scene_arrays("dev", 5, 3, size=32, folder=tmp_path)
    assert images.shape == (5, 32, 32, 3)
    assert images.dtype == np.uint8
    assert scenes == scenes_for("dev", 5, 3)
    assert all(np.array_equal(i, draw(s, 32)) for i, s in zip(images, scenes, strict=True))


def test_the_second_call_reads(tmp_path, monkeypatch):
    first, _ = scene_arrays("dev", 5, 3, size=32, folder=tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npy"]
    monkeypatch.setattr(cache, "draw", None)
    seen = []
    again, scenes = scene_arrays(
        "dev",
        5,
        3,
        size=32,
        folder=tmp_path,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert np.array_equal(first, again)
    assert isinstance(again, np.memmap)
    assert len(scenes) == 5
    assert seen == [(5, 5)]


def test_every_argument_and_the_code_name_the_file(tmp_path, monkeypatch):
    for arguments in (("dev", 2, 0, 32), ("test", 2, 0, 32), ("dev", 3, 0, 32), ("dev", 2, 1, 32),
                      ("dev", 2, 0, 33)):  # fmt: skip
        scene_arrays(*arguments, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 5
    monkeypatch.setattr(cache, "_sources", lambda: b"other code")
    scene_arrays("dev", 2, 0, 32, folder=tmp_path)
    (left,) = tmp_path.iterdir()  # what the code before drew is of no more use
    assert b"other code".hex()[:8] in left.name


def test_a_broken_file_is_drawn_anew(tmp_path):
    images, _ = scene_arrays("dev", 2, 0, 32, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    again, _ = scene_arrays("dev", 2, 0, 32, folder=tmp_path)
    assert np.array_equal(images, again)
    assert np.array_equal(np.load(path), again)


def test_a_folder_that_cannot_be_is_done_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    images, _ = scene_arrays("dev", 2, 0, 32, folder=tmp_path / "file" / "below")
    assert images.shape == (2, 32, 32, 3)


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_CACHE", str(tmp_path / "here"))
    scene_arrays("dev", 1, 0, 32)
    assert list((tmp_path / "here").iterdir())


def test_progress_goes_up_to_the_end(tmp_path):
    seen = []
    scene_arrays("train", 150, 0, 32, folder=tmp_path, progress=lambda *step: seen.append(step))
    assert seen == [(64, 150), (128, 150), (150, 150)]


def test_seeds_and_splits_differ():
    assert scenes_for("train", 3, 0) == scenes_for("train", 3, 0)
    assert scenes_for("train", 3, 0) != scenes_for("train", 3, 1)
    assert scenes_for("train", 5, 0)[:3] == scenes_for("train", 3, 0)
    assert all(len(scene.objects) == 2 for scene in scenes_for("test", 5, 0, n_objects=2))
    with pytest.raises(ValueError, match="split"):
        scenes_for("nowhere", 1, 0)


@pytest.mark.parametrize(("split", "pairs"), [("dev", DEV_PAIRS), ("test", TEST_PAIRS)])
def test_zero_shot_scenes_show_each_pair(split, pairs):
    found = zero_shot(split, 3, seed=0)
    assert len(found) == 3 * len(pairs)
    assert {pair for _, pair in found} == pairs
    assert all([o.pair for o in scene.objects] == [pair] for scene, pair in found)
    assert found == zero_shot(split, 3, seed=0)
    with pytest.raises(ValueError, match="train"):
        zero_shot("train", 1, 0)
