"""Captioning: say what is in a picture. (Show, Attend and Tell, Xu et al. 2015, arXiv:1502.03044)"""

from typing import Literal

from mm_demo.case import OWN, Case, Family
from mm_demo.config import TrainConfig, knob


class CaptioningConfig(TrainConfig):
    """The knobs of a captioner; those from `language` to `width` shape what is learned from drawn scenes, the last three what is learned from photographs."""

    attention: bool = knob(True, shown="main")
    embed_dim: int = knob(192, ge=16, le=1024, multiple_of=8)
    hidden_dim: int = knob(256, shown="main", step=32, ge=16, le=2048, multiple_of=8)
    attention_dim: int = knob(128, ge=8, le=1024, multiple_of=8)
    dropout: float = knob(0.2, ge=0, le=0.9)
    smoothing: float = knob(0.0, step=0.05, ge=0, le=0.5)
    captions: int = knob(3, ge=1, le=5)
    pairs: Literal["true", "shuffled"] = knob("true")
    language: Literal["en", "zh", "both"] = knob("en", shown="main")
    picture: Literal["clip", "frozen", "random"] = knob("clip", shown="main")
    pictures: int = knob(16_000, ge=64, le=100_000)
    curriculum: float = knob(0.3, ge=0, le=1)
    width: int = knob(32, ge=8, le=512, multiple_of=8)
    backbones: Literal["lite0", "lite0_lite2", "all"] = knob("lite0")
    mirrored: bool = knob(True)
    prototypes: float = knob(0.1, step=0.05, ge=0, le=0.5)


_PHOTOS = CaptioningConfig(
    batch_size=128, learning_rate=0.002, embed_dim=256, hidden_dim=384, dropout=0.4, smoothing=0.1,
    captions=1, evaluations=5,
)  # fmt: skip

CAPTIONING = Case(
    name="captioning",
    config=CaptioningConfig,
    datasets=("scenes", "photos", "flickr8k", "coco"),
    presets={
        "quick": CaptioningConfig(steps=130, picture="frozen", evaluations=4),
        "full": CaptioningConfig(
            steps=1600, learning_rate=0.003, language="both", pictures=24_000, evaluations=6
        ),
    },
    headline="bleu4",
    claims={"bleu4": 0.25},
    table=("fact_f1", "bleu4", "cider"),
    worlds=("scenes", "photos"),
    folders=True,
    families=(
        Family(
            folder="photos",
            datasets=("photos", "flickr8k", "coco", OWN),
            presets={
                "quick": _PHOTOS.changed({"steps": 300, "mirrored": False, "dropout": 0.3}),
                "full": _PHOTOS.changed({"steps": 2200, "backbones": "all", "dropout": 0.5}),
            },
            headline="bleu4",
            idle=("captions", "language", "picture", "pictures", "curriculum", "width"),
        ),
    ),
    idle=("backbones", "mirrored", "prototypes"),
)
