"""Every file is made here; what is checked are pitch, amplitude and length, not only shapes."""

import io
import os
import struct
import wave

import av
import numpy as np
import pytest
from PIL import Image

from mm_demo.errors import UserError
from mm_demo.media.audio import MAX_BYTES, MAX_SECONDS, RATE, find_speech, open_sound, to_wav

KEYS = {"damaged", "empty", "not_a_sound", "no_track", "silent", "too_long"}
PCM, FLOAT = 1, 3

# name -> (container, codec, sample format, rate): what a phone, a browser or a person saves.
SAVED = {
    "flac": ("flac", "flac", "s16", 44_100),
    "ogg": ("ogg", "libopus", "flt", 48_000),
    "mp3": ("mp3", "libmp3lame", "s16p", 44_100),
    "m4a": ("ipod", "aac", "fltp", 44_100),
    "webm": ("webm", "libopus", "flt", 48_000),
    "mov": ("mov", "aac", "fltp", 48_000),
    "mkv": ("matroska", "libmp3lame", "s16p", 22_050),
}


def tone(seconds: float = 1.0, rate: int = 44_100, amplitude: float = 0.5, hertz: float = 440.0):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def wav(values: np.ndarray, rate: int = RATE, kind: int = FLOAT) -> bytes:
    """A WAV by hand. values: (N,) or (N, channels)."""
    values = np.asarray(values).reshape(len(values), -1) if len(values) else np.zeros((0, 1))
    channels = values.shape[1]
    data = values.astype("<f4" if kind == FLOAT else "<i2").tobytes()
    width = 4 if kind == FLOAT else 2
    head = struct.pack(
        "<HHIIHH", kind, channels, rate, rate * channels * width, channels * width, 8 * width
    )
    body = (
        b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(data)) + data
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def saved(name: str, values: np.ndarray, *, video: bool = False, sound: bool = True) -> bytes:
    """values: (N,), mono, written to both channels."""
    container_name, codec, kind, rate = SAVED[name]
    file = io.BytesIO()
    with av.open(file, "w", format=container_name) as out:
        picture = (
            out.add_stream("libvpx-vp9" if name == "webm" else "mpeg4", rate=10) if video else None
        )
        if picture:
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        if sound:
            stream = out.add_stream(codec, rate=rate, layout="stereo")
            stream.codec_context.format = kind
            both = np.repeat(np.asarray(values, np.float32), 2).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(both, format="flt", layout="stereo")
            frame.sample_rate = rate
            fit = av.AudioResampler(
                kind, "stereo", rate, frame_size=stream.codec_context.frame_size
            )
            for fitted in [*fit.resample(frame), *fit.resample(None)]:
                out.mux(stream.encode(fitted))
            out.mux(stream.encode(None))
        if picture:
            for index in range(5):
                shot = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 40 * index, np.uint8))
                shot.pts = index
                out.mux(picture.encode(shot))
            out.mux(picture.encode(None))
    return file.getvalue()


@pytest.fixture
def opened(tmp_path):
    def open_bytes(data: bytes, name: str = "sound.wav"):
        path = tmp_path / name
        path.write_bytes(data)
        return open_sound(path)

    return open_bytes


@pytest.fixture
def refused(opened):
    def error_of(data: bytes, name: str = "sound.wav") -> UserError:
        with pytest.raises(UserError) as caught:
            opened(data, name)
        return caught.value

    return error_of


def valid(sound) -> bool:
    x = sound.samples
    fits = x.dtype == np.float32 and x.ndim == 1 and 0 < len(x) <= (MAX_SECONDS + 1) * RATE
    return fits and bool(np.isfinite(x).all()) and float(np.abs(x).max()) <= 1


