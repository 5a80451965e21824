"""UT-Interaction: six things that two people do to each other, 120 clips (M. S. Ryoo, J. K. Aggarwal, ICCV 2009).

Read from `actions/` in the folder that `MM_DEMO_DATA` names: `actions-train.tar` and
`actions-test.tar` with members CLASS/SEQUENCE_CLIP.mp4. Sequences of people are in one split only.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from mm_demo.data.clip_folder import ClipSet, read_folder
from mm_demo.data.folder import NOT_NAMED, data_folder
from mm_demo.errors import UserError

SPLITS = ("train", "dev", "test")
DEV_SEQUENCES = ("seq02", "seq10", "seq15")  # of the train tar, kept back for choices
_SOURCE = "https://cvrc.ece.utexas.edu/SDHA2010/Human_Interaction.html"


def clips(split: str) -> ClipSet:
    """The clips of a split: dev is three sequences of the train tar, train the others.

    UserError: `data.no_folder`, `data.missing`, `data.broken`; ValueError for an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(SPLITS)}")
    file = _tar("test" if split == "test" else "train")
    if not file.is_file():
        layout = f"actions/{file.name}"
        raise UserError("data.missing", what="UT-Interaction", layout=layout, source=_SOURCE)
    found = _read(file, file.stat().st_mtime_ns)
    if split == "test":
        return found
    kept = np.array([name.split("/")[1].split("_")[0] in DEV_SEQUENCES for name in found.names])
    return found.rows(np.flatnonzero(kept if split == "dev" else ~kept))


def _tar(name: str) -> Path:
    return data_folder() / "actions" / f"actions-{name}.tar"


@cache
def _read(file: Path, _changed: int) -> ClipSet:
    with tempfile.TemporaryDirectory(prefix="mm-actions-") as folder:
        try:
            with tarfile.open(file) as tar:
                tar.extractall(folder, filter="data")
        except (OSError, tarfile.TarError) as error:
            raise UserError("data.broken", file=file.name) from error
        return read_folder(Path(folder))


def at_hand() -> tuple[bool, str]:
    """Whether both tars are there, and a line: which, or what is missing. Opens none."""
    try:
        missing = [f.name for f in map(_tar, ("train", "test")) if not f.is_file()]
    except UserError:
        return False, NOT_NAMED
    if missing:
        return False, f"actions/{', actions/'.join(missing)} missing in MM_DEMO_DATA ({_SOURCE})"
    return True, "actions/actions-train.tar, actions/actions-test.tar"


def build() -> Iterator[str]:
    """Read each split once; a line about each."""
    for split in SPLITS:
        found = clips(split)
        yield f"{split:6} {len(found.labels)} clips of {len(found.classes)} classes"
