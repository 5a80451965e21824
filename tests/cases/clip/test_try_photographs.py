"""Try on photographs: who answers, what is told of it, our photographs, the visitor's in the matrix."""

import json
import shutil
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image

from mm_demo import case as case_module
from mm_demo.cases.clip import CLIP, ClipConfig, try_answer, try_matrix, try_worlds
from mm_demo.cases.clip.answer import Answer, ranked
from mm_demo.cases.clip.examples import EXAMPLES
from mm_demo.cases.clip.try_answer import Asked
from mm_demo.cases.clip.try_handlers import Handlers
from mm_demo.cases.clip.try_photographs import PHOTOGRAPHS, offered
from mm_demo.cases.clip.try_thumbs import first, thumbs
from mm_demo.cases.clip.try_worlds import Answering, answering
from mm_demo.cases.clip.understand_backbone import backbone
from mm_demo.data.scenes import draw
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.predictors import Predictors
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.photographs import opened, photo_file, photo_of
from mm_demo.ui.picture import Picture as Field
from mm_demo.ui.runs import Runs

ME = SimpleNamespace(session_hash="me")
PHOTOS = Answering(None, "photos", "photos", chosen_for=True, terms=True)
needs_photos = pytest.mark.skipif(
    not CLIP.checkpoint("photos").is_dir(), reason="checkpoints/clip-photos is not there"
)


class Seen:
    """A model that finds all drawn scenes familiar, or nothing, and likes the first label."""

    def __init__(self, name, strangeness):
        self.name, self._strangeness = name, strangeness

    def strangeness(self, picture):
        return self._strangeness

    def classify(self, picture, labels, template=None):
        return answer(*labels, model=self.name)

    def evidence(self, picture, text):
        return [[0.0, 1.0], [0.0, 0.0]]

    def matrix(self, pictures, labels, template=None):
        row = [0.3 - 0.1 * column for column in range(len(labels))]
        return [row] * len(pictures), [[0.9, *[0.1] * (len(labels) - 1)]] * len(pictures)


def answer(*labels, model="clip-photos", outside=False, unknown=(), witness=None):
    count = len(labels)
    scores = ranked(
        labels,
        [f"a photo of {label}" for label in labels],
        np.linspace(0.3, 0.2, count),
        np.full(count, 0.8),
        [list(unknown)] * count,
        20.0,
        witness,
    )
    return Answer(scores, 0.1, outside, 0.5, model, 20.0, 0)


@pytest.fixture
def worlds(monkeypatch):
    """A function: worlds(strangeness, runs=None) -> a context with both bundled models."""

    def made(strangeness, runs=None, there=("scenes", "photos")):
        monkeypatch.setattr(try_worlds, "at_hand", lambda case: list(there))
        models = {"scenes": Seen("clip-scenes", strangeness), "photos": Seen("clip-photos", 0.2)}
        return SimpleNamespace(
            case=CLIP,
            runs=runs,
            predictor=lambda session, name: models.get(name, Seen(f"clip-{name}", 0.1)),
        )

    return made


@pytest.mark.parametrize(
    ("strangeness", "choice", "name", "chosen_for"),
    [
        (3.0, "auto", "photos", True),
        (0.4, "auto", "scenes", True),
        (3.0, None, "photos", True),
        (3.0, "scenes", "scenes", False),
        (0.4, "photos", "photos", False),
        (0.4, "clip-photos", "photos", False),
    ],
)
def test_the_model_is_chosen_by_hand_or_for_the_picture(
    worlds, strangeness, choice, name, chosen_for
):
    who = answering(worlds(strangeness), "me", choice, opened("lion.jpg"))
    assert (who.name, who.world, who.chosen_for) == (name, name, chosen_for)
    assert who.predictor.name == f"clip-{name}"
    assert who.terms == (name == "photos")


def test_without_the_photographs_model_scenes_answers_and_names_no_reason(worlds):
    who = answering(worlds(3.0, there=["scenes"]), "me", "auto", opened("lion.jpg"))
    assert (who.name, who.chosen_for) == ("scenes", False)
    assert "answered by the scenes model" in try_answer.head(answer("a", "b"), who)["html"]


@pytest.mark.parametrize(
    ("dataset", "world", "terms"),
    [("scenes", "scenes", False), ("flickr8k", "photos", True), ("own", "photos", False)],
)
def test_a_run_is_of_the_world_that_it_learned_from(worlds, dataset, world, terms):
    runs = Runs()
    run = runs.begin("me", "clip", dataset, "quick", ClipConfig())
    runs.update("me", run.number, state="finished")
    who = answering(worlds(3.0, runs), "me", "run-1", opened("lion.jpg"))
    assert (who.name, who.world, who.terms) == ("run-1", world, terms)


