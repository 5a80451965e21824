"""Retrieval: find the picture I mean. (VSE++, Faghri et al. 2017, arXiv:1707.05612)"""

from typing import Literal

from mm_demo.case import OWN, Case, Family
from mm_demo.config import TrainConfig, knob


class RetrievalConfig(TrainConfig):
    """The knobs of the ranking loss; those from `language` to `width` shape what is learned from drawn scenes, the last three what is learned from photographs."""

    negatives: Literal["random", "semi_hard", "hardest"] = knob("hardest", shown="main")
    margin: float = knob(0.2, shown="main", step=0.05, ge=0, le=2)
    reduction: Literal["mean", "sum"] = knob("mean")
    hardening: float = knob(0.05, step=0.05, ge=0, le=1)
    pairs: Literal["true", "shuffled"] = knob("true")
    captions: int = knob(3, ge=1, le=5)
    embed_dim: int = knob(256, ge=16, le=1024, multiple_of=8)
    language: Literal["en", "zh", "both"] = knob("en", shown="main")
    pictures: int = knob(16_000, ge=64, le=100_000)
    curriculum: float = knob(0.3, ge=0, le=1)
    width: int = knob(24, ge=8, le=512, multiple_of=8)
    backbones: Literal["lite0", "lite0_lite2", "all"] = knob("all")
    mirrored: bool = knob(True)
    dropout: float = knob(0.7, ge=0, le=0.9)


_PHOTOS = RetrievalConfig(
    batch_size=256, learning_rate=0.0015, weight_decay=0.3, captions=2, hardening=0.5, evaluations=5
)

RETRIEVAL = Case(
    name="retrieval",
    config=RetrievalConfig,
    datasets=("scenes", "photos", "flickr8k", "coco"),
    presets={
        "quick": RetrievalConfig(steps=350, captions=5, weight_decay=0.2),
        "full": RetrievalConfig(
            steps=3200, language="both", pictures=48_000, captions=5, curriculum=0.1, evaluations=12
        ),
    },
    headline="text_to_image_r1",
    claims={"image_to_text_r1": 0.45, "text_to_image_r1": 0.45},
    table=("image_to_text_r1", "text_to_image_r1", "text_to_image_r10"),
    worlds=("scenes", "photos"),
    folders=True,
    families=(
        Family(
            folder="photos",
            datasets=("photos", "flickr8k", "coco", OWN),
            presets={
                "quick": _PHOTOS.changed(
                    {"steps": 800, "backbones": "lite0_lite2", "mirrored": False}
                ),
                "full": _PHOTOS.changed({"steps": 3000}),
            },
            headline="text_to_image_r1",
            idle=("language", "pictures", "curriculum", "width"),
        ),
    ),
    idle=("backbones", "mirrored", "dropout"),
)
