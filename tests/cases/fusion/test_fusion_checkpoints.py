"""The bundled models are the ones that were measured, and measure the same again."""

import os

import pytest

from mm_demo import store
from mm_demo.cases.fusion import FUSION, task

SHAPES, DIGITS = (FUSION.checkpoint(world) for world in ("sounding_shapes", "av_digits"))


@pytest.fixture(autouse=True)
def _few_examples():
    """The whole splits, unlike in the other tests of this folder."""


@pytest.mark.parametrize("folder", [SHAPES, DIGITS], ids=lambda folder: folder.name)
def test_the_figures_belong_to_the_weights_and_to_the_test_split(folder):
    recorded = store.read_json(folder / store.METRICS)
    assert recorded["weights"] == store.weights_hash(folder)
    assert recorded["split"] == "test"
    assert set(recorded["curves"]) == {"sound", "sight"}


def test_shapes_measure_the_same_again():
    recorded = store.read_json(SHAPES / store.METRICS)
    found, examples = task.evaluate_checkpoint(SHAPES, "sounding_shapes", "test", 0, {})
    assert examples == recorded["examples"]
    for name, value in recorded["metrics"].items():
        assert found[name] == pytest.approx(value, abs=0.003), name


@pytest.mark.skipif("MM_DEMO_DATA" not in os.environ, reason="MNIST and FSDD are not at hand")
def test_digits_measure_the_same_again():
    recorded = store.read_json(DIGITS / store.METRICS)
    found, examples = task.evaluate_checkpoint(DIGITS, "av_digits", "test", 0, {})
    assert examples == recorded["examples"]
    for name, value in recorded["metrics"].items():
        assert found[name] == pytest.approx(value, abs=0.003), name
