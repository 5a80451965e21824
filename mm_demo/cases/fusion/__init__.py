"""Audio-visual fusion: which sense is right? Early, late and attention fusion side by side."""

from typing import Literal

from mm_demo.case import Case
from mm_demo.config import TrainConfig, knob


class FusionConfig(TrainConfig):
    """The knobs of a comparison: each strategy has networks of its own and sees the same samples."""

    strategy: Literal["all", "attention", "late", "early", "visual", "audio"] = knob(
        "all", shown="main"
    )
    corruption: Literal["misleading", "independent", "both"] = knob("misleading", shown="main")
    speakers: Literal["all", "new", "both"] = knob("all")
    modality_dropout: float = knob(0.2, shown="main", step=0.05, ge=0, le=0.9)
    dropout: float = knob(0.5, ge=0, le=0.9)
    hidden_dim: int = knob(96, ge=8, le=1024, multiple_of=8)
    width: int = knob(8, ge=4, le=128, multiple_of=4)


FUSION = Case(
    name="fusion",
    config=FusionConfig,
    datasets=("sounding_shapes", "av_digits"),
    presets={
        "quick": FusionConfig(steps=400, learning_rate=0.003),
        "full": FusionConfig(
            steps=400,
            learning_rate=0.003,
            corruption="both",
            speakers="both",
            modality_dropout=0.3,
            evaluations=8,
        ),
    },
    headline="accuracy",
    claims={"accuracy": 0.85},
    table=("accuracy", "accuracy_attention", "accuracy_late", "accuracy_early"),
    worlds=("sounding_shapes", "av_digits"),
    bars=(
        "accuracy_visual",
        "accuracy_audio",
        "accuracy_early",
        "accuracy_late",
        "accuracy_attention",
    ),
)
