"""EfficientNet-Lite (Tan and Le 2019, arXiv:1905.11946, table 1; Lite: Liu 2020), frozen.

Blocks are MobileNetV2's inverted residuals (Sandler et al. 2018, arXiv:1801.04381, section 3). Lite
leaves out squeeze-and-excitation, takes ReLU6, and scales neither stem nor head. BatchNorm is
folded into the convolutions, so what remains is convolutions alone. `fold` takes the weights from
timm's `tf_efficientnet_lite*`; without it nothing here needs timm.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

BACKBONES = {"lite0": 192, "lite1": 224, "lite2": 224}  # side of the square picture, in pixels
GROUPS = {  # what the knob `backbones` stands for
    "lite0": ("lite0",),
    "lite0_lite2": ("lite0", "lite2"),
    "all": ("lite0", "lite1", "lite2"),
}

_SCALES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}  # width, depth
_STAGES = (  # expansion, channels, layers, kernel, stride
    (1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1), (6, 192, 4, 5, 2), (6, 320, 1, 3, 1),
)  # fmt: skip
_STEM, _HEAD, _CLASSES = 32, 1280, 1000
_STRIDE = 32  # of the whole network

# oneDNN's convolution that applies ReLU6 on the way out: twice as many pictures a second
_FUSED = hasattr(torch.ops.mkldnn, "_convolution_pointwise")


class Seen(NamedTuple):
    """What a picture looks like to a `Backbone`.

    grid: (B, h, w, 1280) after the last convolution; pooled: (B, 1280), its mean over the cells;
    logits: (B, 1000) of ImageNet's classes.
    """

    grid: Tensor
    pooled: Tensor
    logits: Tensor


class Convolution(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding for even sides, then ReLU6 where asked for.

    "SAME" pads one pixel less in front where the stride is 2. A kernel with one more row and
    column, of zeros and in front, does that with equal padding: no padded copy is made.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1,
        relu6: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(inputs, outputs, kernel + stride - 1, stride, kernel // 2, groups=groups)
        self.relu6 = relu6

    def forward(self, x: Tensor) -> Tensor:
        plain = x.requires_grad or x.device.type != "cpu" or x.dtype != torch.float32
        if _FUSED and not plain:
            name, limits = ("hardtanh", [0.0, 6.0]) if self.relu6 else ("none", [])
            return torch.ops.mkldnn._convolution_pointwise(
                x, self.weight, self.bias, self.padding, self.stride, self.dilation, self.groups,
                name, limits, "",
            )  # fmt: skip
        x = super().forward(x)
        return F.relu6(x, inplace=True) if self.relu6 else x


class InvertedResidual(nn.Module):
    """Widen, look around in each channel, narrow; plus the input where the shapes are equal."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = expansion * inputs
        self.expand = Convolution(inputs, wide) if expansion > 1 else nn.Identity()
        self.depthwise = Convolution(wide, wide, kernel, stride, groups=wide)
        self.project = Convolution(wide, outputs, relu6=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class Backbone(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["image-feature-extraction"]
):
    """Photographs to features and ImageNet's logits; no gradient reaches its weights.

    images: (B, 3, H, W) in -1 .. 1, sides that are multiples of 32, `size` where nothing else is
    wanted. `width` is the channels of `stages`: 320, and 352 of lite2.
    ValueError for an unknown name or other sides.
    """

    def __init__(self, name: str = "lite0") -> None:
        super().__init__()
        if name not in BACKBONES:
            raise ValueError(f"unknown backbone {name!r}: one of {', '.join(BACKBONES)}")
        self.size = BACKBONES[name]
        width, depth = _SCALES[name]
        blocks, inputs = [], _STEM
        for stage, (expansion, channels, layers, kernel, stride) in enumerate(_STAGES):
            outputs = _rounded(width * channels)
            if 0 < stage < len(_STAGES) - 1:  # Lite keeps the first and the last as they are
                layers = math.ceil(depth * layers)
            for layer in range(layers):
                step = stride if layer == 0 else 1
                blocks.append(InvertedResidual(inputs, outputs, expansion, kernel, step))
                inputs = outputs
        self.width = inputs
        self.stem = Convolution(3, _STEM, 3, 2)
        self.blocks = nn.Sequential(*blocks)
        self.head = Convolution(inputs, _HEAD)
        self.classifier = nn.Linear(_HEAD, _CLASSES)
        self.requires_grad_(False)

    @staticmethod
    def width_of(name: str) -> int:
        """The `width` of a backbone, without making it."""
        return _rounded(_SCALES[name][0] * _STAGES[-1][1])

    @classmethod
    def fold(cls, name: str, network: nn.Module) -> Backbone:
        """The same network as timm's `tf_efficientnet_{name}`, its BatchNorm folded.

        W' = W gamma / sqrt(var + eps), b' = beta - mean gamma / sqrt(var + eps). ValueError where
        the layers do not pair up.
        """
        made = cls(name)
        layers = list(network.modules())
        for ours, conv, norm in zip(
            (m for m in made.modules() if isinstance(m, Convolution)),
            (m for m in layers if isinstance(m, nn.Conv2d)),
            (m for m in layers if isinstance(m, nn.BatchNorm2d)),
            strict=True,
        ):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            front = ours.stride[0] - 1
            weight = conv.weight * scale.view(-1, 1, 1, 1)
            ours.weight = _frozen(F.pad(weight, (front, 0, front, 0)))
            ours.bias = _frozen(norm.bias - norm.running_mean * scale)
        made.classifier.load_state_dict(network.get_submodule("classifier").state_dict())
        return made

    def stages(self, images: Tensor) -> Tensor:
        """The grid before the last convolution: (B, 3, H, W) -> (B, width, H / 32, W / 32)."""
        if any(side % _STRIDE for side in images.shape[-2:]):
            raise ValueError(f"sides {tuple(images.shape[-2:])}: not multiples of {_STRIDE}")
        return self.blocks(self.stem(images.contiguous(memory_format=torch.channels_last)))

    def seen(self, stages: Tensor) -> Seen:
        """What follows from `stages`, (B, width, h, w)."""
        grid = self.head(stages).permute(0, 2, 3, 1)
        pooled = grid.mean((1, 2))
        return Seen(grid, pooled, self.classifier(pooled))

    def forward(self, images: Tensor) -> Seen:
        return self.seen(self.stages(images))


def _rounded(channels: float) -> int:
    """To a multiple of 8, but not by more than a tenth below (Sandler et al., the authors' code)."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def _frozen(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values.detach(), requires_grad=False)
