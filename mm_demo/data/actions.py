"""UT-Interaction: six things that two people do to each other, 120 clips (M. S. Ryoo, J. K. Aggarwal, ICCV 2009).

Read from `actions/` in the folder that `MM_DEMO_DATA` names: `actions-train.tar` and
`actions-test.tar` with members CLASS/SEQUENCE_CLIP.mp4. Sequences of people are in one split only.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mm_demo.data.clip_folder import ClipSet, list_folder, read_clips
from mm_demo.data.folder import NOT_NAMED, data_folder
from mm_demo.errors import UserError
from mm_demo.events import Preparing

SPLITS = ("train", "dev", "test")
DEV_SEQUENCES = ("seq02", "seq10", "seq15")  # of the train tar, kept back for choices
_SOURCE = "https://cvrc.ece.utexas.edu/SDHA2010/Human_Interaction.html"


_read: dict[tuple[Path, int], dict[str, ClipSet]] = {}  # by a tar and when it was written


def classes() -> tuple[str, ...]:
    """The six, by the train tar's listing: no clip is read. UserError as `clips`."""
    with _told(_tar("train")) as file, tarfile.open(file) as tar:
        return tuple(sorted({name.split("/")[0] for name in tar.getnames() if "/" in name}))


def reading(split: str = "train") -> Iterator[Preparing]:
    """Read the tar that a split is in, once, telling of each clip. UserError as `clips`."""
    with _told(_tar(split)) as file:
        version = file, file.stat().st_mtime_ns
        if version in _read:
            return
        with tempfile.TemporaryDirectory(prefix="mm-actions-") as folder:
            with tarfile.open(file) as tar:
                tar.extractall(folder, filter="data")
            found = yield from read_clips(list_folder(Path(folder)))
    kept = np.array([name.split("/")[1].split("_")[0] in DEV_SEQUENCES for name in found.names])
    train = {"train": found.rows(np.flatnonzero(~kept)), "dev": found.rows(np.flatnonzero(kept))}
    _read[version] = {"test": found} if split == "test" else train


def clips(split: str) -> ClipSet:
    """The clips of a split: dev is three sequences of the train tar, train the others.

    UserError: `data.no_folder`, `data.missing`, `data.broken`; ValueError for an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: one of {', '.join(SPLITS)}")
    for _ in reading(split):
        pass
    file = _tar(split)
    return _read[file, file.stat().st_mtime_ns][split]


def _tar(split: str) -> Path:
    return data_folder() / "actions" / f"actions-{'test' if split == 'test' else 'train'}.tar"


@contextmanager
def _told(file: Path) -> Iterator[Path]:
    if not file.is_file():
        layout = f"actions/{file.name}"
        raise UserError("data.missing", what="UT-Interaction", layout=layout, source=_SOURCE)
    try:
        yield file
    except (OSError, tarfile.TarError) as error:
        raise UserError("data.broken", file=file.name) from error


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