def pitch_and_amplitude(samples: np.ndarray) -> tuple[float, float]:
    """Of the loudest sine in the middle half."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 16 * len(middle)))
    best = int(spectrum.argmax())
    return best * RATE / (16 * len(middle)), 4 * spectrum[best] / len(middle)


# --- what comes out ---------------------------------------------------------------------------


def test_pcm_at_16_khz_comes_out_as_it_is(opened):
    values = np.random.default_rng(0).integers(-32768, 32768, 5000)
    sound = opened(wav(values, kind=PCM))
    np.testing.assert_array_equal(sound.samples, (values / 32768).astype(np.float32))
    assert (sound.original_rate, sound.original_channels) == (RATE, 1)
    assert sound.seconds == 5000 / RATE
    assert sound.samples.flags.writeable


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_tone_keeps_pitch_amplitude_and_length_at_any_rate(opened, rate):
    both = np.stack([tone(1.0, rate)] * 2, axis=1)
    sound = opened(wav(both, rate))
    pitch, amplitude = pitch_and_amplitude(sound.samples)
    assert pitch == pytest.approx(440, abs=0.5)
    assert amplitude == pytest.approx(0.5, rel=0.01)
    assert sound.seconds == pytest.approx(1.0, abs=0.002)  # nothing stays in the resampler
    assert (sound.original_rate, sound.original_channels) == (rate, 2)


def test_what_16_khz_cannot_hold_is_not_folded_back(opened):
    sound = opened(wav(tone(1.0, 48_000, 0.5, 300) + tone(1.0, 48_000, 0.4, 12_000), 48_000))
    wanted = tone(1.0, RATE, 0.5, 300)
    np.testing.assert_allclose(sound.samples[500:-500], wanted[500:-500], atol=0.005)


@pytest.mark.parametrize("kind", [PCM, FLOAT])
def test_two_channels_are_averaged(opened, kind):
    left, right = tone(0.5, RATE, 0.8, 300), tone(0.5, RATE, 0.4, 1000)
    values = np.stack([left, right], axis=1) * (32767 if kind == PCM else 1)
    sound = opened(wav(values, kind=kind))
    np.testing.assert_allclose(sound.samples, (left + right) / 2, atol=1e-4)


@pytest.mark.parametrize("kind", [PCM, FLOAT])
@pytest.mark.parametrize("channels", [3, 4, 6, 8, 9, 16, 40])
def test_any_number_of_channels(opened, channels, kind):
    values = np.stack([tone(0.5)] * channels, axis=1) * (32767 if kind == PCM else 1)
    sound = opened(wav(values, 44_100, kind))
    pitch, amplitude = pitch_and_amplitude(sound.samples)
    assert pitch == pytest.approx(440, abs=1)
    assert amplitude == pytest.approx(0.5, rel=0.01)
    assert sound.original_channels == channels


@pytest.mark.parametrize("name", SAVED)
def test_every_container(opened, name):
    rate = SAVED[name][3]
    sound = opened(saved(name, tone(1.0, rate)), f"sound.{name}")
    pitch, amplitude = pitch_and_amplitude(sound.samples)
    assert valid(sound)
    assert pitch == pytest.approx(440, abs=1)
    assert amplitude == pytest.approx(0.5, rel=0.06)  # LAME itself takes 5 %
    assert sound.seconds == pytest.approx(1.0, abs=0.05)
    assert (sound.original_rate, sound.original_channels) == (rate, 2)


@pytest.mark.parametrize("name", ["mov", "mkv", "webm"])
def test_the_sound_track_of_a_video(opened, name):
    sound = opened(saved(name, tone(1.0, SAVED[name][3]), video=True), f"video.{name}")
    assert pitch_and_amplitude(sound.samples)[0] == pytest.approx(440, abs=1)
    assert sound.seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("name", ["holiday.png", "movie.mp4", "list.m3u8", "no_ending", "%03d.jpg"])
def test_the_name_does_not_matter(opened, tmp_path, name):
    opened(wav(tone(0.2, RATE)), name)
    assert valid(open_sound(str(tmp_path / name)))


def test_not_a_number_and_infinite_become_zero_and_harm_no_neighbour(opened):
    clean = tone(0.5, RATE)
    values = clean.copy()
    values[[100, 2000, 5000]] = np.nan, np.inf, -np.inf
    clean[[100, 2000, 5000]] = 0
    np.testing.assert_allclose(opened(wav(values)).samples, clean, atol=1e-6)
    assert valid(opened(wav(np.stack([values, values], axis=1), 44_100)))


def test_too_loud_is_clipped(opened):
    values = tone(0.5, RATE, 3.0)
    np.testing.assert_allclose(opened(wav(values)).samples, values.clip(-1, 1), atol=1e-6)
    huge = np.where(np.arange(8000) % 100 < 50, 1e38, -1e38)
    assert valid(opened(wav(np.stack([huge, huge], axis=1), 48_000)))


# --- what is refused --------------------------------------------------------------------------


def test_no_file(tmp_path):
    for path in (None, tmp_path / "none.wav", tmp_path, ""):
        with pytest.raises(UserError) as caught:
            open_sound(path)
        assert caught.value.key == "sound.missing"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="missing"):
        open_sound(tmp_path / "pipe")


def test_a_large_file_is_not_read(tmp_path):
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UserError) as caught:
        open_sound(path)
    assert caught.value.key == "sound.too_large"
    assert caught.value.facts == {"bytes": MAX_BYTES + 1, "limit": MAX_BYTES}


def test_three_minutes_are_refused_by_the_header(refused, monkeypatch):
    data = wav(np.ones(180 * RATE), kind=PCM)
    monkeypatch.setattr("mm_demo.media.audio._decode", lambda container: pytest.fail("decoded"))
    error = refused(data)
    assert error.key == "sound.too_long"
    assert error.facts == {"seconds": 180, "limit": MAX_SECONDS}


@pytest.mark.parametrize("name", ["flac", "mp3"])
def test_a_header_that_tells_no_length_does_not_help(refused, name):
    data = bytearray(saved(name, tone(70.0, 44_100)))
    if name == "flac":  # the number of samples: 36 bits in STREAMINFO
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    error = refused(bytes(data))
    assert error.key == "sound.too_long"
    assert MAX_SECONDS < error.facts["seconds"] < MAX_SECONDS + 1  # and no further


def test_exactly_a_minute_is_allowed(opened):
    assert opened(wav(tone(60, RATE))).seconds == 60
    assert opened(saved("mp3", tone(60.0))).seconds == pytest.approx(60, abs=0.05)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_picture_with_the_name_of_a_sound(refused, kind):
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, kind)
    assert refused(file.getvalue(), "sound.mp3").key == "sound.not_a_sound"


@pytest.mark.parametrize("data", [b"x", b"Dear all,\n" * 200, b"\0" * 9999, b"%PDF-1.7\n" * 99])
def test_no_sound_at_all(refused, data):
    assert refused(data, "sound.mp3").key == "sound.not_a_sound"


@pytest.mark.parametrize("name", ["mov", "mkv", "webm"])
def test_a_video_without_sound(refused, name):
    error = refused(saved(name, np.zeros(0), video=True, sound=False), f"video.{name}")
    assert error.key == "sound.no_track"


@pytest.mark.parametrize("samples", [0, 1, 159])
def test_too_little(refused, samples):
    assert refused(wav(np.full(samples, 0.5))).key == "sound.empty"
    assert refused(b"").key == "sound.empty"


def test_ten_milliseconds_are_enough(opened):
    assert len(opened(wav(tone(0.01, RATE))).samples) == 160


@pytest.mark.parametrize("offset", [0.0, 0.5])
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_silence(refused, offset, rate):
    assert refused(wav(np.full((rate, 2), offset), rate)).key == "sound.silent"


def test_quiet_is_not_silent(opened):
    assert valid(opened(wav(tone(0.5, RATE, 0.001))))


@pytest.mark.parametrize("name", ["mp3", "webm", "ogg", "flac"])
def test_what_was_decoded_of_a_file_that_breaks_off_is_kept(opened, refused, name):
    data = saved(name, tone(2.0, SAVED[name][3]))
    sound = opened(data[: len(data) // 2])
    assert 0.3 < sound.seconds < 1.7
    assert pitch_and_amplitude(sound.samples)[0] == pytest.approx(440, abs=2)
    assert refused(data[:40]).key in {"sound.damaged", "sound.empty", "sound.not_a_sound"}


def test_an_mp4_without_its_table_is_damaged(refused):
    data = saved("m4a", tone(1.0))
    assert refused(data[: len(data) // 2]).key == "sound.damaged"


@pytest.mark.parametrize("video", [False, True])
def test_an_mp4_cut_in_its_header_is_damaged(refused, video):
    data = saved("m4a", tone(0.3), video=video)
    header = data.index(b"moov") + 4
    tracks = data.rindex(b"stsz")  # the last track's tables: beyond them both are known
    for place in np.linspace(header, tracks, 30).astype(int):
        assert refused(data[:place]).key == "sound.damaged", place


def test_samples_that_are_only_claimed_take_no_memory(refused, monkeypatch):
    data = bytearray(saved("m4a", tone(0.3)))
    place = data.index(b"stsz") + 8
    data[place : place + 8] = struct.pack(">II", 1, 50_000_000)  # FFmpeg would take 0.6 GB for them
    monkeypatch.setattr("av.open", lambda *_, **__: pytest.fail("opened"))
    assert refused(bytes(data)).key == "sound.damaged"


def test_garbage_after_a_header_is_damaged(refused):
    data = saved("flac", tone(1.0))
    garbage = np.random.default_rng(0).integers(0, 255, len(data), dtype=np.uint8).tobytes()
    assert refused(data[:200] + garbage).key in {"sound.damaged", "sound.empty"}


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        '<AdaptationSet mimeType="audio/mp4"><Representation id="a" bandwidth="1"><BaseURL>{path}'
        "</BaseURL></Representation></AdaptationSet></Period></MPD>",
    ],
    ids=["hls", "concat", "sdp", "dash"],
)
@pytest.mark.parametrize("name", ["list.wav", "list.m3u8", "list.ffconcat"])
def test_a_file_that_points_to_another_is_refused(opened, refused, tmp_path, text, name):
    opened(wav(tone(1.0, RATE)), "other.wav")
    assert (
        refused(text.format(path=tmp_path / "other.wav").encode(), name).key == "sound.not_a_sound"
    )


@pytest.mark.parametrize("name", ["wav", "flac", "ogg", "mp3", "m4a", "webm"])
def test_a_changed_file_is_opened_or_refused(opened, name):
    rate = 44_100 if name == "wav" else SAVED[name][3]
    values = tone(0.3, rate)
    whole = wav(np.stack([values] * 2, axis=1), rate) if name == "wav" else saved(name, values)
    rng = np.random.default_rng(1)
    for turn in range(100):
        data = bytearray(whole)
        reach = 100 if turn % 2 else len(data)  # every other one hits the header only
        for place in rng.integers(0, reach, rng.integers(1, 9)):
            data[place] = rng.integers(256)
        if turn % 5 == 0:
            del data[rng.integers(len(data)) :]
        try:
            assert valid(opened(bytes(data)))
        except UserError as error:
            assert error.key.removeprefix("sound.") in KEYS


# --- where the word is ------------------------------------------------------------------------


def recording(*bursts: tuple[float, float, float], seconds: float = 2.0, noise: float = 0.005):
    """bursts: (start, stop in seconds, amplitude), of voice-like pulses with noise."""
    rng = np.random.default_rng(0)
    samples = noise * rng.standard_normal(round(seconds * RATE))
    for start, stop, amplitude in bursts:
        a, b = round(start * RATE), round(stop * RATE)
        voice = sum(tone((b - a) / RATE, RATE, 1 / k, 120 * k)[: b - a] for k in range(1, 8))
        samples[a:b] += amplitude * voice
    return samples.astype(np.float32)


def near(found: tuple[int, int], start: float, stop: float) -> bool:
    return abs(found[0] / RATE - start) <= 0.06 and abs(found[1] / RATE - stop) <= 0.06


@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.005, 0.05])
@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_one_word(noise, offset):
    assert near(find_speech(recording((0.7, 1.2, 0.3), noise=noise) + offset), 0.7, 1.2)


def test_a_margin_is_left_on_each_side():
    start, stop = find_speech(recording((0.7, 1.2, 0.3)))
    assert start < 0.66 * RATE
    assert stop > 1.24 * RATE


def test_a_word_with_a_closure_stays_whole():
    assert near(find_speech(recording((0.5, 0.8, 0.3), (0.92, 0.95, 0.1))), 0.5, 0.95)
    assert near(
        find_speech(recording((0.5, 0.7, 0.02), (0.7, 0.8, 0.3), (0.9, 1.1, 0.03))), 0.5, 1.1
    )


def test_of_two_words_the_one_with_more_energy():
    assert near(find_speech(recording((0.2, 0.6, 0.1), (1.0, 1.5, 0.3))), 1.0, 1.5)
    assert near(find_speech(recording((0.2, 0.6, 0.3), (0.9, 1.5, 0.1))), 0.2, 0.6)


def test_a_click_is_ignored_however_loud():
    samples = recording((0.8, 1.3, 0.1))
    samples[3200:3680] = 1.0
    assert near(find_speech(samples), 0.8, 1.3)


def test_a_word_at_an_edge():
    assert find_speech(recording((0.0, 0.5, 0.3)))[0] == 0
    assert find_speech(recording((1.5, 2.0, 0.3)))[1] == 2 * RATE


@pytest.mark.parametrize(
    "samples",
    [
        recording(),
        recording((0.0, 2.0, 0.3), noise=0.0),
        np.zeros(RATE, np.float32),
        np.zeros(0, np.float32),
        np.ones(1, np.float32),
        recording(seconds=0.03),
    ],
    ids=["noise", "tone", "silence", "nothing", "one", "short"],
)
def test_where_nothing_stands_out_everything_is_returned(samples):
    assert find_speech(samples) == (0, len(samples))


def test_every_length_and_rate():
    samples = recording((0.7, 1.2, 0.3))
    for length in [*range(400), 960, 1000, 12_345]:
        start, stop = find_speech(samples[11_000:][:length])
        assert 0 <= start <= stop <= length
    for rate in (1, 50, 8_000, 44_100):
        start, stop = find_speech(samples, rate)
        assert 0 <= start < stop <= len(samples)


# --- and back ---------------------------------------------------------------------------------


def test_to_wav_and_back(opened):
    samples = recording((0.7, 1.2, 0.3))
    np.testing.assert_allclose(opened(to_wav(samples)).samples, samples.clip(-1, 1), atol=1e-4)
    with wave.open(io.BytesIO(to_wav(samples, 8_000))) as file:
        assert file.getparams()[:4] == (1, 2, 8_000, len(samples))


def test_to_wav_clips():
    data = to_wav(np.array([2.0, -2.0, 0.0, np.nan, np.inf, -np.inf, 1.0]))
    values = np.frombuffer(data[44:], "<i2")
    np.testing.assert_array_equal(values, [32767, -32767, 0, 0, 32767, -32767, 32767])
    assert len(to_wav(np.zeros(0))) == 44
