"""A run on a family's data set has that family's task, card and claim."""

import json
import threading

import pytest

from mm_demo.case import OWN
from mm_demo.events import Evaluated, Preparing, Progress
from mm_demo.training import figure
from mm_demo.training.card import card
from mm_demo.training.loop import train
from tests.made_up import ALBUM, CASE, with_modules

QUICK = ALBUM.presets["quick"]


@pytest.fixture
def made(monkeypatch):
    """The family's tasks as they were made: [config, data set, folder loaded]."""
    noted = []

    class Task:
        def __init__(self, config, dataset):
            noted.append([config, dataset, None])

        def load(self, folder):
            noted[-1][2] = folder

        def prepare(self):
            yield Preparing("pictures", 0, 1)

    with_modules(monkeypatch, "task", {"Task": Task})
    return noted


def begin(dataset, out, **more):
    stop = threading.Event()
    stop.set()
    options = {"preset": "quick", "resume": False, "start_from": None, **more}
    return list(train(CASE, dataset, QUICK.changed({"threads": 1}), out, stop=stop, **options))


def test_the_loop_takes_the_familys_task(made, tmp_path):
    begin("slides", tmp_path / "a")
    begin(str(tmp_path), tmp_path / "b")
    assert [dataset for _, dataset, _ in made] == ["slides", str(tmp_path)]


def test_a_resumed_run_keeps_its_familys_task_whatever_is_asked_for(made, tmp_path):
    config = {**QUICK.model_dump(), "seed": 5}
    run = {"case": "clip", "dataset": "slides", "preset": "quick", "config": config}
    (tmp_path / "run.json").write_text(json.dumps(run))
    (tmp_path / "optimizer.safetensors").write_bytes(b"")
    begin("scenes", tmp_path, resume=True)
    ((taken, dataset, folder),) = made
    assert (dataset, folder, taken.seed) == ("slides", tmp_path, 5)


def test_the_card_has_the_familys_words_and_preset(monkeypatch):
    about = {"title": "Album", "what": "w", "data": "d", "limits": "l"}
    with_modules(
        monkeypatch, "task", {"CARDS": {"slides": about, OWN: {**about, "title": "Ann's"}}}
    )
    run = {
        "dataset": "slides", "preset": "quick", "config": QUICK.changed({"steps": 95}).model_dump(),
        "start_from": None, "step": 95, "seconds": 60.0, "metrics": {"image_to_text_r1": 0.5},
    }  # fmt: skip
    text = card(CASE, "clip-album", run)
    assert "# Album\n" in text
    assert "--dataset slides --preset quick --seed 0 --set steps=95 --out" in text
    assert "# Ann's\n" in card(CASE, "clip-album", {**run, "dataset": OWN})


@pytest.mark.parametrize(
    ("dataset", "claim"),
    [("slides", "the course, image to text R@1: 0.45"), ("scenes", "the course, zero shot accuracy: 0.65")],
)  # fmt: skip
def test_the_figure_has_the_claim_of_the_runs_headline(monkeypatch, tmp_path, dataset, claim):
    drawn = []
    monkeypatch.setattr(figure, "_save", lambda made, file: drawn.append(made))
    figures = {"image_to_text_r1": 0.3, "text_to_image_r1": 0.2}
    story = [Progress(1, 2, 3.0, 0.1, 1.0, 1.0, 1.0), Evaluated(2, figures)]
    figure.draw_run(CASE, dataset, story, tmp_path / "run.png")
    held_out = drawn[0].axes[1]
    assert [text.get_text() for text in held_out.texts] == [claim]
    lines = [text.get_text() for text in held_out.get_legend().get_texts()]
    assert lines == ["image to text R@1", "text to image R@1"]
