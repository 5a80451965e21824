"""Try's handlers: what an answer is made of, links, examples; nothing is computed here."""

from types import SimpleNamespace

import pytest
from PIL import Image

from mm_demo import case
from mm_demo.cases.captioning import CAPTIONING
from mm_demo.cases.captioning.try_examples import SCENES, first, photographs, thumbs
from mm_demo.cases.captioning.try_handlers import LAST_SEED, Handlers
from mm_demo.cases.captioning.try_settings import NUMBERS, shown_for
from mm_demo.cases.captioning.try_worlds import answering
from mm_demo.cases.captioning.worlds import at_hand, worlds_of
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.predictors import Predictors
from mm_demo.ui.composer import drawn
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.photographs import photo_of
from mm_demo.ui.runs import Runs
from tests.cases.captioning.small_captioner import saved

SETTINGS = (3, 0.7, 1.0, 0.9, 0, 30)
REQUEST = SimpleNamespace(session_hash="me", query_params={})


@pytest.fixture(scope="module", params=[True, False], ids=["attention", "plain"])
def attention(request):
    return request.param


@pytest.fixture(scope="module")
def handlers(tmp_path_factory, attention):
    folder = tmp_path_factory.mktemp("checkpoints")
    saved(folder / "captioning-scenes", attention=attention)
    component = SimpleNamespace(move_resource_to_block_cache=str)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case, "CHECKPOINTS", folder)
        context = Context(CAPTIONING, Language(), Runs(), Predictors())
        yield Handlers(context, component, None)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / f"scene.{SCENES[0]}.png"
    Image.fromarray(drawn(SCENES[0])).save(file)
    return str(file)


def event(**data):
    return SimpleNamespace(_data=data)


def test_an_answer_shows_its_evidence_and_the_tree_of_a_beam_alone(handlers, path, attention):
    answer = handlers.answer(REQUEST, path, "en", "auto", "beam", *SETTINGS)
    head, body, strip, instead, foot, tree_card, tree, score_card, asked = answer
    assert asked["caption"] in head["say"]
    assert asked["caption"] == " ".join(asked["words"])
    assert all(card.visible for card in (body, tree_card, score_card))
    assert ("<canvas" in strip) == attention
    assert ("has no attention" in strip) != attention
    assert instead == ""
    assert "captioning-scenes" in foot
    assert "<svg" in tree
    greedy = handlers.answer(REQUEST, path, "en", "auto", "greedy", *SETTINGS)
    assert not greedy[5].visible
    assert greedy[6] == ""
    assert handlers.answer(REQUEST, path, "zh", "auto", "beam", *SETTINGS)[-1]["spoken"] == "zh"


def test_without_a_picture_and_after_a_mistake_nothing_old_is_left(handlers, path, tmp_path):
    (tmp_path / "no.png").write_text("no")
    for given, told in (
        ((None, "en", "auto", "beam", *SETTINGS), "says what it sees"),
        ((str(tmp_path / "no.png"), "en", "auto", "beam", *SETTINGS), "not a picture"),
        ((path, "en", "auto", "beam", 0, *SETTINGS[1:]), "Beam width cannot be 0"),
        ((path, "en", "auto", "beam", None, *SETTINGS[1:]), "Beam width cannot be None"),
        ((path, "en", "run-9", "beam", *SETTINGS), "no model"),
    ):
        answer = handlers.answer(REQUEST, *given)
        assert told in answer[0]["html"]
        assert not any(card.visible for card in (answer[1], answer[5], answer[7]))
        assert answer[-1] is None


def test_another_word_goes_on_from_where_it_stands(handlers, path):
    asked = handlers.answer(REQUEST, path, "en", "auto", "beam", *SETTINGS)[-1]
    html = handlers.instead(REQUEST, event(word="1", instead=asked["words"][0]), asked)
    assert f"{asked['words'][0]} <u>{asked['words'][0]}</u>" in html
    assert "Had it stopped" in handlers.instead(REQUEST, event(word="1", instead=""), asked)
    unknown = handlers.instead(REQUEST, event(word="1", instead="<zeppelin>"), asked)
    assert "&lt;zeppelin&gt;" in unknown
    for odd, known in ((event(word="x", instead="a"), asked), (event(word="0", instead="a"), None)):
        assert not isinstance(handlers.instead(REQUEST, odd, known), str)


