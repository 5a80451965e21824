"""A run from end to end: the story it tells, stopping, resuming, training on, and what it leaves."""

import json
import threading

import pytest
import torch

from mm_demo import store, training
from mm_demo.cases import find
from mm_demo.cases.clip.predict import Predictor
from mm_demo.errors import UserError
from mm_demo.events import (
    Diagnosed,
    Evaluated,
    Finished,
    Preparing,
    Progress,
    Saved,
    Started,
    Stopped,
)
from tests.cases.clip.conftest import TINY


def losses(events):
    return {e.step: e.loss for e in events if isinstance(e, Progress)}


def weights(folder):
    return store.read_tensors(folder / store.WEIGHTS)


def test_the_story_of_a_run(train, tmp_path):
    events = train(tmp_path / "m")
    kinds = [type(e) for e in events]
    first = kinds.index(Started)
    assert set(kinds[:first]) == {Preparing}
    assert kinds[first + 1] is Evaluated
    assert kinds[-1] is Finished
    assert list(losses(events)) == list(range(1, 13))
    assert [e.step for e in events if isinstance(e, Evaluated)] == [0, 4, 8]
    assert events[first].guess_loss == pytest.approx(2.7726, abs=1e-4)
    last = events[-1]
    assert last.step == last.steps == 12
    assert last.reference_minutes > 0
    assert 0 <= last.metrics["zero_shot_accuracy"] <= 1
    preview = next(e.preview for e in events if isinstance(e, Evaluated))
    assert len(preview["matrix"]) == 16
    assert all(len(row) == 16 for row in preview["matrix"])
    for event in events:
        json.dumps(event.to_dict(), allow_nan=False)
    assert events[-1].to_dict()["event"] == "finished"


def test_the_same_seed_gives_the_same_weights_and_another_others(train, tmp_path):
    a, b = train(tmp_path / "a"), train(tmp_path / "b")
    assert losses(a) == losses(b)
    assert all(
        torch.equal(t, weights(tmp_path / "b")[n]) for n, t in weights(tmp_path / "a").items()
    )
    c = train(tmp_path / "c", TINY.changed({"seed": 1}))
    assert losses(c)[12] != losses(a)[12]


@pytest.mark.parametrize("killed_after", [1, 5, 9])
def test_killed_and_resumed_as_if_nothing_had_been(train, tmp_path, killed_after):
    whole = train(tmp_path / "whole")
    stream = training.run(find("clip"), "scenes", TINY, tmp_path / "cut")
    for event in stream:
        if isinstance(event, Progress) and event.step == killed_after:
            break
    stream.close()  # as the page does when its visitor leaves, and as good as a kill
    rest = train(tmp_path / "cut", resume=True)
    expected = losses(whole)
    assert {step: expected[step] for step in losses(rest)} == losses(rest)
    assert max(losses(rest)) == 12
    cut, uncut = weights(tmp_path / "cut"), weights(tmp_path / "whole")
    assert all(torch.equal(cut[name], uncut[name]) for name in uncut)


def test_stopped_within_one_step_then_continued(train, tmp_path):
    stop = threading.Event()
    events = []
    for event in training.run(find("clip"), "scenes", TINY, tmp_path / "m", stop=stop):
        events.append(event)
        if isinstance(event, Progress) and event.step == 6:
            stop.set()
    assert isinstance(events[-1], Stopped)
    assert max(losses(events)) == 6
    Predictor(tmp_path / "m")  # usable
    rest = train(tmp_path / "m", resume=True)
    assert list(losses(rest)) == list(range(7, 13))
    assert losses(rest) == {s: v for s, v in losses(train(tmp_path / "whole")).items() if s > 6}


def test_trained_on_from_these_weights(train, tmp_path):
    train(tmp_path / "a")
    events = train(tmp_path / "b", start_from=tmp_path / "a")
    assert losses(events)[1] < losses(train(tmp_path / "c"))[1]
    with pytest.raises(UserError) as error:
        train(tmp_path / "d", TINY.changed({"width": 16}), start_from=tmp_path / "a")
    assert error.value.key == "checkpoint.foreign"


def test_what_a_finished_run_leaves(train, tmp_path):
    train(tmp_path / "m")
    names = {p.name for p in (tmp_path / "m").iterdir()}
    assert names >= {"model.safetensors", "config.json", "tokenizer.json", "run.json"}
    assert not [n for n in names if n.endswith((".pt", ".pkl", ".bin"))]
    assert store.OPTIMISER not in names
    with pytest.raises(UserError) as error:
        train(tmp_path / "m", resume=True)
    assert error.value.key == "resume.finished"


def test_a_folder_that_is_no_run_is_left_alone(train, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError) as error:
        train(tmp_path)
    assert error.value.key == "out.not_a_run"
    assert (tmp_path / "thesis.txt").exists()


def test_resume_with_nothing_there_starts(train, tmp_path):
    assert list(losses(train(tmp_path / "new", resume=True))) == list(range(1, 13))


def test_a_divergence_is_said_and_the_last_good_weights_are_kept(train, tmp_path, monkeypatch):
    from mm_demo.cases.clip.task import Task

    honest = Task.loss

    def spoiled(self, batch):
        loss, figures = honest(self, batch)
        spoiled.calls += 1
        return (loss * float("nan") if spoiled.calls == 7 else loss), figures

    spoiled.calls = 0
    monkeypatch.setattr(Task, "loss", spoiled)
    events = train(tmp_path / "m")
    assert [e.key for e in events if isinstance(e, Diagnosed)] == ["diagnosis.diverged"]
    assert isinstance(events[-1], Stopped)
    assert all(
        torch.isfinite(t).all() for t in weights(tmp_path / "m").values() if t.is_floating_point()
    )


def test_a_full_disk_is_a_clear_fault(train, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "save_file", full)
    with pytest.raises(UserError) as error:
        train(tmp_path / "m")
    assert error.value.key == "disk.cannot_write"


def test_saved_while_running_is_usable(train, tmp_path):
    stream = training.run(find("clip"), "scenes", TINY, tmp_path / "m")
    for event in stream:
        if isinstance(event, Saved) and event.step == 4:
            assert store.read_json(tmp_path / "m" / store.RUN)["step"] == 4
            Predictor(tmp_path / "m")
            break
    stream.close()
