"""Where a visitor gathers photographs of their own with captions, in Train."""

from mm_demo.ui.own_photos import build

__all__ = ["build"]
