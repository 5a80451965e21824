"""A visitor's sound: limits, one rate, one channel; what comes out is always mono 16 kHz float32."""

from __future__ import annotations

import os
import re
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import av
import numpy as np
from av.container import InputContainer
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mm_demo.errors import UserError
from mm_demo.media.mp4 import breaks_off, claims_too_much

RATE = 16_000
MAX_BYTES = 20_000_000
MAX_SECONDS = 60

_LEAST_SECONDS = 0.01
_LEAST_SECONDS_OF_DAMAGED = 0.1
_SILENCE = 1e-4  # one step of 16 bits is 3e-5

# The only demuxers FFmpeg may choose: none of them opens another file (hls, concat, dash do).
_DEMUXERS = "wav,flac,ogg,mp3,aac,aiff,mov,matroska,avi"
# Their length is guessed from the first frames, so it is no reason to refuse.
_GUESSED_LENGTH = ("mp3", "aac")

# What a file of an allowed format begins with.
_SIGNATURES = re.compile(
    rb"RIFF....(WAVE|AVI )|fLaC|OggS|ID3|\xff[\xe2-\xff]|FORM....AIF[FC]|....ftyp|\x1aE\xdf\xa3",
    re.DOTALL,
)

# What a header that breaks off is taken for, because the track or its samples are not reached.
_UNFOUND = ("sound.not_a_sound", "sound.no_track", "sound.empty")

# Rates (Hz) outside this are no sound; a resampler's filter for 2 GHz would fill the memory.
_RATES = range(1_000, 1_000_001)

# find_speech, in frames of 10 ms and in dB.
_FRAME_SECONDS = 0.01
_BRIDGED_FRAMES = 15  # the closure in "six" or "eight" is up to 0.15 s
_WORD_FRAMES = 6  # a click of 40 ms reaches into five frames
_MARGIN_SECONDS = 0.05
_LOUDER_THAN_FLOOR = 8.0  # what stands out less is stationary
_BELOW_PEAK = 35.0  # the s of "six" is up to 30 dB below its vowel


@dataclass(frozen=True, eq=False)
class Sound:
    """An opened sound.

    samples: (N,) float32, mono, 16 kHz, finite, in [-1, 1].
    original_rate: in Hz, original_channels: their number; both before anything was changed.
    """

    samples: NDArray[np.float32]
    original_rate: int
    original_channels: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def open_sound(path: str | Path | None) -> Sound:
    """Open a WAV, FLAC, Ogg, MP3, M4A or WebM file, or the sound track of a video.

    The content decides, never the name. Limits: `MAX_BYTES` on disk, `MAX_SECONDS`, which is
    checked before decoding where the header tells it, and while decoding. Samples that are not a
    number or infinite count as 0. Of a file that breaks off, what was decoded is kept.

    Raises UserError: `sound.missing` (None, no such file, or not a regular one),
    `sound.too_large` (bytes, limit), `sound.too_long` (seconds, limit), `sound.not_a_sound`
    (another format), `sound.no_track` (a video without sound), `sound.damaged` (less than 0.1 s
    could be decoded), `sound.empty` (less than 10 ms), `sound.silent`.
    """
    data = _read(path)
    if not data:
        raise UserError("sound.empty")
    try:
        with _identify(data) as container:
            return _decode(container)
    except UserError as error:
        if error.key in _UNFOUND and breaks_off(BytesIO(data)):
            raise UserError("sound.damaged") from error
        raise
    except Exception as error:  # nearly anything can happen on hostile bytes
        raise UserError("sound.damaged") from error


def _read(path: str | Path | None) -> bytes:
    # isfile: a directory, a pipe or a device is never opened (a pipe would block for ever).
    if path is None or not os.path.isfile(path):
        raise UserError("sound.missing")
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise UserError("sound.too_large", bytes=size, limit=MAX_BYTES)
            return file.read(MAX_BYTES)
    except OSError as error:
        raise UserError("sound.missing") from error


def _no_other_file(url: str, flags: int, options: dict[str, Any]) -> NoReturn:
    raise PermissionError("a sound may not open another file")


def _identify(data: bytes) -> InputContainer:
    """Read the header only and check that there is a sound track, of an allowed length."""
    if claims_too_much(BytesIO(data)):
        raise UserError("sound.damaged")
    try:
        container = av.open(
            BytesIO(data),  # no name, so that no ending has a say in what it is
            "r",
            options={"format_whitelist": _DEMUXERS},
            io_open=_no_other_file,
            metadata_errors="replace",
        )
    except Exception as error:
        known = _SIGNATURES.match(data)
        raise UserError("sound.damaged" if known else "sound.not_a_sound") from error
    try:
        _check(container)
    except BaseException:
        container.close()
        raise
    return container


def _check(container: InputContainer) -> None:
    if not container.streams.audio:
        # One frame is a picture (AVIF and HEIC are MP4 inside), or a cover without its music.
        moving = any(stream.frames != 1 for stream in container.streams.video)
        raise UserError("sound.no_track" if moving else "sound.not_a_sound")
    stream = container.streams.audio[0]
    if container.format.name in _GUESSED_LENGTH:
        return
    seconds = 0.0
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        seconds = container.duration / av.time_base
    _check_length(seconds)


def _check_length(seconds: float) -> None:
    # Lossy formats pad the end, so a minute may come out a little longer.
    if seconds > MAX_SECONDS + 0.1:
        raise UserError("sound.too_long", seconds=seconds, limit=MAX_SECONDS)


