"""Try: what the result card says, and that a visitor's text stays text."""

import json
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image

from mm_demo import words
from mm_demo.cases.clip import CLIP, try_answer, try_matrix
from mm_demo.cases.clip.answer import Answer, Score
from mm_demo.cases.clip.examples import EXAMPLES, other_name
from mm_demo.cases.clip.predict import Predictor
from mm_demo.cases.clip.try_answer import Asked
from mm_demo.cases.clip.try_handlers import Handlers
from mm_demo.cases.clip.try_worlds import Answering
from mm_demo.cases.clip.understand import _reliability, our_numbers
from mm_demo.data.scenes import draw
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.ui import cross, evidence, ranking
from mm_demo.ui.composer import drawn
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs

EVIL = "<script>alert(1)</script>"
SCENES = Answering(None, "scenes", "scenes")
PHOTOS = Answering(None, "photos", "photos", chosen_for=True, terms=True)


def score(label, probability=0.5, alone=0.9, unknown=()):
    return Score(label, f"a photo of a {label}", probability, alone, 0.3, list(unknown))


def answer(*scores, none=0.1, outside=False, model="clip-scenes"):
    return Answer(list(scores), none, outside, 0.5, model, 14.0, 1)


def scene_file(folder, text):
    path = folder / f"scene.{text}.png"
    Image.fromarray(drawn(text)).save(path)
    return str(path)


def asked(path="/tmp/x/boat.png", labels=("red boat",), template="a photo of a {}"):
    sentences = ("a photo of a red boat",)
    return Asked(path, "auto", "scenes", "scenes", template, tuple(labels), sentences)


def test_the_head_says_the_best_label_and_underlines_it():
    head = try_answer.head(answer(score("red boat"), score("car")), SCENES)
    assert "“a photo of a <em>red boat</em>”" in head["html"]
    assert "Best match" in head["html"]
    assert "最配的一句" in head["html"]
    assert "red boat" in head["say"]
    assert "notice" not in head["html"]


def test_a_label_with_an_article_is_underlined_whole_or_bare():
    assert try_answer._marked("a photo of a red boat", "a red boat").endswith(
        "<em>a red boat</em>”"
    )
    assert try_answer._marked("a photo of an orange", "the orange").endswith("<em>orange</em>”")


def test_no_label_true_on_its_own_is_said_so():
    head = try_answer.head(answer(score("car", alone=0.2), score("cat", alone=0.1)), SCENES)
    assert "None is true on its own" in head["html"]
    assert "None is true on its own" in head["say"]
    assert "Best match" not in head["say"]


def test_none_is_said_to_be_true_only_where_none_is():
    head = try_answer.head(answer(score("car", alone=0.2), score("cat", alone=0.9)), SCENES)
    assert "The largest share, though not true on its own" in head["html"]
    assert "None is true" not in head["html"] + head["say"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (answer(score("dinghy", unknown=["dinghy"]), score("car")), "does not know “dinghy”"),
        (answer(score("a"), score("b"), outside=True), "unlike the drawn scenes"),
        (answer(score("a", 1.0)), "One label competes with nobody"),
    ],
)
def test_what_to_keep_in_mind_is_amber_and_the_answer_still_there(given, sentence):
    html = try_answer.head(given, SCENES)["html"]
    assert sentence in html
    assert 'class="notice warn"' in html
    assert 'class="answer"' in html


def test_unknown_characters_side_by_side_are_one_word():
    strange = Score("恐龙", "一张恐龙的照片", 1.0, 0.1, 0.0, ["恐", "龙"])
    assert "“恐龙”" in try_answer.head(answer(strange), SCENES)["html"]


def test_a_visitors_own_model_is_named():
    run = Answering(None, "run-2", "scenes")
    html = try_answer.head(answer(score("a"), score("b"), model="clip-run-2"), run)["html"]
    assert "answered by your run-2" in html


