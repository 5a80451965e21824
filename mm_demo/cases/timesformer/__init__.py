"""TimeSformer: what does the camera do in this clip? (Bertasius et al. 2021, arXiv:2102.05095)"""

from typing import Literal

from mm_demo.case import Case
from mm_demo.config import TrainConfig, knob

SCHEMES = ("divided", "joint", "space")  # of attention: the paper's section 3


class TimesformerConfig(TrainConfig):
    """The knobs of a TimeSformer small enough to learn in a minute."""

    attention: Literal["divided", "joint", "space", "all"] = knob("divided", shown="main")
    channels: Literal["flow", "difference", "rgb"] = knob("flow", shown="main")
    source: Literal["textures", "flickr8k", "both"] = knob("textures")
    order: Literal["true", "shuffled"] = knob("true")
    trunk: Literal["random", "bundled"] = knob("random", shown="main")
    image_size: int = knob(32, ge=16, le=224, multiple_of=8)
    patch_size: int = knob(8, ge=4, le=32, multiple_of=4)
    embed_dim: int = knob(64, ge=16, le=768, multiple_of=16)
    num_layers: int = knob(2, ge=1, le=12)
    num_heads: int = knob(4, ge=1, le=12)
    dropout: float = knob(0.0, ge=0, le=0.9)


TIMESFORMER = Case(
    name="timesformer",
    config=TimesformerConfig,
    datasets=("camera_motion", "actions"),
    presets={
        "quick": TimesformerConfig(
            steps=850, batch_size=16, learning_rate=0.003, weight_decay=0.05, warmup=0.1
        ),
        "full": TimesformerConfig(
            steps=3000,
            batch_size=32,
            learning_rate=0.003,
            weight_decay=0.05,
            warmup=0.1,
            attention="all",
            evaluations=12,
        ),
        "own": TimesformerConfig(
            steps=900,
            batch_size=16,
            learning_rate=0.003,
            weight_decay=0.05,
            warmup=0.1,
            dropout=0.1,
            trunk="bundled",
        ),
    },
    headline="top1",
    claims={"top1": 0.72, "top5": 0.91},
    table=("top1", "top5"),
    worlds=("camera_motion",),
    folders=True,
    bars=("top1_divided", "top1_joint", "top1_space"),
)