def _decode(container: InputContainer) -> Sound:
    parts: list[NDArray[Any]] = []
    resampler: av.AudioResampler | None = None
    before: tuple[str, str, int] | None = None
    original: tuple[int, int] | None = None
    seconds, broken = 0.0, False

    def keep(frame: av.AudioFrame | None) -> None:
        if resampler is not None:
            parts.extend(made.to_ndarray().reshape(-1) for made in resampler.resample(frame))

    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError:
            broken = True
            break
        try:
            frames = packet.decode()
        except av.error.EOFError:
            break
        except av.error.FFmpegError:  # a bad packet does not spoil the good ones after it
            broken = True
            continue
        for frame in frames:
            if frame.sample_rate not in _RATES:
                raise UserError("sound.damaged")
            seconds += frame.samples / frame.sample_rate
            _check_length(seconds)  # before resampling: this is what keeps the memory flat
            now = frame.format.name, frame.layout.name, frame.sample_rate
            if now != before:  # a stream may change on its way
                keep(None)
                # Of an integer format, because FFmpeg mixes floats down without dividing.
                resampler = av.AudioResampler(format="s32", layout="mono", rate=RATE)
                before = now
            original = original or (frame.sample_rate, frame.layout.nb_channels)
            keep(_cleaned(frame))
    keep(None)

    whole = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    if broken and len(whole) < _LEAST_SECONDS_OF_DAMAGED * RATE:
        raise UserError("sound.damaged")
    if original is None or len(whole) < _LEAST_SECONDS * RATE:
        raise UserError("sound.empty")
    samples = (whole / 2**31).astype(np.float32)
    if np.abs(samples - samples.mean()).max() < _SILENCE:
        raise UserError("sound.silent")
    return Sound(samples, *original)


def _cleaned(frame: av.AudioFrame) -> av.AudioFrame:
    """Not a number and infinite -> 0, clipped, before a filter spreads it to its neighbours."""
    # FFmpeg knows how to mix 5.1 or 22.2, but not channels that have no places ("9 channels").
    placeless = frame.layout.name.endswith(" channels")
    if frame.format.name not in ("flt", "fltp", "dbl", "dblp") and not placeless:
        return frame
    values: NDArray[Any] = frame.to_ndarray()
    if bool((np.abs(values) <= 1).all()) and not placeless:  # False for not a number too
        return frame
    kind, layout = frame.format.name, frame.layout.name
    if values.dtype.kind in "iu":
        middle = 128 if values.dtype.kind == "u" else 0
        values = (values.astype(np.float64) - middle) / 2.0 ** (8 * values.itemsize - 1)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).clip(-1, 1)
    if placeless:
        channels = values if frame.format.is_planar else values.reshape(frame.samples, -1).T
        values = channels.mean(axis=0, keepdims=True).astype(np.float32)
        kind, layout = "fltp", "mono"
    clean = av.AudioFrame.from_ndarray(values, format=kind, layout=layout)
    clean.sample_rate, clean.pts, clean.time_base = frame.sample_rate, frame.pts, frame.time_base
    return clean


def find_speech(samples: NDArray[np.floating], rate: int = RATE) -> tuple[int, int]:
    """Start and stop (in samples) of the loudest word-like stretch, with 0.05 s on each side.

    samples: (N,), rate in Hz. Stretches less than 0.15 s apart count as one, those of less than
    about 0.04 s are clicks; of several, the one with the most energy is taken. Where nothing
    stands out, everything is returned: (0, N).
    """
    everything = 0, len(samples)
    size = max(1, round(_FRAME_SECONDS * rate))
    count = len(samples) // size
    if count < _WORD_FRAMES:
        return everything
    centred = np.asarray(samples, dtype=np.float64) - np.mean(samples, dtype=np.float64)
    energy = np.square(centred[: count * size].reshape(count, size)).mean(axis=1)
    level = 10 * np.log10(energy + 1e-12)
    floor = float(np.percentile(level, 10))
    # What is held for a word's length: a click's height does not count.
    peak = float(sliding_window_view(level, _WORD_FRAMES).min(axis=1).max())
    if peak - floor < _LOUDER_THAN_FLOOR:
        return everything
    # A third of a small distance, so that a tightly cut word does not lose its quiet ends.
    threshold = max(peak - _BELOW_PEAK, floor + min(6.0, (peak - floor) / 3))
    active = np.flatnonzero(level > threshold)
    stretches = np.split(active, np.flatnonzero(np.diff(active) > _BRIDGED_FRAMES) + 1)
    words = [stretch for stretch in stretches if len(stretch) >= _WORD_FRAMES]
    if not words:
        return everything
    word = max(words, key=lambda stretch: float(energy[stretch].sum()))
    margin = round(_MARGIN_SECONDS * rate)
    start, stop = int(word[0]) * size, (int(word[-1]) + 1) * size
    return max(0, start - margin), min(len(samples), stop + margin)


def to_wav(samples: NDArray[np.floating], rate: int = RATE) -> bytes:
    """A WAV file, 16-bit PCM, mono. samples: (N,), clipped to [-1, 1]; rate in Hz."""
    values = np.nan_to_num(np.asarray(samples, dtype=np.float64), nan=0.0).clip(-1, 1)
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.rint(values * 32767).astype("<i2").tobytes())
    return file.getvalue()
