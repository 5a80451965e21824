"""A checkpoint's networks: one TimeSformer for each scheme of attention, and what they read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from mm_demo import store
from mm_demo.cases.timesformer import SCHEMES
from mm_demo.cases.timesformer.model import TimeSformer
from mm_demo.errors import UserError
from mm_demo.nn.motion import MotionChannels

ABOUT = "timesformer.json"  # classes, a window's span in seconds, what is seen of it, the limit of the sure


class TimeSformers(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["video-classification"]
):
    """A `TimeSformer` for each scheme. They read the same channels and share no weight."""

    def __init__(
        self,
        schemes: Sequence[str] = SCHEMES,
        num_classes: int = 10,
        num_frames: int = 8,
        image_size: int = 32,
        patch_size: int = 8,
        embed_dim: int = 64,
        num_layers: int = 2,
        num_heads: int = 4,
        channels: str = "flow",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.read = MotionChannels(channels, image_size)
        self.num_frames = num_frames
        self.schemes = nn.ModuleDict(
            {
                scheme: TimeSformer(
                    num_classes,
                    num_frames,
                    image_size,
                    patch_size,
                    embed_dim,
                    num_layers,
                    num_heads,
                    channels=self.read.channels,
                    attention=scheme,  # type: ignore[arg-type]
                    stem="convolutional",
                    dropout=dropout,
                )
                for scheme in schemes
            }
        )

    def of(self, scheme: str) -> TimeSformer:
        """The network of a scheme; KeyError for one that is not there."""
        return self.schemes[scheme]  # type: ignore[return-value]

    def each(self) -> Iterator[tuple[str, TimeSformer]]:
        """All of them, by their scheme."""
        for scheme in self.schemes:
            yield scheme, self.of(scheme)

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Frames (B, T, 3, H, W), uint8 or 0 .. 1, to the logits (B, num_classes) of each scheme."""
        clips = self.read(frames)
        return {scheme: network(clips) for scheme, network in self.each()}


def load_networks(folder: Path) -> tuple[TimeSformers, dict[str, Any]]:
    """A checkpoint's networks, ready to answer, and what was saved about them."""
    model = store.load_model(TimeSformers, folder)
    model.read = MotionChannels(model.read.kind, model.read.size)  # its constants are not saved
    about = store.read_json(folder / ABOUT)
    if not {"classes", "span", "cropped", "sure"} <= set(about):
        raise UserError("checkpoint.foreign", folder=str(folder))
    return model, about


def load_trunk(model: TimeSformers, folder: Path) -> None:
    """What a checkpoint's networks know of seeing, without their heads; the schemes that it has.

    UserError where the sizes are others.
    """
    known, _ = load_networks(folder)
    there = model.state_dict()
    weights = {k: v for k, v in known.state_dict().items() if k in there and ".head." not in k}
    if not weights or any(there[k].shape != v.shape for k, v in weights.items()):
        raise UserError("checkpoint.foreign", folder=str(folder))
    model.load_state_dict(weights, strict=False)
