"""`predict captioning`: one picture, a folder, the attention figure; one line for every mistake."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from mm_demo.cases.captioning import command, worlds
from mm_demo.cases.captioning.speaker import Caption, Word
from mm_demo.errors import UserError


class Model:
    """Says what it was asked for; strange is what is red."""

    languages = ("en", "zh")

    def __init__(self, name):
        self.name = name

    def look(self, pictures):
        return None, [float(p.pixels[..., 0].mean() / 100) for p in pictures]

    def caption(self, picture, how, language, *, evidence=False):
        words = [Word("a", 0.5, [], [[0.0, 1.0]]), Word("boat", 0.5, [], None)]
        return Caption(
            f"a boat {how.method} {how.beam}", 0.5, None, "", self.name == "photos", 0.0,
            self.name, language, how.method, ["a ship"], words if evidence else [], [],
        )  # fmt: skip

    def captions(self, pictures, how, language):
        return [self.caption(picture, how, language) for picture in pictures]


@pytest.fixture
def ask(monkeypatch):
    monkeypatch.setattr(worlds, "at_hand", lambda case: ["scenes", "photos"])
    app = typer.Typer()
    app.command()(command.predict)
    models = SimpleNamespace(
        get=lambda case, folder: Model(folder.name.removeprefix("captioning-"))
    )

    def run(*words):
        ran = CliRunner().invoke(app, list(map(str, words)), obj=SimpleNamespace(predictors=models))
        if isinstance(ran.exception, UserError):
            raise ran.exception
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    return run


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "inner").mkdir(parents=True)
    Image.new("RGB", (30, 20), "#1020FF").save(folder / "blue.png")
    Image.new("RGB", (30, 20), "#FF2010").save(folder / "inner" / "red.png")
    (folder / "no.jpg").write_text("no")
    return folder


def test_one_object_of_plain_values(ask, pictures):
    told = json.loads(ask("--image", pictures / "blue.png", "--beam", "5", "--json"))
    assert told["caption"] == "a boat beam 5"
    assert (told["sureness"], told["outside"], told["model"]) == (0.5, False, "scenes")
    assert told["others"] == ["a ship"]
    assert "words" not in told


def test_the_picture_chooses_the_model_unless_a_checkpoint_is_named(ask, pictures):
    red = pictures / "inner" / "red.png"
    assert json.loads(ask("--image", red, "--json"))["model"] == "photos"
    told = json.loads(ask("--image", red, "--checkpoint", "mine", "--json"))
    assert told["model"] == "mine"


def test_a_folder_has_a_row_for_each_file(ask, pictures):
    told = json.loads(ask("--image", pictures, "--method", "greedy", "--json"))
    rows = {row["image"]: row for row in told["results"]}
    assert set(rows) == {"blue.png", "inner/red.png", "no.jpg"}
    assert rows["blue.png"]["caption"] == "a boat greedy 3"
    assert (rows["blue.png"]["outside"], rows["inner/red.png"]["outside"]) == (False, True)
    assert set(rows["no.jpg"]) == {"image", "error"}
    assert rows["no.jpg"]["error"].startswith("This file is not a picture")
    assert told["model"] == "scenes, photos"


def test_a_table_for_people(ask, pictures):
    lines = ask("--image", pictures).splitlines()
    assert any(line.split() == ["blue.png", "0.50", "a", "boat", "beam", "3"] for line in lines)
    assert any("inner/red.png" in line and "unlike anything" in line for line in lines)
    assert any("no.jpg" in line and "not a picture" in line for line in lines)


def test_the_figure_shows_a_word_beside_the_other(ask, pictures, tmp_path):
    out = tmp_path / "deep" / "strip.png"
    ask("--image", pictures / "blue.png", "--figure", out)
    drawn = np.asarray(Image.open(out).convert("RGB")).astype(int)
    blue = (drawn[..., 2] > 150) & (drawn[..., 0] < 90)
    half = drawn.shape[1] // 2
    assert blue[:, half:].sum() > 1.2 * blue[:, :half].sum() > 0  # the left one is half veiled


@pytest.mark.parametrize(
    ("more", "key"),
    [
        (["--beam", "0"], "knob.illegal"),
        (["--beam", "1000"], "knob.illegal"),
        (["--method", "guess"], "knob.illegal"),
        (["--max-words", "0"], "knob.illegal"),
        (["--language", "fr"], "knob.illegal"),
        (["--figure", "strip.doc"], "figure.format"),
    ],
)
def test_what_cannot_be_is_one_error(ask, pictures, more, key):
    with pytest.raises(UserError, match=key.replace(".", r"\.")):
        ask("--image", pictures / "blue.png", *more)


def test_many_pictures_refuse_a_language_that_nobody_speaks(ask, pictures):
    with pytest.raises(UserError, match=r"knob\.illegal"):
        ask("--image", pictures, "--language", "fr")
    told = json.loads(ask("--image", pictures, "--language", "zh", "--json"))
    assert {row.get("language") for row in told["results"]} == {"zh", None}


def test_a_figure_is_of_one_picture(ask, pictures):
    with pytest.raises(UserError, match=r"captioning\.figure_of_many"):
        ask("--image", pictures, "--figure", "x.png")


def test_no_picture_and_no_folder(ask, tmp_path):
    with pytest.raises(UserError, match=r"image\.missing"):
        ask("--image", tmp_path / "gone.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"photos\.no_pictures"):
        ask("--image", tmp_path / "empty")
