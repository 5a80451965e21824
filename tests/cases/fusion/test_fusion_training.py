"""A comparison from end to end, and that each strategy is trained as if it were alone."""

import json

import pytest
import torch

from mm_demo import store
from mm_demo.cases.fusion import FUSION, figures, task
from mm_demo.cases.fusion.model import STRATEGIES, Listener
from mm_demo.cases.fusion.samples import Samples
from mm_demo.cases.fusion.shapes import held_out
from mm_demo.errors import UserError
from mm_demo.events import Evaluated, Finished, Progress, Started
from tests.cases.fusion.conftest import TINY


def weights(folder):
    return store.read_tensors(folder / store.WEIGHTS)


def test_the_story_of_a_comparison(train, tmp_path):
    events = train(tmp_path / "m")
    assert isinstance(events[-1], Finished)
    losses = [e.loss for e in events if isinstance(e, Progress)]
    assert len(losses) == 12
    started = next(e for e in events if isinstance(e, Started))
    assert started.guess_loss == pytest.approx(2.302585)
    assert losses[0] == pytest.approx(started.guess_loss, abs=0.4)  # the mean, not the sum of five
    metrics = events[-1].metrics
    assert {f"accuracy_{name}" for name in STRATEGIES} <= set(metrics)
    fused = {name: metrics[f"accuracy_{name}"] for name in ("early", "late", "attention")}
    assert metrics["accuracy"] == max(fused.values())
    preview = next(e.preview for e in events if isinstance(e, Evaluated))
    assert set(preview["accuracies"]) == set(STRATEGIES)
    for event in events:
        json.dumps(event.to_dict(), allow_nan=False)


def test_a_strategy_learns_the_same_alone_as_beside_the_others(train, tmp_path):
    train(tmp_path / "all")
    together = weights(tmp_path / "all")
    for name in ("attention", "audio"):
        train(tmp_path / name, TINY.changed({"strategy": name}))
        alone = weights(tmp_path / name)
        assert len(alone) > 5
        for key, tensor in alone.items():
            assert torch.equal(tensor, together[key]), key


def test_both_corruptions_have_networks_of_their_own(train, tmp_path):
    events = train(tmp_path / "m", TINY.changed({"corruption": "both", "strategy": "late"}))
    assert {"accuracy", "independent_accuracy", "independent_accuracy_late"} <= set(
        events[-1].metrics
    )
    for corruption in ("misleading", "independent"):
        found, examples = task.evaluate_checkpoint(
            tmp_path / "m", "sounding_shapes", "test", 0, {"corruption": corruption}
        )
        assert examples == 60
        assert found["accuracy"] == found["accuracy_late"]
    with pytest.raises(UserError, match=r"knob\.illegal"):
        task.evaluate_checkpoint(tmp_path / "m", "sounding_shapes", "test", 0, {"corruption": "x"})
    with pytest.raises(UserError, match=r"knob\.unknown"):
        task.evaluate_checkpoint(tmp_path / "m", "sounding_shapes", "test", 0, {"colour": "x"})


def test_the_best_fusion_is_chosen_on_dev_and_kept(train, tmp_path):
    train(tmp_path / "m")
    about = store.read_json(tmp_path / "m" / task.ABOUT)
    found, _ = task.evaluate_checkpoint(tmp_path / "m", "sounding_shapes", "test", 0, {})
    assert found["accuracy"] == found[f"accuracy_{about['best']['misleading']}"]


def test_a_resumed_run_reaches_the_weights_of_an_uninterrupted_one(train, tmp_path):
    import threading

    from mm_demo import training

    train(tmp_path / "whole")
    stop = threading.Event()
    for event in training.run(FUSION, "sounding_shapes", TINY, tmp_path / "cut", stop=stop):
        if isinstance(event, Progress) and event.step == 5:
            stop.set()
    train(tmp_path / "cut", resume=True)
    for key, tensor in weights(tmp_path / "whole").items():
        assert torch.equal(tensor, weights(tmp_path / "cut")[key]), key


class Deaf(Listener):
    """Answers by the picture's mean alone."""

    def __init__(self):
        super().__init__("attention", 8, width=4)

    def explain(self, pictures, mel, present=None):
        guess = (10 * pictures.mean((1, 2))).long().clamp(0, 9)
        return torch.nn.functional.one_hot(guess, 10).float(), torch.full((len(mel), 2), 0.5)


def test_a_sense_without_a_say_is_named():
    labels = torch.arange(100) % 10
    pictures = ((labels + 0.5) / 10)[:, None, None].expand(100, 28, 28)
    samples = Samples(pictures, torch.randn(100, 40, 8), labels, torch.rand(100, 2))
    assert figures.ignored_senses({"attention": Deaf()}, samples) == [("attention", "sound")]
    assert (
        figures.weight_noise_r(figures.answers(Deaf(), samples), samples) == 0.0
    )  # weights that never vary


def test_a_fresh_network_ignores_nothing(train, tmp_path):
    train(tmp_path / "m", TINY.changed({"steps": 1, "evaluations": 1}))
    model, _ = task.load_networks(tmp_path / "m")
    samples = held_out("dev", 0, "misleading")
    assert figures.ignored_senses(model.of("misleading"), samples) == []


def test_a_broken_folder_is_a_persons_mistake(train, tmp_path):
    train(tmp_path / "m", TINY.changed({"strategy": "visual"}))
    (tmp_path / "m" / task.ABOUT).write_text('{"best": {}}')
    with pytest.raises(UserError, match=r"checkpoint\.foreign"):
        task.load_networks(tmp_path / "m")
