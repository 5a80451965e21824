"""A visitor's video: limits, upright, and the frames shown at given times, without decoding the rest."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import av
import numpy as np
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mm_demo.errors import UserError

MAX_BYTES = 100_000_000
MAX_SECONDS = 300
MAX_PIXELS = 4096 * 2304  # of a frame: 4K

_MAX_FRAMES = 100_000  # five minutes of a slow-motion camera; a bomb has millions
_ROUNDING = 0.5  # s, by which a container may overstate five minutes

# The only demuxers FFmpeg may choose: none of them opens another file (hls, concat, dash do).
_DEMUXERS = "mov,matroska,avi,mpeg,gif"
# Its header tells no length: what FFmpeg guesses from the bit rate is no reason to refuse.
_GUESSED_LENGTH = ("mpeg",)

# What a file of an allowed format begins with.
_SIGNATURES = re.compile(
    rb"....(ftyp|moov|mdat|wide|free)|\x1aE\xdf\xa3|RIFF....AVI |\0\0\1\xba|GIF8[79]a", re.DOTALL
)
# AVIF and HEIC are MP4 inside; these brands are still pictures.
_STILL = ("avif", "heic", "heix", "heim", "heis", "mif1")

# Averages over the area in one step, and does so with the halved chroma of 4:2:0 too.
_AREA = (
    Interpolation.AREA
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
)
_PIXEL_SHAPES = (0.25, 4.0)  # a pixel wider or narrower than this is a mistake in the header


@dataclass(frozen=True)
class _Index:
    """What seeking needs, all in the stream's own unit of time.

    stamps: when each frame appears, increasing. keys: (appears, where to seek) of each key frame,
    in the order of appearance; empty where frames have to be counted from the beginning.
    """

    stamps: list[int]
    keys: list[tuple[int, int]]
    counted: bool


@dataclass(frozen=True, eq=False)
class Video:
    """An opened video; its frames are still in the file.

    width, height: in pixels, upright, of square pixels. seconds: from the first frame's
    appearance to the last one's end. frames_per_second: the mean, None for a single frame.
    times: (N,) float64, when each frame appears, in s; the first one at 0, whatever the file says.
    """

    path: Path
    width: int
    height: int
    seconds: float
    frames_per_second: float | None
    times: NDArray[np.float64]
    _turns: int = field(repr=False)  # quarter turns, counter-clockwise, that make it upright
    _index: _Index = field(repr=False)

    def frames_at(self, times: Sequence[float], side: int | None = None) -> NDArray[np.uint8]:
        """The frames shown at `times` (s, in any order): (T, H, W, 3) uint8, RGB, upright.

        A time before the beginning or after the end gives the first or the last frame. side: the
        shorter side of the result in pixels, by averaging over areas; never enlarged. In memory
        are the result and a few decoded frames. Where a frame is damaged, the one before it
        stands in.

        Raises UserError `video.missing` (the file is gone), `video.damaged`.
        """
        if side is not None and side < 1:
            raise ValueError(f"side must be at least 1, not {side}")
        if not np.isfinite(times).all():
            raise ValueError("times must be finite")
        shrink = min(1.0, (side or np.inf) / min(self.width, self.height))
        width, height = max(1, round(self.width * shrink)), max(1, round(self.height * shrink))
        stored = (height, width) if self._turns % 2 else (width, height)
        shown = np.searchsorted(self.times, times, side="right").clip(1) - 1
        result = np.empty((len(times), height, width, 3), np.uint8)
        if not len(times):
            return result
        scaler = VideoReformatter()
        with _damage_told(), _Reader(self.path) as reader:
            for number, frame in reader.pick(sorted(set(shown.tolist())), self._index):
                picture = _pixels(frame, *stored, scaler)
                result[shown == number] = np.rot90(picture, self._turns)
        return result


def uniform_times(start: float, end: float, count: int) -> list[float]:
    """The middle of each of `count` equal parts of a span (s), as TSN and TimeSformer sample."""
    return [start + (end - start) * (part + 0.5) / count for part in range(count)]


def open_video(path: str | Path | None) -> Video:
    """Open an MP4, MOV, WebM, Matroska, AVI, MPEG or GIF file.

    The content decides, never the name. The limits (`MAX_BYTES` on disk, `MAX_SECONDS`,
    `MAX_PIXELS`) are checked by the header. Then the file is read through once without decoding,
    for the frames' times (some headers tell no length, some a wrong one), and its first frame is
    decoded, which tells how to turn it. Of a file that breaks off, what is there counts.

    Raises UserError: `video.missing` (None, no such file, or not a regular one),
    `video.too_large` (bytes, limit), `video.too_long` (seconds, limit), `video.too_many_pixels`
    (width, height, limit), `video.not_a_video` (another format), `video.no_pictures` (sound only),
    `video.damaged` (nothing could be decoded), `video.empty` (no frame in it).
    """
    if path is None:
        raise UserError("video.missing")
    path = Path(path)
    with _damage_told(), _Reader(path) as reader:
        index = reader.index()
        first = next((frame for _, frame in reader.frames(reader.packets())), None)
        if first is None:
            raise UserError("video.damaged")
        _check_size(first.width, first.height)
        unit = float(reader.stream.time_base or 1)
        aspect = float(reader.stream.sample_aspect_ratio or 1)
    width, height = first.width, first.height
    if _PIXEL_SHAPES[0] <= aspect <= _PIXEL_SHAPES[1]:  # by shrinking: nothing is invented
        width = max(1, round(width * min(1.0, aspect)))
        height = max(1, round(height / max(1.0, aspect)))
    turns = round(first.rotation / 90) % 4
    if turns % 2:
        width, height = height, width
    times = (np.asarray(index.stamps, np.float64) - index.stamps[0]) * unit
    rate = float((len(times) - 1) / times[-1]) if len(times) > 1 else None
    seconds = (index.end - index.stamps[0]) * unit
    return Video(path, width, height, seconds, rate, times, turns, index)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # nearly anything can happen on hostile bytes
        raise UserError("video.damaged") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UserError("video.too_many_pixels", width=width, height=height, limit=MAX_PIXELS)


def _check_length(seconds: float) -> None:
    if seconds > MAX_SECONDS + _ROUNDING:
        raise UserError("video.too_long", seconds=seconds, limit=MAX_SECONDS)


def _no_other_file(url: str, flags: int, options: dict[str, Any]) -> NoReturn:
    raise PermissionError("a video may not open another file")


class _Reader:
    """An open file: its packets, its frames, its index. Entering checks the limits by the header."""

    container: InputContainer
    stream: VideoStream

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _Reader:
        # isfile: a directory, a pipe or a device is never opened (a pipe would block for ever).
        if not os.path.isfile(self._path):
            raise UserError("video.missing")
        try:
            self._file = FileIO(self._path)
            self._file.name = ""  # so that no ending has a say in what it is
        except OSError as error:
            raise UserError("video.missing") from error
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "container"):
            self.container.close()
        self._file.close()

    def _open(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        if size > MAX_BYTES:
            raise UserError("video.too_large", bytes=size, limit=MAX_BYTES)
        if not size:
            raise UserError("video.empty")
        try:
            self._file.seek(0)
            # max_pixels: what the frames themselves say may be more than the header does.
            self.container = av.open(
                self._file,
                "r",
                options={"format_whitelist": _DEMUXERS, "max_pixels": str(2 * MAX_PIXELS)},
                io_open=_no_other_file,
                metadata_errors="replace",
            )
        except Exception as error:
            self._file.seek(0)
            known = _SIGNATURES.match(self._file.read(16))
            raise UserError("video.damaged" if known else "video.not_a_video") from error
        self._choose()

    def _choose(self) -> None:
        container = self.container
        if container.metadata.get("major_brand") in _STILL:
            raise UserError("video.not_a_video")
        moving = [s for s in container.streams.video if not s.disposition & _COVER]
        if not moving:
            raise UserError("video.no_pictures")
        self.stream = stream = moving[0]
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        if stream.codec_context is None:  # FFmpeg has no decoder for it
            raise UserError("video.not_a_video")
        _check_size(stream.width, stream.height)
        stream.codec_context.options = {"max_pixels": str(2 * MAX_PIXELS)}
        if container.format.name not in _GUESSED_LENGTH:
            if stream.duration is not None and stream.time_base is not None:
                _check_length(float(stream.duration * stream.time_base))
            elif container.duration is not None:
                _check_length(container.duration / av.time_base)

    def packets(self) -> Iterator[Packet]:
        """From where the file stands to its end, or to where it breaks off."""
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):
                return
            if packet.size:  # an empty one would tell the decoder that this is the end
                yield packet

    def frames(self, packets: Iterator[Packet]) -> Iterator[tuple[int | None, VideoFrame]]:
        """Each decodable frame of these packets, and when it appears."""
        for packet in chain(packets, [None]):
            try:
                frames = self.stream.decode(packet)
            except av.error.EOFError:
                return
            except av.error.FFmpegError:  # a bad packet does not spoil the good ones after it
                continue
            for frame in frames:
                yield frame.pts, frame

    def index(self) -> _Index:
        """Read all packets, decode none. Raises UserError where there are none or too many."""
        stream, kind = self.stream, self.container.format.name
        unit = float(stream.time_base or 1)
        shown: list[int | None] = []
        decoded: list[int | None] = []
        keys: list[tuple[int, int]] = []
        last, duration = None, 0
        for packet in self.packets():
            stamp, order = packet.pts, packet.dts
            if packet.is_keyframe and stamp is not None:
                # MPEG's seek goes by when a packet is decoded, the others' by when it is shown.
                keys.append((stamp, order if kind == "mpeg" and order is not None else stamp))
            if packet.is_discard:  # cut off by an edit list; needed to decode, never shown
                continue
            shown.append(stamp)
            decoded.append(order)
            now = order if stamp is None else stamp
            if now is not None:
                first = now if last is None else min(first, now)
                if last is None or now >= last:
                    last, duration = now, packet.duration or 0
                _check_length((last - first) * unit)
            if len(shown) > _MAX_FRAMES:
                raise UserError("video.damaged")
        if not shown:
            raise UserError("video.damaged" if stream.frames else "video.empty")
        # AVI stores no time of appearance; where the order of decoding differs FFmpeg's is wrong.
        counted = not _distinct(shown) or (kind == "avi" and stream.codec_context.has_b_frames)
        stamps = decoded if counted else shown
        step = 1 / float(unit * (stream.average_rate or 25))
        if not _distinct(stamps):
            stamps = [round(number * step) for number in range(len(stamps))]
        stamps = sorted(stamps)
        gap = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else step
        end = stamps[-1] + (duration or round(gap))
        _check_length((end - stamps[0]) * unit)
        return _Index(stamps, end, [] if counted else sorted(keys), counted)

    def pick(self, numbers: Sequence[int], index: _Index) -> Iterator[tuple[int, VideoFrame]]:
        """The frames of these numbers (increasing). Decodes on from where it stands, and jumps
        where a key frame lies between there and what is wanted.
        """
        reached = index.stamps[0]
        frames = self._stamped(self.packets(), index)
        before: VideoFrame | None = None
        ahead: tuple[int, VideoFrame] | None = None
        for number in numbers:
            wanted = number if index.counted else index.stamps[number]
            place = bisect_right(index.keys, wanted, key=lambda key: key[0]) - 1
            if self._jumps and place >= 0 and index.keys[place][0] > reached:
                frames = self._stamped(self._jump(index.keys[place], reached), index)
                ahead = None
            while ahead is None or ahead[0] <= wanted:
                ahead = next(frames, None)
                if ahead is None:
                    break
                if ahead[0] <= wanted:
                    before = ahead[1]

