"""Where a person keeps the real data sets."""

from __future__ import annotations

import os
from pathlib import Path

from mm_demo.errors import UserError

NOT_NAMED = "MM_DEMO_DATA names no folder: set it to the folder with the data sets"


def data_folder() -> Path:
    """The folder that `MM_DEMO_DATA` names. UserError `data.no_folder` where it names none."""
    named = os.environ.get("MM_DEMO_DATA")
    folder = Path(named).expanduser() if named else None
    if folder is None or not folder.is_dir():
        raise UserError("data.no_folder")
    return folder
