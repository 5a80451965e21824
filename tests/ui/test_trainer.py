"""From Start to a kept run: the slot, stopping, continuing, leaving, and what the panel shows."""

import threading
import time

import pytest

from mm_demo.cases.clip import CLIP
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished, Progress, Stopped
from mm_demo.ui.live import Live, story
from mm_demo.ui.runs import Runs
from mm_demo.ui.slot import Slot
from mm_demo.ui.trainer import Begun, Left, LossCurve, Order, Trainer, Waiting

from . import fake


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(fake, "STEP_SECONDS", 0.0005)


@pytest.fixture
def trainer(tmp_path):
    written = []
    made = Trainer(fake.start, Runs(root=tmp_path), written.append, Slot(most_waiting=2))
    made.told = written
    return made


def order(steps=40, **more):
    return Order(
        CLIP, "scenes", "quick", CLIP.preset("quick", "scenes").changed({"steps": steps}), **more
    )


def test_a_run_is_kept_with_its_curves(trainer):
    events = list(trainer.run("ann", order()))
    assert isinstance(events[0], Begun)
    assert isinstance(events[-1], Finished)
    (run,) = trainer.runs.of("ann")
    assert run.state == "finished"
    assert run.usable
    assert len(run.curves["loss"][0]) == 40
    assert run.metrics[CLIP.headline] == pytest.approx(0.7)
    assert trainer.told == [run.folder]
    told = story(run)
    assert sum(isinstance(event, Progress) for event in told) == 40
    assert [e.step for e in told if isinstance(e, Evaluated)] == run.curves[CLIP.headline][0]


def test_stop_keeps_and_continue_goes_on_in_the_same_run(trainer):
    events = trainer.run("ann", order(400))
    for event in events:
        if isinstance(event, Progress) and event.step == 30:
            trainer.stop("ann")
    assert isinstance(event, Stopped)
    assert trainer.runs.get("ann", 1).state == "stopped"
    rest = list(trainer.run("ann", order(400, resume=1)))
    assert isinstance(rest[-1], Finished)
    (run,) = trainer.runs.of("ann")
    assert (run.number, run.state) == (1, "finished")
    assert run.curves["loss"][0] == sorted(set(run.curves["loss"][0]))


def test_train_on_is_a_new_run_from_the_old_weights(trainer):
    list(trainer.run("ann", order()))
    list(trainer.run("ann", order(start_from=1)))
    assert [run.number for run in trainer.runs.of("ann")] == [2, 1]
    with pytest.raises(UserError):
        list(trainer.run("bob", order(start_from=1)))
    assert trainer.runs.of("bob") == []


def test_a_closed_page_ends_the_run_and_frees_the_slot(trainer):
    events = trainer.run("ann", order(10_000))
    for event in events:
        if isinstance(event, Progress):
            break
    events.close()
    assert trainer.slot.busy() == 0
    assert trainer.runs.of("ann") == []


def test_the_second_waits_in_line_and_then_trains(trainer):
    first = trainer.run("ann", order(10_000))
    next(first)
    second = trainer.run("bob", order())
    waiting = next(second)
    assert isinstance(waiting, Waiting)
    assert waiting.before == 1
    first.close()
    assert isinstance(list(second)[-1], Finished)


def test_one_may_leave_the_line(trainer):
    first = trainer.run("ann", order(10_000))
    next(first)
    second = trainer.run("bob", order())
    next(second)
    trainer.stop("bob")
    assert isinstance(list(second)[-1], Left)
    assert trainer.slot.busy() == 1
    first.close()


def test_the_line_has_an_end_and_each_visitor_one_place(trainer):
    open_runs = [trainer.run(name, order(10_000)) for name in ("ann", "bob", "cat")]
    for events in open_runs:
        next(events)
    with pytest.raises(UserError) as full:
        next(trainer.run("dan", order()))
    assert full.value.key == "train.queue_full"
    with pytest.raises(UserError) as twice:
        next(trainer.run("ann", order()))
    assert twice.value.key == "train.already"
    for events in open_runs:
        events.close()


def test_the_users_error_leaves_nothing_behind(trainer, monkeypatch):
    def refuses(*args, **kwargs):
        raise UserError("resume.nothing", folder="x")
        yield

    monkeypatch.setattr(trainer, "_start", refuses)
    with pytest.raises(UserError):
        list(trainer.run("ann", order()))
    assert trainer.slot.busy() == 0
    assert trainer.runs.of("ann") == []


def test_forgetting_ends_and_deletes(trainer):
    list(trainer.run("ann", order()))
    folder = trainer.runs.folder("ann", "run-1")
    trainer.forget("ann")
    assert not folder.exists()
    assert trainer.told[-1] == folder


def test_turns_come_in_order():
    slot, served = Slot(), []
    tickets = [slot.enter(str(i)) for i in range(4)]

    def visit(ticket):
        while not slot.wait(ticket, 1):
            pass
        served.append(ticket.session)
        time.sleep(0.01)
        slot.leave(ticket)

    threads = [threading.Thread(target=visit, args=(t,)) for t in reversed(tickets)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served == ["0", "1", "2", "3"]


def test_a_long_loss_curve_stays_short():
    curve = LossCurve()
    curve.begin(0, 9000)
    for step in range(1, 9001):
        curve.add(step, 1.0)
    assert len(curve.x) <= 165
    assert set(curve.y) == {1.0}


def test_the_panel_shows_what_was_told(trainer):
    live = Live(CLIP, order())
    assert "Getting ready" in live.status()["html"]
    for event in trainer.run("ann", order()):
        live.fold(event)
        if isinstance(event, Begun):
            live.number = event.number
        if isinstance(event, Progress) and event.step == 20:
            break
    status = live.status()
    assert "step 20 of 40" in status["html"]
    assert status["say"].count("50%") >= 1
    run = trainer.runs.of("ann")
    loss = live.loss(trainer.runs.get("ann", 1), run) if run else live.loss(None, [])
    assert loss["refs"][0]["text"]["en"].startswith("ln 128 = 4.85")
