"""Training through a real client: a stream, alone, and ended by who leaves."""

import threading
import time

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from mm_demo import training
from mm_demo.cases import CASES
from mm_demo.data.scenes import compose, draw
from mm_demo.page import build, launch
from mm_demo.predictors import Predictors
from mm_demo.ui.runs import Runs

TINY = {
    "steps": 8, "pictures": 64, "batch_size": 8, "image_size": 32, "width": 8, "embed_dim": 16,
    "threads": 1, "evaluations": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def page():
    """The real page; yields (address, runs)."""
    runs = Runs()
    predictors = Predictors()
    demo = build(CASES, predictors, training.run, runs=runs)
    _, address, _ = launch(
        demo, CASES, predictors, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1"
    )
    yield address, runs
    demo.close()


@pytest.fixture
def boat(tmp_path):
    thing = {"kind": "boat", "colour": "red", "size": "large", "place": "centre"}
    Image.fromarray(draw(compose([thing]), 128)).save(tmp_path / "boat.png")
    return handle_file(str(tmp_path / "boat.png"))


def client(page):
    return Client(page[0], verbose=False)


def trained(one, **settings):
    job = one.submit("scenes", "quick", 0, {**TINY, **settings}, api_name="/clip_train")
    job.result(timeout=120)
    return job.outputs()


def test_the_stream_and_the_use_of_its_model(page, boat):
    one = client(page)
    events = trained(one)
    kinds = [event["event"] for event in events]
    assert kinds[-1] == "finished"
    assert {"preparing", "started", "evaluated", "saved", "finished"} <= set(kinds)
    assert events[-1]["checkpoint"] == "run-1"
    assert events[-1]["steps"] == 8
    answer = one.predict(
        boat, "red boat\nblue car", "a photo of a {}", "run-1", api_name="/clip_classify"
    )
    assert {score["label"] for score in answer["ranking"]} == {"red boat", "blue car"}
    assert trained(one)[-1]["checkpoint"] == "run-2"


def test_two_clients_see_nothing_of_each_other(page, boat):
    trainer, other = client(page), client(page)
    job = trainer.submit("scenes", "quick", 0, {**TINY, "steps": 60}, api_name="/clip_train")
    answers = 0
    while not job.done():
        answer = other.predict(
            boat, "red boat, blue car", "a photo of a {}", "scenes", api_name="/clip_classify"
        )
        assert answer["model"] == "clip-scenes"
        answers += 1
    assert answers > 0
    assert job.outputs()[-1]["event"] == "finished"
    with pytest.raises(Exception, match=r"run-1"):
        other.predict(boat, "red boat", "a photo of a {}", "run-1", api_name="/clip_classify")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("scenes", "quick", 0, {"steps": 0}), "steps"),
        (("scenes", "quick", 0, {"steps": "abc"}), "steps"),
        (("scenes", "quick", 0, {"speed": 3}), "speed"),
        (("scenes", "slow", 0, {}), "slow"),
        (("moon", "quick", 0, {}), "moon"),
        (("scenes", "quick", -1, {}), "seed"),
    ],
)
def test_mistakes_are_one_sentence(page, arguments, part):
    with pytest.raises(Exception, match=part) as error:
        client(page).predict(*arguments, api_name="/clip_train")
    assert "Traceback" not in str(error.value)


def test_a_client_that_leaves_frees_the_place(page):
    gone = client(page)
    job = gone.submit("scenes", "quick", 0, {**TINY, "steps": 100_000}, api_name="/clip_train")
    wait_for(lambda: any(e["event"] == "progress" for e in job.outputs()))
    job.cancel()
    gone.close()
    after = client(page)
    done = threading.Event()
    job = after.submit("scenes", "quick", 0, TINY, api_name="/clip_train")
    job.add_done_callback(lambda _: done.set())
    assert done.wait(60)
    assert job.outputs()[-1]["event"] == "finished"


def test_only_the_named_endpoints_are_public(page):
    named = client(page).view_api(return_format="dict")["named_endpoints"]
    verbs = {"retrieval": ("search", "add", "train"), "captioning": ("caption", "train")}
    assert set(named) == {
        f"/{c.name}_{verb}" for c in CASES for verb in verbs.get(c.name, ("classify", "train"))
    }
    with pytest.raises(ValueError, match=r"lambda|endpoint|api_name"):
        client(page).predict(api_name="/lambda")


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
