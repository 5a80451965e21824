"""A visitor's video: limits, upright, and the frames shown at given times without decoding the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from mm_demo.errors import UserError
from mm_demo.media.video_file import Index, VideoFile
from mm_demo.media.video_limits import MAX_BYTES, MAX_PIXELS, MAX_SECONDS, check_size

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MAX_SECONDS", "Video", "open_video", "uniform_times"]

# In one step, and with the halved chroma of 4:2:0 averaged like the rest.
_AREA = (
    Interpolation.AREA
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
)


class _Turn(NamedTuple):
    """What makes the stored picture upright, in this order; a phone stores how it was held."""

    transpose: bool
    from_right: bool
    from_below: bool


@dataclass(frozen=True, eq=False)
class Video:
    """An opened video; its frames are still in the file.

    width, height: in pixels, upright, of square pixels. seconds: from the first frame's
    appearance to the last one's end. frames_per_second: the mean, None of a single frame.
    times: (N,) float64, when each frame appears, in s; the first one at 0, whatever the file says.
    """

    path: Path
    width: int
    height: int
    seconds: float
    frames_per_second: float | None
    times: NDArray[np.float64]
    _turn: _Turn = field(repr=False)
    _index: Index = field(repr=False)

    def frames_at(self, times: Sequence[float], side: int | None = None) -> NDArray[np.uint8]:
        """The frames shown at `times` (s, in any order): (T, H, W, 3) uint8, RGB, upright.

        A time before the beginning or after the end gives the first or the last frame. side: the
        shorter side of the result in pixels, by averaging over areas; never enlarged. In memory
        stand the result and a few decoded frames. Transparency is laid on white. Where a frame
        cannot be decoded, the one before it stands in.

        Raises UserError: `video.missing` (the file is gone), `video.damaged`.
        """
        if side is not None and side < 1:
            raise ValueError(f"side must be at least 1, not {side}")
        if not np.isfinite(times).all():
            raise ValueError("times must be finite")
        scale = min(1.0, (side or np.inf) / min(self.width, self.height))
        width, height = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        result = np.empty((len(times), height, width, 3), np.uint8)
        if not len(times):
            return result
        stored = (height, width) if self._turn.transpose else (width, height)
        # A frame's own time, computed in another way, may be a hair too early.
        shown = np.searchsorted(self.times, np.asarray(times) + 1e-6, side="right").clip(1) - 1
        scaler = VideoReformatter()
        with _damage_told(), closing(VideoFile(self.path)) as file:
            for number, frame in file.pick(np.unique(shown).tolist(), self._index):
                result[shown == number] = _upright(_pixels(frame, *stored, scaler), self._turn)
        return result


def uniform_times(start: float, end: float, count: int) -> list[float]:
    """The middle of each of `count` equal parts of a span (s), as TSN and TimeSformer sample."""
    return [start + (end - start) * (part + 0.5) / count for part in range(count)]


def open_video(path: str | Path | None) -> Video:
    """Open an MP4, MOV, WebM, Matroska, AVI, MPEG or GIF file.

    The content decides, never the name. The limits (`MAX_BYTES` on disk, `MAX_SECONDS`,
    `MAX_PIXELS`) are checked by the header. Then the file is read through without decoding, for
    the frames' times (some headers tell no length, some a wrong one), and its first frame is
    decoded, which tells how to turn it. Of a file that breaks off, what is there counts.

    Raises UserError: `video.missing` (None, no such file, or not a regular one),
    `video.too_large` (bytes, limit), `video.too_long` (seconds, limit), `video.too_many_pixels`
    (width, height, limit), `video.not_a_video` (another format), `video.no_pictures` (sound only),
    `video.damaged` (nothing could be decoded), `video.empty` (no frame in it).
    """
    if path is None:
        raise UserError("video.missing")
    path = Path(path)
    with _damage_told(), closing(VideoFile(path)) as file:
        index = file.index()
        file.rewind()
        first = next(file.frames(file.packets()), None)
        if first is None:
            raise UserError("video.damaged")
        check_size(first.width, first.height)
        turn = _turn_of(first)
        unit = float(file.stream.time_base or 1)
        aspect = float(file.stream.sample_aspect_ratio or 1)
    width, height = first.width, first.height
    if 1 / 4 <= aspect <= 4:  # of a pixel; squared by shrinking, so that nothing is invented
        width = max(1, round(width * min(1.0, aspect)))
        height = max(1, round(height / max(1.0, aspect)))
    if turn.transpose:
        width, height = height, width
    times = (np.asarray(index.stamps, np.float64) - index.stamps[0]) * unit
    rate = float((len(times) - 1) / times[-1]) if len(times) > 1 else None
    seconds = (index.end - index.stamps[0]) * unit
    return Video(path, width, height, seconds, rate, times, turn, index)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # nearly anything can happen on hostile bytes
        raise UserError("video.damaged") from error


def _turn_of(frame: VideoFrame) -> _Turn:
    """From the display matrix, ISO 14496-12, 6.2.2: it takes (x, y) to (ax + cy, bx + dy)."""
    notes: Any = frame.side_data
    if "DISPLAYMATRIX" not in notes:
        return _Turn(False, False, False)
    a, b, _, c, d = np.frombuffer(notes["DISPLAYMATRIX"], np.int32)[:5].astype(float).tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return _Turn(False, a < 0, d < 0)
    return _Turn(True, c < 0, b < 0)


def _upright(picture: NDArray[np.uint8], turn: _Turn) -> NDArray[np.uint8]:
    if turn.transpose:
        picture = picture.swapaxes(0, 1)
    return picture[:: -1 if turn.from_below else 1, :: -1 if turn.from_right else 1]


def _pixels(
    frame: VideoFrame, width: int, height: int, scaler: VideoReformatter
) -> NDArray[np.uint8]:
    """(height, width, 3) RGB, as it is stored."""
    if any(component.is_alpha for component in frame.format.components):
        rgba = Image.fromarray(frame.to_ndarray(format="rgba"))
        on_white = Image.new("RGB", rgba.size, "white")
        on_white.paste(rgba, mask=rgba)
        frame = VideoFrame.from_ndarray(np.asarray(on_white), format="rgb24")
    scaled = scaler.reformat(frame, width, height, format="rgb24", interpolation=_AREA, threads=1)
    return np.asarray(scaled.to_ndarray(), np.uint8)
