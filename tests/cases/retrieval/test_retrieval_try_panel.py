"""Try: what is found and said, whose pictures are whose, and that a visitor's text stays text."""

import csv
import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mm_demo import words
from mm_demo.cases.retrieval import RETRIEVAL, gallery_sources, try_answer, try_gallery
from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.cases.retrieval.gallery_items import New
from mm_demo.cases.retrieval.query import query
from mm_demo.cases.retrieval.query_text import parse, pieces
from mm_demo.cases.retrieval.try_answer import Asked
from mm_demo.cases.retrieval.try_api import Endpoints
from mm_demo.cases.retrieval.try_gallery import PageGallery
from mm_demo.cases.retrieval.try_handlers import NOT_ASKED, Handlers
from mm_demo.cases.retrieval.try_own import Own
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.ui.runs import Runs

EVIL = "<script>alert(1)</script>"
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 60), "blue": (40, 70, 220), "white": (240,) * 3}
ME, YOU = SimpleNamespace(session_hash="me"), SimpleNamespace(session_hash="you")
SCENES, K = ["scenes", "own"], 8


def plain(name, shade=0, size=(24, 24)):
    pixels = np.clip(np.array(COLOURS[name]) + shade, 0, 255).astype(np.uint8)
    return np.broadcast_to(pixels, (*size, 3)).copy()


