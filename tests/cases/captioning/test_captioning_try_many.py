"""Many pictures: files, folders and zips in; rows, faults and a harmless CSV out."""

import csv
import io
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mm_demo.cases.captioning import many, try_many
from mm_demo.cases.captioning.decode import Decoding
from mm_demo.cases.captioning.many import (
    AT_ONCE,
    COLUMNS,
    Row,
    by_world,
    captioned,
    gathered,
    table,
)
from mm_demo.cases.captioning.try_many import Many
from mm_demo.errors import UserError


def paint(path, colour="#336699"):
    Image.new("RGB", (20, 10), colour).save(path)
    return path


def said(picture, model="captioning-scenes", language="en"):
    tint = picture.pixels[0, 0].tolist()
    return SimpleNamespace(
        caption=f"all {tint}", sureness=0.5, outside=tint[0] > 200, model=model, language=language
    )


def rows_of(files):
    return [
        row
        for rows in captioned(gathered(files), lambda pictures: list(map(said, pictures)))
        for row in rows
    ]


def test_broken_files_are_rows_and_lose_nothing_else(tmp_path):
    (tmp_path / "text.png").write_text("no")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    files = [
        paint(tmp_path / "a.png", "#010203"), tmp_path / "text.png", tmp_path / "empty.jpg",
        tmp_path / "broken.zip", paint(tmp_path / "b.png", "#040506"),
    ]  # fmt: skip
    rows = rows_of(files)
    assert [row.name for row in rows] == ["a.png", "text.png", "empty.jpg", "broken.zip", "b.png"]
    assert [row.answer.caption if row.answer else row.error.key for row in rows] == [
        "all [1, 2, 3]", "image.not_a_picture", "image.not_a_picture", "photos.not_a_folder",
        "all [4, 5, 6]",
    ]  # fmt: skip


def test_a_zip_and_files_come_together_in_order(tmp_path):
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        for name, colour in (("in/b.png", "#020202"), ("in/a.png", "#010101")):
            archive.write(paint(tmp_path / "x.png", colour), name)
        archive.writestr("../../evil.png", b"no picture")
        archive.writestr("notes.md", b"nothing")
    rows = rows_of([tmp_path / "some.zip", paint(tmp_path / "c.png", "#030303")])
    told = {row.name: row.answer and row.answer.caption for row in rows}
    assert told["in/a.png"] == "all [1, 1, 1]"
    assert told["in/b.png"] == "all [2, 2, 2]"
    assert told["c.png"] == "all [3, 3, 3]"
    assert "notes.md" not in told


def test_more_than_are_open_at_a_time_keep_their_order(tmp_path):
    files = [paint(tmp_path / f"{n:02}.png", (n, n, n)) for n in range(AT_ONCE + 3)]
    files.insert(5, tmp_path / "gone.png")
    counts = []

    def answer(pictures):
        counts.append(len(pictures))
        return list(map(said, pictures))

    rows = [row for some in captioned(gathered(files), answer) for row in some]
    assert counts == [AT_ONCE - 1, 4]
    assert rows[5].error.key == "image.not_a_picture"
    right = [f"all [{n}, {n}, {n}]" for n in range(AT_ONCE + 3)]
    assert [row.answer.caption for row in rows if row.answer] == right


def test_one_zip_that_cannot_be_read_is_the_answer(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"no")
    with pytest.raises(UserError, match=r"photos\.not_a_folder"):
        gathered([tmp_path / "x.zip"])
    with pytest.raises(UserError, match=r"photos\.no_pictures"):
        gathered([])


def test_limits_are_those_of_own_photographs(tmp_path, monkeypatch):
    files = [paint(tmp_path / f"{n}.png") for n in range(3)]
    monkeypatch.setattr(many, "MOST_PICTURES", 2)
    with pytest.raises(UserError, match=r"photos\.too_many"):
        gathered(files)
    monkeypatch.setattr(many, "MOST_PICTURES", 3)
    monkeypatch.setattr(many, "MOST_BYTES", 2 * files[0].stat().st_size)
    with pytest.raises(UserError, match=r"photos\.too_large"):
        gathered(files)


class Model:
    def __init__(self, name, languages):
        self.name, self.languages = name, languages

    def captions(self, pictures, how, language):
        assert language in self.languages
        return [said(picture, self.name, language) for picture in pictures]