@pytest.mark.parametrize(
    ("who", "outside", "said"),
    [
        (PHOTOS, False, "looks like a photograph"),
        (Answering(None, "scenes", "scenes", chosen_for=True), False, "looks like a drawn scene"),
        (PHOTOS, True, "unlike both worlds"),
        (Answering(None, "photos", "photos"), False, "answered by the photographs model"),
        (Answering(None, "run-3", "photos"), True, "answered by your run-3"),
    ],
)
def test_the_answer_says_who_and_why(who, outside, said):
    assert said in try_answer.head(answer("a dog", "a cat", outside=outside), who)["html"]


def test_outside_speaks_of_photographs_where_those_were_learned_from():
    html = try_answer.head(answer("a dog", "a cat", outside=True), PHOTOS)["html"]
    assert "unlike the photographs that the model learned from" in html
    assert "drawn scenes" not in html


def test_words_that_the_photographs_model_cannot_read_are_named_with_what_to_do():
    given = answer("一只狗", "xqzvrt", unknown=["一只狗", "xqzvrt"])
    html = try_answer.head(given, PHOTOS)["html"]
    assert "reads English only, not “一只狗”" in html
    assert "Write these labels in English" in html
    assert "does not know “xqzvrt”" in html
    assert "Choose a more common English word" in html
    assert html.count('class="notice warn"') == 2


def test_the_terms_stand_under_an_answer_from_photographs_alone():
    asked = Asked("/tmp/x/dog.jpg", "auto", "photos", "photos", "a photo of a {}", ("a",), ("a",))
    html = try_answer.foot(answer("a", "b"), 0.1, asked, PHOTOS)
    assert "research and education" in html
    assert "研究和教学" in html
    other = try_answer.foot(answer("a", "b"), 0.1, asked, Answering(None, "scenes", "scenes"))
    assert "research" not in other


def test_the_numbers_told_make_the_shares_shown():
    given = answer("a cat", "a dog", "a car", witness=np.array([-6.0, -2.0, -7.0]))
    told = try_answer.numbers(given).partition('data-answer="')[2].partition('"')[0]
    numbers = json.loads(unescape(told))
    logits = np.array(numbers["cosines"]) * numbers["scale"] + np.array(numbers["witness"])
    shares = np.exp(logits) / np.exp(logits).sum()
    assert given.ranking[0].label == "a dog"
    assert shares == pytest.approx([s.probability for s in given.ranking], abs=1e-3)


def test_our_photographs_are_there_with_five_english_labels_each():
    assert [p.file for p in PHOTOGRAPHS] == list(offered())
    for photograph in offered().values():
        assert len(set(photograph.labels)) == 5
        assert opened(photograph.file).pixels.shape[2] == 3


def test_photographs_stand_first_where_their_model_is_there():
    both = thumbs(["scenes", "photos"])
    assert first(["scenes", "photos"]) == "cheetah1.jpg"
    assert both.index('data-index="cheetah1.jpg"') < both.index('data-index="0"')
    assert "their model reads English only" in both
    alone = thumbs(["scenes"])
    assert first(["scenes"]) == "0"
    assert "cheetah" not in alone
    assert alone.count("data-index") == len(EXAMPLES)


@pytest.fixture
def field():
    return Field(type="filepath", image_mode=None)


def test_a_photograph_of_ours_is_known_by_its_bytes(field, tmp_path):
    path = photo_file(field, "tower.jpg")
    assert photo_of(path, offered()) == "tower.jpg"
    fake = tmp_path / "tower.jpg"
    Image.new("RGB", (9, 9)).save(fake)
    assert photo_of(fake, offered()) is None
    assert photo_of(tmp_path / "lion.jpg", offered()) is None


def test_an_example_and_a_link_bring_a_photograph_and_its_answer(worlds, field):
    handlers = Handlers(worlds(3.0), field, ("en", "zh"))
    event = SimpleNamespace(_data={"index": "lion.jpg", "lang": "zh"})
    _, labels, head, *_, foot, asked = handlers.example(ME, event, "a photo of a {}", "auto")
    assert labels.splitlines() == list(offered()["lion.jpg"].labels)
    assert asked["world"] == "photos"
    assert "lion" in head["say"]
    link = parse_qs(unescape(foot.partition('data-link="?')[2].partition('"')[0]))
    assert link["photo"] == ["lion.jpg"]
    query = {name: values[0] for name, values in link.items()}
    linked = handlers.follow(SimpleNamespace(session_hash="me", query_params=query))
    assert photo_of(linked[0], offered()) == "lion.jpg"
    assert linked[-1]["labels"] == asked["labels"]


