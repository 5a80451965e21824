"""The visitors' runs: apart, bounded, gone when they leave."""

import threading

import pytest

from mm_demo.config import TrainConfig
from mm_demo.errors import UserError
from mm_demo.ui.runs import Runs


@pytest.fixture
def runs(tmp_path):
    return Runs(per_visitor=3, in_all=5, root=tmp_path)


def begin(runs, session, state="finished"):
    run = runs.begin(session, "clip", "scenes", "quick", TrainConfig())
    run.folder.mkdir(parents=True)
    return runs.update(session, run.number, state=state)


def test_each_visitor_counts_from_one_and_sees_only_theirs(runs):
    assert begin(runs, "ann").name == "run-1"
    assert begin(runs, "ann").name == "run-2"
    assert begin(runs, "bob").name == "run-1"
    assert [run.number for run in runs.of("ann")] == [2, 1]
    assert [run.number for run in runs.of("bob")] == [1]
    assert runs.folder("ann", "run-1") != runs.folder("bob", "run-1")
    assert runs.of("eve") == []


@pytest.mark.parametrize(
    "name", ["run-9", "run-", "run-x", "../etc", "run-1/../run-2", "run-²", ""]
)
def test_a_model_that_is_not_theirs_is_a_plain_error(runs, name):
    begin(runs, "ann")
    with pytest.raises(UserError) as caught:
        runs.folder("bob", name)
    assert caught.value.key == "run.unknown"


def test_a_running_run_is_no_model_yet(runs):
    begin(runs, "ann", state="running")
    with pytest.raises(UserError):
        runs.folder("ann", "run-1")


def test_the_oldest_go_first_and_numbers_go_on(runs):
    folders = [begin(runs, "ann").folder for _ in range(4)]
    assert [run.number for run in runs.of("ann")] == [4, 3, 2]
    assert not folders[0].exists()
    assert folders[3].exists()


def test_there_is_a_bound_for_all_visitors_together(runs):
    for i in range(9):
        begin(runs, f"visitor-{i}")
    assert sum(len(runs.of(f"visitor-{i}")) for i in range(9)) == 5


def test_what_runs_now_is_never_deleted(runs):
    running = begin(runs, "ann", state="running")
    for _ in range(5):
        begin(runs, "ann")
    assert running.number in [run.number for run in runs.of("ann")]


def test_forgetting_deletes_folders(runs):
    folder = begin(runs, "ann").folder
    kept = begin(runs, "bob").folder
    runs.forget("ann")
    assert not folder.parent.exists()
    assert kept.exists()
    assert runs.of("ann") == []
    assert runs.update("ann", 1, state="stopped") is None


def test_many_threads_get_many_numbers(tmp_path):
    runs = Runs(per_visitor=1000, in_all=1000, root=tmp_path)
    threads = [threading.Thread(target=begin, args=(runs, "ann")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.number for run in runs.of("ann")) == list(range(1, 21))
