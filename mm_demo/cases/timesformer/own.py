"""Clips of a person's own classes, or of `actions`: few of them, so each is seen in many ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mm_demo.data import actions
from mm_demo.data.camera_motion import FRAMES, SIZE, Clips
from mm_demo.data.clip_folder import ClipSet, opened, read_folder, split_rows
from mm_demo.events import Preparing

_TIGHTEST = 0.7  # the side of a training crop, as a share of the frame's
_SHORTEST = 0.4  # the part of a clip that is shown in training, as a share of it
_LIGHT = 0.3  # how much brighter or darker
_PART, _PARTS = 0.6, 5  # what is asked about in use: parts of this share of a clip

OWN_CARD = {
    "title": "TimeSformer on classes of one's own",
    "what": "Tells which of a person's own classes of clips a video shows.",
    "data": "A folder of clips, one sub-folder for each class; some clips of each class were held "
    "out for the figures. The clips belong to whoever made them.",
    "limits": "It knows these classes, filmed like these clips, and nothing else.",
}
ACTIONS_CARD = {
    "title": "TimeSformer on what two people do",
    "what": "Tells which of six things two people do to each other in a short clip.",
    "data": "UT-Interaction (M. S. Ryoo and J. K. Aggarwal, ICCV 2009; put out for a research "
    "contest, no licence found; not shipped): 120 clips, split by sequence, so that no pair of "
    "people is in both train and test.",
    "limits": "A few dozen clips teach no more than the look of these two places and pairs of "
    "people. With 37 test clips one clip is 2.7 points.",
}


def spread(total: int, start: float = 0.0, length: float = 1.0) -> NDArray[np.int64]:
    """Which of `total` frames a network reads of a part of a clip, in shares of it: (FRAMES,)."""
    return (total * (start + length * (np.arange(FRAMES) + 0.5) / FRAMES)).astype(np.int64)


def parts(total: int) -> NDArray[np.int64]:
    """The frames of each of a few parts that cover a clip and overlap: (parts, FRAMES).

    What a network says of a whole clip is the mean over them: a movement is closer in time there,
    as in training, where only a part is shown.
    """
    return np.stack([spread(total, start, _PART) for start in np.linspace(0, 1 - _PART, _PARTS)])


class Own:
    """A set of clips in splits. A clip is seen as a whole: in parts that cover it, see `parts`."""

    span: float | None = None
    cropped = True  # to the middle square: a frame's shape may give the class away

    def __init__(self, split: Callable[[str], ClipSet], *, mirrored: bool) -> None:
        self._split = split
        self.mirrored = mirrored
        self.classes = split("train").classes

    @classmethod
    def of_actions(cls) -> Own:
        return cls(actions.clips, mirrored=True)

    @classmethod
    def of_folder(cls, place: Path) -> Own:
        """A folder of classes or a zip of one; what is held out is both dev and test."""
        with opened(place) as folder:
            found = read_folder(folder)
        train, held = split_rows(found.labels)
        parts = {"train": found.rows(train), "dev": found.rows(held), "test": found.rows(held)}
        # a wave to the left may be another class than one to the right: no mirror
        return cls(parts.__getitem__, mirrored=False)

    def prepare(self) -> Iterator[Preparing]:
        """Read what is trained and measured on."""
        for done, split in enumerate(("train", "dev")):
            yield Preparing("reading", done, 2)
            self._split(split)

    def training_batch(self, rng: np.random.Generator, count: int, done: float = 1.0) -> Clips:
        """`count` clips, every class as likely, each cut, timed and lit afresh."""
        found = self._split("train")
        labels = rng.integers(len(self.classes), size=count)
        rows = [int(rng.choice(np.flatnonzero(found.labels == label))) for label in labels]
        return Clips(np.stack([self._varied(found.frames[row], rng) for row in rows]), labels)

    def _varied(self, frames: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """(T', S, S, 3) to (FRAMES, SIZE, SIZE, 3): a part of the time, a part of the square."""
        total, side = frames.shape[:2]
        length = rng.uniform(_SHORTEST, 1) * total
        start = rng.uniform(0, total - length)
        jitter = rng.uniform(0.2, 0.8, FRAMES)
        times = (start + length * (np.arange(FRAMES) + jitter) / FRAMES).astype(int)
        edge = rng.uniform(_TIGHTEST, 1) * side
        left, top = rng.uniform(0, side - edge, 2)
        places = (np.arange(SIZE) + 0.5) * edge / SIZE
        clip = frames[times][:, (top + places).astype(int)][:, :, (left + places).astype(int)]
        if self.mirrored and rng.random() < 0.5:
            clip = clip[:, :, ::-1]
        gain, shift = 1 + rng.uniform(-_LIGHT, _LIGHT), 255 * rng.uniform(-_LIGHT, _LIGHT) / 2
        return np.clip(gain * clip.astype(np.float32) + shift, 0, 255).astype(np.uint8)

    def held_out(self, split: str, seed: int) -> Clips:
        """The clips of a split with all frames that are kept; nothing is drawn, so `seed` changes nothing."""
        found = self._split(split)
        return Clips(found.frames, found.labels)

    def shapes(self, split: str) -> NDArray[np.int64]:
        """(N, 2): width and height of the split's clips as they were filmed."""
        return self._split(split).shapes
