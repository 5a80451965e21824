"""What is refused of a video before anything of it is decoded."""

from __future__ import annotations

import os
from typing import BinaryIO

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from mm_demo.errors import UserError
from mm_demo.media.mp4 import STILL, breaks_off, claims_too_much

MAX_BYTES = 100_000_000
MAX_SECONDS = 300
MAX_PIXELS = 4096 * 2304  # of a frame: 4K
MAX_FRAMES = 100_000  # five minutes of a slow-motion camera have fewer, a bomb has millions
MAX_GIF_PIXELS = 20_000_000_000  # of all frames: each is drawn whole, and none can be jumped over

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
    if claims_too_much(file):
        raise UserError("video.damaged")


def checked_stream(container: InputContainer, file: BinaryIO) -> VideoStream:
    """The stream of pictures, its size and length checked by the header of `file`."""
    if container.metadata.get("major_brand") in STILL:
        raise UserError("video.not_a_video")
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    unknown = not moving or moving[0].codec_context is None  # FFmpeg has no decoder for it
    if unknown and breaks_off(file):
        raise UserError("video.damaged")
    if not moving:  # a cover does not count
        raise UserError("video.no_pictures")
    stream = moving[0]
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    if unknown:
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
