"""The gallery: what is added is found, exactly; what is not meant to be seen is not."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.cases.retrieval.gallery_items import LONGEST_SIDE, Added, New
from mm_demo.cases.retrieval.gallery_memory import Snapshot
from mm_demo.cases.retrieval.gallery_sources import Galleries
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from tests.cases.retrieval.gallery_pictures import DIM, embed, pictures


def run(generator):
    """(what it yielded, what it returned)."""
    said = []
    while True:
        try:
            said.append(next(generator))
        except StopIteration as end:
            return said, end.value


@pytest.fixture
def gallery(tmp_path):
    return Gallery(tmp_path / "gallery")


def question(seed=0):
    return np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)


def test_a_gallery_that_is_not_there_yet_is_empty_and_leaves_no_folder(gallery):
    assert gallery.search(question(), 5, model="m") == []
    assert gallery.count("m") == gallery.outdated("m") == gallery.delete(["0" * 32]) == 0
    assert gallery.thumbnails(["0" * 32]) == {}
    assert not Path(gallery.place).exists()


def test_what_is_added_is_told_batch_by_batch_and_found(gallery):
    said, added = run(gallery.add(list(pictures(150)), embed, "m"))
    assert [(p.done, p.total) for p in said] == [(64, 150), (128, 150), (150, 150)]
    assert added == Added(150, 0, 0)
    assert gallery.count("m") == 150
    hit = gallery.search(question(), 1, model="m")[0]
    assert (hit.source, hit.size) == ("scenes", (48, 32))
    assert hit.caption.endswith("\nagain")


def test_the_answer_is_that_of_a_full_comparison(gallery):
    run(gallery.add(pictures(300), embed, "m"))
    ids, vectors = gallery.embeddings("m")
    for seed in range(20):
        exact = vectors @ question(seed)
        order = np.argsort(-exact, kind="stable")[:10]
        hits = gallery.search(question(seed), 10, model="m")
        assert [hit.id for hit in hits] == [ids[n] for n in order]
        assert np.allclose([hit.score for hit in hits], exact[order], atol=1e-6)


def table_of(vectors):
    n, dim = vectors.shape
    flat = pa.array(vectors.ravel(), pa.float32())
    return pa.table(
        {
            "id": [f"{k}" for k in range(n)],
            "source": ["scenes" if k % 3 else "own" for k in range(n)],
            "embedding": pa.FixedSizeListArray.from_arrays(flat, dim),
        }
    )


@given(st.integers(1, 200), st.integers(1, 40), st.integers(1, 12), st.integers(0, 99), st.data())
def test_eight_bits_change_no_answer(rows, dim, k, seed, data):
    rng = np.random.default_rng(seed)
    spread = data.draw(st.sampled_from([0.0, 1e-6, 1e-3, 1.0, 1e4]))
    middle = data.draw(st.sampled_from([0.0, 1.0]))
    vectors = (middle + spread * rng.standard_normal((rows, dim))).astype(np.float32)
    query = rng.standard_normal(dim).astype(np.float32)
    table, cut = table_of(vectors), rows // 3
    first = Snapshot(0).extended(1, table.slice(0, cut), np.ones(cut, bool))
    for _ in range(2):  # the second finds the room behind the first already taken
        snapshot = first.extended(2, table.slice(cut), np.ones(rows - cut, bool))
    found, some = snapshot.best(query, k, None), snapshot.best(query, k, ["own"])
    assert len(first) == cut
    exact = vectors.astype(np.float64) @ query.astype(np.float64)
    slack = 1e-5 * (1 + np.abs(vectors).max()) * dim
    best = np.sort(exact)[::-1][:k]
    assert np.allclose([score for score, _ in found], best, atol=slack)
    assert np.allclose([exact[int(row["id"])] for _, row in found], best, atol=slack)
    own = np.sort(exact[::3])[::-1][:k]
    assert np.allclose([score for score, _ in some], own, atol=slack)
    assert {row["source"] for _, row in some} <= {"own"}


def test_of_equal_scores_the_one_added_first_counts(gallery):
    def same(opened):
        return np.ones((len(opened), DIM), np.float32)

    run(gallery.add(pictures(100), same, "m"))
    hits = gallery.search(np.ones(DIM, np.float32), 5, model="m")
    assert [hit.caption.split("\n")[0] for hit in hits] == [f"picture {n}" for n in range(5)]


def test_a_filter_leaves_only_its_sources(gallery):
    run(gallery.add(pictures(20), embed, "m"))
    run(gallery.add(pictures(5, 1, "packages"), embed, "m"))
    hits = gallery.search(question(), 10, sources=["packages"], model="m")
    assert len(hits) == 5
    assert {hit.source for hit in hits} == {"packages"}
    assert gallery.search(question(), 10, sources=[], model="m") == []


def test_the_same_pixels_are_added_once_whatever_file_they_lie_in(gallery):
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    bitmap = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(bitmap, "BMP")
    new = [New(file.getvalue()), New(bitmap.getvalue(), "other words"), New(b"no picture")]
    assert run(gallery.add(new, embed, "m"))[1] == Added(1, 1, 1)
    assert run(gallery.add(new, embed, "m"))[1] == Added(0, 2, 1)
    assert gallery.count("m") == 1


def test_a_picture_added_under_a_second_model_is_a_duplicate_that_this_one_learns(gallery):
    run(gallery.add(pictures(10), embed, "m"))
    assert gallery.outdated("n") == 10
    assert run(gallery.add(pictures(4), embed, "n"))[1] == Added(0, 4, 0)
    assert (gallery.count("n"), gallery.outdated("n")) == (4, 6)


def test_another_model_embeds_the_thumbnails_anew_whatever_its_dimension(gallery):
    run(gallery.add(pictures(70), embed, "m@1"))
    said, count = run(gallery.reembed(lambda p: embed(p)[:, :8], "m@2"))
    assert count == 70
    assert [(p.done, p.total) for p in said] == [(64, 70), (70, 70)]
    assert gallery.outdated("m@2") == 0
    ids, old = gallery.embeddings("m@1")
    assert np.allclose(gallery.embeddings("m@2")[1], old[:, :8])  # from what is stored, both times
    assert gallery.embeddings("m@2")[0] == ids
    gallery.forget("m@1")
    assert gallery.outdated("m@1") == 70
    assert gallery.count("m@2") == 70


def test_only_the_sources_asked_for_are_embedded(gallery):
    run(gallery.add(pictures(70), embed, "m"))
    run(gallery.add(pictures(5, 1, "packages"), embed, "m"))
    run(gallery.add(pictures(3, 2, "own"), embed, "m"))
    some = ["packages", "own"]
    assert (gallery.outdated("n", sources=some), gallery.outdated("n", sources=[])) == (8, 0)
    assert run(gallery.reembed(embed, "n", sources=[])) == ([], 0)
    said, count = run(gallery.reembed(embed, "n", sources=some))
    assert ([(p.done, p.total) for p in said], count) == ([(8, 8)], 8)
    assert {hit.source for hit in gallery.search(question(), 99, model="n")} == set(some)
    assert (gallery.outdated("n", sources=some), gallery.outdated("n")) == (0, 70)
    assert run(gallery.reembed(embed, "n"))[1] == 70
    assert gallery.outdated("n") == 0


def test_a_thumbnail_is_small_and_the_size_that_of_the_picture(gallery):
    big = np.random.default_rng(0).integers(0, 256, (300, 640, 3), dtype=np.uint8)
    run(gallery.add([New(Picture(big, (1280, 600)), "big")], embed, "m"))
    item = next(gallery.items())
    image = Image.open(io.BytesIO(item.thumbnail))
    assert image.size == (LONGEST_SIDE, 150)
    assert item.size == (1280, 600)
    assert gallery.thumbnails([item.id, "f" * 32, "'; DROP"]) == {item.id: item.thumbnail}


def test_only_own_pictures_are_deleted_and_for_every_model(gallery):
    run(gallery.add(pictures(10), embed, "m"))
    run(gallery.add(pictures(5, 1, "own"), embed, "m"))
    run(gallery.reembed(embed, "n"))
    ids, _ = gallery.embeddings("m")
    assert gallery.delete([*ids, "' OR true --"]) == 5
    assert gallery.count("m") == gallery.count("n") == 10
    assert {item.source for item in gallery.items()} == {"scenes"}
    gallery.compact()
    run(gallery.add(pictures(3, 2), embed, "m"))
    assert gallery.count("m") == 13
    assert run(gallery.add(pictures(5, 1, "own"), embed, "m"))[1] == Added(5, 0, 0)


def test_what_is_in_memory_is_what_is_on_disk_whoever_writes(gallery):
    other = Gallery(gallery.place)
    for seed, writer in enumerate([gallery, gallery, other, gallery, other, other, gallery]):
        run(writer.add(pictures(10 + seed, seed, "own"), embed, "m"))
        if seed == 4:
            assert other.delete(other.embeddings("m")[0][5:20]) == 15
        fresh = Gallery(gallery.place).embeddings("m")
        for held in (gallery, other):
            ids, vectors = held.embeddings("m")
            assert ids == fresh[0]
            assert np.array_equal(vectors, fresh[1])
    assert len(ids) == sum(range(10, 17)) - 15


def test_what_a_kill_left_without_embedding_is_made_up_for(gallery):
    def killed(opened):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(gallery.add(pictures(5), killed, "m"))
    assert (gallery.count("m"), gallery.outdated("m")) == (0, 5)
    run(gallery.reembed(embed, "m"))
    assert (gallery.count("m"), gallery.outdated("m")) == (5, 0)


def test_many_small_additions_are_joined(gallery, monkeypatch):
    monkeypatch.setattr("mm_demo.cases.retrieval.gallery.BATCH", 1)
    run(gallery.add(pictures(70), embed, "m"))
    assert gallery.tables.fragments("pictures") == 1
    assert gallery.count("m") == 70


@pytest.mark.parametrize("wrong", [lambda p: embed(p)[:1], lambda p: embed(p) * np.nan])
def test_an_embedding_that_is_none_is_not_written(gallery, wrong):
    with pytest.raises(ValueError, match="embed gave"):
        run(gallery.add(pictures(3), wrong, "m"))
    assert gallery.count("m") == 0


def test_a_query_of_another_model_is_refused(gallery):
    run(gallery.add(pictures(3), embed, "m"))
    with pytest.raises(ValueError, match="a query of shape"):
        gallery.search(np.ones(DIM + 1, np.float32), 3, model="m")


def test_an_export_is_a_folder_of_photographs_with_captions(gallery, tmp_path):
    hostile = 'a "quoted", sentence\n=1+1\n图'
    run(gallery.add(pictures(3), embed, "m"))
    run(gallery.add([New(next(pictures(1, 9)).picture, hostile)], embed, "m"))
    assert gallery.export(tmp_path / "gallery.zip") == 4
    read = read_photo_folder(tmp_path / "gallery.zip")
    assert len(read) == 4
    assert tuple(hostile.split("\n")) in read.captions
    assert all(picture is not None for picture in read.pictures())
    with zipfile.ZipFile(tmp_path / "gallery.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("captions.csv").decode())))
    assert {row["source"] for row in rows} == {"scenes", "own"}
    with pytest.raises(UserError, match=r"disk\.cannot_write"):
        gallery.export(tmp_path / "no" / "gallery.zip")
    again = Gallery(tmp_path / "again")
    new = [New(item.thumbnail, item.caption, item.source) for item in gallery.items()]
    assert run(again.add(new, embed, "m"))[1].new == 4


def test_a_visitor_s_pictures_are_that_visitor_s_alone(tmp_path, monkeypatch):
    shared = Gallery(tmp_path / "shared")
    run(shared.add(pictures(6), embed, "m"))
    run(shared.add(pictures(6, 1, "flickr8k"), embed, "m"))
    run(shared.add(pictures(1, 2, "own"), embed, "m"))  # at home
    assert shared.count("m") == 13

    monkeypatch.setenv("MM_DEMO_PUBLIC", "1")
    shared = Gallery(tmp_path / "shared")
    first, second = (Gallery(tmp_path / n, owner=n) for n in ("first", "second"))
    run(first.add(pictures(3, 3, "own"), embed, "m"))
    assert shared.count("m") == 6
    assert {item.source for item in shared.items()} == {"scenes"}
    both = Galleries(shared, first)
    hits = both.search(question(), 20, model="m")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(hits) == both.count("m") == len(both.thumbnails([h.id for h in hits])) == 9
    assert Galleries(shared, second).count("m") == 6
    with pytest.raises(ValueError, match="need an owner"):
        run(shared.add(pictures(1, 4, "own"), embed, "m"))


def test_two_owners_of_one_place_do_not_see_each_other(tmp_path):
    first, second = (Gallery(tmp_path / "g", owner=n) for n in ("first", "it's me"))
    run(first.add(pictures(3, 0, "own"), embed, "m"))
    run(second.add(pictures(4, 0, "own"), embed, "m"))
    assert (first.count("m"), second.count("m")) == (3, 4)
    assert first.delete([item.id for item in second.items()]) == 0
    assert second.delete([item.id for item in second.items()]) == 4
    assert (first.count("m"), second.count("m")) == (3, 0)


def test_pictures_that_are_asked_for_come_in_the_order_asked(gallery):
    run(gallery.add(pictures(5), embed, "m"))
    ids = [item.id for item in gallery.items()][::-1]
    assert [item.id for item in gallery.items(ids)] == ids


def test_the_place_is_that_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_GALLERY", str(tmp_path / "named"))
    run(Gallery().add(pictures(1), embed, "m"))
    assert Gallery(tmp_path / "named").count("m") == 1
