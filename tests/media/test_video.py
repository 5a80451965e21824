"""Every clip is made here; each frame has its number painted in, so a wrong frame is seen."""

import io
import os
import struct
import time
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, features

from mm_demo.errors import UserError
from mm_demo.media import video_file
from mm_demo.media.video import MAX_BYTES, MAX_PIXELS, MAX_SECONDS, open_video, uniform_times

KEYS = {
    "damaged", "empty", "not_a_video", "no_pictures", "too_long", "too_many_pixels",
}  # fmt: skip
X264 = {"bf": "3", "b_strategy": "0", "g": "20", "sc_threshold": "0", "crf": "12"}

# name -> (container, codec, options): what a phone, a browser, a camera or a person saves.
SAVED = {
    "mp4": ("mp4", "libx264", X264),
    "mov": ("mov", "libx264", X264),
    "open-gop.mp4": ("mp4", "libx264", {**X264, "x264-params": "open-gop=1"}),
    "hevc.mp4": ("mp4", "libx265", {"x265-params": "keyint=20:bframes=3:log-level=none:crf=12"}),
    "fragments.mp4": ("mp4", "libx264", {**X264, "movflags": "frag_keyframe+empty_moov"}),
    "mkv": ("matroska", "libx264", X264),
    "open-gop.mkv": ("matroska", "libx264", {**X264, "x264-params": "open-gop=1"}),
    "avi": ("avi", "mpeg4", {"g": "12", "q": "2"}),
    "b-frames.avi": ("avi", "mpeg4", {"g": "12", "bf": "2", "q": "2"}),
    "h264.avi": ("avi", "libx264", X264),
    "raw.avi": ("avi", "rawvideo", {}),
    "vp9.webm": ("webm", "libvpx-vp9", {"g": "20", "crf": "10", "cpu-used": "8"}),
    "vp8.webm": ("webm", "libvpx", {"g": "20", "crf": "10", "auto-alt-ref": "1", "lag-in-frames": "16"}),
    "live.webm": ("webm", "libvpx", {"g": "20", "crf": "10", "live": "1"}),
    "mpg": ("mpeg", "mpeg1video", {"g": "12", "bf": "2", "q": "2"}),
    "mpeg2.mpg": ("mpeg", "mpeg2video", {"g": "12", "bf": "2", "q": "2"}),
    "gif": ("gif", "gif", {}),
}  # fmt: skip
PIXELS = {"gif": "rgb8"}


