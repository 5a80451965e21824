"""What a gallery is filled from: drawn scenes, packages, data sets at hand, a person's folder or zip."""

import io
import zipfile

import pytest
from PIL import Image

from mm_demo.cases.retrieval import gallery_sources
from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.cases.retrieval.gallery_items import Added, row_of
from mm_demo.cases.retrieval.gallery_sources import (
    DrawnScenes,
    at_hand,
    build,
    own_pictures,
    packaged,
)
from mm_demo.data import flickr8k
from mm_demo.data.photo_set import Photos
from mm_demo.data.picture_files import Stored
from mm_demo.data.scenes import ALL_PAIRS
from mm_demo.errors import UserError
from mm_demo.media.image import MAX_BYTES
from tests.cases.retrieval.gallery_pictures import DIM, embed
from tests.cases.retrieval.test_gallery import question, run


def picture(red, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (red, 60, 60)).save(file, kind)
    return file.getvalue()


@pytest.fixture
def gallery(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery_sources, "DrawnScenes", lambda: DrawnScenes(70))
    return Gallery(tmp_path / "gallery")


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    """Two photographs where Flickr8k's dev split would be."""
    files = []
    for n in range(2):
        files.append(tmp_path / f"{n}.png")
        files[-1].write_bytes(picture(n))
    found = Photos(
        "flickr8k", "dev", ("0.jpg", "1.jpg"), (("A", "B"), ("C",)), (), 0,
        tuple(map(Stored, files)),
    )  # fmt: skip
    monkeypatch.setattr(flickr8k, "read", {"dev": found}.__getitem__)
    monkeypatch.setattr(flickr8k, "at_hand", lambda: (True, ""))


def test_drawn_scenes_are_those_of_the_test_split_and_always_the_same():
    first, again = (list(DrawnScenes(5)) for _ in range(2))
    assert [row_of(n, "")["id"] for n in first] == [row_of(n, "")["id"] for n in again]
    assert len({row_of(n, "")["id"] for n in first}) == 5
    assert [n.caption for n in first] == [n.caption for n in again]
    assert all(n.caption and n.source == "scenes" for n in first)


def test_installed_packages_ship_photographs_that_open():
    files = {new.picture.name for new in packaged()}
    assert files >= {"cheetah1.jpg", "lion.jpg", "tower.jpg"}
    for new in packaged():
        assert row_of(new, "") is not None
        assert new.caption.endswith(".")


def test_a_gallery_is_built_once(gallery, photographs):
    said, added = run(build(gallery, at_hand(), embed, "m"))
    assert added == Added(70 + len(packaged()) + 2, 0, 0)
    assert (said[0].done, said[0].total) == (64, 70)
    assert run(build(gallery, at_hand(), embed, "m")) == ([], Added(0, 0, 0))
    hits = gallery.search(question(), 5, sources=["flickr8k"], model="m")
    assert {hit.caption for hit in hits} == {"A\nB", "C"}


def test_a_build_that_was_cut_short_goes_on(gallery):
    building = build(gallery, ["scenes"], embed, "m")
    next(building)
    building.close()
    assert (gallery.count("m"), gallery.built()) == (64, ())
    assert run(build(gallery, ["scenes"], embed, "m"))[1] == Added(6, 64, 0)
    assert gallery.built() == ("scenes",)


def test_real_data_stay_off_a_public_page(gallery, photographs, monkeypatch):
    run(build(gallery, ["flickr8k"], embed, "m"))
    assert gallery.count("m") == 2
    monkeypatch.setenv("SPACE_ID", "somebody/something")
    public = Gallery(gallery.place)
    assert at_hand() == ("scenes", "packages")
    assert public.count("m") == public.outdated("n") == len(list(public.items())) == 0
    assert public.search(question(), 5, sources=["flickr8k"], model="m") == []
    ids = Gallery(gallery.place).tables.ids("pictures")
    assert len(ids) == 2
    assert public.thumbnails(ids) == {}
    with pytest.raises(ValueError, match="no source"):
        run(build(public, ["flickr8k"], embed, "m"))


