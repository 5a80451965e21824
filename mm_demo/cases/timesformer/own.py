"""Clips of a person's own classes, or of `actions`: few of them, so each is seen in many ways.

What a network would learn by heart is taken from it: place, size, slant, light and colours are
drawn for each view, and through many shines a still of any clip: the background tells nothing
(Wang et al. 2021, arXiv:2009.05769, who take the still from the same clip).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mm_demo.data import actions
from mm_demo.data.camera_motion import FRAMES, SIZE, Clips
from mm_demo.data.clip_folder import ClipFolder, ClipSet
from mm_demo.events import Preparing

_LIGHT = 0.3  # how much brighter or darker
_GHOST = 0.5  # how strongly a still shines through at most
_PART, _PARTS = 0.6, 5  # what is asked about in use: parts of this share of a clip


@dataclass(frozen=True)
class Views:
    """How far from a clip its views in training go, each drawn between limits.

    part: of its time, a share; side: of the square that is seen, a share of the frame's; slant:
    degrees; tint: how much stronger or weaker each colour; negative: the share of views that are
    one; haunted: the share that a still shines through.
    """

    part: tuple[float, float]
    side: tuple[float, float]
    slant: float = 0.0
    tint: float = 0.0
    negative: float = 0.0
    haunted: float = 0.0


FAR = Views((0.25, 0.5), (0.7, 1.2), slant=15, tint=0.3, negative=0.5, haunted=0.7)
NEAR = Views((0.4, 1.0), (0.7, 1.0))  # for `actions`: measured, FAR is no better there

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


def view(frames: NDArray[np.uint8], rng: np.random.Generator, views: Views) -> NDArray[np.uint8]:
    """(T, S, S, 3) to (T, SIZE, SIZE, 3): a square of them at a place, a size and a slant drawn.

    Beyond a frame, its edge goes on.
    """
    side = frames.shape[1]
    edge = rng.uniform(*views.side) * side
    across, down = side / 2 + abs(side - edge) * rng.uniform(-0.5, 0.5, 2)
    slant = np.deg2rad(rng.uniform(-views.slant, views.slant))
    v, u = edge * ((np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE - 0.5)
    x = across + u * np.cos(slant) - v * np.sin(slant)
    y = down + u * np.sin(slant) + v * np.cos(slant)
    x, y = (np.clip(at, 0, side - 1).astype(int) for at in (x, y))
    return frames[:, y, x]


def lit(clip: NDArray[np.float32], rng: np.random.Generator, views: Views) -> NDArray[np.uint8]:
    """(T, H, W, 3) in 0 .. 255 under another light, in other colours, or a negative."""
    if rng.random() < views.negative:
        clip = 255 - clip
    tint = 1 + rng.uniform(-views.tint, views.tint, 3)
    gain, shift = 1 + rng.uniform(-_LIGHT, _LIGHT), 255 * rng.uniform(-_LIGHT, _LIGHT) / 2
    return np.clip((gain * tint).astype(np.float32) * clip + shift, 0, 255).astype(np.uint8)


class Own:
    """A set of clips in splits. A clip is seen as a whole: in parts that cover it, see `parts`."""

    span: float | None = None
    cropped = True  # to the middle square: a frame's shape may give the class away

    def __init__(
        self,
        classes: tuple[str, ...],
        split: Callable[[str], ClipSet],
        reading: Callable[[], Iterator[Preparing]],
        *,
        mirrored: bool,
        views: Views = FAR,
    ) -> None:
        self.classes = classes
        self._split, self._reading = split, reading
        self.mirrored = mirrored
        self.views = views

    @classmethod
    def of_actions(cls) -> Own:
        return cls(actions.classes(), actions.clips, actions.reading, mirrored=True, views=NEAR)

    @classmethod
    def of_folder(cls, place: Path) -> Own:
        """A folder of classes or a zip of one; what is held out is both dev and test."""
        found = ClipFolder(place)
        # a wave to the left may be another class than one to the right: no mirror
        return cls(found.classes, found.split, found.reading, mirrored=False)

    def prepare(self) -> Iterator[Preparing]:
        """Read what is trained and measured on; before that only the classes are known."""
        return self._reading()

    def training_batch(self, rng: np.random.Generator, count: int, done: float = 1.0) -> Clips:
        """`count` clips, every class as likely, each cut, turned, timed and lit afresh."""
        found = self._split("train")
        labels = rng.integers(len(self.classes), size=count)
        rows = [int(rng.choice(np.flatnonzero(found.labels == label))) for label in labels]
        return Clips(np.stack([self._varied(row, rng) for row in rows]), labels)

    def _varied(self, row: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """A training clip to (FRAMES, SIZE, SIZE, 3): a part of its time, seen afresh."""
        frames = self._split("train").frames
        total = frames.shape[1]
        length = rng.uniform(*self.views.part) * total
        start = rng.uniform(0, total - length)
        jitter = rng.uniform(0.2, 0.8, FRAMES)
        times = (start + length * (np.arange(FRAMES) + jitter) / FRAMES).astype(int)
        clip = view(frames[row, times], rng, self.views).astype(np.float32)
        if self.mirrored and rng.random() < 0.5:
            clip = clip[:, :, ::-1]
        if rng.random() < self.views.haunted:
            still = frames[rng.integers(len(frames)), rng.integers(total)]
            clip += rng.uniform(0, _GHOST) * (view(still[None], rng, self.views) - clip)
        return lit(clip, rng, self.views)

    def held_out(self, split: str, seed: int) -> Clips:
        """The clips of a split with all frames that are kept; nothing is drawn, so `seed` changes nothing."""
        found = self._split(split)
        return Clips(found.frames, found.labels)

    def shapes(self, split: str) -> NDArray[np.int64]:
        """(N, 2): width and height of the split's clips as they were filmed."""
        return self._split(split).shapes