def painted(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Eight stripes, a bit each, over some texture that differs from frame to frame."""
    picture = np.random.default_rng(number).integers(60, 90, (height, width, 3), dtype=np.uint8)
    for bit in range(8):
        stripe = slice(bit * width // 8, (bit + 1) * width // 8)
        picture[height // 4 : -(height // 4), stripe] = 235 if number >> bit & 1 else 20
    return picture


def number_in(picture: np.ndarray) -> int:
    height, width = picture.shape[:2]
    row = picture[height // 2 - 1 : height // 2 + 1].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(8) if row[(2 * bit + 1) * width // 16] > 125)


def saved(
    name: str,
    pictures: list[np.ndarray] | int = 60,
    *,
    stamps: list[int] | None = None,
    first: int = 0,
    step: int = 1,
    rate: int = 25,
    pixel: tuple[int, int] = (1, 1),
    turn: tuple[float, bool, bool] | None = None,
    sound: bool = False,
) -> bytes:
    """A clip. stamps: in ms, for frames at no steady rate."""
    container, codec, options = SAVED[name]
    if isinstance(pictures, int):
        pictures = [painted(number) for number in range(pictures)]
    shared = {key: options[key] for key in ("movflags", "live") if key in options}
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=shared) as out:
        own = {key: value for key, value in options.items() if key not in shared}
        stream = out.add_stream(codec, rate=rate, options=own)
        stream.height, stream.width = pictures[0].shape[:2]
        odd = codec == "libx264" and stream.width % 2  # which it does not halve
        stream.pix_fmt = PIXELS.get(name, "yuv444p" if odd else "yuv420p")
        stream.codec_context.sample_aspect_ratio = Fraction(*pixel)
        if "bf" in own and codec.startswith("mpeg"):
            stream.codec_context.max_b_frames = int(own["bf"])
        if stamps:
            stream.codec_context.time_base = Fraction(1, 1000)
        if turn:
            stream.set_display_rotation(*turn)
        track = (
            out.add_stream("libopus" if container == "webm" else "aac", rate=48_000)
            if sound
            else None
        )
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts = stamps[number] if stamps else first + step * number
            if stamps:
                frame.time_base = Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if track:
            for _ in range(20):
                quiet = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), "flt", "mono")
                quiet.sample_rate = 48_000
                out.mux(track.encode(quiet))
            out.mux(track.encode(None))
    return file.getvalue()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")

    def path(name: str) -> Path:
        file = folder / name
        if not file.exists():
            file.write_bytes(saved(name))
        return file

    return path


@pytest.fixture
def opened(tmp_path):
    def open_bytes(data: bytes, name: str = "video.mp4"):
        path = tmp_path / name
        path.write_bytes(data)
        return open_video(path)

    return open_bytes


@pytest.fixture
def refused(opened):
    def error_of(data: bytes, name: str = "video.mp4") -> UserError:
        with pytest.raises(UserError) as caught:
            opened(data, name)
        return caught.value

    return error_of


def numbers(video, times) -> list[int]:
    return [number_in(picture) for picture in video.frames_at(times)]


# --- the right frame --------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAVED)
def test_what_is_known_of_a_clip(clips, name):
    video = open_video(clips(name))
    assert (video.width, video.height) == (64, 48)
    assert len(video.times) == 60
    assert video.frames_per_second == pytest.approx(25, rel=0.01)
    assert video.seconds == pytest.approx(60 / 25, abs=0.03)
    np.testing.assert_allclose(video.times, np.arange(60) / 25, atol=0.001)


@pytest.mark.parametrize("name", SAVED)
def test_each_frame_by_its_time_in_one_go_and_alone(clips, name):
    video = open_video(clips(name))
    assert numbers(video, video.times) == list(range(60))
    for number in range(0, 60, 7):
        assert numbers(video, [video.times[number]]) == [number]


@pytest.mark.parametrize("name", SAVED)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.floats(-1, 4), min_size=1, max_size=6))
def test_seeking_gives_what_decoding_everything_gives(clips, name, times):
    video = open_video(clips(name))
    with av.open(str(clips(name))) as container:
        count = sum(1 for _ in container.decode(video=0))
    assert count == len(video.times)
    wanted = np.searchsorted(video.times, np.array(times) + 1e-6, side="right").clip(1) - 1
    whole = _whole(video)
    np.testing.assert_array_equal(video.frames_at(times), whole[wanted])


_wholes: dict[Path, np.ndarray] = {}


def _whole(video) -> np.ndarray:
    if video.path not in _wholes:
        _wholes[video.path] = video.frames_at(video.times)
    return _wholes[video.path]


def test_a_frame_is_shown_until_the_next_one(opened):
    stamps = [0, 40, 400, 440, 1000]
    video = opened(saved("mkv", 5, stamps=stamps))
    assert numbers(video, [0.039, 0.041, 0.39, 0.42, 0.99, 1.0, 9.0, -1.0]) == [
        0,
        1,
        1,
        2,
        3,
        4,
        4,
        0,
    ]
    np.testing.assert_allclose(video.times, np.array(stamps) / 1000, atol=0.001)


@pytest.mark.parametrize("name", ["mp4", "mov", "mkv", "vp9.webm"])
def test_frames_at_no_steady_rate(opened, name):
    stamps = np.cumsum(np.random.default_rng(0).integers(8, 150, 60)).tolist()
    video = opened(saved(name, stamps=stamps))
    assert numbers(video, video.times) == list(range(60))
    np.testing.assert_allclose(video.times, (np.array(stamps) - stamps[0]) / 1000, atol=0.002)
    assert numbers(video, video.times[::11] - 0.003) == [max(0, k - 1) for k in range(0, 60, 11)]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("mp4", 500),
        ("mkv", 500),
        ("mkv", -50),
        ("vp9.webm", 500),
        ("mpg", 500),
    ],
)
def test_the_first_frame_is_at_zero_wherever_the_file_begins(opened, name, first):
    video = opened(saved(name, 30, first=first))
    assert video.times[0] == 0
    assert video.seconds == pytest.approx(1.2, abs=0.05)
    assert numbers(video, [0, 0.6, 1.17]) == [0, 15, 29]


def test_times_in_any_order_and_twice(clips):
    video = open_video(clips("mp4"))
    times = [2.0, 0.0, 2.0, 1.0, 0.04]
    assert numbers(video, times) == [50, 0, 50, 25, 1]
    assert video.frames_at([]).shape == (0, 48, 64, 3)


@pytest.mark.parametrize("name", sorted(set(SAVED) - {"hevc.mp4"}))  # x265 makes no less than two
def test_one_frame(opened, name):
    video = opened(saved(name, 1))
    assert len(video.times) == 1
    assert video.frames_per_second is None
    assert 0 < video.seconds < 1.1
    assert numbers(video, uniform_times(0, video.seconds, 3)) == [0, 0, 0]


@pytest.mark.parametrize("name", ["mkv", "raw.avi", "vp9.webm", "gif", "mpg"])
def test_odd_sizes(opened, name):
    video = opened(saved(name, [painted(k, 67, 51) for k in range(5)]))
    assert (video.width, video.height) == (67, 51)
    assert numbers(video, video.times) == list(range(5))
    assert video.frames_at([0], side=17).shape == (1, 17, 22, 3)


def test_a_recording_of_the_browser_has_no_length(clips):
    with av.open(str(clips("live.webm"))) as container:
        assert container.streams.video[0].duration is None
    assert clips("live.webm").read_bytes().find(b"\x44\x89") < 0  # EBML's Duration
    video = open_video(clips("live.webm"))
    assert video.seconds == pytest.approx(2.4, abs=0.03)


def test_a_jump_saves_decoding(clips, monkeypatch):
    decoded = []
    frames = video_file.VideoFile.frames
    monkeypatch.setattr(
        video_file.VideoFile, "frames",
        lambda self, packets: (decoded.append(f.pts) or f for f in frames(self, packets)),
    )  # fmt: skip
    video = open_video(clips("mp4"))
    decoded.clear()
    assert numbers(video, [0.0, video.times[59]]) == [0, 59]
    assert len(decoded) <= 21  # the first one, and the last stretch from its key frame at 40


def test_sound_beside_it_changes_nothing(opened):
    for name in ("mp4", "vp9.webm", "mkv"):
        video = opened(saved(name, sound=True))
        assert numbers(video, [0, 1, 2.38]) == [0, 25, 59]


@pytest.mark.parametrize("name", ["holiday.png", "song.mp3", "list.m3u8", "no_ending", "%03d.jpg"])
def test_the_name_does_not_matter(opened, name):
    assert numbers(opened(saved("mkv", 5), name), [0.08]) == [2]


# --- the right picture ------------------------------------------------------------------------

CORNERS = {"red": (255, 0, 0), "blue": (0, 0, 255)}


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_marked_corner_comes_upper_left(opened, degrees, mirrored):
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :16], upright[:16, -16:] = CORNERS["red"], CORNERS["blue"]
    # What is shown is the stored one, turned counter-clockwise, then mirrored.
    stored = np.rot90(upright[:, ::-1] if mirrored else upright, -degrees // 90)
    clip = saved("mp4", [np.ascontiguousarray(stored)] * 3, turn=(degrees, mirrored, False))
    video = opened(clip)
    assert (video.width, video.height) == (64, 32)
    picture = video.frames_at([0.05])[0]
    np.testing.assert_allclose(picture[6, 6], CORNERS["red"], atol=12)
    np.testing.assert_allclose(picture[6, 57], CORNERS["blue"], atol=12)
    np.testing.assert_allclose(picture[26, [6, 57]], 0, atol=12)
    assert video.frames_at([0], side=16).shape == (1, 16, 32, 3)


@pytest.mark.parametrize(
    ("pixel", "size"), [((2, 1), (64, 24)), ((1, 2), (32, 48)), ((999, 1), (64, 48))]
)
def test_pixels_that_are_not_square(opened, pixel, size):
    video = opened(saved("mkv", 3, pixel=pixel))
    assert (video.width, video.height) == size
    assert video.frames_at([0]).shape == (1, size[1], size[0], 3)


def test_colours(opened):
    for name in ("mp4", "vp9.webm", "avi", "gif"):
        for colour in ((255, 0, 0), (0, 255, 0), (36, 73, 170), (255, 255, 255)):
            video = opened(saved(name, [np.full((32, 32, 3), colour, np.uint8)] * 2))
            atol = 40 if name == "gif" else 6  # rgb8 has 8 reds, 8 greens and 4 blues
            np.testing.assert_allclose(video.frames_at([0])[0, 16, 16], colour, atol=atol)


def test_shrinking_averages_over_areas(opened):
    rng = np.random.default_rng(0)
    picture = np.repeat(rng.integers(0, 256, (96, 128, 1), dtype=np.uint8), 3, axis=2)
    video = opened(saved("raw.avi", [picture] * 2))
    whole, small = video.frames_at([0])[0], video.frames_at([0], side=24)[0]
    wanted = whole.reshape(24, 4, 32, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, wanted, atol=1.5)
    assert video.frames_at([0], side=500).shape == (1, 96, 128, 3)


def test_a_transparent_gif_is_laid_on_white(opened):
    frames = [Image.new("P", (16, 16), index) for index in (0, 1)]
    for frame in frames:
        frame.putpalette([0, 200, 0, 9, 9, 9])
    file = io.BytesIO()
    frames[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        transparency=1,
        duration=100,
        disposal=2,
    )
    first, second = opened(file.getvalue()).frames_at([0, 0.15])
    np.testing.assert_array_equal(first[8, 8], (0, 200, 0))
    np.testing.assert_array_equal(second[8, 8], (255, 255, 255))


def test_gif_delays(opened):
    frames = [Image.fromarray(painted(k)) for k in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=[100, 700, 200])
    video = opened(file.getvalue())
    assert video.seconds == pytest.approx(1.0)
    np.testing.assert_allclose(video.times, [0, 0.1, 0.8])
    assert numbers(video, [0.05, 0.5, 0.79, 0.9]) == [0, 1, 1, 2]


# --- what is refused --------------------------------------------------------------------------


def test_no_file(tmp_path):
    for path in (None, tmp_path / "none.mp4", tmp_path, ""):
        with pytest.raises(UserError) as caught:
            open_video(path)
        assert caught.value.key == "video.missing"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="missing"):
        open_video(tmp_path / "pipe")


def test_a_file_that_went_away(opened):
    video = opened(saved("mkv", 5))
    video.path.unlink()
    with pytest.raises(UserError, match="missing"):
        video.frames_at([0])


def test_wrong_arguments(clips):
    video = open_video(clips("mp4"))
    for times, side in (([0], 0), ([float("nan")], None)):
        with pytest.raises(ValueError, match="must be"):
            video.frames_at(times, side)


def test_a_large_file_is_not_read(tmp_path):
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UserError) as caught:
        open_video(path)
    assert caught.value.key == "video.too_large"
    assert caught.value.facts == {"bytes": MAX_BYTES + 1, "limit": MAX_BYTES}


def no_decoding(monkeypatch) -> None:
    def frames(self, packets):
        pytest.fail("decoded")

    monkeypatch.setattr(video_file.VideoFile, "frames", frames)


@pytest.mark.parametrize("name", ["mp4", "mkv", "raw.avi", "gif", "live.webm"])
def test_seven_minutes_are_refused_without_decoding(refused, monkeypatch, name):
    no_decoding(monkeypatch)
    error = refused(saved(name, 41, step=250))
    assert error.key == "video.too_long"
    assert error.facts["limit"] == MAX_SECONDS
    assert MAX_SECONDS < error.facts["seconds"] < 420


def test_exactly_five_minutes_are_allowed(opened):
    video = opened(saved("mkv", 31, stamps=[10_000 * number for number in range(30)] + [299_960]))
    assert video.seconds == pytest.approx(300, abs=0.1)


@pytest.mark.parametrize("name", ["mp4", "vp8.webm", "raw.avi", "gif"])
def test_8k_is_refused_by_the_header(refused, monkeypatch, name):
    no_decoding(monkeypatch)
    if name == "mp4":  # H.264 has its size in the stream
        data = bytearray(saved(name, [np.zeros((4320, 7680, 3), np.uint8)]))
    else:
        data = bytearray(saved(name, [painted(0, 320, 300)] * 2))
    if name == "vp8.webm":  # PixelWidth, PixelHeight
        data = data.replace(b"\xb0\x82\x01\x40", b"\xb0\x82\x1e\x00")
        data = data.replace(b"\xba\x82\x01\x2c", b"\xba\x82\x10\xe0")
    elif name == "raw.avi":
        place = data.index(b"strf") + 12
        data[place : place + 8] = struct.pack("<II", 7680, 4320)
    elif name == "gif":
        data[6:10] = struct.pack("<HH", 7680, 4320)
    error = refused(bytes(data))
    assert error.key == "video.too_many_pixels"
    assert error.facts == {"width": 7680, "height": 4320, "limit": MAX_PIXELS}


def test_the_largest_gif_is_refused(refused, monkeypatch):
    data = bytearray(saved("gif", 2))
    data[6:10] = b"\xff" * 4
    assert refused(bytes(data)).key in {"video.too_many_pixels", "video.damaged"}


def test_a_large_gif_of_many_frames_is_refused(refused, monkeypatch):
    monkeypatch.setattr(video_file, "MAX_GIF_PIXELS", 64 * 48 * 59)
    no_decoding(monkeypatch)
    error = refused(saved("gif"))
    assert error.key == "video.too_many_pixels"
    assert error.facts == {"width": 64, "height": 48, "limit": 64 * 48 * 59 // 60}


def test_a_gif_of_a_million_frames_is_refused_in_little_memory(refused):
    whole = saved("gif", [painted(0, 16, 16), painted(1, 16, 16)])
    starts = [at for at in range(len(whole)) if whole[at : at + 3] == b"\x21\xf9\x04"]
    frame = whole[starts[1] : -1]
    data = whole[:-1] + frame * (20_000_000 // len(frame)) + b";"
    tracemalloc.start()
    begin = time.perf_counter()
    assert refused(data).key in {"video.too_long", "video.damaged"}
    assert time.perf_counter() - begin < 10  # 0.3 s where nothing else runs
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def claimed(table: bytes, count: int) -> bytes:
    """An MP4 that claims so many samples in a table that needs no byte for each."""
    data = bytearray(saved("fragments.mp4" if table == b"trun" else "mp4", 30))
    place = data.index(table) + 4
    if table == b"stsz":
        data[place + 4 : place + 12] = struct.pack(">II", 1, count)
    else:
        data[place + 1 : place + 8] = b"\0\0\1" + struct.pack(">I", count)
    return bytes(data)


@pytest.mark.parametrize("table", [b"stsz", b"trun"])
def test_samples_that_are_only_claimed_take_no_memory(refused, monkeypatch, table):
    data = claimed(table, 50_000_000)  # FFmpeg would take 2 GB for them
    monkeypatch.setattr("av.open", lambda *_, **__: pytest.fail("opened"))
    assert refused(data).key == "video.damaged"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "AVIF"])
def test_a_picture_with_the_name_of_a_video(refused, kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, kind)
    assert refused(file.getvalue()).key == "video.not_a_video"


@pytest.mark.parametrize("data", [b"x", b"Dear all,\n" * 200, b"\0" * 9999, b"%PDF-1.7\n" * 99])
def test_no_video_at_all(refused, data):
    assert refused(data).key == "video.not_a_video"


def test_nothing(refused):
    assert refused(b"").key == "video.empty"
    data = saved("fragments.mp4", 5)
    assert refused(data[: data.index(b"moof") - 4]).key == "video.empty"


@pytest.mark.parametrize("container", ["mp4", "webm", "avi", "wav", "mp3"])
def test_sound_only(refused, container):
    file = io.BytesIO()
    codec = {"webm": "libopus", "mp4": "aac", "wav": "pcm_s16le"}.get(container, "libmp3lame")
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000, layout="mono")
        for _ in range(50):
            quiet = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), "flt", "mono")
            quiet.sample_rate = 48_000
            out.mux(stream.encode(quiet))
        out.mux(stream.encode(None))
    wanted = "not_a_video" if container in ("wav", "mp3") else "no_pictures"
    assert refused(file.getvalue()).key == f"video.{wanted}"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="a" bandwidth="1"><BaseURL>{path}'
        "</BaseURL></Representation></AdaptationSet></Period></MPD>",
    ],
    ids=["hls", "concat", "sdp", "dash"],
)
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.ffconcat"])
def test_a_file_that_points_to_another_is_refused(opened, refused, tmp_path, text, name):
    opened(saved("mp4", 3), "other.mp4")
    data = text.format(path=tmp_path / "other.mp4").encode()
    assert refused(data, name).key == "video.not_a_video"


# --- what is damaged --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mkv", "vp9.webm", "avi", "mpg", "gif", "fragments.mp4"])
def test_what_is_there_of_a_file_that_breaks_off_counts(opened, refused, name):
    data = saved(name)
    # An AVI of this size is mostly header.
    video = opened(data[: int(len(data) * (0.8 if name == "avi" else 0.5))])
    count = len(video.times)
    assert 10 < count < 60
    assert video.seconds < 2.41
    assert numbers(video, video.times[: count - 3]) == list(range(count - 3))
    assert refused(data[:20]).key in {"video.damaged", "video.empty", "video.not_a_video"}


def test_an_mp4_without_its_table_is_damaged(refused):
    data = saved("mp4")
    assert refused(data[: len(data) // 2]).key == "video.damaged"


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("name", ["mp4", "mov", "fragments.mp4"])
def test_an_mp4_cut_anywhere_is_never_taken_for_sound_only(opened, name, sound):
    data = saved(name, sound=sound)
    header = data.index(b"moov") + 4
    size = int.from_bytes(data[header - 8 : header - 4])
    places = [*np.linspace(16, len(data) - 1, 30), *np.linspace(header, header + size - 9, 30)]
    for place in map(int, places):
        begin = time.perf_counter()
        try:
            assert 0 < len(opened(data[:place]).times) <= 60
        except UserError as error:
            assert error.key == "video.damaged", place
        assert time.perf_counter() - begin < 2


def test_an_mp4_whose_video_tables_are_cut_out_is_damaged(refused):
    data = saved("mp4", sound=True)
    header, table = data.index(b"moov"), data.index(b"stsd")  # the first track is the video
    short = data[: header - 4] + struct.pack(">I", table + 8 - header) + data[header : table + 4]
    assert refused(short).key == "video.damaged"


def test_a_file_made_to_keep_the_reader_busy_is_given_up(refused, monkeypatch):
    monkeypatch.setattr(video_file, "_PATIENCE", 0.1)
    assert refused(saved("mp4", 2)[:32] * 2_000_000).key == "video.damaged"  # 2 s


def test_garbage_for_frames_is_damaged(refused):
    data = bytearray(saved("mkv"))
    begin = data.index(b"\x1f\x43\xb6\x75")  # the first cluster
    rng = np.random.default_rng(0)
    data[begin + 40 :] = rng.integers(0, 256, len(data) - begin - 40, dtype=np.uint8).tobytes()
    assert refused(bytes(data)).key in {"video.damaged", "video.empty"}


def test_where_a_stretch_is_damaged_the_frame_before_stands_in(opened):
    data = bytearray(saved("vp8.webm"))
    with av.open(io.BytesIO(data)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for packet in packets[20:40]:
        place = data.index(packet)
        data[place : place + len(packet)] = b"\xff" * len(packet)
    video = opened(bytes(data))
    assert numbers(video, [0.4, 1.2, 2.0]) == [10, 19, 50]
    assert numbers(video, [1.2]) == [19]  # also where the jump leads into it


def mutated(whole: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    data = bytearray(whole)
    reach = min(600, len(data)) if seed % 2 else len(data)  # every other one hits the header only
    for place in rng.integers(0, reach, rng.integers(1, 9)):
        data[place] = rng.integers(256)
    if seed % 5 == 0:
        del data[rng.integers(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize("name", SAVED)
def test_a_changed_file_is_opened_or_refused(opened, clips, name):
    for seed in range(30):
        begin = time.perf_counter()
        try:
            video = opened(mutated(clips(name).read_bytes(), seed))
            frames = video.frames_at(uniform_times(0, video.seconds, 4), side=24)
            assert frames.dtype == np.uint8
            assert frames.shape[0] == 4
        except UserError as error:
            assert error.key.removeprefix("video.") in KEYS
        assert time.perf_counter() - begin < 20  # 2 s; the machine that tests may be busy


def test_memory_stays_flat_over_a_long_clip(opened):
    video = opened(saved("mkv", [painted(k % 256, 320, 240) for k in range(300)]))
    times = uniform_times(0, video.seconds, 8)
    tracemalloc.start()
    video.frames_at(times, side=120)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000  # the result has 0.5 MB, all frames would have 69


def test_uniform_times():
    assert uniform_times(0, 8, 4) == [1, 3, 5, 7]
    assert uniform_times(2, 3, 1) == [2.5]
    assert uniform_times(0, 0, 2) == [0, 0]


# --- the files that people have ---------------------------------------------------------------

DATA = os.environ.get("MM_DEMO_DATA", "")


@pytest.mark.skipif(not DATA, reason="no MM_DEMO_DATA")
def test_real_clips():
    folder = Path(DATA) / "videos"
    for line in (folder / "videos.tsv").read_text().splitlines()[1:]:
        file, _, _, size, rate, frames, *_ = line.split("\t")
        video = open_video(folder / file)
        width, height = (int(part) for part in size.split("x"))
        if file == "rotated-90.mov":
            width, height = height, width
        assert (video.width, video.height) == (width, height), file
        assert len(video.times) == int(frames), file
        assert video.frames_per_second == pytest.approx(float(rate), rel=0.01), file
        times = uniform_times(0, video.seconds, 8)
        one_by_one = np.concatenate([video.frames_at([time], side=112) for time in times])
        np.testing.assert_array_equal(video.frames_at(times, side=112), one_by_one, file)
