"""The bundled models are the ones that were measured, and measure the same again."""

import os

import pytest

from mm_demo import store
from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.data import flickr8k

SCENES, PHOTOS = (RETRIEVAL.checkpoint(world) for world in ("scenes", "photos"))
LARGEST = {"scenes": 3_000_000, "photos": 5_000_000}  # bytes: all of checkpoints/ has 100 MB


def again(folder, dataset):
    evaluate = RETRIEVAL.module("task", dataset).evaluate_checkpoint
    return evaluate(folder, dataset, "test", 0, {})


@pytest.mark.parametrize("folder", [SCENES, PHOTOS], ids=lambda folder: folder.name)
def test_the_figures_belong_to_the_weights_and_to_the_test_split(folder):
    recorded = store.read_json(folder / store.METRICS)
    assert recorded["weights"] == store.weights_hash(folder)
    assert recorded["split"] == "test"
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert size < LARGEST[folder.name.removeprefix("retrieval-")]


def test_scenes_measure_the_same_again():
    recorded = store.read_json(SCENES / store.METRICS)
    found, examples = again(SCENES, "scenes")
    assert examples == recorded["examples"]
    for name, value in recorded["metrics"].items():
        assert found[name] == pytest.approx(value, abs=0.003), name
    assert min(found["image_to_text_r1"], found["text_to_image_r1"]) > 0.45  # the course


@pytest.mark.skipif(
    "MM_DEMO_DATA" not in os.environ or not flickr8k.at_hand()[0],
    reason="Flickr8k is not at hand",
)
@pytest.mark.skipif(
    "MM_DEMO_CACHE" not in os.environ, reason="without kept features it takes minutes"
)
def test_photographs_measure_the_same_again():
    recorded = store.read_json(PHOTOS / store.METRICS)
    found, examples = again(PHOTOS, "flickr8k")
    assert examples == recorded["examples"]
    for name, value in recorded["metrics"].items():
        assert found[name] == pytest.approx(value, abs=0.003), name
