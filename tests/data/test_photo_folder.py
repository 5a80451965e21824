"""A person's own photographs: tables and texts as people have them, hostile folders and zips."""

import io
import os
import unicodedata
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mm_demo.data import photo_folder
from mm_demo.data.photo_folder import (
    _held_out,
    read_folder_split,
    read_photo_folder,
    read_pictures,
)
from mm_demo.errors import UserError
from mm_demo.words import say_error


def picture(red, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (6, 4), (red, 60, 60)).save(file, kind)
    return file.getvalue()


@pytest.fixture(params=["folder", "zip", "nested zip"])
def make(request, tmp_path):
    """Files (name to content) as a folder or a zip."""

    def made(files):
        if request.param == "folder":
            for name, content in files.items():
                path = tmp_path / "own" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            return tmp_path / "own"
        place = tmp_path / "own.zip"
        below = "my photos/" if request.param == "nested zip" else ""
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__MACOSX/._a.png", b"x")
            for name, content in files.items():
                archive.writestr(below + name, content)
        return place

    return made


def some(count=3):
    return {f"p{k}.png": picture(k) for k in range(count)}


def test_a_table_with_its_pictures(make):
    table = b'\xef\xbb\xbfcaption,image\r\n"A dog, a cat",p0.png\r\nA cow,p1.png\r\nA cow,p1.png\r\nRed,p1.png\r\n'
    place = make({**some(), "captions.csv": table, ".hidden.png": b"", "notes.txt": b"caption"})
    found = read_photo_folder(place)
    assert [name.rsplit("/", 1)[-1] for name in found.names] == ["p0.png", "p1.png"]
    assert found.captions == (("A dog, a cat",), ("A cow", "Red"))
    assert (found.name, found.missing, found.odd, found.kinds) == ("own", 1, 0, ())
    assert [pixels[0, 0, 0] for pixels in found.squares(3)] == [0, 1]
    assert found.picture(1).original_size == (6, 4)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("metadata.csv", "file_name,text\n{a},A\n{b},B\n"),
        ("captions.csv", "file_name;text;who\n{a};A;x\n{b};B;y\n"),
        ("captions.tsv", "text\tfile_name\nA\t{a}\nB\t{b}\n"),
        ("Captions.txt", "image,caption\n./{a},A\n{b},B\n"),
    ],
)
def test_tables_by_their_names(make, name, table):
    files = {"sub/a.JPG": picture(1, "JPEG"), "b.png": picture(2)}
    files[name] = table.format(a="Sub\\a.jpg", b="b.png").encode()
    found = read_photo_folder(make(files))
    assert sorted(found.captions) == [("A",), ("B",)]
    assert found.missing == 0


def test_accents_as_other_systems_write_them(make):
    name = "café.png"
    table = f"file_name,text\n{unicodedata.normalize('NFD', name)},A\np0.png,B\n"
    files = {
        unicodedata.normalize("NFC", name): picture(1),
        **some(1),
        "captions.csv": table.encode(),
    }
    assert len(read_photo_folder(make(files))) == 2


def test_texts_beside_the_pictures(make):
    files = {**some(4), "p0.txt": b"A dog\r\n\r\n A  cat \n", "p1.txt": "Ein Bär".encode()}
    files |= {"p2.txt": b"\xe9", "p3.txt": b"\n", "p9.txt": b"nobody's"}
    found = read_photo_folder(make(files))
    assert found.captions == (("A dog", "A cat"), ("Ein Bär",))
    assert (found.missing, found.odd) == (2, 2)


def test_a_long_text_is_left_out_and_a_long_caption_is_kept(make):
    long = " ".join(["word"] * 5000)
    files = {**some(3), "p0.txt": long.encode(), "p1.txt": b"B", "p2.txt": b"x" * 1_000_001}
    found = read_photo_folder(make(files))
    assert found.captions == ((long,), ("B",))
    assert found.odd == 1


def test_the_table_nearest_to_the_top_counts(make):
    files = {**some(2), "sub/captions.csv": b"file_name,text\np0.png,wrong\n"}
    files["captions.tsv"] = b"file_name\ttext\np0.png\tA\np1.png\tB\n"
    assert read_photo_folder(make(files)).captions == (("A",), ("B",))


def test_pictures_count_with_and_without_captions_wherever_the_table_lies(make):
    table = b"file_name,text\np0.png,red\nnowhere.png,nobody\n"
    files = {f"a/{name}": content for name, content in some(2).items()}
    place = make({**files, "a/captions.csv": table, "beside.png": picture(9)})
    found = read_pictures(place)
    names = [name.removeprefix("my photos/") for name in found.names]
    assert names == ["a/p0.png", "a/p1.png", "beside.png"]
    assert found.captions == (("red",), (), ())
    assert (found.missing, found.odd) == (1, 0)


def test_one_picture_is_enough_where_no_caption_is_asked_for(make):
    assert read_pictures(make(some(1))).captions == ((),)


def test_folders_that_differ_by_a_capital_are_two(tmp_path):
    place = tmp_path / "own.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("A/x.png", picture(1))
        archive.writestr("a/x.png", picture(2))
        archive.writestr("a/captions.csv", "file_name,text\nx.png,the second\n")
    found = read_pictures(place)
    assert dict(zip(found.names, found.captions, strict=True))["a/x.png"] == ("the second",)


