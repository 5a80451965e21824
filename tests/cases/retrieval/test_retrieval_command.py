"""`predict retrieval`: a gallery is built, searched and told of, in lines or as JSON."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from mm_demo.cases.retrieval import command
from mm_demo.cases.retrieval.gallery_sources import DrawnScenes
from mm_demo.errors import UserError


class Red:
    """Vectors tell how red a picture is; the word is "red"."""

    name, id = "red", "red@0"

    def embed_pictures(self, pictures):
        tint = np.array([p.pixels.reshape(-1, 3).mean(0) for p in pictures], np.float32)
        return tint / np.linalg.norm(tint, axis=1, keepdims=True)

    def query(self, text, picture, without):
        if text is None and picture is None:
            raise UserError("retrieval.empty_query")
        return np.array([1, 0, 0], np.float32)

    def unknown(self, text):
        return [word for word in text.split() if word != "red"]


@pytest.fixture
def ask(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "at_hand", lambda: ("scenes",))
    monkeypatch.setattr(
        "mm_demo.cases.retrieval.gallery_sources._pictures", lambda source: DrawnScenes(12)
    )
    app = typer.Typer()
    app.command()(command.predict)
    tools = SimpleNamespace(predictors=SimpleNamespace(get=lambda case, folder: Red()))

    def run(*words):
        place = ["--gallery", str(tmp_path / "gallery")]
        return CliRunner().invoke(app, [*words, *place], obj=tools)

    return run


def test_the_best_come_first_as_json(ask):
    answer = json.loads(ask("--text", "red zeppelin", "-k", "3", "--json").stdout)
    assert answer["model"] == "red"
    assert answer["unknown"] == ["zeppelin"]
    scores = [hit["score"] for hit in answer["results"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert {hit["source"] for hit in answer["results"]} == {"scenes"}
    again = json.loads(ask("--text", "red", "-k", "3", "--json").stdout)
    assert again["results"] == answer["results"]


def test_lines_for_a_person_name_unknown_words(ask):
    said = ask("--text", "red", "--not", "people", "-k", "2").stdout.splitlines()
    assert len(said) == 3
    assert "scenes" in said[0]
    assert said[2] == "unknown words: people"


def test_a_query_that_says_nothing_builds_no_gallery(ask, tmp_path):
    assert isinstance(ask("--json").exception, UserError)
    assert not (tmp_path / "gallery").exists()


def test_no_results_cannot_be_asked_for(ask):
    assert ask("--text", "red", "-k", "0").exit_code == 2
