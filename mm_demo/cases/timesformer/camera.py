"""Clips of `camera_motion`: drawn while training, held out for the figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mm_demo.data import camera_motion
from mm_demo.data.camera_motion import Clips
from mm_demo.events import Preparing

CARD = {
    "title": "TimeSformer on the camera's moves",
    "what": "Tells what the camera does in about a second of video: ten classes, from static to "
    "shake. One network for each scheme of attention (divided, joint, space), trained from random "
    "weights on the same clips. Beside the pixels the networks read motion channels, the change in "
    "time and the optical flow of Lucas and Kanade, which do much of the work by hand.",
    "data": "`camera_motion`, drawn by this project from a seed: a camera moves over procedural "
    "textures and drawn scenes, past things that move on their own, with blur, noise, changing "
    "light, compression and a trembling hand. Textures of train, dev and test differ.",
    "limits": "It knows single moves: of two at once it names one. Things that fill most of the "
    "frame look like the camera's own motion. Slow moves look like none.",
}


# The share of the steps in which nothing hides the move: without flow to read off, the clips that
# are filmed as people film them teach nothing at first.
PLAIN = {"flow": 0.0, "difference": 0.5, "rgb": 0.5}


class Camera:
    """The data set with one of its sources ("textures", "flickr8k") or "both" to train on."""

    classes = camera_motion.MOTIONS
    span: float | None = camera_motion.SPAN  # s, of a window
    cropped = False  # what a camera follows fills the middle, how it moves shows at the sides

    def __init__(self, source: str, size: int = camera_motion.SIZE, channels: str = "flow") -> None:
        self.size, self.plain = size, PLAIN[channels]
        self.sources = camera_motion.SOURCES if source == "both" else (source,)

    def prepare(self) -> Iterator[Preparing]:
        """Draw what the camera moves over, and the clips that are measured on."""
        for done, source in enumerate(self.sources):
            yield Preparing("pictures", done, len(self.sources) + 1)
            camera_motion.pictures("train", 0, source)
        yield Preparing("clips", len(self.sources), len(self.sources) + 1)
        self.held_out("dev", 0)

    def training_batch(self, rng: np.random.Generator, count: int, done: float = 1.0) -> Clips:
        """`count` clips over one source, every motion as likely: half of them fresh, and their mirrors.

        done: the share of the steps that lie behind.
        Drawing costs as much as learning, and a mirrored or reversed clip is one of another motion.
        """
        labels = rng.integers(len(self.classes), size=(count + 1) // 2)
        source = self.sources[int(rng.integers(len(self.sources)))]
        pictures = camera_motion.pictures("train", 0, source)
        plain = done < self.plain
        frames = camera_motion.draw_clips(pictures, labels, rng, self.size, plain=plain)
        mirrored, renamed = camera_motion.augment(frames, labels, rng)
        frames, labels = np.concatenate([frames, mirrored]), np.concatenate([labels, renamed])
        return Clips(frames[:count], labels[:count])

    def held_out(self, split: str, seed: int) -> Clips:
        """The clips of dev or test, over the first source."""
        return camera_motion.clips(split, seed, source=self.sources[0])
