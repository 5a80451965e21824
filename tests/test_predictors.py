"""Which predictor a checkpoint folder gets."""

import json

import pytest

from mm_demo import predictors
from mm_demo.errors import UserError
from tests.made_up import CASE, with_modules


def kind(name):
    """A predictor class that knows its name and its folder."""
    return type(name, (), {"__init__": lambda self, folder: setattr(self, "folder", folder)})


@pytest.fixture
def get(monkeypatch):
    """A function: get(folder) -> the name of the predictor's class."""
    monkeypatch.setattr(predictors, "find", lambda name: CASE)
    with_modules(
        monkeypatch, "predict", {"Predictor": kind("Album")}, {"Predictor": kind("Scenes")}
    )

    def got(folder):
        made = predictors.Predictors().get("clip", folder)
        assert made.folder == folder.resolve()
        return type(made).__name__

    return got


@pytest.mark.parametrize(
    ("dataset", "name"), [("scenes", "Scenes"), ("slides", "Album"), ("own", "Album")]
)
def test_a_checkpoint_is_read_by_the_predictor_of_what_it_was_trained_on(
    get, tmp_path, dataset, name
):
    (tmp_path / "run.json").write_text(json.dumps({"dataset": dataset}))
    assert predictors.trained_on(tmp_path) == dataset
    assert get(tmp_path) == name


def test_without_a_run_it_is_the_cases_own(get, tmp_path):
    assert predictors.trained_on(tmp_path) == ""
    assert get(tmp_path) == "Scenes"


def test_a_damaged_run_is_said(get, tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(UserError) as caught:
        get(tmp_path)
    assert caught.value.key == "checkpoint.damaged"