def test_no_name_leaves_the_folder(tmp_path, monkeypatch):
    (tmp_path / "secret.png").write_bytes(picture(200))
    place = tmp_path / "own"
    (place / "sub").mkdir(parents=True)
    for name, content in some(2).items():
        (place / name).write_bytes(content)
    (place / "link.png").symlink_to(tmp_path / "secret.png")
    (place / "up").symlink_to(tmp_path)
    os.mkfifo(place / "pipe.png")
    names = ["../secret.png", str(tmp_path / "secret.png"), "sub/../../secret.png", "link.png",
             "up/secret.png", "pipe.png", "sub/../p0.png", "p0.png", "p1.png"]  # fmt: skip
    (place / "captions.csv").write_text("file_name,text\n" + "".join(f"{n},A\n" for n in names))
    found = read_photo_folder(place)
    assert found.names == ("p0.png", "p1.png")
    assert found.missing == 7


def test_zip_members_with_odd_names_are_not_read(tmp_path):
    place = tmp_path / "own.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for name in ("../p8.png", "/p9.png", "a/../p7.png", "..\\p6.png", *some(2)):
            archive.writestr(name, picture(1))
        table = "".join(f"p{k}.png,A\n../p{k}.png,A\n/p{k}.png,A\n" for k in range(10))
        archive.writestr("captions.csv", "file_name,text\n" + table)
    assert read_photo_folder(place).names == ("p0.png", "p1.png")
    assert os.listdir(tmp_path) == ["own.zip"]


def test_a_zip_bomb_and_other_packings_are_no_pictures(tmp_path):
    place = tmp_path / "own.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", picture(1))
        archive.writestr("b.png", bytes(200_000_000))
        archive.writestr("c.png", picture(3), zipfile.ZIP_LZMA)
        archive.writestr("captions.csv", "file_name,text\na.png,A\nb.png,B\nc.png,C\n")
    found = read_photo_folder(place)
    assert [pixels is None for pixels in found.squares(3)] == [False, True, True]
    with pytest.raises(UserError, match=r"image\.too_large"):
        found.picture(1)


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ({}, "no_pictures"),
        ({"captions.csv": b"file_name,text\na.png,A\n"}, "no_pictures"),
        (some(), "too_few"),
        ({**some(), "p1.txt": b"A"}, "too_few"),
        ({**some(), "captions.csv": b"file_name,text\nx.png,A\np1.png,B\n"}, "too_few"),
        ({**some(), "captions.csv": b"p0.png,A\np1.png,B\n"}, "no_header"),
        ({**some(), "captions.csv": b""}, "no_header"),
        ({**some(), "captions.csv": b"file_name,text\np0.png,\xe9\n"}, "not_text"),
    ],
)
def test_what_cannot_be_used_gets_a_sentence(make, files, key):
    place = make(files)
    place.parent.mkdir(exist_ok=True)
    if not files and place.suffix != ".zip":
        place.mkdir()
    with pytest.raises(UserError) as caught:
        read_photo_folder(place)
    assert caught.value.key == f"photos.{key}"
    for language in ("en", "zh"):
        assert "{" not in say_error(language, caught.value)


def test_neither_folder_nor_zip(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 and no more")
    for place in (tmp_path / "x.zip", tmp_path / "nowhere"):
        with pytest.raises(UserError, match=r"photos\.not_a_folder"):
            read_photo_folder(place)


@pytest.mark.parametrize(("ending", "key"), [("png", "too_many"), ("log", "too_many_files")])
def test_a_huge_folder_is_not_read_to_its_end(tmp_path, monkeypatch, ending, key):
    for part in range(20):
        (tmp_path / str(part)).mkdir()
        for k in range(10):
            (tmp_path / str(part) / f"{k}.{ending}").touch()
    monkeypatch.setattr(photo_folder, "MOST_PICTURES", 30)
    monkeypatch.setattr(photo_folder, "MOST_FILES", 60)
    looked, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (looked.append(path), scandir(path))[1])
    with pytest.raises(UserError, match=rf"photos\.{key}\("):
        read_photo_folder(tmp_path)
    assert len(looked) <= 6


def test_a_zip_with_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(photo_folder, "MOST_FILES", 3)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in some(4).items():
            archive.writestr(name, content)
    with pytest.raises(UserError, match=r"photos\.too_many_files"):
        read_photo_folder(tmp_path / "a.zip")


def test_splits_share_no_photograph(make):
    files = {**some(40), **{f"p{k}.txt": b"A" for k in range(40)}}
    place = make(files)
    whole, train, dev, test = (
        read_photo_folder(place), *(read_folder_split(place, s) for s in ("train", "dev", "test"))
    )  # fmt: skip
    assert not set(train.names) & set(dev.names)
    assert set(train.names) | set(dev.names) == set(whole.names)
    assert (dev.names, train.split, dev.split) == (test.names, "train", "dev")
    assert 3 <= len(dev) <= 16
    with pytest.raises(ValueError, match="all"):
        read_folder_split(place, "all")


@given(st.sets(st.text(max_size=8), min_size=2, max_size=60), st.sets(st.text(max_size=8)))
def test_what_is_held_out_stays_so(names, more):
    names, all_names = sorted(names), sorted(names | more)
    held = _held_out(tuple(names))
    assert 1 <= len(held) < len(names)
    later = {all_names[row] for row in _held_out(tuple(all_names))}
    moved = {names[row] for row in held} ^ (later & set(names))
    assert len(moved) <= 1  # the one that stood in while none was due


def test_one_in_five_is_held_out():
    shares = [len(_held_out(tuple(f"{s}-{k}" for k in range(1000)))) / 1000 for s in range(20)]
    assert abs(np.mean(shares) - 0.2) < 0.02
