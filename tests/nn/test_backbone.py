"""The folded backbone equals timm's network, by both convolutions, and stays as it is."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from mm_demo.nn import backbone
from mm_demo.nn.backbone import BACKBONES, Backbone, Convolution

timm = pytest.importorskip("timm")


def network(name):
    """timm's with random weights, and statistics that a forgotten BatchNorm would betray."""
    torch.manual_seed(0)
    made = timm.create_model(f"tf_efficientnet_{name}").eval()
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.3)
            layer.running_mean.normal_(std=0.3)
            layer.running_var.uniform_(0.3, 1.5)
    return made


@pytest.fixture(scope="module")
def lite0():
    theirs = network("lite0")
    return theirs, Backbone.fold("lite0", theirs)


@pytest.mark.parametrize("name", BACKBONES)
def test_equals_timm(name):
    """In double precision: so deep a random network would blow a rounding up."""
    theirs = network(name).double()
    ours = Backbone.fold(name, theirs).double()
    images = torch.rand(2, 3, ours.size, ours.size).double() * 2 - 1
    with torch.inference_mode():
        seen, logits = ours(images), theirs(images)
        before, grid = theirs.blocks(theirs.bn1(theirs.conv_stem(images))), ours.stages(images)
        after = theirs.forward_features(images)
    assert (logits[0] - logits[1]).abs().max() > 0.01
    torch.testing.assert_close(seen.logits, logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(grid, before, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(seen.grid.permute(0, 3, 1, 2), after, atol=1e-5, rtol=1e-5)
    assert grid.shape == (2, ours.width, ours.size // 32, ours.size // 32)


def test_pooled_is_the_mean_of_the_grid_and_what_stages_leave_out(lite0):
    images = torch.rand(3, 3, 64, 96) * 2 - 1
    seen = lite0[1](images)
    assert seen.grid.shape == (3, 2, 3, 1280)
    torch.testing.assert_close(seen.pooled, seen.grid.mean((1, 2)))
    again = lite0[1].seen(lite0[1].stages(images))
    assert all(torch.equal(a, b) for a, b in zip(seen, again, strict=True))
    assert not torch.allclose(seen.logits[0], seen.logits[1])


@pytest.mark.skipif(not backbone._FUSED, reason="no fused convolution here: nothing to compare")
@pytest.mark.parametrize("relu6", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "groups"), [(1, 1, 1), (3, 2, 8), (5, 1, 8), (5, 2, 8)]
)
def test_fused_and_plain_convolutions_agree(kernel, stride, groups, relu6, monkeypatch):
    torch.manual_seed(0)
    layer = Convolution(8, 8, kernel, stride, groups, relu6).requires_grad_(False)
    x = 5 * torch.randn(3, 8, 14, 14).contiguous(memory_format=torch.channels_last)
    fused = layer(x)
    monkeypatch.setattr(backbone, "_FUSED", False)
    torch.testing.assert_close(fused, layer(x), atol=1e-5, rtol=1e-5)
    assert (fused.min() >= 0) == relu6


def test_gradients_reach_the_picture_but_no_weight(lite0):
    images = (torch.rand(1, 3, 64, 64) * 2 - 1).requires_grad_()
    lite0[1](images).logits[0, 0].backward()
    assert images.grad.abs().sum() > 0
    assert all(p.grad is None and not p.requires_grad for p in lite0[1].parameters())


def test_training_mode_changes_nothing(lite0):
    images = torch.rand(2, 3, 64, 64) * 2 - 1
    before = lite0[1](images).logits
    assert torch.equal(before, lite0[1].train()(images).logits)


def test_kept_by_its_folder_in_half_precision(lite0, tmp_path):
    ours = lite0[1]
    ours.save_pretrained(tmp_path)
    made = Backbone.from_pretrained(tmp_path)
    assert made.size == ours.size
    half = {name: tensor.half() for name, tensor in ours.state_dict().items()}
    made.load_state_dict(half)
    images = torch.rand(2, 3, 64, 64) * 2 - 1
    found, exact = made(images).pooled, ours(images).pooled
    assert found.dtype == torch.float32
    assert not torch.equal(found, exact)
    assert nn.functional.cosine_similarity(found, exact).min() > 0.9999


def test_names_and_sides_that_do_not_fit(lite0):
    with pytest.raises(ValueError, match="lite9"):
        Backbone("lite9")
    with pytest.raises(ValueError, match="multiples of 32"):
        lite0[1](torch.zeros(1, 3, 64, 100))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        Backbone.fold("lite1", lite0[0])


def test_timm_is_not_imported():
    code = (
        "import sys, torch; from mm_demo.nn.backbone import Backbone;"
        "Backbone()(torch.zeros(1, 3, 64, 64)); assert 'timm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
