"""A video's file: what its header says, its packets, its frames, and how to get to one of them."""

from __future__ import annotations

import math
import os
import re
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mm_demo.errors import UserError
from mm_demo.media.mp4 import breaks_off
from mm_demo.media.video_limits import (
    MAX_FRAMES,
    MAX_GIF_PIXELS,
    PROBE_OPTIONS,
    check_bytes,
    check_length,
    checked_stream,
)

if TYPE_CHECKING:
    from av.packet import Packet as _Packet

    Packet = _Packet[VideoStream]

# The only demuxers FFmpeg may choose: none of them opens another file (hls, concat, dash do).
_DEMUXERS = "mov,matroska,avi,mpeg,gif"
# What a file of an allowed format begins with.
_SIGNATURES = re.compile(
    rb"....(ftyp|moov|mdat|wide|free)|\x1aE\xdf\xa3|RIFF....AVI |\0\0\1\xba|GIF8[79]a", re.DOTALL
)

_PATIENCE = 4.0  # s of this thread's own time, whatever else the machine does


class Key(NamedTuple):
    """A key frame: when it appears, its packet's bytes, and where to seek for it."""

    shown: int
    size: int
    place: int


@dataclass(frozen=True)
class Index:
    """What finding a frame needs, in the stream's own unit of time.

    stamps: when each frame appears, increasing; end: when the last one goes. keys: by appearance.
    counted: the file's times are of no use, so frames are counted from the beginning.
    """

    stamps: list[int]
    end: int
    keys: list[Key]
    counted: bool