def unit(rows):
    rows = np.asarray(rows, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


class ColourModel:
    """It knows four words, and a picture by its mean colour."""

    name, id = "retrieval-scenes", "retrieval-scenes@1"

    def embed_pictures(self, pictures):
        return unit([p.pixels.reshape(-1, 3).mean(0) - 110.0 for p in pictures])

    def embed_texts(self, texts):
        known = [
            [COLOURS[w] for w in text.split() if w in COLOURS] or [(111,) * 3] for text in texts
        ]
        return unit([np.mean(colours, 0) - 110.0 for colours in known])

    def knows(self, text):
        return any(word in COLOURS for word in text.split())

    def unknown(self, text):
        return [word for word in text.split() if word not in COLOURS]

    def query(self, text=None, picture=None, without=()):
        return query(self, text, picture, without)

    def evidence(self, picture, text):
        return [[0.0, 1.0], [0.0, 0.0]]


@pytest.fixture
def handlers(tmp_path, monkeypatch):
    """Handlers over a gallery of four plain pictures and a fifth with an evil caption."""
    monkeypatch.setenv("MM_DEMO_GALLERY", str(tmp_path / "gallery"))
    for name in ("MM_DEMO_DATA", "MM_DEMO_PUBLIC", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    drawn = [New(Picture(plain(n), (24, 24)), f"all {n}", "scenes") for n in COLOURS]
    drawn.append(New(Picture(plain("red", 20), (24, 24)), EVIL, "scenes"))
    monkeypatch.setattr(gallery_sources, "_pictures", lambda source: drawn)
    model = ColourModel()
    context = SimpleNamespace(
        case=RETRIEVAL, runs=Runs(root=tmp_path / "runs"), predictor=lambda session, name: model
    )
    (tmp_path / "runs").mkdir()
    gallery = PageGallery(context.runs)
    return Handlers(context, gallery, Own(context, gallery))


def found(handlers, text="", without="", picture=None, who=ME, sources=SCENES, k=K):
    """The last of what a search yields."""
    return list(handlers.search(who, text, without, picture, sources, k, "scenes"))[-1]


def captions(hits_html):
    return [part.split("</span>")[0] for part in hits_html.split('<span class="c">')[1:]]


def event(**data):
    return SimpleNamespace(_data=data)


def picture_file(folder, name, pixels):
    path = folder / f"{name}.png"
    Image.fromarray(pixels).save(path)
    return str(path)


def added(handlers, files, who=ME):
    return list(handlers.own.add(who, files, "scenes"))[-1]


def test_the_first_search_builds_the_gallery_and_the_best_comes_first(handlers):
    steps = list(handlers.search(ME, "blue", "", None, SCENES, K, "scenes"))
    assert "Filling the gallery" in steps[0][0]["html"]
    head, hits, *_ = steps[-1]
    assert captions(hits)[0] == "all blue"
    assert "of 5 pictures" in head["html"]
    assert len(list(handlers.search(ME, "red", "", None, SCENES, K, "scenes"))) == 1


def test_as_many_as_asked_for_and_only_where_asked(handlers):
    assert len(captions(found(handlers, "red", k=2)[1])) == 2
    head, hits, *_ = found(handlers, "red", sources=["own"])
    assert hits == ""
    assert "There is no picture to search in" in head["html"]
    assert "Tick at least one" in found(handlers, "red", sources=[])[0]["html"]


def test_negative_terms_push_away(handlers):
    with_red = captions(found(handlers, "white red")[1])
    without = captions(found(handlers, "white -red")[1])
    assert with_red.index("all red") < without.index("all red")
    assert captions(found(handlers, "white", "red")[1]) == without


def test_words_that_took_no_part_are_named(handlers):
    head = found(handlers, "red dinghy", "sloop")[0]
    assert "does not know “dinghy”, “sloop”" in head["html"]
    assert "模型不认识“dinghy”、“sloop”" in head["html"]


@pytest.mark.parametrize(
    ("text", "without", "sentence"),
    [
        ("", "", "retrieval.empty_query"),
        ("  ", " , ", "retrieval.empty_query"),
        ("-red", "", "retrieval.only_negatives"),
        ("", "red", "retrieval.only_negatives"),
        ("лодка", "", "retrieval.unknown_words"),
        ("red", "red " * 600, "retrieval.long_query"),
    ],
)
def test_a_query_that_says_nothing_is_told_so_and_kept(handlers, text, without, sentence):
    head, hits, *_ = found(handlers, text, without)
    start = words.say("en", sentence, words="лодка", limit=2000).split(".")[0]
    assert start in head["html"]
    assert "What you typed is kept." in head["html"]
    assert hits == ""


def test_a_bug_of_ours_is_no_traceback(handlers, monkeypatch):
    monkeypatch.setattr(ColourModel, "query", lambda *_: 1 / 0)
    assert words.say("en", "error.bug") in found(handlers, "red")[0]["html"]


def test_a_visitors_text_stays_text(handlers):
    head, hits, *_ = found(handlers, f"red {EVIL}")
    assert "<script" not in head["html"]
    assert "<script" not in hits
    assert "&lt;script&gt;" in hits
    asked = found(handlers, "red")[-1]
    for hit in handlers.gallery.search("me", ColourModel(), unit([1, 0, 0]), 9, SCENES).hits:
        _, _, facts = handlers.look(ME, event(id=hit.id), {**asked, "text": f"red {EVIL}"})
        assert "<script" not in facts


def test_the_one_looked_at_shows_where_and_by_which_word(handlers):
    asked = found(handlers, "white red", "blue")[-1]
    column, evidence, facts = handlers.first(ME, asked)
    assert column.visible
    assert evidence["grid"] == [[0.0, 1.0], [0.0, 0.0]]
    for word in ("white", "red", "− blue"):
        assert f">{word}</td>" in facts
    column, _, facts = handlers.look(ME, event(id="../../etc/passwd"), asked)
    assert not column.visible
    assert facts == ""


def test_a_words_weight_is_what_the_cosine_loses_without_it():
    model, picture = ColourModel(), Picture(plain("red"), (24, 24))
    asked = Asked("the red white", ("blue",), None, 8, (), "scenes")
    weights = dict(try_answer.weigh(model, picture, asked))
    image = model.embed_pictures([picture])[0]
    both, red, white, blue = model.embed_texts(["red white", "red", "white", "blue"]) @ image
    assert weights == pytest.approx({"red": both - white, "white": both - red, "− blue": -blue})


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("red white", "less cosine without it"),
        ("red", "Cosine with the picture"),
        ("red 夜晚", "Cosine with the picture"),
    ],
)
def test_a_words_figure_is_named_for_what_it_is(handlers, text, hint):
    asked = found(handlers, text, "blue")[-1]
    *_, facts = handlers.first(ME, asked)
    assert hint in facts
    assert "夜晚" not in facts


def test_more_like_this_finds_others(handlers):
    asked = found(handlers, "red")[-1]
    text, without, picked, state, *_ = handlers.act(ME, event(do="like", id=asked["first"]))
    assert (text, without) == ("", "")
    assert "<img" in picked
    _, hits, *_ = found(handlers, picture=state)
    assert asked["first"] not in hits
    assert captions(hits)[0] in {"all red", EVIL.replace("<", "&lt;").replace(">", "&gt;")}
    assert "no longer in the gallery" in found(handlers, picture={"id": "0" * 32})[0]["html"]


def test_a_picture_is_told_the_sentences_that_fit_it(handlers, tmp_path):
    path = picture_file(tmp_path, "mine", plain("green", 5))
    picked, state, emptied = handlers.put(path)
    assert "<img" in picked
    assert emptied is None
    asked = found(handlers, picture=state)[-1]
    said = handlers.sentences(ME, asked)
    assert said.index("all green") < said.index("all blue")
    assert handlers.sentences(ME, found(handlers, "red")[-1]) == ""
    note, state, _ = handlers.put(__file__)
    assert state is None
    assert "not a picture" in note
    assert next(handlers.with_picture(ME, "", "", state, SCENES, K, "scenes")) == NOT_ASKED


