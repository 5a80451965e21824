"""An opened video in; what the camera does from moment to moment, and where the model looked, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mm_demo import device
from mm_demo.cases.timesformer import figures
from mm_demo.cases.timesformer.explain import space_evidence, time_evidence
from mm_demo.cases.timesformer.networks import load_networks
from mm_demo.data import clip_folder
from mm_demo.data.camera_motion import SIZE
from mm_demo.data.clip_folder import middle_square
from mm_demo.errors import UserError
from mm_demo.media.video import Video, uniform_times

MOST_WINDOWS = 240  # of a clip; of a longer one they lie further apart
SHOWN = 128  # pixels of the shorter side of the frames that are shown
_OVERLAP = 2  # windows that cover a moment


@dataclass(frozen=True)
class Label:
    """A class and its probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class Stretch:
    """From `start` to `end` (s) the same answer, and how sure in the mean."""

    start: float
    end: float
    label: str
    probability: float


@dataclass(frozen=True)
class Answer:
    """`ranking` is of the whole clip, the mean over its windows; `stretches` tell it along the time.

    `opinions` is each scheme's first answer. `outside`: the model is less sure than it is of nearly
    all that it gets right. seconds: of the clip; window: of one window, None where that is the clip.
    """

    ranking: list[Label]
    stretches: list[Stretch]
    opinions: dict[str, Label]
    outside: bool
    scheme: str
    seconds: float
    window: float | None
    model: str


@dataclass(frozen=True, eq=False)
class Evidence:
    """One window looked at closely: its answer, its frames and where and when the model looked.

    frames: (T, H, W, 3) uint8; times: (T,) s; space: (T, h, w), adds up to at most 1 over all;
    counted: (T,), how much each frame stands in all the others, adds up to 1; time: (T, T), rows
    add up to 1. cropped: the frames are the middle squares of those in the file.
    """

    ranking: list[Label]
    frames: NDArray[np.uint8]
    times: list[float]
    space: NDArray[np.float32]
    counted: NDArray[np.float32]
    time: NDArray[np.float32]
    cropped: bool = False


class Predictor:
    """A checkpoint that answers. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        model, about = load_networks(folder)
        self.name = folder.name
        self.device = device.best_device()
        self.model = model.to(self.device)
        self.classes: tuple[str, ...] = tuple(about["classes"])
        self.span: float | None = about["span"]
        self.cropped: bool = about["cropped"]
        self.sure: float = about["sure"]
        self.schemes: tuple[str, ...] = tuple(scheme for scheme, _ in model.each())

    def watch(self, video: Video, scheme: str | None = None) -> Answer:
        """What happens in a clip, window by window; UserError for a scheme that is not there."""
        scheme = self._scheme(scheme)
        starts, span = self._windows(video)
        said = {
            name: found.reshape(len(starts), -1)
            for name, found in figures.ask(self.model, self._frames(video, starts, span)).items()
        }
        means = {name: found.mean(0) for name, found in said.items()}
        ranking = self._ranking(means[scheme])
        return Answer(
            ranking,
            self._stretches(said[scheme], starts, span, video.seconds),
            {name: self._ranking(mean)[0] for name, mean in means.items()},
            bool(said[scheme].max(1).mean() < self.sure),
            scheme,
            round(video.seconds, 3),
            self.span,
            self.name,
        )

    def look(self, video: Video, at: float, scheme: str | None = None) -> Evidence:
        """One window around the moment `at` (s), with the attention maps of a scheme."""
        network = self.model.of(self._scheme(scheme))
        span = min(self.span or video.seconds, video.seconds)
        start = float(np.clip(at - span / 2, 0, max(0.0, video.seconds - span)))
        times = uniform_times(start, start + span, self.model.num_frames)
        frames = self._seen(video.frames_at(times, SHOWN))
        with torch.inference_mode():
            clips = self.model.read(figures.to_tensor(frames[None]).to(self.device))
            logits, maps = network.explain(clips)
            space = space_evidence(maps, len(times))[0].float().cpu().numpy()
            time = time_evidence(maps, len(times))[0].float().cpu().numpy()
        said = logits.float().softmax(-1)[0].cpu().numpy()
        return Evidence(self._ranking(said), frames, times, space, time.mean(0), time, self.cropped)

    def _scheme(self, scheme: str | None) -> str:
        if scheme is not None and scheme not in self.schemes:
            raise UserError("timesformer.no_scheme", scheme=scheme, known=", ".join(self.schemes))
        return scheme or self.schemes[0]

    def _windows(self, video: Video) -> tuple[list[float], float]:
        """Where the windows begin (s), and how long they are: half overlapping, from end to end."""
        span = min(self.span or video.seconds, video.seconds)
        free = video.seconds - span
        count = 1 + int(np.clip(np.ceil(free / (span / _OVERLAP) - 1e-9), 0, MOST_WINDOWS - 1))
        return [float(s) for s in np.linspace(0, free, count)], span

    def _frames(self, video: Video, starts: Sequence[float], span: float) -> NDArray[np.uint8]:
        """(windows, T, SIZE, SIZE, 3); T is more than the model reads where a window is the whole clip."""
        count = clip_folder.FRAMES if self.span is None else self.model.num_frames
        times = [t for start in starts for t in uniform_times(start, start + span, count)]
        frames = self._seen(video.frames_at(times, SIZE))
        return frames.reshape(len(starts), count, *frames.shape[1:])

    def _seen(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Frames (T, H, W, 3), of some models only their middle square; they are squeezed later."""
        return middle_square(frames) if self.cropped else frames

    def _ranking(self, probabilities: NDArray[np.float32]) -> list[Label]:
        order = np.argsort(-probabilities, kind="stable")
        return [Label(self.classes[k], round(float(probabilities[k]), 4)) for k in order]

    def _stretches(
        self, said: NDArray[np.float32], starts: Sequence[float], span: float, seconds: float
    ) -> list[Stretch]:
        """The clip cut where the answer changes; a moment's is the mean of the windows over it."""
        edges = [0.0]
        if len(starts) > 1:
            step = starts[1] - starts[0]
            edges += [start + (span - step) / 2 for start in starts[1:]]
        edges.append(seconds)
        begins = np.asarray(starts)
        found: list[tuple[float, float, int, list[float]]] = []
        for start, end in pairwise(edges):
            middle = (start + end) / 2
            away = np.abs(begins + span / 2 - middle)
            mean = said[(away <= span / 2) | (away == away.min())].mean(0)
            best = int(mean.argmax())
            if found and found[-1][2] == best:
                found[-1] = (found[-1][0], end, best, [*found[-1][3], float(mean[best])])
            else:
                found.append((start, end, best, [float(mean[best])]))
        return [
            Stretch(round(s, 2), round(e, 2), self.classes[k], round(float(np.mean(p)), 4))
            for s, e, k, p in found
        ]
