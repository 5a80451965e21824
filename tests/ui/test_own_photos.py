"""Where a visitor gathers photographs in Train: what came in is said, stays theirs, and trains."""

import io
import zipfile
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from mm_demo.case import OWN
from mm_demo.cases.clip import CLIP
from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.data import own_photos
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs
from mm_demo.ui.trainer import Order, Trainer

ME = SimpleNamespace(session_hash="me")


def zipped(path, table, pictures=""):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("captions.csv", table)
        for shade, name in enumerate(pictures):
            file = io.BytesIO()
            Image.new("RGB", (24, 18), (40 * shade, 90, 120)).save(file, "JPEG")
            archive.writestr(f"{name}.jpg", file.getvalue())
        archive.writestr("broken.jpg", b"\xff\xd8\xff no more")
    return str(path)


@pytest.fixture
def album(tmp_path):
    """Three photographs with four captions; one without, one broken, one caption without its picture."""
    table = (
        "file_name,text\n"
        'a.jpg,"a dog, and a ""ball"""\na.jpg,a brown dog\nb.jpg,two\tcats\nc.jpg,a bus\n'
        "broken.jpg,nothing\nnowhere.jpg,nobody\n"
    )
    return zipped(tmp_path / "album.zip", table, "abcd")


@pytest.fixture(params=[CLIP, RETRIEVAL], ids=lambda case: case.name)
def panel(request):
    """The panel's two handlers, and the context."""
    context = Context(request.param, Language(), Runs(), None)
    with gr.Blocks() as demo:
        request.param.module("own_panel").build(context)
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
    note, gathered, _ = put(ME, [zipped(tmp_path / "bad.zip", "one,two\n")])
    assert "names no column for the file" in note
    assert "Nothing was added; what was here is kept." in note
    assert "原来的都还在" in note
    assert "3 photographs, 4 captions" in gathered


def test_another_visitor_sees_none_of_it(panel, album):
    context, put, _ = panel
    put(ME, [album])
    other = context.runs.own_data("other", context.case.name)
    assert own_photos.gathered(other, 5) is None


def test_a_training_reads_the_visitors_folder(panel, album):
    context, put, _ = panel
    put(ME, [album])
    given = []

    def start(case, dataset, config, out, **more):
        given.append(dataset)
        yield from ()

    trainer = Trainer(start, context.runs, lambda folder: None)
    case = context.case
    list(trainer.run("me", Order(case, OWN, "quick", case.preset("quick", OWN))))
    (place,) = given
    assert len(read_photo_folder(context.runs.own_data("me", case.name))) == 3
    assert str(context.runs.own_data("me", case.name)) == place