def test_own_sentences_are_scored_for_the_last_answer(handlers):
    asked = {"caption": "a red boat on the sea", "spoken": "en"}
    assert ">1.00<" in handlers.score("a red boat on the sea", asked)
    assert "nothing to compare with" in handlers.score("", asked)
    assert handlers.score("a boat", None) == ""
    assert handlers.scored_again("  ", asked) == ""
    assert ">1.00<" in handlers.scored_again("a red boat on the sea", asked)


def test_examples_are_ours_alone(handlers):
    assert handlers.example(event(index="1")).endswith(f"scene.{SCENES[1]}.png")
    for file in photographs()[:1]:
        assert photo_of(handlers.example(event(index=file)), photographs()) == file
    for odd in ("99", "../../etc/passwd", "-1", ""):
        assert not isinstance(handlers.example(event(index=odd)), str)


def test_a_file_with_an_examples_name_is_not_the_example(tmp_path):
    (tmp_path / photographs()[0]).write_bytes(b"another")
    assert photo_of(tmp_path / photographs()[0], photographs()) is None


def test_photographs_are_offered_where_their_model_is():
    assert 'data-file="lion.jpg"' in thumbs(["scenes", "photos"])
    assert 'data-file="lion.jpg"' not in thumbs(["scenes"])
    assert thumbs(["scenes"]).count("data-file=") == len(SCENES)
    assert (first(["scenes"]), first(["scenes", "photos"])) == ("0", photographs()[0])


def follow(handlers, **query):
    request = SimpleNamespace(session_hash="me", query_params={"case": "captioning", **query})
    return dict(
        zip(
            ("picture", "language", "model", "method", *NUMBERS),
            handlers.follow(request, "zh"), strict=True,
        )
    )  # fmt: skip


def test_a_link_sets_what_it_names_and_nothing_else(handlers):
    found = follow(handlers, scene=SCENES[2], speak="en", method="sample", top_p="0.5", draw="4")
    assert found["picture"].endswith(f"scene.{SCENES[2]}.png")
    assert (found["language"], found["method"]) == ("en", "sample")
    assert (found["top_p"], found["seed"]) == (0.5, 4)
    assert not isinstance(found["beam"], float)
    odd = follow(handlers, scene="<x>", speak="fr", method="x", beam="many", model="run-1")
    assert odd["language"] == "zh"
    for name in ("picture", "model", "method", "beam"):
        assert not isinstance(odd[name], str | float)
    elsewhere = follow(handlers, case="clip", scene=SCENES[2])
    assert not isinstance(elsewhere["picture"], str)


def test_another_draw_has_another_seed(handlers):
    assert [handlers.next_seed(seed) for seed in (0, 7.0, None, LAST_SEED)] == [1, 8, 1, 0]


@pytest.mark.parametrize(
    ("method", "beam", "sample"),
    [("greedy", False, False), ("beam", True, False), ("sample", False, True)],
)
def test_a_method_shows_the_knobs_that_it_uses(method, beam, sample):
    assert [column.visible for column in shown_for(method)] == [beam, sample]


def test_which_world_answers(handlers, path, monkeypatch, tmp_path):
    picture = open_picture(path)
    assert at_hand(CAPTIONING) == ["scenes"]
    who = answering(handlers.context, "me", "auto", picture)
    assert (who.name, who.chosen_for, who.terms) == ("scenes", False, False)
    with pytest.raises(UserError, match=r"model\.unknown"):
        answering(handlers.context, "me", "nope", picture)
    for world in CAPTIONING.worlds:
        (tmp_path / f"captioning-{world}").mkdir()
    monkeypatch.setattr(case, "CHECKPOINTS", tmp_path)
    strange = SimpleNamespace(look=lambda pictures: (None, [1.0, 1.01]))
    assert worlds_of(CAPTIONING, [picture] * 2, lambda world: strange) == ["scenes", "photos"]
