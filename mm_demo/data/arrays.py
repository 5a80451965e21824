"""Arrays kept on disk between runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def cache_folder(folder: str | Path | None = None) -> Path:
    """The folder named, else `MM_DEMO_CACHE`, else the user's cache folder for mm_demo."""
    named = folder or os.environ.get("MM_DEMO_CACHE")
    if named:
        return Path(named)
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "mm_demo"


def load_array(path: Path) -> NDArray[Any] | None:
    """The array of a file, memory-mapped; None where there is none, or half of one."""
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found


def store_array(path: Path, array: NDArray[Any]) -> None:
    """Write beside the name and rename, so that nobody reads half a file; never fails."""
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            beside = Path(file.name)
            np.save(file, array)
        beside.replace(path)
    except OSError:
        if beside is not None:
            beside.unlink(missing_ok=True)