def test_each_picture_goes_to_its_world_in_a_language_that_it_speaks(tmp_path):
    models = {"scenes": Model("scenes", ("en", "zh")), "photos": Model("photos", ("en",))}
    pictures = [many.open_picture(paint(tmp_path / f"{n}.png", (n, n, n))) for n in range(4)]
    worlds = ["photos", "scenes", "photos", "scenes"]
    told = by_world(pictures, worlds, models.__getitem__, Decoding(), "zh")
    assert [(each.caption, each.model, each.language) for each in told] == [
        ("all [0, 0, 0]", "photos", "en"), ("all [1, 1, 1]", "scenes", "zh"),
        ("all [2, 2, 2]", "photos", "en"), ("all [3, 3, 3]", "scenes", "zh"),
    ]  # fmt: skip


def read(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_csv_has_a_head_and_keeps_what_is_in_it():
    line = ('a,"b".png', "海上有船", "zh", "0.5000", "no", "m", "")
    assert read(table([line])) == [list(COLUMNS), list(line)]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_no_cell_is_a_formula(names):
    lines = read(table([(name, *[""] * 6) for name in names]))[1:]
    assert len(lines) == len(names)
    for name, (cell, *_) in zip(names, lines, strict=True):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.removeprefix("'") == name.removeprefix("'") or max(name) >= "\ud800"


def test_faults_are_told_in_words_in_the_csv():
    cells = try_many.cells_of(Row("=x.png", error=UserError("image.not_a_picture")))
    assert cells[:2] == ("=x.png", "")
    assert cells[-1].startswith("This file is not a picture")
    assert read(table([cells]))[1][0] == "'=x.png"


@pytest.fixture
def page():
    model = Model("captioning-scenes", ("en",))
    context = SimpleNamespace(
        case=SimpleNamespace(name="captioning"), predictor=lambda session, name: model
    )
    return Many(context), SimpleNamespace(session_hash="me")


HOW = {"method": "greedy"}


def test_the_page_counts_and_ends_with_a_table_and_all_cells(page, tmp_path, monkeypatch):
    cards, request = page
    monkeypatch.setattr(try_many, "SHOWN", 2)
    monkeypatch.setattr(many, "AT_ONCE", 2)
    monkeypatch.setattr(try_many, "_BETWEEN", 0)
    files = [paint(tmp_path / f"<i>{n}.png", (250 * (n == 1), n, n)) for n in range(4)]
    (tmp_path / "no.png").write_text("no")
    told = list(
        cards.run(request, [*map(str, files), str(tmp_path / "no.png")], HOW, "en", "scenes")
    )
    assert "0 of 5" in told[0][0]
    assert "2 of 5" in told[1][0]
    last, _, cells, emptied = told[-1]
    assert "Done: 5" in last
    assert "Files that cannot be opened: 1." in last
    assert "3 more rows are in the CSV" in last
    assert last.count("<img") == 2
    assert last.count("cp-mark") == 1
    assert "<i>0" not in last
    assert [cell[4] for cell in cells] == ["no", "yes", "no", "no", ""]
    assert emptied is None
    assert not cards.stops


def test_stopping_keeps_what_is_done(page, tmp_path, monkeypatch):
    cards, request = page
    monkeypatch.setattr(many, "AT_ONCE", 2)
    monkeypatch.setattr(try_many, "_BETWEEN", 0)
    files = [str(paint(tmp_path / f"{n}.png")) for n in range(6)]
    running = cards.run(request, files, HOW, "en", "scenes")
    next(running), next(running)
    cards.stop(SimpleNamespace(session_hash="another"))
    next(running)
    cards.stop(request)
    *_, (last, _, cells, _) = running
    assert "Stopped after 4 of 6" in last
    assert len(cells) == 4
    cards.stop(request)  # nothing runs: no fault


def test_an_illegal_setting_is_a_card_and_ends_the_pass(page):
    cards, request = page
    told = list(cards.run(request, ["x.png"], {"method": "beam", "beam": 0}, "en", "scenes"))
    assert "outside its range" in told[-1][0]
    assert not cards.stops


def test_the_file_to_download_is_the_table(page, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    update = page[0].file([("@a.png", "x", "en", "0.5", "no", "m", "")])
    assert read(Path(update["value"]).read_bytes())[1][0] == "'@a.png"
