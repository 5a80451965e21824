"""A visitor's own photographs: they come in whole, with what was left out, stay theirs, and train."""

import io
import zipfile
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from mm_demo.case import OWN
from mm_demo.cases.clip import CLIP, own_panel, own_photos
from mm_demo.cases.clip.own_photos import Added
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.errors import UserError
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs
from mm_demo.ui.trainer import Order, Trainer

ME = SimpleNamespace(session_hash="me")


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
    assert refused.value.key == "clip.own.too_large"
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


@pytest.fixture
def panel():
    """The panel's two handlers, and the context."""
    context = Context(CLIP, Language(), Runs(), None)
    with gr.Blocks() as demo:
        own_panel.build(context)
    upload, clear = (function.fn for function in demo.fns.values())
    return context, upload, clear


def test_the_panel_says_what_came_in_in_both_languages(panel, album):
    _, put, clear = panel
    note, gathered, _ = put(ME, [album])
    assert "Added 3 photographs with 4 captions" in note
    assert "加入了 3 张照片，4 句说明" in note
    assert "pictures that cannot be opened: 1." in note
    assert "with no partner" in note
    assert "3 photographs, 4 captions; 1 held out" in gathered
    assert gathered.count("<img") == 3
    assert 'title="a dog, and a &quot;ball&quot;"' in gathered
    note, gathered = clear(ME)
    assert note == ""
    assert "No photographs yet." in gathered


def test_the_panel_keeps_what_is_there_when_an_upload_is_refused(panel, album, tmp_path):
    _, put, _ = panel
    put(ME, [album])
    note, gathered, _ = put(
        ME, [zipped(tmp_path / "bad.zip", {"captions.csv": "file_name,text\n"})]
    )
    assert "There is no picture here." in note
    assert "Nothing was added; what was here is kept." in note
    assert "原来的都还在" in note
    assert "3 photographs, 4 captions" in gathered


def test_another_visitor_sees_none_of_it(panel, album):
    context, put, _ = panel
    put(ME, [album])
    other = context.runs.own_data("other", "clip")
    assert own_photos.gathered(other, 5) is None


def test_a_training_reads_the_visitors_folder(panel, album):
    context, put, _ = panel
    put(ME, [album])
    given = []

    def start(case, dataset, config, out, **more):
        given.append(dataset)
        yield from ()

    trainer = Trainer(start, context.runs, lambda folder: None)
    list(trainer.run("me", Order(CLIP, OWN, "quick", CLIP.preset("quick", OWN))))
    (place,) = given
    assert len(read_photo_folder(context.runs.own_data("me", "clip"))) == 3
    assert str(context.runs.own_data("me", "clip")) == place