def test_another_label_is_looked_for_with_the_model_that_answered(worlds, field):
    handlers = Handlers(worlds(3.0), field, ("en",))
    path = photo_file(field, "lion.jpg")
    asked = handlers.match(ME, path, "a lion, a car", "a photo of a {}", "auto")[-1]
    assert (asked["choice"], asked["model"]) == ("auto", "photos")
    seen = handlers.look(ME, SimpleNamespace(_data={"index": "1"}), asked)
    assert "a car" in seen["hint"]["en"]


@pytest.fixture
def asked(field):
    path = photo_file(field, "lion.jpg")
    sentences = ("a photo of a dog", "a photo of a cat")
    return vars(
        Asked(path, "auto", "photos", "photos", "a photo of a {}", ("a dog", "a cat"), sentences)
    )


def saved(folder, count):
    paths = []
    for number in range(count):
        paths.append(str(folder / f"mine{number}.png"))
        Image.new("RGB", (20 + number, 12), (number * 20, 60, 90)).save(paths[-1])
    return paths


def test_rows_that_nobody_changed_follow_the_world(worlds, asked):
    matrix = try_matrix.Matrix(worlds(3.0))
    _, html, rows = matrix.fill(ME, list(try_matrix.OURS), asked)
    assert rows == list(offered())
    assert "Back to ours" not in html
    _, _, rows = matrix.fill(ME, rows, {**asked, "model": "scenes", "world": "scenes"})
    assert rows == try_matrix.OURS


def test_the_visitors_files_join_the_matrix_and_ours_make_room(worlds, asked, tmp_path):
    matrix = try_matrix.Matrix(worlds(3.0))
    mine = saved(tmp_path, 6)
    _, html, rows, _ = matrix.put(ME, mine, list(offered()), asked)
    assert rows == [*list(offered())[:2], *mine]
    assert "your picture 6" in html
    _, html, rows, _ = matrix.put(ME, saved(tmp_path, 10), rows, asked)
    assert len(rows) == try_matrix.MOST_ROWS
    assert not set(rows) & set(offered())
    assert "Eight rows are the most." in html


def test_a_file_that_is_no_picture_is_named_and_the_others_come_in(worlds, asked, tmp_path):
    broken = tmp_path / "<b>notes.png"
    broken.write_text("no picture")
    matrix = try_matrix.Matrix(worlds(3.0))
    _, html, rows, _ = matrix.put(ME, [str(broken), *saved(tmp_path, 1)], [], asked)
    assert rows == [str(tmp_path / "mine0.png")]
    assert "Not added: &lt;b&gt;notes.png" in html


ROW = {
    "image_to_text_r1": 0.5, "text_to_image_r1": 0.4, "zero_shot_accuracy": 0.7, "label_map": 0.6,
}  # fmt: skip


def test_what_the_backbone_brings_is_told_where_it_was_measured():
    rows = [{"key": "full", **ROW}, {"key": "random_features", **ROW, "label_map": None}]
    html = backbone({"command": "python -m <x>", "rows": [*rows, {"key": "strange"}, "no row"]})
    assert html.count("<tr") == 3
    assert "0.700" in html
    assert "–" in html
    assert "&lt;x&gt;" in html
    for nothing in ({}, {"rows": []}, {"rows": "x"}, {"rows": [{"key": "strange"}]}):
        assert backbone(nothing) == ""


@needs_photos
def test_the_bundled_models_share_out_our_pictures_rightly():
    context = Context(CLIP, Language(), Runs(), Predictors())
    for photograph in PHOTOGRAPHS[:4]:
        picture = opened(photograph.file)
        who = answering(context, "me", "auto", picture)
        assert who.name == "photos"
        answered = who.predictor.classify(picture, list(photograph.labels))
        assert answered.ranking[0].label == photograph.labels[0]
        grid = who.predictor.evidence(picture, answered.ranking[0].sentence)
        assert len(grid) == 7
        assert max(max(row) for row in grid) == 1
    for example in EXAMPLES:
        picture = Picture(draw(example.scene, 512), (512, 512))
        assert answering(context, "me", "auto", picture).name == "scenes"


def test_a_missing_photographs_model_breaks_nothing(tmp_path, monkeypatch):
    shutil.copytree(CLIP.checkpoint(), tmp_path / "clip-scenes")
    monkeypatch.setattr(case_module, "CHECKPOINTS", tmp_path)
    context = Context(CLIP, Language(), Runs(), Predictors())
    who = answering(context, "me", "auto", opened("lion.jpg"))
    assert who.predictor.name == "clip-scenes"
    assert who.predictor.classify(opened("lion.jpg"), "a lion, a car").outside
    with pytest.raises(UserError) as refused:
        answering(context, "me", "photos", opened("lion.jpg"))
    assert refused.value.key.startswith("checkpoint.")
