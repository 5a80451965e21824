"""What the training panel yields where a run ends before it began, and before there is any run."""

from types import SimpleNamespace

import gradio as gr
import pytest

from mm_demo.cases.clip import CLIP, moving
from mm_demo.events import Evaluated, Preparing, Started, Stopped
from mm_demo.ui.context import TryPanel
from mm_demo.ui.knobs import controls
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs
from mm_demo.ui.slot import Slot
from mm_demo.ui.trainer import Trainer
from mm_demo.ui.training_handlers import Handlers

from . import fake

ANN = SimpleNamespace(session_hash="ann")


def stopped_while_preparing(case, dataset, config, out, **options):
    yield Preparing("pictures", 0, 100)


def stopped_at_step_0(case, dataset, config, out, **options):
    yield Started(0, config.steps, 100, 1000, 1, "cpu", 4.85)
    yield Evaluated(0, dict.fromkeys(case.table, 0.7), {})
    out.mkdir(parents=True)
    yield Stopped(str(out), dict.fromkeys(case.table, 0.7), 0, config.steps, 0.0, 0.0, 0.0)


@pytest.fixture
def panel(tmp_path, monkeypatch):
    """A function: panel(start) -> handlers around that trainer, and the values of the controls."""
    monkeypatch.setattr(fake, "STEP_SECONDS", 0.0)

    def made(start):
        trainer = Trainer(start, Runs(root=tmp_path), lambda folder: None, Slot())
        language = Language()
        with gr.Blocks():
            knobs = controls(CLIP, "quick", language)
        handlers = Handlers(
            CLIP, trainer, knobs, moving.preview(CLIP), language, TryPanel(None), None
        )
        return handlers, [getattr(CLIP.preset("quick", "scenes"), name) for name in knobs.names]

    return made


@pytest.mark.parametrize("start", [stopped_while_preparing, stopped_at_step_0])
def test_stopped_before_its_first_step_is_a_notice_and_keeps_nothing(panel, start):
    handlers, values = panel(start)
    last = list(handlers.start(ANN, "scenes", "quick", *values))[-1]
    assert "Stopped before it began" in last[0]["html"]
    assert last[6]["visible"]
    assert not last[7]["visible"]
    assert handlers.trainer.runs.of("ann") == []
    assert handlers.trainer.slot.busy() == 0


def test_a_resumed_run_that_is_stopped_at_once_is_kept(panel):
    handlers, values = panel(fake.start)
    list(handlers.start(ANN, "scenes", "quick", *values))
    run = handlers.trainer.runs.update("ann", 1, state="stopped")
    object.__setattr__(handlers.trainer, "_start", stopped_while_preparing)
    event = SimpleNamespace(_data={"do": "continue", "run": run.number})
    last = list(handlers.go_on(ANN, event))[-1]
    assert f"Stopped at step {run.step}" in last[0]["html"]
    assert handlers.trainer.runs.get("ann", 1).state == "stopped"


def test_status_axis_and_command_follow_the_settings_until_there_is_a_run(panel):
    handlers, values = panel(fake.start)
    full = {**CLIP.preset("full", "scenes").model_dump(), "seed": 7, "steps": 900}
    wanted = [full[name] for name in handlers.controls.names]
    status, loss, held, table = handlers.settings(ANN, "scenes", "full", *wanted)
    assert "20 min" in status["html"]
    assert loss["steps"] == held["steps"] == 900
    assert "--preset full --seed 7" in table
    assert "steps=900" in table
    list(handlers.start(ANN, "scenes", "quick", *values))
    assert handlers.settings(ANN, "scenes", "full", *wanted) == [gr.skip()] * 4


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [("steps", 0, "knob.illegal"), ("steps", 1.5, "knob.illegal"), ("steps", 99_999_999, "knob.illegal"),
     ("seed", 1.5, "knob.illegal"), ("seed", None, "knob.empty"), ("steps", None, "knob.empty")],
)  # fmt: skip
def test_a_number_that_cannot_be_is_said_not_changed(panel, name, value, key):
    handlers, values = panel(fake.start)
    control = handlers.controls.by_name[name]
    values[handlers.controls.names.index(name)] = control.preprocess(value)
    (told,) = handlers.start(ANN, "scenes", "quick", *values)
    assert ("A setting is empty" in told[1]) == (key == "knob.empty")
    assert 'role="alert"' in told[1]
    assert handlers.trainer.runs.of("ann") == []


def test_runs_are_told_apart_in_the_table(panel):
    handlers, values = panel(fake.start)
    for seed in (0, 3):
        values[handlers.controls.names.index("seed")] = seed
        list(handlers.start(ANN, "scenes", "quick", *values))
    event = SimpleNamespace(_data={"do": "train_on", "run": 1})
    table = list(handlers.go_on(ANN, event))[-1][5]
    assert 'title="seed 3"' in table
    assert 'title="run 1, on"' in table