class _Bytes(FileIO):
    """A file without a name, so that no ending has a say in what it is.

    Of 100 MB it takes a second to read the packets. One that is made to keep FFmpeg busy (millions
    of empty boxes) would take minutes: after `_PATIENCE` there is nothing more to read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.name = ""
        self.until = time.thread_time() + _PATIENCE

    def read(self, size: int | None = -1) -> bytes:
        # Not an exception: PyAV would print each of them.
        return b"" if self.spent else super().read(size) or b""

    @property
    def spent(self) -> bool:
        return time.thread_time() > self.until


def _no_other_file(url: str, flags: int, options: dict[str, Any]) -> NoReturn:
    raise PermissionError("a video may not open another file")


class VideoFile:
    """An open file, of which the header has been checked.

    Raises UserError as `open_video` does; whatever else is raised means that it is damaged.
    """

    container: InputContainer
    stream: VideoStream

    def __init__(self, path: Path) -> None:
        # isfile: a directory, a pipe or a device is never opened (a pipe would block for ever).
        if not os.path.isfile(path):
            raise UserError("video.missing")
        try:
            self._file = _Bytes(path)
        except OSError as error:
            raise UserError("video.missing") from error
        self._jumps = True
        # Frames before this that no other refers to (most B-frames) are not decoded.
        self._wanted_from = -math.inf
        try:
            check_bytes(self._file)
            self._open()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self.container.close()
        self._file.close()

    def rewind(self) -> None:
        # By opening it again: not every format can seek to its beginning.
        self.container.close()
        self._open()

    def _open(self) -> None:
        self._file.seek(0)
        start = self._file.read(16)
        if not start:
            raise UserError("video.empty")
        self._file.seek(0)
        try:
            self.container = av.open(
                self._file,
                "r",
                options={"format_whitelist": _DEMUXERS, **PROBE_OPTIONS},
                io_open=_no_other_file,
                metadata_errors="replace",
            )
        except Exception as error:
            known = _SIGNATURES.match(start)
            raise UserError("video.damaged" if known else "video.not_a_video") from error
        try:
            self.stream = checked_stream(self.container, self._file)
        except BaseException:
            self.container.close()
            raise

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

    def frames(self, packets: Iterable[Packet]) -> Iterator[VideoFrame]:
        """Those that can be decoded."""
        decoder = self.stream.codec_context
        for packet in chain(packets, [None]):  # None: what is still in the decoder
            shown = None if packet is None else packet.pts
            early = shown is not None and shown < self._wanted_from
            decoder.skip_frame = "NONREF" if early else "DEFAULT"
            try:
                yield from self.stream.decode(packet)
            except av.error.FFmpegError:  # a bad packet does not spoil the good ones after it
                continue

    def index(self) -> Index:
        """Read all packets, decode none. Raises UserError where there are none, or too many."""
        stream, kind = self.stream, self.container.format.name
        unit = float(stream.time_base or 1)
        found: list[tuple[int | None, int | None]] = []
        keys: list[Key] = []
        first, last, duration = None, None, 0
        for packet in self.packets():
            shown, decoded = packet.pts, packet.dts
            if packet.is_keyframe and shown is not None:
                # MPEG's seek goes by when a packet is decoded, the others' by when it is shown.
                place = decoded if kind == "mpeg" and decoded is not None else shown
                keys.append(Key(shown, packet.size, place))
            if packet.is_discard:  # an edit list cut it off: it is decoded, never shown
                continue
            found.append((shown, decoded))
            now = decoded if shown is None else shown
            if now is not None:
                first = now if first is None else min(first, now)
                if last is None or now >= last:
                    last, duration = now, packet.duration or 0
                check_length((last - first) * unit)
            if len(found) > MAX_FRAMES:
                raise UserError("video.damaged")
        if self._file.spent:
            raise UserError("video.damaged")
        if not found:
            told = stream.frames or breaks_off(self._file)
            raise UserError("video.damaged" if told else "video.empty")
        if kind == "gif" and len(found) * stream.width * stream.height > MAX_GIF_PIXELS:
            raise UserError(
                "video.too_many_pixels",
                width=stream.width,
                height=stream.height,
                limit=MAX_GIF_PIXELS // len(found),
            )

        # AVI does not say when a frame appears, and FFmpeg's guess is wrong for B-frames.
        reordered_avi = kind == "avi" and bool(stream.codec_context.has_b_frames)
        by_time = None if reordered_avi else _sorted([shown for shown, _ in found])
        stamps = by_time or _sorted([decoded for _, decoded in found])
        step = 1 / (unit * float(stream.average_rate or 25))
        if stamps is None:
            stamps = [round(number * step) for number in range(len(found))]
        gap = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else step
        end = stamps[-1] + (duration or max(1, round(gap)))
        check_length((end - stamps[0]) * unit)
        counted = by_time is None
        self._file.until = math.inf  # it can be read; decoding may take its time
        return Index(stamps, end, [] if counted else sorted(keys), counted)

    def pick(self, numbers: Sequence[int], index: Index) -> Iterator[tuple[int, VideoFrame]]:
        """The frames of these numbers, which increase.

        Decodes on from where it stands, and jumps where a key frame lies between there and what
        is wanted. Where that one cannot be decoded, the frame before it stands in.
        """
        self._file.until = math.inf
        frames = self._stamped(self.packets(), index)
        reached = index.stamps[0]
        latest: tuple[int, VideoFrame] | None = None  # of those before the wanted one
        ahead: tuple[int, VideoFrame] | None = None  # decoded, but later than the wanted one
        for number in numbers:
            wanted = number if index.counted else index.stamps[number]
            if not index.counted:
                self._wanted_from = index.stamps[max(0, number - 1)]  # that one may stand in
            place = bisect_right(index.keys, wanted, key=lambda key: key.shown) - 1
            if place >= 0 and index.keys[place].shown > reached and self._jumps:
                frames = self._stamped(self._jump(index.keys[: place + 1], reached), index)
                reached, ahead = index.keys[place].shown, None
            while latest is None or latest[0] != wanted:
                ahead = ahead or next(frames, None)
                if ahead is None and latest is None and self._jumps:  # nothing after the jump
                    self._jumps = False
                    self.rewind()
                    frames = self._stamped(self.packets(), index)
                elif ahead is None or ahead[0] > wanted:
                    break
                else:
                    latest, ahead = ahead, None
                    reached = max(reached, latest[0])
            best = latest or ahead
            if best is None:
                raise UserError("video.damaged")
            yield number, best[1]

    def _jump(self, keys: list[Key], reached: int) -> Iterator[Packet]:
        """The packets from the last of these key frames, or one before; or from the beginning."""
        # By size too: MPEG's times are guessed again after a seek, and may come out shifted.
        known = {(key.shown, key.size) for key in keys}
        packets = self.packets()
        try:
            self.container.seek(keys[-1].place, stream=self.stream)
            landed = next((p for p in packets if (p.pts, p.size) in known), None)
        except av.error.FFmpegError:
            landed = None
        if landed is None or landed.pts is None:
            self._jumps = False
            self.rewind()
            return self.packets()
        self._jumps = landed.pts > reached  # else it was no help, and the next is none either
        return chain([landed], packets)

    def _stamped(self, packets: Iterable[Packet], index: Index) -> Iterator[tuple[int, VideoFrame]]:
        last = -1 if index.counted else index.stamps[0]
        for frame in self.frames(packets):
            last = last + 1 if index.counted else last if frame.pts is None else frame.pts
            yield last, frame


def _sorted(stamps: list[int | None]) -> list[int] | None:
    """None where one is missing or stands twice."""
    known = {stamp for stamp in stamps if stamp is not None}
    return sorted(known) if len(known) == len(stamps) else None
