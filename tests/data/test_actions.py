"""UT-Interaction: splits by sequence, on tiny tars; the counts on the real ones."""

import io
import os
import tarfile

import av
import numpy as np
import pytest

from mm_demo.data import actions, clip_folder
from mm_demo.data.actions import DEV_SEQUENCES, at_hand, build, classes, clips, reading
from mm_demo.data.clip_folder import FRAMES, SIDE
from mm_demo.errors import UserError

SETS = {"train": ("seq01", "seq02", "seq03", "seq10", "seq15"), "test": ("seq05", "seq07")}
CLASSES = ("hugging", "kicking")
FRAME = np.zeros((FRAMES, SIDE, SIDE, 3), np.uint8)


def clip(grey):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = np.full((48, 64, 3), grey, np.uint8)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        out.mux(stream.encode(None))
    return file.getvalue()


def write(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_DATA", str(tmp_path))
    film = clip(90)
    for name, sequences in SETS.items():
        members = {f"{c}/{s}_{k}.mp4": film for k, c in enumerate(CLASSES) for s in sequences}
        write(tmp_path / "actions" / f"actions-{name}.tar", members)
    return tmp_path


def sequences(split):
    return {name.split("/")[1].split("_")[0] for name in clips(split).names}


def test_no_sequence_is_in_two_splits(folder):
    parts = [sequences(split) for split in ("train", "dev", "test")]
    assert parts == [{"seq01", "seq03"}, set(DEV_SEQUENCES), set(SETS["test"])]


def test_clips_come_with_their_class(folder):
    found = clips("test")
    assert found.classes == CLASSES
    assert found.frames.shape == (4, FRAMES, SIDE, SIDE, 3)
    assert [found.classes[k] for k in found.labels] == [n.split("/")[0] for n in found.names]


def test_classes_are_known_before_a_clip_is_read_and_each_is_told(folder, monkeypatch):
    read = []
    monkeypatch.setattr(clip_folder, "_read", lambda file: read.append(file) or (FRAME, (64, 48)))
    assert classes() == CLASSES
    assert read == []
    told = [(len(read), each.what, each.done, each.total) for each in reading()]
    assert told == [(k, "reading", k, 10) for k in range(10)]
    assert [len(clips(split).labels) for split in ("train", "dev")] == [4, 6]
    assert len(read) == 10  # once


def test_a_tar_that_changed_is_read_again(folder):
    assert len(clips("test").labels) == 4
    tar = folder / "actions" / "actions-test.tar"
    write(tar, {f"{c}/seq08_{k}.mp4": clip(30) for c in CLASSES for k in range(3)})
    os.utime(tar, ns=(1, 1))
    assert len(clips("test").labels) == 6


def test_what_is_there_is_told_without_opening_it(folder, monkeypatch):
    assert at_hand()[0]
    lines = list(build())
    assert [line.split()[:2] for line in lines] == [["train", "4"], ["dev", "6"], ["test", "4"]]
    (folder / "actions" / "actions-test.tar").unlink()
    there, line = at_hand()
    assert not there
    assert "actions-test.tar missing" in line
    monkeypatch.delenv("MM_DEMO_DATA")
    assert not at_hand()[0]


def test_what_cannot_be_read_is_told(folder):
    with pytest.raises(ValueError, match="one of train, dev, test"):
        clips("val")
    tar = folder / "actions" / "actions-test.tar"
    tar.write_bytes(b"no tar at all" * 100)
    with pytest.raises(UserError, match=r"data\.broken"):
        clips("test")
    tar.unlink()
    with pytest.raises(UserError, match=r"data\.missing"):
        clips("test")


def test_a_member_that_would_leave_the_folder_is_refused(folder):
    tar = folder / "actions" / "actions-train.tar"
    write(tar, {"../../escaped.mp4": b"x"})
    with pytest.raises(UserError, match=r"data\.broken"):
        clips("train")


@pytest.mark.skipif(not os.environ.get("MM_DEMO_DATA"), reason="MM_DEMO_DATA is not set")
def test_the_real_set():
    assert at_hand()[0]
    parts = {split: clips(split) for split in actions.SPLITS}
    assert [len(part.labels) for part in parts.values()] == [65, 18, 37]
    seen = [sequences(split) for split in actions.SPLITS]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 20
    assert sequences("test") == {"seq05", "seq07", "seq08", "seq12", "seq14", "seq17"}
    for part in parts.values():
        assert part.classes == parts["train"].classes
        assert set(part.labels.tolist()) == set(range(6))
        assert (part.frames.std((1, 2, 3, 4)) > 5).all()
        names = [name.split("/")[0] for name in part.names]
        assert [part.classes[k] for k in part.labels] == names