def test_a_link_carries_words_and_never_a_picture(handlers):
    assert "data-link" in found(handlers, "red", "blue")[1]
    asked = Asked("red -boat & co", ("blue", "green"), {"path": "/tmp/x"}, 8, ("own",), "scenes")
    link = try_answer.link(asked)
    assert "without=blue%2C+green" in link
    assert "tmp" not in link
    picture = found(handlers, "red")[-1]["first"]
    assert "data-link" not in found(handlers, picture={"id": picture})[1]


def test_own_pictures_are_found_counted_and_deleted(handlers, tmp_path):
    found(handlers, "red")
    files = [picture_file(tmp_path, "a", plain("green", 12)), str(tmp_path / "broken.png")]
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert "not a picture that can be opened" in added(handlers, files[1:])[0]
    note, mine, emptied = added(handlers, files)
    assert "Added: 1." in note
    assert "cannot be opened: 1" in note
    assert emptied is None
    assert "1 of your own" in mine
    assert "same pixels: 1" in added(handlers, files[:1])[0]
    asked = found(handlers, "green", sources=["own"])[-1]
    _, _, facts = handlers.first(ME, asked)
    assert 'data-do="remove"' in facts
    *_, mine = handlers.act(ME, event(do="remove", id=asked["first"]))
    assert "None yet." in mine
    assert found(handlers, "green", sources=["own"])[1] == ""


def test_what_is_not_ones_own_cannot_be_deleted(handlers):
    asked = found(handlers, "red")[-1]
    handlers.own.remove(ME, event(do="remove", id=asked["first"]))
    assert len(captions(found(handlers, "red")[1])) == 5


def zipped(folder, name, members):
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return str(path)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_zip_brings_pictures_with_and_without_sentences(handlers, tmp_path):
    members = {f"{n}.png": png(plain(n, -9)) for n in ("red", "green", "blue")}
    table = "file_name,text\nred.png,a red one\ngreen.png,a green one\n"
    assert "Added: 3." in added(handlers, [zipped(tmp_path, "bare", members)])[0]
    said = {f"{n}.png": png(plain(n, -18)) for n in ("red", "green", "blue")}
    note = added(handlers, [zipped(tmp_path, "said", {**said, "captions.csv": table})])[0]
    assert "Added: 3." in note
    assert "a green one" in captions(found(handlers, "green", sources=["own"])[1])
    exported = handlers.own.export(ME)["value"]
    with zipfile.ZipFile(exported) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("captions.csv"), "utf-8")))
    assert {"a red one", "a green one"} <= {row["text"] for row in rows}
    assert len(read_photo_folder(Path(exported))) >= 2


def test_a_zip_that_would_burst_or_climb_out_adds_nothing(handlers, tmp_path, monkeypatch):
    bomb = zipped(tmp_path, "bomb", {"a.png": b"\0" * 30_000, "b.png": b"\0" * 30_000})
    monkeypatch.setattr(gallery_sources, "MOST_BYTES", 50_000)
    assert "Together they have more than" in added(handlers, [bomb])[0]
    monkeypatch.setattr(gallery_sources, "MOST_BYTES", 10**9)
    climbing = zipped(tmp_path, "up", {"../../up.png": png(plain("red")), "/root.png": b"x"})
    note = added(handlers, [climbing])[0]
    assert "notice bad" in note
    assert not (tmp_path.parent / "up.png").exists()
    monkeypatch.setattr(gallery_sources, "MOST_ADDED", 1)
    two = [picture_file(tmp_path, n, plain(n, 3)) for n in ("red", "blue")]
    assert "More than 1 pictures" in added(handlers, two)[0]
    assert "no picture among these files" in added(handlers, [])[0]
    (tmp_path / "no.zip").write_bytes(b"PK no zip")
    assert "neither a folder nor a zip" in added(handlers, [str(tmp_path / "no.zip")])[0]
    assert handlers.gallery.mine("me") == []


