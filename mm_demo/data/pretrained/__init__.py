"""What several cases start from and nobody here trained: `checkpoints/pretrained/<name>/`.

Each is loaded once and shared by the whole process; files hold half precision, all is computed in
float32. `python -m mm_demo data pretrained` makes the folders (`recipe.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray

from mm_demo import store
from mm_demo.case import CHECKPOINTS
from mm_demo.errors import UserError
from mm_demo.nn.backbone import BACKBONES, Backbone
from mm_demo.nn.sentences import Sentences, SentenceTower

FOLDER = CHECKPOINTS / "pretrained"
COMMAND = "python -m mm_demo data pretrained"
TOWER = "all-minilm-l6-v2"
CLASSES = "imagenet-classes"
NAMES = (*(f"efficientnet-{name}" for name in BACKBONES), TOWER, CLASSES)

_loading = threading.RLock()  # a second caller waits for the first one's load


def backbone(name: str = "lite0") -> Backbone:
    """The frozen photo backbone. UserError `pretrained.missing`; ValueError for an unknown name."""
    if name not in BACKBONES:
        raise ValueError(f"unknown backbone {name!r}: one of {', '.join(BACKBONES)}")
    with _loading:
        return _backbone(FOLDER / f"efficientnet-{name}")


def sentence_tower() -> Sentences:
    """The sentence tower and its tokenizer. UserError `pretrained.missing`."""
    with _loading:
        return _sentences(FOLDER / TOWER)


def imagenet_classes() -> tuple[list[str], NDArray[np.float32]]:
    """ImageNet's 1,000 classes in the order of the logits.

    All names of each ("tabby, tabby cat"), and `sentence_tower`'s unit vectors (1000, 384) of
    "a photo of a NAMES". UserError `pretrained.missing`.
    """
    with _loading:
        names, vectors = _classes(FOLDER / CLASSES)
        return list(names), vectors.copy()


@cache
def _backbone(folder: Path) -> Backbone:
    try:
        return store.load_model(Backbone, folder)
    except UserError as error:
        raise _missing(folder) from error


@cache
def _sentences(folder: Path) -> Sentences:
    try:
        tower = store.load_model(SentenceTower, folder).requires_grad_(False)
        return Sentences(tower, store.read_tokenizer(folder))
    except UserError as error:
        raise _missing(folder) from error


@cache
def _classes(folder: Path) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    try:
        names = tuple(store.read_json(folder / store.CONFIG)["classes"])
        vectors = store.read_tensors(folder / store.WEIGHTS)["vectors"].float()
    except (UserError, KeyError) as error:
        raise _missing(folder) from error
    return names, F.normalize(vectors, dim=-1).numpy()


def _missing(folder: Path) -> UserError:
    return UserError("pretrained.missing", name=folder.name, command=COMMAND)


def at_hand() -> tuple[bool, str]:
    """Whether all folders are there, and a line: which, or what is missing. Opens none."""
    missing = [name for name in NAMES if not (FOLDER / name / store.WEIGHTS).is_file()]
    if missing:
        return False, f"{', '.join(missing)} missing: {COMMAND}"
    return True, f"weights by others: {', '.join(NAMES)}"


def build() -> Iterator[str]:
    """Make every folder anew from the published packages; a line about each."""
    from mm_demo.data.pretrained import recipe

    for name, write in recipe.RECIPES.items():
        with store.writing(FOLDER / name) as folder:
            write(folder)
        size = sum(file.stat().st_size for file in (FOLDER / name).iterdir())
        yield f"{name:18} {size / 1e6:5.1f} MB"
