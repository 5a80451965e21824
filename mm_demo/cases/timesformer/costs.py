"""What the schemes of attention cost: counted from their equations, and by this machine's clock."""

from __future__ import annotations

import time
from typing import Any

from mm_demo.cases.timesformer import SCHEMES
from mm_demo.nn.flops import timesformer_flops

PATCH = 16
FRAMES = range(8, 97, 8)
SIZES = range(224, 449, PATCH)
BASE: dict[str, Any] = {  # the paper's model: ViT-Base, on Kinetics-400
    "num_classes": 400,
    "patch_size": PATCH,
    "embed_dim": 768,
    "num_layers": 12,
}
TIMED = (8, 16, 32)  # frames
SMALL: dict[str, Any] = {
    "num_classes": 10,
    "image_size": 64,
    "patch_size": 8,
    "embed_dim": 64,
    "num_layers": 2,
}
_BUDGET = 1.6  # seconds in all, warm-ups aside


def counted() -> dict[str, list[list[float]]]:
    """Each scheme's 10^9 multiply-adds for a clip, by size (rows) and frames (columns)."""
    return {
        scheme: [[base(scheme, frames, size) for frames in FRAMES] for size in SIZES]
        for scheme in SCHEMES
    }


def base(scheme: str, frames: int = 8, size: int = 224) -> float:
    """10^9 multiply-adds of the paper's base model for one clip."""
    found = timesformer_flops(
        scheme,  # type: ignore[arg-type]
        num_frames=frames,
        image_size=size,
        **BASE,
    )
    return round(found.multiply_adds / 1e9, 1)


def small(scheme: str, frames: int) -> float:
    """10^6 multiply-adds of the small model that `measured` runs."""
    found = timesformer_flops(scheme, num_frames=frames, **SMALL)  # type: ignore[arg-type]
    return round(found.multiply_adds / 1e6, 1)


def measured() -> dict[str, Any]:
    """The milliseconds of one forward pass of the small model on the processor, the fastest of a few.

    {"frames": (8, 16, 32), "ms": {scheme: one for each}, "count": the same in 10^6 multiply-adds}
    """
    import torch

    from mm_demo.cases.timesformer.model import TimeSformer

    jobs = {}
    with torch.inference_mode():
        for frames in TIMED:
            clip = torch.rand(1, frames, 3, SMALL["image_size"], SMALL["image_size"])
            for scheme in SCHEMES:
                model = TimeSformer(
                    num_frames=frames,
                    num_heads=4,
                    attention=scheme,  # type: ignore[arg-type]
                    **SMALL,
                ).eval()
                model(clip)  # the first pass prepares its kernels
                jobs[scheme, frames] = (model, clip)
        taken: dict[tuple[str, int], list[float]] = {job: [] for job in jobs}
        end = time.perf_counter() + _BUDGET
        for lap in range(30):
            if lap and time.perf_counter() > end:
                break
            for job, (model, clip) in jobs.items():  # in turns: what disturbs one, disturbs all
                begun = time.perf_counter()
                model(clip)
                taken[job].append(1000 * (time.perf_counter() - begun))
    return {
        "frames": list(TIMED),
        "ms": {s: [round(min(taken[s, t]), 2) for t in TIMED] for s in SCHEMES},
        "count": {s: [small(s, t) for t in TIMED] for s in SCHEMES},
    }
