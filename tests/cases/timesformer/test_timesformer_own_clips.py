"""A visitor's own classes: clips come in whole, stay theirs, and train."""

import zipfile

import numpy as np
import pytest

from mm_demo.case import OWN
from mm_demo.cases.timesformer import TIMESFORMER, own_clips
from mm_demo.cases.timesformer.own_panel import _rows
from mm_demo.cases.timesformer.studio import write
from mm_demo.errors import UserError
from mm_demo.ui.runs import Runs
from mm_demo.ui.trainer import Order, Trainer


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A clip of half a second in which a light square goes to the right."""
    frames = np.full((12, 64, 96, 3), 40, np.uint8)
    for k in range(12):
        frames[k, 20:44, 4 * k : 4 * k + 24] = 220
    return write(frames, tmp_path_factory.mktemp("clip") / "square")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "own"
    place.mkdir()
    return place


def counts(folder):
    return {name: len(clips) for name, clips in own_clips.classes(folder).items()}


def test_clips_of_a_class_are_copied_and_numbered(folder, clip):
    own_clips.add(folder, "  wave   left ", [str(clip), str(clip)])
    own_clips.add(folder, "Wave Left", [str(clip)])
    assert counts(folder) == {"wave left": 3}
    assert len({file.name for file in own_clips.classes(folder)["wave left"]}) == 3
    assert clip.exists()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("", "bad_name"), ("  ", "bad_name"), ("a/b", "bad_name"), ("..", "bad_name"),
        (".x", "bad_name"), ("a\0b", "bad_name"), ("a\\b", "bad_name"), ("x" * 41, "long_name"),
    ],
)  # fmt: skip
def test_a_name_that_could_leave_the_folder_is_refused(folder, clip, name, key):
    with pytest.raises(UserError) as error:
        own_clips.add(folder, name, [str(clip)])
    assert error.value.key == f"clips.{key}"
    assert counts(folder) == {}
    assert [path.name for path in folder.parent.iterdir()] == ["own"]


def test_one_broken_clip_keeps_all_of_them_out_and_loses_nothing(folder, clip, tmp_path):
    own_clips.add(folder, "wave", [str(clip)])
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    with pytest.raises(UserError) as error:
        own_clips.add(folder, "point", [str(clip), str(broken)])
    assert error.value.key == "clips.broken"
    assert counts(folder) == {"wave": 1}


def test_a_zip_brings_its_own_classes(folder, clip, tmp_path):
    archive = tmp_path / "moves.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("moves/up/1.mp4", "moves/up/2.mp4", "moves/down/1.mp4", "__MACOSX/up/._1.mp4"):
            file.write(clip, name)
    own_clips.add(folder, "", [str(archive)])
    assert counts(folder) == {"down": 1, "up": 2}


def test_too_many_bytes_are_told_before_any_is_kept(folder, clip, monkeypatch):
    monkeypatch.setattr(own_clips, "MOST_BYTES", 10)
    with pytest.raises(UserError) as error:
        own_clips.add(folder, "wave", [str(clip)])
    assert error.value.key == "clips.too_large"
    assert counts(folder) == {}


def test_a_clip_and_a_class_can_be_taken_out(folder, clip):
    own_clips.add(folder, "wave", [str(clip)] * 2)
    own_clips.add(folder, "point", [str(clip)])
    first = own_clips.classes(folder)["wave"][0].name
    own_clips.remove(folder, "wave", first)
    own_clips.remove(folder, "../own", None)
    assert counts(folder) == {"point": 1, "wave": 1}
    own_clips.remove(folder, "point")
    assert counts(folder) == {"wave": 1}


def test_the_rows_escape_what_a_visitor_named(folder, clip):
    own_clips.add(folder, "a & b", [str(clip)])
    html = _rows(own_clips.classes(folder))
    assert "a &amp; b" in html
    assert "a & b" not in html
    assert html.count("<img") == 1


def test_own_data_is_one_visitors_and_goes_with_them(tmp_path, clip):
    runs = Runs(root=tmp_path)
    mine, theirs = (runs.own_data(name, "timesformer") for name in ("a", "b"))
    assert mine != theirs
    assert mine == runs.own_data("a", "timesformer")
    own_clips.add(mine, "wave", [str(clip)])
    runs.forget("a")
    assert not mine.exists()
    assert theirs.exists()


def test_training_on_own_clips_gets_the_visitors_folder(tmp_path):
    runs, seen = Runs(root=tmp_path), []

    def start(case, dataset, *_args, **_options):
        seen.append(dataset)
        return (event for event in ())

    trainer = Trainer(start, runs, lambda folder: None)
    order = Order(TIMESFORMER, OWN, "quick", TIMESFORMER.preset("quick", OWN))
    list(trainer.run("a", order))
    assert seen == [str(runs.own_data("a", "timesformer"))]


def test_only_the_owner_of_the_machine_may_name_a_place(tmp_path):
    with pytest.raises(UserError):
        TIMESFORMER.check_dataset(str(tmp_path))
    assert TIMESFORMER.check_dataset(str(tmp_path), folders=True) == str(tmp_path)
    with pytest.raises(UserError):
        TIMESFORMER.check_dataset(OWN, folders=True)
    assert TIMESFORMER.check_dataset(OWN) == OWN
