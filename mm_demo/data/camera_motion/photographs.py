"""Flickr8k's photographs, for the camera to move over."""

from __future__ import annotations

import io
import tarfile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mm_demo.data.folder import NOT_NAMED, data_folder
from mm_demo.errors import UserError

_SOURCE = "https://hockenmaier.cs.illinois.edu/Framing_Image_Description/KCCA.html"


def _tar(split: str) -> str:
    return f"flickr8k-{split}.tar"


def at_hand() -> tuple[bool, str]:
    """Whether the three tars are there, and a line: which, or what is missing. Opens none."""
    try:
        folder = data_folder()
    except UserError:
        return False, NOT_NAMED
    names = [_tar(split) for split in ("train", "dev", "test")]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        return False, f"{', '.join(missing)} missing in MM_DEMO_DATA"
    return True, ", ".join(names)


def photographs(split: str, count: int, side: int) -> NDArray[np.uint8]:
    """The first `count` photographs of a split, squares out of their middle: (N, side, side, 3).

    UserError: `data.no_folder`, `data.missing` (what, layout, source), `data.broken` (file).
    """
    path = data_folder() / _tar(split)
    if not path.is_file():
        raise UserError("data.missing", what="Flickr8k", layout=path.name, source=_SOURCE)
    found: list[NDArray[np.uint8]] = []
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file is None:
                    continue
                found.append(_square(Image.open(io.BytesIO(file.read())), side))
                if len(found) == count:
                    break
    except (OSError, tarfile.TarError, Image.DecompressionBombError) as error:
        raise UserError("data.broken", file=path.name) from error
    if not found:
        raise UserError("data.broken", file=path.name)
    pixels = np.stack(found)
    pixels.flags.writeable = False
    return pixels


def _square(image: Image.Image, side: int) -> NDArray[np.uint8]:
    width, height = image.size
    edge = min(width, height)
    left, top = (width - edge) // 2, (height - edge) // 2
    box = (left, top, left + edge, top + edge)
    return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BOX, box))
