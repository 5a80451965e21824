"""A visitor's own photographs: they come in whole, with what was left out, or not at all."""

import io
import zipfile

import pytest
from PIL import Image

from mm_demo.data import own_photos
from mm_demo.data.own_photos import Added
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.errors import UserError


def jpeg(number, size=(24, 18)):
    file = io.BytesIO()
    Image.new("RGB", size, (40 * number % 255, 90, 120)).save(file, "JPEG")
    return file.getvalue()


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return str(path)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "own"
    place.mkdir()
    return place


@pytest.fixture
def album(tmp_path):
    """Three photographs with four captions; one without, one broken, one caption without its picture."""
    table = (
        "file_name,text\n"
        'a.jpg,"a dog, and a ""ball"""\na.jpg,a brown dog\nb.jpg,two\tcats\nc.jpg,a bus\n'
        "c.jpg,a bus\nbroken.jpg,nothing\nnowhere.jpg,nobody\njust one cell\n"
    )
    files = {f"album/{name}.jpg": jpeg(i) for i, name in enumerate(("a", "b", "c", "silent"))}
    files |= {"album/captions.csv": table, "album/broken.jpg": b"\xff\xd8\xff no more"}
    return zipped(tmp_path / "album.zip", files)


def said(folder):
    photos = read_photo_folder(folder)
    return dict(zip(photos.names, photos.captions, strict=True))


def test_a_zip_comes_in_and_tells_what_was_left_out(folder, album):
    added = own_photos.add(folder, [album])
    assert added == Added(photographs=3, captions=4, alone=2, broken=1, odd=1)
    assert list(said(folder).values()) == [
        ('a dog, and a "ball"', "a brown dog"), ("two cats",), ("a bus",),
    ]  # fmt: skip
    assert [place.name for place in folder.parent.iterdir() if place.is_dir()] == ["own"]


def test_more_come_in_beside_what_is_there(folder, album, tmp_path):
    own_photos.add(folder, [album])
    loose = []
    for number in range(2):
        picture, text = tmp_path / f"sea{number}.JPG", tmp_path / f"sea{number}.txt"
        picture.write_bytes(jpeg(number))
        text.write_text(f"the sea {number}\nwaves\n", encoding="utf-8")
        loose += [str(picture), str(text)]
    assert own_photos.add(folder, loose) == Added(2, 4, 0, 0, 0)
    found = own_photos.gathered(folder, 2)
    assert (found.captions, found.train + found.held_out) == (8, 5)
    assert len(found.shown) == 2
    assert own_photos.thumbnail(found.shown[0][0]).startswith("data:image/webp")
    assert said(folder)["000005.jpg"] == ("the sea 1", "waves")


def test_several_zips_and_pictures_come_in_at_once(folder, album, tmp_path):
    second = zipped(
        tmp_path / "two.zip",
        {
            f"{n}.{end}": jpeg(n) if end == "jpg" else f"line {n}"
            for n in (7, 8)
            for end in ("jpg", "txt")
        },
    )
    loose = [tmp_path / f"sea{number}.{end}" for number in range(2) for end in ("jpg", "txt")]
    for file in loose:
        file.write_bytes(jpeg(3) if file.suffix == ".jpg" else b"the sea")
    added = own_photos.add(folder, [album, second, *map(str, loose)])
    assert (added.photographs, added.captions) == (3 + 2 + 2, 4 + 2 + 2)
    assert [lines[0] for lines in said(folder).values()][3:] == [
        "line 7",
        "line 8",
        "the sea",
        "the sea",
    ]


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ({"a.jpg": jpeg(1), "b.jpg": jpeg(2)}, "photos.too_few"),
        ({"captions.csv": "file_name,text\na.jpg,a dog\n"}, "photos.no_pictures"),
        ({"a.jpg": jpeg(1), "captions.csv": "one,two\nx,y\n"}, "photos.no_header"),
        ({"a.jpg": jpeg(1), "captions.csv": b"\xff\xff\x80"}, "photos.not_text"),
        (None, "photos.not_a_folder"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_lost(folder, album, tmp_path, files, key):
    own_photos.add(folder, [album])
    before = said(folder)
    bad = tmp_path / "bad.zip"
    if files is None:
        bad.write_bytes(b"no zip")
    else:
        zipped(bad, files)
    with pytest.raises(UserError) as refused:
        own_photos.add(folder, [album, str(bad)])
    assert refused.value.key == key
    assert said(folder) == before


def test_pictures_of_which_none_opens_are_said_so(folder, tmp_path):
    files = {"a.jpg": b"x", "b.jpg": b"y", "a.txt": "a", "b.txt": "b"}
    with pytest.raises(UserError) as refused:
        own_photos.add(folder, [zipped(tmp_path / "bad.zip", files)])
    assert (refused.value.key, refused.value.facts) == ("photos.none_opened", {"count": 2})


def test_more_than_there_is_room_for_is_said(folder, album, monkeypatch):
    monkeypatch.setattr(own_photos, "MOST_BYTES", 900)
    with pytest.raises(UserError) as refused:
        own_photos.add(folder, [album])
    assert refused.value.key == "photos.too_large"
    monkeypatch.setattr(own_photos, "MOST_BYTES", 10**6)
    monkeypatch.setattr(own_photos, "MOST_PICTURES", 2)
    with pytest.raises(UserError) as refused:
        own_photos.add(folder, [album])
    assert refused.value.key == "photos.too_many"
    assert not any(folder.iterdir())


def test_one_pixel_by_five_thousand_is_a_photograph_too(folder, tmp_path):
    files = {"a.jpg": jpeg(1, (1, 5000)), "a.txt": "a line", "b.jpg": jpeg(2), "b.txt": "b"}
    assert own_photos.add(folder, [zipped(tmp_path / "thin.zip", files)]).photographs == 2
    (thin, _), _ = own_photos.gathered(folder, 9).shown
    assert own_photos.thumbnail(thin)


def test_removed_is_removed(folder, album):
    own_photos.add(folder, [album])
    own_photos.remove(folder)
    assert own_photos.gathered(folder, 5) is None
    assert own_photos.add(folder, [album]).photographs == 3
