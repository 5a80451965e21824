"""What the networks see and hear: samples of a data set as tensors."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mm_demo.errors import UserError
from mm_demo.nn.mel import LogMel

LOG_MEL = LogMel()


@dataclass(frozen=True, eq=False)
class Samples:
    """pictures (B, 28, 28), mel (B, n_mels, frames), labels (B,), strengths (B, 2), sight first."""

    pictures: Tensor
    mel: Tensor
    labels: Tensor
    strengths: Tensor


def asked(settings: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """`known` (names and defaults) with what `--set` brings; UserError for another name."""
    for name in settings:
        if name not in known:
            raise UserError("knob.unknown", name=name, known=", ".join(known))
    return {**known, **settings}


def illegal(name: str, value: str, allowed: str) -> UserError:
    """The error for a setting's value that is none."""
    return UserError("knob.illegal", name=name, value=value[:80], allowed=allowed)
