"""The count from the equations against the one that torch takes while the model runs."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mm_demo.cases.timesformer.model import SCHEMES, TimeSformer
from mm_demo.nn.flops import timesformer_flops

BASE = {"num_classes": 400, "embed_dim": 768, "num_layers": 12}
SIZES = {
    "a minute": {
        "num_classes": 8, "image_size": 32, "patch_size": 8, "embed_dim": 64, "num_layers": 2,
        "channels": 4,
    },
    "many frames": {
        "num_classes": 3, "num_frames": 32, "image_size": 32, "patch_size": 8, "embed_dim": 16,
        "num_layers": 1,
    },
    "fine patches": {
        "num_classes": 5, "num_frames": 2, "image_size": 64, "patch_size": 4, "embed_dim": 32,
        "num_layers": 3,
    },
    "one frame": {
        "num_classes": 10, "num_frames": 1, "image_size": 32, "patch_size": 16, "embed_dim": 48,
        "num_layers": 1,
    },
    "the course": {"num_classes": 5, "embed_dim": 256, "num_layers": 4},
    "the base model": BASE,
}  # fmt: skip


def measured(scheme: str, stem: str, sizes: dict) -> int:
    """Counted on shapes alone: the meta device computes nothing."""
    with torch.device("meta"):
        model = TimeSformer(**sizes, num_heads=4, attention=scheme, stem=stem).eval()
        clips = torch.empty(1, *model.clip_shape)
    with FlopCounterMode(display=False) as counter:
        model.explain(clips)
    return counter.get_total_flops()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("stem", ["linear", "convolutional"])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_counts_as_torch_does(scheme, stem, sizes):
    counted = timesformer_flops(scheme, **sizes, stem=stem)
    assert counted.flops == pytest.approx(measured(scheme, stem, sizes), rel=1e-6)
    assert counted.flops == 2 * counted.multiply_adds


def test_the_papers_590():
    """Table 3 gives 0.59 TFLOPs, the course 590 GFLOPs: three crops, in multiply-adds."""
    one_view = timesformer_flops("divided", **BASE)
    assert one_view.multiply_adds / 1e9 == pytest.approx(196, abs=1)
    assert 3 * one_view.multiply_adds / 1e9 == pytest.approx(590, rel=0.01)


def test_joint_costs_more_the_longer_and_the_finer():
    """Figure 3: the gap opens with frames and with resolution."""

    def gap(**sizes) -> float:
        joint, divided = (
            timesformer_flops(s, **{**BASE, **sizes}).multiply_adds for s in ("joint", "divided")
        )
        return joint / divided

    assert gap(num_frames=8) < gap(num_frames=32) < gap(num_frames=96)
    assert gap(image_size=224) < gap(image_size=448) < gap(image_size=560)


def test_an_unknown_scheme_is_named():
    with pytest.raises(ValueError, match="axial"):
        timesformer_flops("axial", num_classes=5)
