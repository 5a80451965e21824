"""A comparison small enough to train within a test."""

import pytest

from mm_demo import training
from mm_demo.cases.fusion import FUSION, FusionConfig
from mm_demo.data import sounding_shapes
from mm_demo.training import loop

TINY = FusionConfig(
    steps=12, batch_size=16, hidden_dim=16, width=4, evaluations=3, threads=1, learning_rate=0.003
)


@pytest.fixture(autouse=True)
def _few_examples(monkeypatch):
    monkeypatch.setattr(sounding_shapes, "COUNTS", {"train": 100, "dev": 60, "test": 60})
    sounding_shapes.things.cache_clear()
    monkeypatch.setattr(loop, "product_seconds", lambda: 0.2)  # measuring it takes a second
    yield
    sounding_shapes.things.cache_clear()


@pytest.fixture
def train():
    """train(out, config=TINY, dataset="sounding_shapes", **more) -> the list of events."""

    def run(out, config=TINY, dataset="sounding_shapes", **more):
        return list(training.run(FUSION, dataset, config, out, **more))

    return run