def test_a_visitors_text_stays_text_everywhere():
    given = answer(score(EVIL, unknown=[EVIL]), score('"><img src=x onerror=alert(1)>'))
    card = asked(labels=[EVIL], template=EVIL + "{}")
    line = cross.Line("data:image/webp;base64,", {"en": EVIL, "zh": EVIL}, [0.1], 0)
    seen = try_answer.seen(np.zeros((8, 8, 3), np.uint8), [[1.0]], EVIL)
    whole = "".join(
        [
            *try_answer.head(given, SCENES).values(),
            try_answer.rows(given),
            try_answer.foot(given, 0.01, card, PHOTOS),
            *try_answer.failed(UserError("template.no_slot", template=EVIL)).values(),
            cross.table([(EVIL, None)], [line]),
        ]
    )
    assert "<script" not in whole
    assert "<img src=x" not in whole
    assert EVIL in seen["hint"]["en"]  # plain: page.js escapes it


def test_rows_show_share_and_truth_and_the_other_language():
    html = try_answer.rows(answer(score("a red boat", 0.91), score("a car", 0.004, alone=0.08)))
    assert "91%" in html
    assert "&lt;1%" in html
    assert '<small class="zh" lang="zh-CN">红色的船</small>' in html
    assert html.count('aria-pressed="true"') == 1
    assert html.count('data-do="look"') == 2
    assert "none of these" in html
    assert '<td class="n"></td><td class="n">0.10</td></tr></tfoot>' in html  # it has no share
    numbers = json.loads(unescape(html.partition('data-answer="')[2].partition('"')[0]))
    assert numbers["labels"] == [["a red boat", "zh", "红色的船"], ["a car", "zh", "汽车"]]
    assert numbers["scale"] == 14.0


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0%"), (0.001, "&lt;1%"), (0.91, "91%"), (0.997, "&gt;99%"), (1, "100%")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(value, shown):
    assert ranking.share(value) == shown


def test_the_foot_tells_time_model_memory_and_a_link(tmp_path):
    scene = scene_file(tmp_path, "sea.boat-red-large-left")
    html = try_answer.foot(answer(score("red boat"), score("car")), 0.0381, asked(scene), SCENES)
    assert "38 ms" in html
    assert "clip-scenes" in html
    assert "2 labels, 1 from memory" in html
    query = parse_qs(unescape(html.partition('data-link="?')[2].partition('"')[0]))
    assert query["scene"] == ["sea.boat-red-large-left"]
    assert query["labels"] == ["red boat"]
    assert "template" not in query


def test_a_link_leaves_out_a_picture_of_ones_own():
    query = parse_qs(try_answer.link(asked(template="a drawing of {}"))[1:])
    assert "scene" not in query
    assert query["template"] == ["a drawing of {}"]


def test_a_link_carries_as_many_labels_as_an_address_can():
    labels = [f"{'很长的标签' * 8} {i}" for i in range(200)]
    query = try_answer.link(asked(labels=labels))
    assert len(query) <= try_answer.MAX_LINK + 1
    kept = parse_qs(query[1:])["labels"][0].split(", ")
    assert kept == labels[: len(kept)]
    assert len(kept) > 5


def test_an_error_stands_where_the_answer_would_and_names_no_folder():
    html = try_answer.failed(
        UserError("checkpoint.damaged", file="model.safetensors", folder="/srv/secret/clip-scenes")
    )["html"]
    assert 'role="alert"' in html
    assert "/srv/secret" not in html
    assert "clip-scenes" in html
    assert "What you typed and chose is kept." in html
    assert "你写的和选的都还在。" in html


def test_every_user_error_of_this_panel_has_its_sentences():
    for key in (
        "image.missing",
        "image.damaged",
        "labels.empty",
        "template.no_slot",
        "scene.unknown",
    ):
        for language in words.LANGUAGES:
            assert words.say(language, key, template="x")


