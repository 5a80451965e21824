"""It learns from true pairs and nothing from shuffled ones."""

import pytest

from mm_demo.cases.clip import figures
from tests.cases.clip.conftest import TINY

LEARNING = TINY.changed(
    {
        "steps": 140,
        "batch_size": 64,
        "pictures": 600,
        "captions": 5,
        "language": "en",
        "evaluations": 1,
    }
)


@pytest.mark.parametrize(("pairs", "low", "high"), [("true", 0.12, 1.0), ("shuffled", 0.0, 0.06)])
def test_only_true_pairs_teach(train, tmp_path, monkeypatch, pairs, low, high):
    monkeypatch.setattr(figures, "GALLERY", 100)
    last = train(tmp_path / "m", LEARNING.changed({"pairs": pairs}))[-1]
    for name in ("image_to_text_r1", "text_to_image_r1"):
        assert low <= last.metrics[name] <= high, (name, last.metrics[name])
