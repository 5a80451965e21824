"""A person's own folder of classes, or a zip of it: what is read, what is refused, what is held out."""

import io
import struct
import unicodedata
import zipfile

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.data import clip_folder
from mm_demo.data.clip_folder import (
    FRAMES,
    HELD_OUT,
    SIDE,
    ClipFolder,
    ClipSet,
    list_folder,
    opened,
    read_clips,
    split_rows,
    square,
    unpack,
)
from mm_demo.errors import UserError


def clip(grey: int, width: int = 96, height: int = 80, frames: int = 10) -> bytes:
    """Brighter from frame to frame, from `grey` on."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for k in range(frames):
            picture = np.full((height, width, 3), grey + 10 * k, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        out.mux(stream.encode(None))
    return file.getvalue()


CLIPS = [clip(20), clip(100)]


@pytest.fixture
def folder(tmp_path):
    """Two classes of two clips."""
    put(tmp_path / "set", {"up": 2, "down": 2})
    return tmp_path / "set"


def put(place, classes):
    for name, count in classes.items():
        (place / name).mkdir(parents=True)
        for number in range(count):
            (place / name / f"{number}.mp4").write_bytes(CLIPS[number % 2])


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def refused(work):
    with pytest.raises(UserError) as error:
        work()
    return error.value.key, error.value.facts


def read_folder(place) -> ClipSet:
    reading = read_clips(list_folder(place))
    while True:
        try:
            next(reading)
        except StopIteration as done:
            return done.value


def there(place):
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


# --- a folder ---------------------------------------------------------------------------------


def test_classes_and_clips_come_in_the_order_of_their_names(folder):
    found = read_folder(folder)
    assert found.classes == ("down", "up")
    assert found.names == ("down/0.mp4", "down/1.mp4", "up/0.mp4", "up/1.mp4")
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert found.shapes.tolist() == [[96, 80]] * 4
    assert (found.frames.shape, found.frames.dtype) == ((4, FRAMES, SIDE, SIDE, 3), np.uint8)
    light = found.frames.mean((2, 3, 4))
    assert (np.diff(light, axis=1) > -1).all()  # in the order of time
    assert light[0, -1] - light[0, 0] == pytest.approx(90, abs=4)  # from the first to the last
    assert (light[1] > light[0] + 70).all()


def test_rows_keep_a_clip_and_what_is_known_of_it_together(folder):
    found = read_folder(folder)
    some = found.rows(np.array([3, 0]))
    assert some.classes == found.classes
    assert some.names == ("up/1.mp4", "down/0.mp4")
    assert some.labels.tolist() == [1, 0]
    assert np.array_equal(some.frames, found.frames[[3, 0]])


def test_hidden_files_litter_and_links_are_passed_over(folder, tmp_path):
    (folder / ".git").mkdir()
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "x.mp4").write_bytes(b"x")
    (folder / "readme.txt").write_text("not a class")
    for name in (".DS_Store", "._0.mp4", "Thumbs.db", "desktop.ini"):
        (folder / "up" / name).write_bytes(b"x")
    (folder / "up" / "deeper").mkdir()
    secret = tmp_path / "secret"
    put(secret, {"inside": 2})
    (folder / "elsewhere").symlink_to(secret / "inside")
    (folder / "up" / "link.mp4").symlink_to(secret / "inside" / "0.mp4")
    found = read_folder(folder)
    assert found.names == ("down/0.mp4", "down/1.mp4", "up/0.mp4", "up/1.mp4")


@pytest.mark.parametrize("classes", [{}, {"up": 3}])
def test_less_than_two_classes_are_none(tmp_path, classes):
    (tmp_path / "set").mkdir()
    put(tmp_path / "set", classes)
    key, facts = refused(lambda: read_folder(tmp_path / "set"))
    assert (key, facts) == ("clips.no_classes", {"count": len(classes)})


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_needs_a_clip_to_learn_from_and_one_to_be_measured_on(folder, count):
    put(folder, {"still": count})
    key, facts = refused(lambda: read_folder(folder))
    assert (key, facts) == ("clips.too_few", {"name": "still", "count": count, "least": 2})


@pytest.mark.parametrize("twin", ["UP", "Up ", "ｕｐ"])
def test_two_classes_of_one_name_are_refused(folder, twin):
    assert unicodedata.normalize("NFKC", twin).casefold().strip() == "up"
    try:
        put(folder, {twin: 2})
    except FileExistsError:
        pytest.skip("this disk does not tell the two names apart")
    key, facts = refused(lambda: read_folder(folder))
    assert key == "clips.same_name"
    assert facts["name"] in ("up", twin)


def test_a_clip_that_cannot_be_read_is_named(folder):
    (folder / "up" / "2.mp4").write_bytes(b"no video at all")
    assert refused(lambda: read_folder(folder)) == ("clips.broken", {"file": "up/2.mp4"})


def test_too_many_are_refused_before_any_is_read(folder, monkeypatch):
    monkeypatch.setattr(clip_folder, "_read", lambda file: pytest.fail("read"))
    monkeypatch.setattr(clip_folder, "MOST_CLIPS", 3)
    assert refused(lambda: read_folder(folder)) == ("clips.too_many", {"count": 4, "limit": 3})
    monkeypatch.setattr(clip_folder, "MOST_CLASSES", 1)
    key, facts = refused(lambda: read_folder(folder))
    assert (key, facts) == ("clips.too_many_classes", {"count": 2, "limit": 1})


@pytest.mark.parametrize(("width", "height"), [(SIDE, SIDE), (200, 100), (50, 100), (40, 30)])
def test_the_middle_square_of_any_frame_has_the_same_side(width, height):
    frames = np.zeros((3, height, width, 3), np.uint8)
    frames[:, height // 2, width // 2] = 255
    found = square(frames)
    assert (found.shape, found.dtype) == ((3, SIDE, SIDE, 3), np.uint8)
    if min(width, height) <= SIDE:
        _, y, x, _ = np.argwhere(found).mean(0)
        assert abs(y - SIDE / 2) < 2
        assert abs(x - SIDE / 2) < 2


# --- when it is read ---


@pytest.mark.parametrize("as_zip", [False, True])
def test_classes_are_known_before_a_clip_is_read_and_each_is_told(
    folder, tmp_path, as_zip, monkeypatch
):
    place = folder
    if as_zip:
        members = {
            f"my set/{name}": (folder / name).read_bytes() for name in reversed(there(folder))
        }
        place = zipped(tmp_path / "a.zip", members)
    read, one = [], clip_folder._read
    monkeypatch.setattr(clip_folder, "_read", lambda file: read.append(file) or one(file))
    found = ClipFolder(place)
    assert found.classes == ("down", "up")
    for told in found.reading():
        assert (told.what, told.done, told.total) == ("reading", len(read), 4)
    assert len(read) == 4
    assert list(found.reading()) == []
    train, held = found.split("train"), found.split("test")
    assert len(read) == 4  # once
    assert train.classes == held.classes == found.classes
    assert len(train.labels) == len(held.labels) == 2
    assert np.array_equal(held.frames, found.split("dev").frames)
    assert np.array_equal(ClipFolder(place).split("train").frames, train.frames)


@pytest.mark.parametrize("as_zip", [False, True])
def test_what_a_listing_tells_is_refused_before_a_clip_is_read(tmp_path, monkeypatch, as_zip):
    monkeypatch.setattr(clip_folder, "_read", lambda file: pytest.fail("read"))
    refusals = {
        "clips.no_classes": {"up": 3},
        "clips.too_few": {"up": 2, "still": 1},
        "clips.same_name": {"up": 2, "UP": 2},
        "clips.too_many_classes": {"up": 2, "down": 2, "still": 2},
        "clips.too_many": {"up": 2, "down": 5},
    }
    monkeypatch.setattr(clip_folder, "MOST_CLIPS", 6)
    monkeypatch.setattr(clip_folder, "MOST_CLASSES", 2)
    for key, classes in refusals.items():
        place = tmp_path / key
        place.mkdir()
        put(place, classes)
        if as_zip:
            members = {name: (place / name).read_bytes() for name in there(place)}
            place = zipped(tmp_path / f"{key}.zip", members)
        assert refused(lambda place=place: ClipFolder(place))[0] == key


def test_a_clip_that_breaks_is_named_when_it_is_its_turn(folder):
    (folder / "up" / "2.mp4").write_bytes(b"no video at all")
    found = ClipFolder(folder)
    assert found.classes == ("down", "up")
    assert refused(lambda: list(found.reading())) == ("clips.broken", {"file": "up/2.mp4"})


# --- what is held out -------------------------------------------------------------------------


@given(st.lists(st.integers(2, 30), min_size=2, max_size=6), st.randoms())
def test_train_and_held_out_share_nothing_and_both_have_every_class(counts, random):
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    random.shuffle(labels)
    labels = np.array(labels)
    train, held = split_rows(labels)
    assert sorted([*train, *held]) == list(range(len(labels)))
    assert set(labels[train]) == set(labels[held]) == set(range(len(counts)))
    for label, count in enumerate(counts):
        assert abs((labels[held] == label).sum() - HELD_OUT * count) <= 0.5 + 1e-9 or count < 4
    again = split_rows(labels)
    assert np.array_equal(train, again[0])
    assert np.array_equal(held, again[1])


# --- a zip ------------------------------------------------------------------------------------


def test_a_zip_holds_what_its_folder_held(folder, tmp_path):
    members = {f"my set/{name}": (folder / name).read_bytes() for name in there(folder)}
    archive = zipped(tmp_path / "a.zip", members)
    with opened(archive) as place:
        found = read_folder(place)
    assert not place.exists()
    whole = read_folder(folder)
    assert found.classes == whole.classes
    assert np.array_equal(found.frames, whole.frames)
    assert np.array_equal(found.labels, whole.labels)
    with opened(folder) as place:
        assert place == folder


def test_only_the_class_and_the_clip_of_a_members_name_count(tmp_path):
    names = ["a/1.mp4", "deep/er/a/1.mp4", "back\\slash\\b\\1.mp4", "set/b/2.mp4"]
    archive = zipped(tmp_path / "a.zip", {name: name for name in names})
    unpack(archive, tmp_path / "out")
    found = there(tmp_path / "out")
    assert [name.split("/")[0] for name in found] == ["a", "a", "b", "b"]  # none overwritten
    texts = {(tmp_path / "out" / name).read_text().replace("\\", "/") for name in found}
    assert texts == {name.replace("\\", "/") for name in names}


@pytest.mark.parametrize(
    "name",
    [
        "../x.mp4", "a/../x.mp4", "../../../../a/x.mp4", "/x.mp4", "/etc/x.mp4", "..\\..\\x.mp4",
        "a/..", "a/.", "./x.mp4", "x.mp4", "a//x.mp4", "C:\\a\\x.mp4", ".hidden/x.mp4",
        "a/.DS_Store", "a/._x.mp4", "__MACOSX/a/x.mp4", "__MACOSX/x.mp4", "a/Thumbs.db", "a\0/x.mp4",
    ],
)  # fmt: skip
def test_nothing_is_written_outside_of_class_and_clip(tmp_path, name):
    into = tmp_path / "around" / "out"
    into.mkdir(parents=True)
    unpack(zipped(tmp_path / "a.zip", {name: "x", "a/good.mp4": "x"}), into)
    assert there(tmp_path / "around") == [f"out/{found}" for found in there(into)]
    assert all(len(found.split("/")) == 2 and not found.startswith(".") for found in there(into))
    assert any(found.endswith("-good.mp4") for found in there(into))
    assert len(there(into)) <= 2


def test_a_link_in_a_zip_becomes_a_plain_file(tmp_path):
    link = zipfile.ZipInfo("a/link.mp4")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(link, "/etc/hostname")
    unpack(archive, tmp_path / "out")
    (found,) = (tmp_path / "out" / "a").iterdir()
    assert not found.is_symlink()
    assert found.read_text() == "/etc/hostname"


def test_a_bomb_is_stopped_by_what_comes_out_not_by_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_folder, "MOST_UNPACKED", 3_000_000)
    each = bytes(2_000_000)
    archive = zipped(tmp_path / "a.zip", {"a/1.mp4": each, "a/2.mp4": each})
    assert archive.stat().st_size < 10_000
    assert refused(lambda: unpack(archive, tmp_path / "out"))[0] == "clips.too_large"
    written = sum((tmp_path / "out" / name).stat().st_size for name in there(tmp_path / "out"))
    assert written <= 3_000_000

    data = bytearray(archive.read_bytes())  # now both say that they hold ten bytes
    for mark, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            struct.pack_into("<I", data, at + place, 10)
    archive.write_bytes(data)
    key, _ = refused(lambda: unpack(archive, tmp_path / "again"))
    assert key in ("clips.too_large", "clips.not_a_zip")
    assert sum(f.stat().st_size for f in (tmp_path / "again").rglob("*.mp4")) <= 3_000_000


def test_one_clip_may_not_be_larger_than_a_video(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_folder, "MAX_BYTES", 1000)
    archive = zipped(tmp_path / "a.zip", {"a/1.mp4": bytes(1001)})
    assert refused(lambda: unpack(archive, tmp_path / "out"))[0] == "clips.too_large"


def test_a_zip_of_too_many_is_refused_before_any_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_folder, "MOST_CLIPS", 2)
    archive = zipped(tmp_path / "a.zip", {f"a/{k}.mp4": "x" for k in range(3)})
    key, facts = refused(lambda: unpack(archive, tmp_path / "out"))
    assert (key, facts) == ("clips.too_many", {"count": 3, "limit": 2})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no zip at all" * 100, CLIPS[0]])
def test_what_is_no_zip_is_refused(tmp_path, content):
    file = tmp_path / "a.zip"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"clips\.not_a_zip"), opened(file):
        pass
    with pytest.raises(UserError, match=r"clips\.not_a_zip"), opened(tmp_path / "missing.zip"):
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_python_unpacks_without_a_limit_is_refused(tmp_path, method):
    archive = zipped(tmp_path / "a.zip", {"a/1.mp4": bytes(1000)}, method)
    assert refused(lambda: unpack(archive, tmp_path / "out")) == ("clips.not_a_zip", {})


@given(st.integers(0, 2**32 - 1))
def test_a_damaged_zip_opens_or_is_refused(tmp_path_factory, seed):
    place = tmp_path_factory.mktemp("zip")
    rng = np.random.default_rng(seed)
    members = {f"a/{k}.mp4": rng.integers(0, 4, 300, dtype=np.uint8).tobytes() for k in range(2)}
    data = bytearray(zipped(place / "a.zip", members).read_bytes())
    for at in rng.integers(len(data), size=3):
        data[at] = int(rng.integers(256))
    (place / "a.zip").write_bytes(data)
    try:
        unpack(place / "a.zip", place / "out")
    except UserError as error:
        assert error.key.startswith("clips.")
    assert all(name.startswith(("a.zip", "out/")) for name in there(place))