@pytest.mark.parametrize("name", ["nope", "../clip-scenes", "clip-clip-scenes", "run", "/etc"])
def test_a_model_is_found_by_its_name_alone(name):
    context = Context(CLIP, Language(), Runs(), None)
    with pytest.raises(UserError) as refused:
        context.predictor("me", name)
    assert refused.value.key == "model.unknown"


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("a red boat", ("zh", "红色的船")),
        ("Red  Boat", ("zh", "红色的船")),
        ("orange sailboat", ("zh", "橙色的船")),
        ("small cat", ("zh", "小猫")),
        ("红色的船", ("en", "red boat")),
        ("蓝船", ("en", "blue boat")),
        ("a dinghy", None),
        (EVIL, None),
    ],
)
def test_known_classes_have_a_name_in_the_other_language(typed, other):
    assert other_name(typed) == other


def test_examples_are_true_of_their_pictures():
    for example in EXAMPLES:
        shown = {(colour, kind) for kind, colour, _, _ in example.things}
        assert shown <= set(example.classes), "every thing of the picture is among the labels"
        assert set(example.classes) - shown, "and something that is not in it"
        assert example.classes[0] in shown


@pytest.fixture(scope="module")
def bundled():
    return Predictor(CLIP.checkpoint())


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_the_model_says_yes_to_all_that_is_true_of_an_example(bundled, place):
    example = EXAMPLES[place]
    answer = bundled.classify(Picture(draw(example.scene, 512), (512, 512)), example.labels("en"))
    shown = {(colour, kind) for kind, colour, _, _ in example.things}
    true = {
        typed
        for typed, pair in zip(example.labels("en"), example.classes, strict=True)
        if pair in shown
    }
    assert answer.ranking[0].label in true
    assert {s.label: s.alone for s in answer.ranking if s.label in true and s.alone < 0.5} == {}


def test_the_evidence_names_its_place():
    grid = np.zeros((4, 4))
    grid[3, 0] = 1
    assert evidence.place(grid.tolist())["en"] == "bottom left"
    assert evidence.place([[0.0]])["en"] == "nowhere in particular"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.75, 1])
def test_a_cells_number_can_be_read(theme, share):
    wash, full = cross._LIGHT if theme == "light" else cross._DARK
    mixed = [w + (f - w) * share for w, f in zip(wash, full, strict=True)]
    luminance = np.dot((0.2126, 0.7152, 0.0722), [cross._linear(c / 255) for c in mixed])
    text = {"black": 0.0, "white": 1.0}[cross.ink(share, theme)]
    high, low = max(luminance, text) + 0.05, min(luminance, text) + 0.05
    assert high / low >= 4.5


class StandIn:
    """A model that likes the first label of each picture."""

    def matrix(self, pictures, labels, template=None):
        columns = range(len(labels))
        cosines = [[0.4 if i == j else 0.1 for j in columns] for i in range(len(pictures))]
        return cosines, [[float(value > 0.3) for value in row] for row in cosines]

    def classify(self, picture, labels, template=None):
        return answer(*(score(label) for label in labels))


@pytest.fixture
def matrix():
    context = SimpleNamespace(case=CLIP, predictor=lambda session, model: StandIn())
    return try_matrix.Matrix(context)


def told(**data):
    return SimpleNamespace(_data=data)


ASKED = {
    "path": "/tmp/scene.snow.fish-red-small-left.png",
    "model": "scenes",
    "world": "scenes",
    "template": "a photo of a {}",
    "labels": ["a", "b"],
}
ME = SimpleNamespace(session_hash="me")


def test_the_matrix_rings_what_is_best_and_true(matrix):
    _, html, rows = matrix.fill(ME, list(try_matrix.OURS), ASKED)
    assert rows == try_matrix.OURS
    assert html.count('class="c ') == 10
    assert html.count(" on") >= 2
    assert html.count(", best in its row") == 2
    assert "Add my picture" in html


