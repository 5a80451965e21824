"""CLIP: which of these sentences fits this picture? (Radford et al. 2021, arXiv:2103.00020)"""

from typing import Literal

from mm_demo.case import OWN, Case, Family
from mm_demo.config import TrainConfig, knob


class ClipConfig(TrainConfig):
    """The knobs of a CLIP. Those from `stem` on shape the networks for drawn scenes, the last four those for photographs."""

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
    backbones: Literal["lite0", "lite0_lite2", "all"] = knob("all")
    mirrored: bool = knob(True)
    dropout: float = knob(0.7, ge=0, le=0.9)
    prototypes: float = knob(0.05, ge=0, le=1)


_PHOTOS = ClipConfig(
    batch_size=512,
    learning_rate=0.0015,
    weight_decay=0.3,
    temperature=0.05,
    captions=2,
    embed_dim=512,
)


CLIP = Case(
    name="clip",
    config=ClipConfig,
    datasets=("scenes", "photos", "flickr8k", "coco"),
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
    worlds=("scenes", "photos"),
    folders=True,
    families=(
        Family(
            folder="photos",
            datasets=("photos", "flickr8k", "coco", OWN),
            presets={
                "quick": _PHOTOS.changed(
                    {"steps": 260, "backbones": "lite0_lite2", "mirrored": False, "prototypes": 0}
                ),
                "full": _PHOTOS.changed({"steps": 1000, "evaluations": 5}),
            },
            headline="image_to_text_r1",
            measured=("coco_objects",),
            idle=(
                "language",
                "negatives",
                "pictures",
                "curriculum",
                "grey",
                "stem",
                "image_size",
                "patch_size",
                "width",
                "image_layers",
                "text_layers",
            ),
        ),
    ),
    idle=("backbones", "mirrored", "dropout", "prototypes"),
)
