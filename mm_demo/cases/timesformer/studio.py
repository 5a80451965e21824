"""Clips made to order: a camera that does one move after another over a picture, as a video file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path as File
from typing import cast

import av
import numpy as np
import torch
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

from mm_demo.cases.timesformer.scenery import MOST_MOVES, SIDE
from mm_demo.data.camera_motion import FRAMES, SPAN
from mm_demo.data.camera_motion.paths import Path, path

RATE = 24  # frames a second
WIDTH, HEIGHT = 384, 288
VIEW = 0.44  # of the picture's shorter side that a frame is high: a pan of two seconds stays within
_SECONDS = {1: 2.0, 2: 1.75, 3: 1.75}  # of each move, by how many there are
_CODECS = (("libx264", ".mp4", "yuv420p"), ("libvpx-vp9", ".webm", "yuv420p"))


def shoot(picture: NDArray[np.uint8], motions: Sequence[str], seed: int = 0) -> NDArray[np.uint8]:
    """The moves one after another, without a cut, over a picture (H, W, 3): (T, HEIGHT, WIDTH, 3).

    `camera_motion.move` shows one motion at the eight frames a second that the models read; here
    the same paths are followed at `RATE`, and a move begins where the one before it ended. All of
    it stays around the picture's middle; beyond its edges the picture goes on mirrored. ValueError
    for an unknown motion and for none or more than `MOST_MOVES`.
    """
    if not 1 <= len(motions) <= MOST_MOVES:
        raise ValueError(f"one to {MOST_MOVES} moves, not {len(motions)}")
    rng = np.random.default_rng(seed)
    seconds = _SECONDS[len(motions)]
    steps = np.concatenate([_steps(path(m, rng, _count(seconds), pure=True), seconds)
                            for m in motions])  # fmt: skip
    zoom, turn = _centred(np.cumsum(steps[:, 2])), _centred(np.cumsum(steps[:, 3]))
    # a step along the frame's own axes is shorter where the camera is near, and turned with it
    scale, c, s = np.exp(-zoom), np.cos(turn), np.sin(turn)
    x = _centred(np.cumsum(scale * (c * steps[:, 0] - s * steps[:, 1])))
    y = _centred(np.cumsum(scale * (s * steps[:, 0] + c * steps[:, 1])))
    rows = np.stack([scale * c, -scale * s, x, scale * s, scale * c, y], 1)
    return _seen(_brought_down(picture), rows.reshape(-1, 2, 3).astype(np.float32))


def write(frames: NDArray[np.uint8], stem: File) -> File:
    """A clip (T, H, W, 3), T > 0, as a file that browsers play; `stem` gets its ending here."""
    codec, ending, layout = next(c for c in _CODECS if c[0] in av.codecs_available)
    file = stem.with_name(stem.name + ending)
    options = {"movflags": "faststart"} if ending == ".mp4" else {}
    with av.open(str(file), "w", options=options) as container:
        stream = cast(VideoStream, container.add_stream(codec, Fraction(RATE), {"crf": "20"}))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = layout
        stream.codec_context.thread_count = 1
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file


def _count(seconds: float) -> int:
    return math.ceil(seconds * FRAMES / SPAN) + 1


def _steps(way: Path, seconds: float) -> NDArray[np.float64]:
    """What changes from one frame at `RATE` to the next: (T, 4), x, y, zoom, turn."""
    known = np.stack([way.x, way.y, way.zoom, way.turn])
    fine = np.arange(round(seconds * RATE) + 1) / RATE * FRAMES / SPAN
    places = np.stack([np.interp(fine, np.arange(known.shape[1]), line) for line in known], 1)
    return np.diff(places, axis=0)


def _centred(line: NDArray[np.float64]) -> NDArray[np.float64]:
    return line - (line.min() + line.max()) / 2


def _brought_down(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    scale = SIDE / min(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _seen(picture: NDArray[np.uint8], rows: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Each frame's view: `rows` (T, 2, 3) take its points, in frame heights, to the scene's."""
    height, width = picture.shape[:2]
    side = VIEW * min(height, width)
    pixels = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float()
    y = (torch.arange(HEIGHT) + 0.5) / HEIGHT - 0.5
    x = ((torch.arange(WIDTH) + 0.5) / WIDTH - 0.5) * (WIDTH / HEIGHT)
    points = torch.stack(
        [x.expand(HEIGHT, -1), y[:, None].expand(-1, WIDTH), torch.ones(HEIGHT, WIDTH)], -1
    )
    reach = torch.tensor([2 * side / width, 2 * side / height])
    found = np.empty((len(rows), HEIGHT, WIDTH, 3), np.uint8)
    for number, row in enumerate(torch.from_numpy(rows)):
        grid = (points @ row.T * reach)[None]
        view = F.grid_sample(pixels, grid, "bilinear", "reflection", align_corners=False)[0]
        found[number] = view.permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()
    return found