def test_on_a_public_page_own_pictures_are_ones_own(handlers, tmp_path, monkeypatch):
    path = picture_file(tmp_path, "mine", plain("green", 12))
    list(
        Gallery().add(
            [New(Picture(plain("blue", 9), (24, 24)))], ColourModel().embed_pictures, ColourModel.id
        )
    )
    monkeypatch.setenv("MM_DEMO_PUBLIC", "1")
    assert "Added: 1." in added(handlers, [path])[0]
    assert "gone when you leave" in handlers.own.mine(ME)
    assert 'class="hit"' in found(handlers, "green", sources=["own"])[1]
    assert found(handlers, "green", sources=["own"], who=YOU)[1] == ""
    asked = found(handlers, "green", sources=["own"])[-1]
    assert handlers.look(YOU, event(id=asked["first"]), asked)[2] == ""
    handlers.own.remove(YOU, event(id=asked["first"]))
    assert len(handlers.gallery.mine("me")) == 1
    handlers.context.runs.forget("me")
    assert handlers.gallery.mine("me") == []


def test_embeddings_of_a_run_go_with_it(handlers, tmp_path):
    class Trained(ColourModel):
        id = "run-1@2"

    folder = tmp_path / "retrieval-run-1"
    folder.mkdir()
    gallery = handlers.gallery
    list(gallery.ready("me", Trained(), SCENES, folder))
    assert Gallery().count(Trained.id) == 5
    folder.rmdir()
    list(gallery.ready("me", ColourModel(), SCENES))
    assert Gallery().count(Trained.id) == 0
    assert Gallery().count(ColourModel.id) == 5


def test_the_endpoints_answer_in_plain_values(handlers, tmp_path):
    path = picture_file(tmp_path, "mine", plain("green", 12))
    scripts = Endpoints(handlers.context, handlers.gallery)
    assert scripts.add(ME, [path]) == {"new": 1, "duplicates": 0, "broken": 0, "own": 1}
    answer = scripts.search(ME, "green sloop -red", path, 3, "scenes")
    assert json.dumps(answer)
    assert len(answer["results"]) == 3
    assert answer["results"][0]["source"] == "own"
    assert answer["sentences"][0]["sentence"] == "all green"
    assert answer["unknown"] == ["sloop"]


@pytest.mark.parametrize(
    ("typed", "without", "expected"),
    [
        ("boat -people", "", ("boat", ("people",))),
        ('a boat -"red house"', "", ("a boat", ("red house",))),
        ("two-storey house", "", ("two-storey house", ())),
        ("boat", "house, tree，猫;boat", ("boat", ("house", "tree", "猫", "boat"))),
        ("-boat -boat", "boat", ("", ("boat",))),
        (None, None, ("", ())),
        ("sea - boat", "", ("sea - boat", ())),
    ],
)
def test_what_is_typed_is_taken_apart(typed, without, expected):
    assert parse(typed, without) == expected


def test_small_words_are_not_weighed_and_chinese_is_one_piece():
    assert pieces("a red boat at the sea") == ["red", "boat", "sea"]
    assert pieces("夜里的红船") == ["夜里的红船"]
    assert pieces("tower 夜晚") == ["tower", "夜晚"]


def test_every_example_has_its_words_and_every_source_its_name():
    for world, count in try_answer.EXAMPLES.items():
        html = try_answer.examples(world)
        assert html.count("data-text=") == count * len(words.LANGUAGES)
    for source in ("scenes", "packages", "flickr8k", "own"):
        assert words.both(f"retrieval.from.{source}")
        assert words.both(f"retrieval.source.{source}")


def test_the_scope_follows_what_a_model_learned_from(monkeypatch):
    monkeypatch.setattr(try_gallery.flickr8k, "at_hand", lambda: (True, ""))
    monkeypatch.delenv("MM_DEMO_PUBLIC", raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert "flickr8k" in try_gallery.sources_at_hand()
    assert try_gallery.scope("scenes") == ["scenes", "own"]
    assert try_gallery.scope("photos") == ["packages", "own"]
    monkeypatch.setenv("MM_DEMO_PUBLIC", "1")
    assert "flickr8k" not in try_gallery.sources_at_hand()


def test_a_model_looks_only_at_what_is_searched(handlers):
    class Other(ColourModel):
        id = "retrieval-photos@1"

    found(handlers, "red")
    list(handlers.gallery.ready("me", Other(), ["own"]))
    assert Gallery().count(Other.id) == 0
    list(handlers.gallery.ready("me", Other(), SCENES))
    assert Gallery().count(Other.id) == 5


def test_a_gallery_that_cannot_be_read_is_told_without_its_path(handlers, monkeypatch):
    def broken(*_):
        raise UserError("gallery.damaged", folder="/home/somebody/gallery")

    monkeypatch.setattr(handlers.gallery, "ready", broken)
    head = found(handlers, "red")[0]
    assert "cannot be read" in head["html"]
    assert "/home/somebody" not in head["html"]
