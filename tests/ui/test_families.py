"""A tab whose data sets come in families: knobs, links, chart, table and card follow the data set."""

from types import SimpleNamespace
from urllib.parse import parse_qsl

import gradio as gr
import pytest

from mm_demo import words
from mm_demo.case import OWN
from mm_demo.cases.clip import moving
from mm_demo.ui import links, run_cards
from mm_demo.ui.context import TryPanel
from mm_demo.ui.knobs import controls
from mm_demo.ui.language import Language
from mm_demo.ui.live import held_out_value
from mm_demo.ui.runs import Run, Runs
from mm_demo.ui.slot import Slot
from mm_demo.ui.train_api import train_endpoint
from mm_demo.ui.trainer import Trainer
from mm_demo.ui.training_handlers import Handlers
from tests.made_up import ALBUM, CASE, with_words

from . import fake

ANN = SimpleNamespace(session_hash="ann")
NAME = words.say("en", "clip.metric.image_to_text_r1")


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(fake, "STEP_SECONDS", 0.0)
    with_words(monkeypatch)


@pytest.fixture
def trainer(tmp_path):
    return Trainer(fake.start, Runs(root=tmp_path), lambda folder: None, Slot())


@pytest.fixture
def handlers(trainer):
    language = Language()
    with gr.Blocks():
        knobs = controls(CASE, "quick", language)
    return Handlers(CASE, trainer, knobs, moving.preview(CASE), language, TryPanel(None), None)


def values(handlers, dataset, preset="quick", **changes):
    config = CASE.preset(preset, dataset).changed(changes)
    return [getattr(config, name) for name in handlers.controls.names]


def run(number, dataset, folder, **metrics):
    curves = {name: ([0, 50], [0.0, value]) for name, value in metrics.items()}
    return Run(
        number, "clip", dataset, "quick", CASE.preset("quick", dataset), folder,
        state="finished", curves=curves, metrics=metrics, step=90, seconds=40,
    )  # fmt: skip


def test_another_familys_data_set_puts_the_knobs_at_its_preset(handlers):
    names = handlers.controls.names
    before, *updates = handlers.dataset("scenes", "slides", "full")
    assert before == "slides"
    assert updates[names.index("steps")]["value"] == 900
    assert updates[names.index("steps")]["maximum"] >= 900
    before, *updates = handlers.dataset(OWN, "scenes", "full")
    assert before == "scenes"
    assert updates[names.index("steps")]["value"] == CASE.presets["full"].steps


def test_within_a_family_the_knobs_stay(handlers):
    stay = [gr.skip()] * len(handlers.controls.names)
    assert handlers.dataset("slides", "prints", "full") == ["prints", *stay]
    assert handlers.dataset("slides", OWN, "full") == [OWN, *stay]


def test_a_link_goes_there_and_back_by_the_familys_preset():
    config = ALBUM.presets["quick"].changed({"batch_size": 48})
    query = links.write(CASE, "train", "slides", "quick", config, "en")
    assert "steps" not in query
    link = links.read(dict(parse_qsl(query[1:])), [CASE])
    assert (link.dataset, link.settings) == ("slides", {"batch_size": 48, "seed": 0})
    assert CASE.preset(link.preset, link.dataset).changed(link.settings) == config


def test_a_link_may_not_name_what_is_only_measured():
    link = links.read({"case": "clip", "dataset": "postcards"}, [CASE])
    assert link.ignored == ("dataset=postcards",)
    assert link.dataset == "scenes"


def test_status_chart_and_command_follow_the_data_set(handlers):
    status, loss, held, table = handlers.settings(
        ANN, "slides", "quick", *values(handlers, "slides")
    )
    assert "7 min" in status["html"]
    assert loss["steps"] == held["steps"] == 90
    assert held["title"]["en"] == f"{NAME}, held out"
    assert [reference["y"] for reference in held["refs"]] == [0.45]
    assert "--dataset slides --preset quick --seed 0 --out" in table.replace("</span>", "").replace(
        "<span>", ""
    )


def test_a_run_trains_and_ends_by_its_familys_preset_and_headline(handlers):
    chosen = values(handlers, "slides", steps=95)
    card, _, _, held, _, table, *_ = list(handlers.start(ANN, "slides", "quick", *chosen))[-1]
    (kept,) = handlers.trainer.runs.of("ann")
    assert kept.config == ALBUM.presets["quick"].changed({"steps": 95})
    assert "0.45" in card["say"]
    assert "0.65" not in card["html"]
    assert (
        'data-copy="python -m mm_demo train clip --dataset slides --preset quick --seed 0 --set steps=95 --out'
        in card["html"]
    )
    assert 'title="steps 95"' in table
    assert held["y"][-1] == pytest.approx(0.7)


def test_the_api_trains_by_the_familys_preset(trainer):
    train = train_endpoint(CASE, trainer)
    events = list(train("slides", "quick", 3, {"batch_size": 48}, ANN))
    assert events[-1]["steps"] == 90
    (kept,) = trainer.runs.of("ann")
    assert kept.config == ALBUM.presets["quick"].changed({"seed": 3, "batch_size": 48})
    with pytest.raises(gr.Error, match="postcards"):
        list(train("postcards", "quick", 0, None, ANN))


def test_a_run_of_another_family_has_no_line_and_takes_nobodys_colour(tmp_path):
    runs = [
        run(3, "prints", tmp_path, image_to_text_r1=0.3),
        run(2, "scenes", tmp_path, image_to_text_r1=0.9, zero_shot_accuracy=0.8),
        run(1, "slides", tmp_path, image_to_text_r1=0.2),
    ]
    held = held_out_value(CASE, "prints", runs[0], runs, 90, 3)
    assert held["y"] == [0.0, 0.3]
    lines = {line["slot"]: line["y"] for line in held["earlier"]}
    assert lines == {2: [], 3: [0.0, 0.2]}
    assert held["say"]["en"].startswith(
        f"{NAME} on held-out data. This run is at 0.30, the course claims 0.45"
    )
    scenes = held_out_value(CASE, "scenes", None, runs, 90, None)
    assert {line["slot"]: line["y"] for line in scenes["earlier"]} == {1: [], 2: [0.0, 0.8], 3: []}


def test_the_table_marks_each_runs_own_headline_and_keeps_its_column(tmp_path):
    slides = run(2, "slides", tmp_path, image_to_text_r1=0.31, text_to_image_r1=0.22)
    html = run_cards.table(CASE, [slides], None, "", "")
    assert '<td class="n"><b>0.31</b></td>' in html
    assert '<td class="n opt">0.22</td>' in html
    assert html.count('<th class="n opt"') == 2
    scenes = run(1, "scenes", tmp_path, zero_shot_accuracy=0.81, image_to_text_r1=0.52)
    html = run_cards.table(CASE, [slides, scenes], None, "", "")
    assert '<td class="n"><b>0.81</b></td><td class="n">0.52</td>' in html
    assert html.count('<th class="n opt"') == 1


def test_a_scenes_run_with_the_albums_settings_says_what_differs(tmp_path):
    odd = Run(1, "clip", "scenes", "quick", ALBUM.presets["quick"], tmp_path, state="finished")
    assert "steps 90" in run_cards.what_differs(CASE, odd)["en"]
    fine = Run(1, "clip", "slides", "quick", ALBUM.presets["quick"], tmp_path, state="finished")
    assert "steps" not in run_cards.what_differs(CASE, fine)["en"]
