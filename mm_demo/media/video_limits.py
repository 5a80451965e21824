"""What is refused of a video before anything of it is decoded."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from mm_demo.errors import UserError

MAX_BYTES = 100_000_000
MAX_SECONDS = 300
MAX_PIXELS = 4096 * 2304  # of a frame: 4K
MAX_FRAMES = 100_000  # five minutes of a slow-motion camera have fewer, a bomb has millions
MAX_GIF_PIXELS = 20_000_000_000  # of all frames: each is drawn whole, and none can be jumped over

# AVIF and HEIC are MP4 inside; files of these brands are pictures.
_STILL = ("avif", "heic", "heix", "heim", "heis", "mif1")

# Tables of an MP4 whose claimed samples (last group) FFmpeg makes room for before it reads any:
# stsz with one size (first group) for all, trun where its flags say that samples have no fields.
_STSZ = re.compile(rb"stsz.{4}(.{4})(.{4})", re.DOTALL)
_TRUN = re.compile(rb"trun.{2}(.).(.{4})", re.DOTALL)
_TRUN_FIELDS = 0x0F
_MAX_CLAIM = 1_000_000
_PACKED = re.compile(rb"cmov.{4}dcom", re.DOTALL)  # such tables could hide in it; unused since 2000

# A frame may say that it has more pixels than the header does. More than allowed, for codecs that
# pad; while the header is read more than 8K, so that it can be told why it is refused.
DECODER_OPTIONS = {"max_pixels": str(2 * MAX_PIXELS)}
PROBE_OPTIONS = {"max_pixels": str(8 * MAX_PIXELS)}


def check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UserError("video.too_many_pixels", width=width, height=height, limit=MAX_PIXELS)


def check_length(seconds: float) -> None:
    if seconds > MAX_SECONDS + 0.5:  # a sound track may end a little later
        raise UserError("video.too_long", seconds=seconds, limit=MAX_SECONDS)


def check_bytes(file: BinaryIO) -> None:
    """Refuses a file that is too large, and a small one that makes FFmpeg fill the memory."""
    size = os.fstat(file.fileno()).st_size
    if size > MAX_BYTES:
        raise UserError("video.too_large", bytes=size, limit=MAX_BYTES)
    rest = b""
    while part := file.read(1 << 20):
        data = rest + part
        if _PACKED.search(data):
            raise UserError("video.damaged")
        claims = [(count, int.from_bytes(each)) for each, count in _STSZ.findall(data)]
        claims += [(n, size) for flags, n in _TRUN.findall(data) if not flags[0] & _TRUN_FIELDS]
        for count, each in claims:
            number = int.from_bytes(count)
            if number > _MAX_CLAIM and number * each > size:
                raise UserError("video.damaged")
        rest = data[-16:]


def checked_stream(container: InputContainer) -> VideoStream:
    """The stream of pictures, its size and length checked by the header."""
    if container.metadata.get("major_brand") in _STILL:
        raise UserError("video.not_a_video")
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not moving:  # a cover does not count
        raise UserError("video.no_pictures")
    stream = moving[0]
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    if stream.codec_context is None:  # FFmpeg has no decoder for it
        raise UserError("video.not_a_video")
    check_size(stream.width, stream.height)
    stream.codec_context.options = dict(DECODER_OPTIONS)
    if container.format.name == "mpeg":  # its length is guessed from the bit rate
        return stream
    if stream.duration is not None and stream.time_base is not None:
        check_length(float(stream.duration * stream.time_base))
    elif container.duration is not None:
        check_length(container.duration / av.time_base)
    return stream
