"""The command line as a person types it: exit codes, JSON alone on standard output, one line an error."""

import json
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from mm_demo import cli
from mm_demo.case import CHECKPOINTS
from mm_demo.data.scenes import compose, draw
from mm_demo.errors import UserError
from mm_demo.events import Finished
from tests.made_up import ALBUM, CASE, with_modules

TINY = ["--set", "steps=6", "--set", "pictures=64", "--set", "batch_size=8", "--set", "image_size=32",
        "--set", "width=8", "--set", "embed_dim=16", "--set", "threads=1"]  # fmt: skip


def command(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "mm_demo", *map(str, arguments)],
        capture_output=True, text=True, timeout=240, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    file = tmp_path_factory.mktemp("pictures") / "boat.png"
    boat = {"kind": "boat", "colour": "red", "size": "large", "place": "centre"}
    Image.fromarray(draw(compose([boat]), 256)).save(file)
    return file


def test_predict_json(picture):
    done = command(
        "predict",
        "clip",
        "--image",
        picture,
        "--labels",
        "a red boat, blue house, dinghy",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["ranking"][0]["label"] == "a red boat"
    assert answer["ranking"][0]["sentence"] == "a photo of a red boat"
    assert sum(score["probability"] for score in answer["ranking"]) == pytest.approx(1)
    unknown = {score["label"]: score["unknown"] for score in answer["ranking"]}
    assert unknown == {"a red boat": [], "blue house": [], "dinghy": ["dinghy"]}
    assert answer["model"] == "clip-scenes"
    assert answer["outside"] is False


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["predict", "clip", "--image", "nowhere.png", "--labels", "a"], "picture"),
        (["predict", "clip", "--image", "{picture}", "--labels", " , "], "label"),
        (["predict", "clip", "--image", "{picture}", "--labels", "a", "--template", "x"], "{}"),
        (["predict", "clip", "--image", "{picture}", "--labels", "a", "--checkpoint", "{tmp}"], "config.json"),
        (["predict", "clip", "--image", "{picture}", "--labels", "a", "--figure", "x.gif"], ".png"),
        (["train", "clip", "--out", "{tmp}/m", "--set", "steps=0"], "steps"),
        (["train", "clip", "--out", "{tmp}/m", "--set", "steps=abc"], "steps"),
        (["train", "clip", "--out", "{tmp}/m", "--set", "speed=9"], "speed"),
        (["train", "clip", "--out", "{tmp}/m", "--set", "steps"], "KEY=VALUE"),
        (["train", "clip", "--out", "{tmp}/m", "--preset", "slow"], "slow"),
        (["train", "nobody", "--out", "{tmp}/m"], "nobody"),
        (["train", "clip", "--out", "{tmp}/m", "--dataset", "moon"], "moon"),
        (["evaluate", "clip", "--split", "train"], "train"),
        (["evaluate", "clip", "--set", "language=fr"], "fr"),
        (["data", "moon"], "moon"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_2(arguments, part, picture, tmp_path):
    filled = [
        a.replace("{picture}", str(picture)).replace("{tmp}", str(tmp_path)) for a in arguments
    ]
    done = command(*filled, env={**os.environ, "LANG": "C.UTF-8"})
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert part in line


def test_errors_in_the_language_of_the_shell(tmp_path):
    done = command("train", "clip", "--out", tmp_path / "m", "--set", "steps=0",
                   env={**os.environ, "LANG": "zh_CN.UTF-8"})  # fmt: skip
    assert done.returncode == 2
    assert any("一" <= character <= "鿿" for character in done.stderr)


def test_train_json_evaluate_figure(tmp_path):
    out, figure = tmp_path / "m", tmp_path / "run.png"
    done = command("train", "clip", "--preset", "quick", "--seed", 3, "--out", out,
                   "--figure", figure, "--json", *TINY)  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "finished"
    assert events[-1]["steps"] == 6
    assert {"checkpoint", "metrics", "seconds", "train_cpu_seconds", "reference_minutes"} <= set(
        events[-1]
    )
    assert Image.open(figure).width > 1000
    card = (out / "README.md").read_text()
    assert (
        "python -m mm_demo train clip --dataset scenes --preset quick --seed 3 --set steps=6"
        in card
    )
    done = command("evaluate", "clip", "--checkpoint", out, "--split", "dev", "--record", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["examples"] == 1400
    assert report["metrics"]["zero_shot_accuracy_chance"] == pytest.approx(1 / 96, abs=1e-4)
    recorded = json.loads((out / "metrics.json").read_text())
    assert recorded["metrics"] == report["metrics"]
    assert recorded["seeds"] == [0, 1, 2]
    assert "| zero_shot_accuracy |" in (out / "README.md").read_text()


def test_stopped_by_ctrl_c_then_resumed(tmp_path):
    out = tmp_path / "m"
    arguments = [sys.executable, "-m", "mm_demo", "train", "clip", "--out", str(out), "--json",
                 *TINY, "--set", "steps=4000", "--set", "pictures=64"]  # fmt: skip
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    last = ""
    for line in process.stdout:
        last = line
        if json.loads(line)["event"] == "progress" and json.loads(line)["step"] == 3:
            process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    stopped = json.loads(last)
    assert stopped["event"] == "stopped"
    assert stopped["step"] < 4000
    process = subprocess.Popen(
        [*arguments, "--resume"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress":
            assert event["step"] == stopped["step"] + 1
            process.kill()
            break
    process.wait(timeout=60)


def test_data_lists_what_is_at_hand():
    done = command("data")
    assert done.returncode == 0
    assert "scenes" in done.stdout


@pytest.fixture
def scored(monkeypatch, capsys):
    """A function: scored(**options) -> which task scored which folder on which data set."""
    asked = []

    def task(whose):
        def measure(folder, dataset, split, seed, settings):
            asked.append((whose, folder, dataset))
            return {"image_to_text_r1": 0.5}, 10

        return {"evaluate_checkpoint": measure}

    with_modules(monkeypatch, "task", task("album"), task("case"))
    monkeypatch.setattr(cli, "find", lambda name: CASE)

    def ran(**options):
        cli.evaluate("clip", as_json=True, **options)
        assert json.loads(capsys.readouterr().out)["examples"] == 10
        return asked[-1]

    return ran


@pytest.mark.parametrize(
    ("dataset", "whose", "world"),
    [("scenes", "case", "scenes"), ("slides", "album", "album"), ("postcards", "album", "album")],
)
def test_evaluate_takes_the_bundled_model_of_the_data_sets_family(scored, dataset, whose, world):
    assert scored(dataset=dataset) == (whose, CHECKPOINTS / f"clip-{world}", dataset)


def test_evaluate_takes_a_place_for_the_family_of_own_data(scored, tmp_path):
    place = str(tmp_path)
    assert scored(dataset=place) == ("album", CHECKPOINTS / "clip-album", place)


def test_a_model_of_another_family_is_not_measured(scored, tmp_path):
    (tmp_path / "run.json").write_text('{"dataset": "own"}')
    assert scored(dataset="prints", checkpoint=tmp_path) == ("album", tmp_path, "prints")
    with pytest.raises(UserError) as caught:
        scored(dataset="scenes", checkpoint=tmp_path)
    assert caught.value.key == "checkpoint.other_dataset"


@pytest.fixture
def ordered(monkeypatch):
    """A function: ordered(**options) -> the data set and the config that are trained with."""
    told = []

    def run(case, dataset, config, out, **options):
        told.append((dataset, config))
        yield Finished(str(out), {}, 1, 1, 1.0, 1.0, 0.1)

    monkeypatch.setattr(cli, "find", lambda name: CASE)
    monkeypatch.setattr(cli.training, "run", run)
    monkeypatch.setattr(cli, "_stop_on_interrupt", lambda: None)

    def ran(out, **options):
        cli.train("clip", out, as_json=True, **options)
        return told[-1]

    return ran


def test_train_starts_from_the_preset_of_the_data_sets_family(ordered, tmp_path):
    config = ALBUM.presets["quick"].changed({"seed": 2, "batch_size": 48})
    options = {"seed": 2, "settings": ["batch_size=48"]}
    assert ordered(tmp_path, dataset="slides", **options) == ("slides", config)
    assert ordered(tmp_path, dataset=str(tmp_path), **options) == (str(tmp_path), config)
    assert ordered(tmp_path) == ("scenes", CASE.presets["quick"])
    with pytest.raises(UserError) as caught:
        ordered(tmp_path, dataset="postcards")
    assert caught.value.facts["known"] == "scenes, prints, slides"


def test_a_resumed_run_on_own_data_needs_its_place_again(ordered, tmp_path):
    out, place = tmp_path / "m", tmp_path / "pictures"
    out.mkdir()
    place.mkdir()
    run = {"dataset": "own", "preset": "quick", "config": {}}
    (out / "run.json").write_text(json.dumps(run))
    assert ordered(out, resume=True, dataset=str(place))[0] == str(place)
    for dataset, key in ((None, "dataset.unknown"), ("scenes", "resume.differs")):
        with pytest.raises(UserError) as caught:
            ordered(out, resume=True, dataset=dataset)
        assert caught.value.key == key
    (out / "run.json").write_text(json.dumps({**run, "dataset": "slides"}))
    assert ordered(out, resume=True)[0] == "slides"