def test_pictures_come_and_go(matrix, tmp_path):
    asked = {**ASKED, "path": scene_file(tmp_path, "snow.fish-red-small-left")}
    _, html, rows = matrix.change(ME, told(do="add"), list(try_matrix.OURS), asked)
    assert rows[-1] == "snow.fish-red-small-left"
    assert "Add my picture" not in html
    _, html, rows = matrix.change(ME, told(do="drop", row="0"), rows, asked)
    assert rows == [*try_matrix.OURS[1:], "snow.fish-red-small-left"]
    assert "Back to ours" in html
    _, html, rows = matrix.change(ME, told(do="reset"), rows, asked)
    assert rows == try_matrix.OURS


def test_the_matrix_takes_eight_rows_and_survives_none(matrix):
    many = [f"sea.fish-{colour}-small-left" for colour in ("red", "blue", "pink")]
    full = [*try_matrix.OURS, *many]
    _, html, rows = matrix.change(ME, told(do="add"), full, ASKED)
    assert rows == full
    assert "Eight rows are the most." in html
    _, html, rows = matrix.fill(ME, ["/gone/picture.png"], ASKED)
    assert rows == []
    assert "Every row is removed." in html


def test_a_long_list_of_labels_is_cut_and_said_so(matrix):
    _, html, _ = matrix.fill(ME, list(try_matrix.OURS), {**ASKED, "labels": list("abcdefghij")})
    assert html.count('scope="col"') == try_matrix.MOST_LABELS
    assert "the first 6 of 10 labels" in html


def test_without_an_answer_the_matrix_hides(matrix):
    card, html, _ = matrix.fill(ME, list(try_matrix.OURS), None)
    assert card.visible is False
    assert html == ""


def test_heads_of_the_matrix_keep_what_was_typed():
    line = cross.Line("data:image/webp;base64,", {"en": "a", "zh": "b"}, [0.1], None)
    html = cross.table([("a red boat", ("zh", "红色的船"))], [line])
    assert '>a red boat<small class="zh" lang="zh-CN">红色的船</small></th>' in html


def test_the_foot_lets_the_browser_know_an_old_answer_and_names_no_folder():
    html = try_answer.foot(answer(score("car")), 0.01, asked("/srv/secret/abc/boat.png"), SCENES)
    assert 'data-picture="abc/boat.png" data-model="auto"' in html
    assert "secret" not in html


@pytest.mark.parametrize(
    ("path", "labels", "known"),
    [(None, "a", None), ("/tmp/x.png", " ", None), ("/tmp/x.png", "a", "/tmp/x.png")],
)
def test_a_new_model_answers_by_itself_only_where_there_is_something_to_ask(path, labels, known):
    before = {"path": known, "choice": "scenes"} if known else None
    answered = Handlers(SimpleNamespace(case=CLIP), None, ("en",)).again(
        ME, path, labels, "{}", "scenes", before
    )
    assert [part["__type__"] for part in answered] == ["update"] * 6


def test_looking_again_without_an_answer_changes_nothing():
    handlers = Handlers(SimpleNamespace(case=CLIP), None, ("en",))
    skipped = handlers.look(ME, told(index="0"), None)
    assert skipped["__type__"] == "update"


def test_numbers_of_our_own_are_the_models():
    numbers = our_numbers(StandIn())
    assert len(numbers["cosines"]) == len(EXAMPLES[0].classes)
    assert len(numbers["pairs"]["cosines"]) == len(EXAMPLES)


def test_the_reliability_diagram_is_left_out_where_it_was_not_measured():
    assert _reliability(None) == ""
    assert _reliability([]) == ""
    assert _reliability([{"low": 0.0}]) == ""
    one = {"low": 0.0, "high": 0.1, "mean_probability": 0.05, "share_true": 0.1, "count": 10}
    html = _reliability([one, {**one, "count": 0}])
    assert html.count("<rect") == 1
    assert "Off by 0.05 on average" in html
