"""CLIP: which of these sentences fits this picture? (Radford et al. 2021, arXiv:2103.00020)"""

from typing import Literal

from mm_demo.case import Case
from mm_demo.config import TrainConfig, knob


class ClipConfig(TrainConfig):
    """The knobs of a CLIP trained on drawn scenes."""

    temperature: float = knob(0.1, shown="main", step=0.01, ge=0.01, le=1)
    language: Literal["en", "zh", "both"] = knob("en", shown="main")
    negatives: Literal["untrue", "all"] = knob("untrue", shown="main")
    pairs: Literal["true", "shuffled"] = knob("true")
    pictures: int = knob(16_000, ge=64, le=100_000)
    captions: int = knob(3, ge=1, le=5)
    curriculum: float = knob(0.3, ge=0, le=1)
    grey: float = knob(0.0, ge=0, le=1)
    stem: Literal["conv", "patch"] = knob("conv")
    image_size: int = knob(64, ge=32, le=224, multiple_of=8)
    patch_size: int = knob(8, ge=8, le=32, multiple_of=8)
    width: int = knob(24, ge=8, le=512, multiple_of=8)
    embed_dim: int = knob(128, ge=16, le=1024, multiple_of=8)
    image_layers: int = knob(0, ge=0, le=24)
    text_layers: int = knob(0, ge=0, le=24)


CLIP = Case(
    name="clip",
    config=ClipConfig,
    datasets=("scenes",),
    presets={
        "quick": ClipConfig(steps=420, captions=5, weight_decay=0.2),
        "full": ClipConfig(
            steps=6000,
            language="both",
            pictures=48_000,
            captions=5,
            grey=0.25,
            width=32,
            curriculum=0.1,
            evaluations=12,
        ),
    },
    headline="zero_shot_accuracy",
    claims={"zero_shot_accuracy": 0.65, "image_to_text_r1": 0.45, "text_to_image_r1": 0.42},
    table=("zero_shot_accuracy", "image_to_text_r1", "text_to_image_r1"),
    worlds=("scenes",),
)
