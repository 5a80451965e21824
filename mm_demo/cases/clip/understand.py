"""Understand CLIP."""

from __future__ import annotations

from mm_demo.ui.context import Context
from mm_demo.ui.pieces import piece


def build(context: Context) -> None:
    piece("soon")
