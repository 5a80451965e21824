"""A CLIP small enough to train within a test."""

import pytest

from mm_demo import training
from mm_demo.cases import find
from mm_demo.cases.clip import ClipConfig, figures, task, trust
from mm_demo.training import loop

TINY = ClipConfig(
    steps=12, batch_size=16, pictures=96, captions=2, image_size=32, width=8, embed_dim=32,
    evaluations=3, threads=1, language="both",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _few_examples(monkeypatch):
    monkeypatch.setattr(task, "ROUGHLY", 24)
    monkeypatch.setattr(figures, "GALLERY", 24)
    monkeypatch.setattr(figures, "POINTED", 8)
    monkeypatch.setattr(trust, "PER_PAIR", 2)
    monkeypatch.setattr(trust, "QUESTIONED", 24)
    monkeypatch.setattr(loop, "product_seconds", lambda: 0.2)  # measuring it takes a second


@pytest.fixture
def train():
    """train(out, config=TINY, **more) -> the list of events."""

    def run(out, config=TINY, **more):
        return list(training.run(find("clip"), "scenes", config, out, **more))

    return run