def test_a_source_that_is_none_is_refused(gallery):
    with pytest.raises(ValueError, match="no source"):
        run(build(gallery, ["everything"], embed, "m"))


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_hostile_zip_adds_its_honest_pictures_and_writes_nowhere_else(gallery, tmp_path):
    place = zipped(
        tmp_path / "own.zip",
        {
            "captions.csv": "file_name,text\na.png,red\nbomb.png,big\nb.jpg,no\n../c.png,up\nd.png,d\n",
            "a.png": picture(200),
            "bomb.png": bytes(MAX_BYTES + 1),
            "b.jpg": b"no picture",
            "../c.png": picture(90),
            "/d.png": picture(80),
        },
    )
    there = set(tmp_path.rglob("*"))
    own = own_pictures([place])
    assert run(gallery.add(own, embed, "m"))[1] == Added(1, 0, 2)
    hits = gallery.search(question(), 5, model="m")
    assert [(hit.caption, hit.source) for hit in hits] == [("red", "own")]
    new = {path for path in set(tmp_path.rglob("*")) - there if gallery.place not in path.parents}
    assert new <= {gallery.place}
    assert run(gallery.add(own, embed, "m"))[1] == Added(0, 1, 2)


def test_a_folder_is_added_with_all_its_sentences(gallery, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    for red in (10, 200):
        (folder / f"{red}.png").write_bytes(picture(red))
        (folder / f"{red}.txt").write_text(f"one {red}\ntwo {red}\n")
    said, added = run(gallery.add(own_pictures([folder]), embed, "m"))
    assert (said[-1].done, said[-1].total, added.new) == (2, 2, 2)
    captions = {hit.caption for hit in gallery.search(question(), 2, model="m")}
    assert captions == {"one 10\ntwo 10", "one 200\ntwo 200"}
    assert gallery.embeddings("m")[1].shape == (2, DIM)


def test_files_folders_and_zips_come_together_with_or_without_sentences(gallery, tmp_path):
    (tmp_path / "alone.png").write_bytes(picture(30))
    folder = tmp_path / "silent"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.png").write_bytes(picture(60))
    table = "file_name,text\nsaid.png,a red one\nsaid.png,red all over\nnowhere.png,nobody\n"
    album = {"album/said.png": picture(90), "album/silent.png": picture(120)}
    album |= {"album/captions.csv": table, "beside.png": picture(150)}
    places = [tmp_path / "alone.png", folder, zipped(tmp_path / "album.zip", album)]
    own = own_pictures(places)
    assert len(own) == 5
    assert run(gallery.add(own, embed, "m"))[1] == Added(5, 0, 0)
    captions = sorted(hit.caption for hit in gallery.search(question(), 9, model="m"))
    assert captions == ["", "", "", "", "a red one\nred all over"]


def test_one_picture_without_a_sentence_is_enough(gallery, tmp_path):
    place = zipped(tmp_path / "one.zip", {"one.png": picture(9), "notes.txt": b"no caption"})
    assert run(gallery.add(own_pictures([place]), embed, "m"))[1] == Added(1, 0, 0)


@pytest.mark.parametrize(
    ("files", "key"),
    [
        (None, "retrieval.own.nothing"),
        ({"a.txt": b"words"}, "photos.no_pictures"),
        ({"a.png": picture(1), "captions.csv": "one,two\n"}, "photos.no_header"),
        ({f"{n}.png": picture(n) for n in range(4)}, "retrieval.own.too_many"),
        ({"a.png": bytes(20_000)}, "photos.too_large"),
    ],
)
def test_what_cannot_be_added_is_said(tmp_path, monkeypatch, files, key):
    monkeypatch.setattr(gallery_sources, "MOST_ADDED", 3)
    monkeypatch.setattr(gallery_sources, "MOST_BYTES", 10_000)
    with pytest.raises(UserError) as told:
        own_pictures([] if files is None else [zipped(tmp_path / "own.zip", files)])
    assert told.value.key == key
    (tmp_path / "no.zip").write_bytes(b"PK no zip")
    with pytest.raises(UserError, match=r"photos\.not_a_folder"):
        own_pictures([tmp_path / "no.zip"])


def test_every_colour_and_kind_stands_alone_somewhere():
    alone = gallery_sources._alone()
    assert {(o.colour, o.kind) for scene in alone for o in scene.objects} == set(ALL_PAIRS)
    assert all(len(scene.objects) == 1 for scene in alone)
    assert len(list(DrawnScenes(40))) == 40
