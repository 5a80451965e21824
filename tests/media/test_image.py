"""Every file is made here; what is checked are colours, not only shapes."""

import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from mm_demo.errors import UserError
from mm_demo.media.image import MAX_BYTES, MAX_PIXELS, open_picture

KEYS = {"image.not_a_picture", "image.damaged", "image.too_many_pixels"}
GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6  # PNG colour types


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    """A PNG by hand. rows: height times a filter byte (0) and the packed samples."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def matrix_profile(gamma: float, *, grey: bool = False) -> bytes:
    """An ICC v2 display profile: sRGB's primaries (or none), white D50, a pure power as curve."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))

    xyz = {
        b"wtpt": (0.9642, 1.0, 0.8249),
        b"rXYZ": (0.4361, 0.2225, 0.0139),
        b"gXYZ": (0.3851, 0.7169, 0.0971),
        b"bXYZ": (0.1431, 0.0606, 0.7141),
    }
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {k: b"XYZ " + bytes(4) + fixed(*v) for k, v in xyz.items() if k == b"wtpt" or not grey}
    tags |= dict.fromkeys([b"kTRC"] if grey else [b"rTRC", b"gTRC", b"bTRC"], curve)
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data
    header = struct.pack(">I4sI", start + len(body), b"lcms", 0x02400000)
    header += b"mntr" + (b"GRAY" if grey else b"RGB ") + b"XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += fixed(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + table + body


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


@pytest.fixture
def opened(tmp_path):
    def open_bytes(data: bytes, name: str = "picture.png", **options):
        path = tmp_path / name
        path.write_bytes(data)
        return open_picture(path, **options)

    return open_bytes


@pytest.fixture
def refused(opened):
    def key_of(data: bytes, name: str = "picture.png") -> UserError:
        with pytest.raises(UserError) as caught:
            opened(data, name)
        return caught.value

    return key_of


def colour(picture) -> list[int]:
    return picture.pixels[picture.pixels.shape[0] // 2, picture.pixels.shape[1] // 2].tolist()


def near(picture, wanted: tuple[int, int, int], by: int = 1) -> bool:
    return bool(np.abs(np.subtract(colour(picture), wanted)).max() <= by)


# --- what comes out ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_lossless_pictures_come_out_as_they_are(opened, kind):
    wanted = np.random.default_rng(0).integers(0, 256, (7, 11, 3), dtype=np.uint8)
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = opened(saved(Image.fromarray(wanted), kind, **options))
    assert picture.pixels.dtype == np.uint8
    assert picture.original_size == (11, 7)
    np.testing.assert_array_equal(picture.pixels, wanted)
    assert picture.pixels.flags.writeable


def test_the_name_does_not_matter_and_a_text_path_does(tmp_path):
    path = tmp_path / "no_ending"
    path.write_bytes(saved(Image.new("RGB", (3, 2), (1, 2, 3)), "PNG"))
    assert colour(open_picture(str(path))) == [1, 2, 3]


def test_bytes_open_as_their_file_does(opened):
    data = saved(Image.linear_gradient("L").resize((60, 40)), "WEBP")
    assert np.array_equal(open_picture(data).pixels, opened(data).pixels)
    for bad, key in ((b"", "image.not_a_picture"), (data[:90], "image.damaged"),
                     (data + bytes(MAX_BYTES), "image.too_large")):  # fmt: skip
        with pytest.raises(UserError) as caught:
            open_picture(bad)
        assert caught.value.key == key


def test_16_bit_grey_comes_out_as_the_8_bit_ramp(opened):
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    picture = opened(saved(Image.fromarray(ramp), "PNG"))
    wanted = np.rint(ramp / 257)[..., None].repeat(3, axis=-1)
    np.testing.assert_array_equal(picture.pixels, wanted)


def test_16_bit_colour_and_grey_with_alpha(opened):
    sample = struct.pack(">3H", 255 * 257, 128 * 257, 0)
    assert near(opened(png(1, 1, 16, RGB, b"\0" + sample)), (255, 128, 0))
    assert near(opened(png(1, 1, 16, RGBA, b"\0" + sample + b"\x80\0")), (255, 191, 127))
    assert near(opened(png(1, 1, 16, GREY_ALPHA, b"\0\0\0\x80\0")), (127, 127, 127))


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_grey_of_few_bits_is_spread_over_8(opened, depth):
    picture = opened(png(1, 1, depth, GREY, b"\0" + bytes([0xFF << (8 - depth) & 0xFF])))
    assert colour(picture) == [255, 255, 255]


@pytest.mark.parametrize(
    ("depth", "kind", "samples", "transparent", "wanted"),
    [
        (1, GREY, b"\x00", b"\0\0", 255),
        (2, GREY, b"\x40", b"\0\1", 255),  # 01 is transparent
        (2, GREY, b"\x40", b"\0\2", 85),
        (4, GREY, b"\x30", b"\0\3", 255),
        (8, GREY, b"\x30", b"\0\x30", 255),
        (16, GREY, b"\x30\x31", b"\x30\x31", 255),
        (16, GREY, b"\x30\x30", b"\x30\x31", 48),
        (8, RGB, b"\x09\x09\x09", b"\0\x09\0\x09\0\x09", 255),
        (16, RGB, b"\x09\x01" * 3, b"\x09\x01" * 3, 255),
        (16, RGB, b"\x09\x01" * 3, b"\x00\x09" * 3, 9),
    ],
)
def test_a_transparent_colour_becomes_white(opened, depth, kind, samples, transparent, wanted):
    picture = opened(png(1, 1, depth, kind, b"\0" + samples, chunk(b"tRNS", transparent)))
    assert colour(picture) == [wanted] * 3


def test_alpha_is_laid_on_white(opened):
    half_red = Image.new("RGBA", (4, 4), (255, 0, 0, 128))
    for kind in ("PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        assert near(opened(saved(half_red, kind, **options)), (255, 127, 127))
    assert near(opened(saved(Image.new("LA", (4, 4), (0, 64)), "PNG")), (191, 191, 191))
    assert colour(opened(saved(Image.new("RGBA", (2, 2), (9, 9, 9, 0)), "PNG"))) == [255] * 3


def test_hidden_colours_do_not_bleed_when_reduced(opened):
    sheet = np.zeros((64, 64, 4), np.uint8)
    sheet[:, ::2] = (255, 0, 0, 255)
    sheet[:, 1::2] = (0, 255, 0, 0)  # green that nobody may see
    picture = opened(saved(Image.fromarray(sheet), "PNG"), longest_side=8)
    assert near(picture, (255, 127, 127), by=3)


def test_palettes(opened):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert colour(opened(saved(image, "PNG"))) == [10, 200, 30]
    assert colour(opened(saved(image, "PNG", transparency=1))) == [255, 255, 255]
    assert near(opened(saved(image, "PNG", transparency=b"\xff\x80")), (132, 227, 142))
    assert colour(opened(saved(image, "GIF"))) == [10, 200, 30]
    assert colour(opened(saved(Image.new("1", (9, 3), 1), "PNG"))) == [255, 255, 255]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_a_moving_picture(opened, kind):
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "blue", "lime")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert colour(opened(data)) == [255, 0, 0]


def test_the_first_picture_of_a_phone_s_pair(opened):
    pair = saved(
        Image.new("RGB", (16, 16), "red"), "MPO", save_all=True,
        append_images=[Image.new("RGB", (16, 16), "blue")],
    )  # fmt: skip
    assert near(opened(pair), (254, 0, 0), by=2)


def test_grey_and_cmyk_jpegs(opened):
    assert near(opened(saved(Image.new("L", (16, 16), 77), "JPEG")), (77, 77, 77))
    # Pillow writes CMYK as Adobe does, inverted and with its marker.
    red = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    assert b"Adobe" in red
    assert near(opened(red), (255, 0, 0), by=3)
    dark = saved(Image.new("CMYK", (16, 16), (255, 0, 0, 128)), "JPEG", quality=95)
    assert near(opened(dark), (0, 127, 127), by=3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_exif_turns_the_marked_corner_to_the_upper_left(opened, orientation, kind):
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :16] = (255, 0, 0)  # upper left
    upright[:16, -16:] = (0, 0, 255)  # upper right
    # By EXIF's words: orientation 6 says that the stored first row is the visible right side.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **options)
    picture = opened(data)
    assert picture.original_size == (64, 32)
    np.testing.assert_allclose(picture.pixels[4, 4], (255, 0, 0), atol=3)
    np.testing.assert_allclose(picture.pixels[4, 60], (0, 0, 255), atol=3)
    np.testing.assert_allclose(picture.pixels[28, [4, 60]], 0, atol=3)


EXIF_WITH_WORDS = b"Exif\0\0MM\0*" + struct.pack(">IHHHI4sI", 8, 1, 0x0112, 2, 4, b"top\0", 0)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"x", EXIF_WITH_WORDS]
)
def test_broken_exif_is_ignored(opened, exif):
    assert near(opened(saved(Image.new("RGB", (8, 8), "red"), "JPEG", exif=exif)), (254, 0, 0), 2)


def test_an_embedded_profile_is_followed(opened):
    """Half the light is 128 of 255 in a linear profile and 188 in sRGB."""
    linear, grey_linear = matrix_profile(1.0), matrix_profile(1.0, grey=True)
    grey = Image.new("L", (8, 8), 128)
    assert near(opened(saved(Image.new("RGB", (8, 8), (128, 0, 255)), "PNG")), (128, 0, 255), 0)
    rgb = saved(Image.new("RGB", (8, 8), (128, 0, 255)), "PNG", icc_profile=linear)
    assert near(opened(rgb), (188, 0, 255))
    for profile in (linear, grey_linear):
        assert near(opened(saved(grey, "PNG", icc_profile=profile)), (188, 188, 188))
        clear = saved(Image.new("LA", (8, 8), (128, 0)), "PNG", icc_profile=profile)
        assert near(opened(clear), (255, 255, 255), 0)
    half = saved(Image.new("RGBA", (8, 8), (128, 0, 0, 128)), "PNG", icc_profile=linear)
    assert near(opened(half), (221, 127, 127))
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 128, 128, 128])
    assert near(opened(saved(image, "PNG", icc_profile=linear)), (188, 188, 188))


def test_srgb_s_own_profile_changes_next_to_nothing(opened):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wanted = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    picture = opened(saved(Image.fromarray(wanted), "PNG", icc_profile=srgb))
    assert np.abs(picture.pixels.astype(int) - wanted).max() <= 1


def test_a_broken_or_unfitting_profile_is_ignored(opened):
    red = Image.new("RGB", (8, 8), (200, 10, 10))
    for profile in (b"", b"nonsense", matrix_profile(1.0)[:150], matrix_profile(1.0, grey=True)):
        assert near(opened(saved(red, "PNG", icc_profile=profile)), (200, 10, 10), by=0)
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    data = saved(cmyk, "JPEG", quality=95, icc_profile=matrix_profile(1.0))
    assert near(opened(data), (255, 0, 0), by=3)


# --- sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_large_picture_is_reduced_and_stays_itself(opened, kind):
    sheet = np.zeros((600, 1200, 3), np.uint8)
    sheet[:, :600] = (255, 0, 0)
    picture = opened(saved(Image.fromarray(sheet), kind), longest_side=100)
    assert picture.pixels.shape == (50, 100, 3)
    assert picture.original_size == (1200, 600)
    np.testing.assert_allclose(picture.pixels[25, 20], (255, 0, 0), atol=4)
    np.testing.assert_allclose(picture.pixels[25, 80], (0, 0, 0), atol=4)


@pytest.mark.parametrize(
    ("size", "side", "wanted"),
    [
        ((1, 1), 1024, (1, 1)),
        ((1024, 1024), 1024, (1024, 1024)),
        ((1025, 10), 1024, (1024, 10)),
        ((20_000, 1), 1024, (1024, 1)),
        ((1, 20_000), 64, (1, 64)),
        ((9000, 300), 90, (90, 3)),
        ((40, 30), 1, (1, 1)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_no_side_is_ever_zero(opened, size, side, wanted, kind):
    image = Image.new("RGB", size, (0, 0, 200))
    picture = opened(saved(image, kind, quality=95), longest_side=side)
    assert picture.pixels.shape == (wanted[1], wanted[0], 3)
    assert picture.original_size == size
    assert near(picture, (0, 0, 200), by=3)


def test_a_side_below_one_is_the_caller_s_mistake(tmp_path):
    with pytest.raises(ValueError, match="longest_side"):
        open_picture(tmp_path / "x", longest_side=0)


# --- what is refused --------------------------------------------------------------------------


def test_what_is_not_a_file_is_missing(tmp_path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    for path in (None, "", tmp_path, tmp_path / "dangling.png", pipe, "/dev/zero", "a\0b"):
        with pytest.raises(UserError) as caught:
            open_picture(path)
        assert caught.value.key == "image.missing"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"BMW is a car",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        saved(Image.new("RGB", (4, 4)), "TIFF"),
        saved(Image.new("RGB", (4, 4)), "PPM"),
        saved(Image.new("RGB", (16, 16)), "ICO"),
    ],
    ids=["empty", "text", "BM text", "svg", "eps", "tiff", "ppm", "ico"],
)
def test_other_formats_are_not_a_picture(refused, data):
    assert refused(data).key == "image.not_a_picture"


def test_too_many_bytes(opened, refused):
    small = saved(Image.new("RGB", (4, 4)), "PNG")
    fault = refused(small + bytes(MAX_BYTES + 1 - len(small)))
    assert (fault.key, fault.facts) == (
        "image.too_large",
        {"bytes": MAX_BYTES + 1, "limit": MAX_BYTES},
    )
    assert colour(opened(small + bytes(MAX_BYTES - len(small)))) == [0, 0, 0]


@pytest.mark.parametrize(("width", "height"), [(8000, 5001), (10_000, 10_000), (60_000, 60_000)])
def test_too_many_pixels_for_us_and_for_pillow(refused, width, height):
    """Just over our limit, where Pillow warns, and where Pillow refuses."""
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        fault = refused(png(width, height, 1, GREY, b""))
    assert fault.key == "image.too_many_pixels"
    assert fault.facts == {"pixels": width * height, "limit": MAX_PIXELS}
    assert limit == Image.MAX_IMAGE_PIXELS


def test_a_warning_turned_into_an_error_is_the_same_refusal(refused):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fault = refused(png(10_000, 10_000, 1, GREY, b""))
    assert (fault.key, fault.facts["pixels"]) == ("image.too_many_pixels", 100_000_000)


def test_exactly_the_limit_opens(opened):
    rows = (b"\0" + b"\xff" * 1000) * 5000
    picture = opened(png(8000, 5000, 1, GREY, rows), longest_side=16)
    assert picture.pixels.shape == (10, 16, 3)
    assert (picture.pixels == 255).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP", "JPEG"])
def test_a_header_that_lies_about_its_size(refused, kind):
    data = bytearray(saved(Image.new("RGB", (16, 16), "red"), kind))
    if kind == "GIF":
        data[6:10] = struct.pack("<HH", 50_000, 50_000)
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", 50_000, 50_000)
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", 50_000, 50_000)
    else:
        canvas = (16_000 - 1).to_bytes(3, "little") * 2
        data[12:12] = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
        data[4:8] = struct.pack("<I", len(data) - 8)
    assert refused(bytes(data)).key in KEYS - {"image.not_a_picture"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's peak memory")
def test_a_bomb_is_refused_from_its_header(tmp_path):
    """30,000 x 30,000 grey pixels in a small file; the process must not grow by 2 % of them."""
    path = tmp_path / "bomb.png"
    squeeze = zlib.compressobj(1)
    body = b"".join(squeeze.compress(bytes(30_001 * 1000)) for _ in range(30)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, GREY, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )
    assert path.stat().st_size < MAX_BYTES
    code = (
        "import re, sys\n"
        "from PIL import Image\n"
        "from mm_demo.errors import UserError\n"
        "from mm_demo.media.image import open_picture\n"
        "Image.init()\n"
        "status = lambda: open('/proc/self/status').read()\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status()).group(1))\n"
        "before = peak()\n"
        "try: open_picture(sys.argv[1])\n"
        "except UserError as fault: print(fault.key, fault.facts['pixels'], peak() - before)\n"
    )
    run = [sys.executable, "-c", code, str(path)]
    key, pixels, kilobytes = subprocess.run(
        run, capture_output=True, text=True, check=True
    ).stdout.split()
    assert (key, int(pixels)) == ("image.too_many_pixels", 900_000_000)
    assert int(kilobytes) < 18_000


def test_no_memory_is_a_damaged_picture(refused, monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    assert refused(saved(Image.new("RGB", (4, 4)), "BMP")).key == "image.damaged"


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_damaged(refused, kind, share):
    data = saved(_noise(), kind)
    assert refused(data[: int(len(data) * share)]).key == "image.damaged"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_signature_with_nothing_behind_it_is_damaged(refused, kind):
    assert refused(saved(_noise(), kind)[:20]).key == "image.damaged"


def test_no_pixels_at_all(refused):
    assert refused(png(1, 1, 8, RGB, b"")).key == "image.damaged"
    assert refused(png(0, 5, 8, RGB, b"")).key == "image.damaged"


VALID = [
    saved(_noise(), "PNG", icc_profile=matrix_profile(1.8), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    saved(_noise().convert("RGBA"), "PNG"),
    saved(_noise().quantize(16), "PNG", transparency=b"\x00\x80\xff"),
    saved(Image.fromarray(np.arange(1024, dtype=np.uint16).reshape(32, 32) * 64), "PNG"),
    saved(_noise(), "JPEG", icc_profile=matrix_profile(1.8)),
    saved(_noise(), "JPEG", progressive=True),
    saved(_noise().convert("CMYK"), "JPEG"),
    saved(_noise(), "WEBP"),
    saved(_noise().convert("RGBA"), "WEBP", lossless=True, save_all=True, append_images=[_noise()]),
    saved(_noise(), "GIF", save_all=True, append_images=[_noise().rotate(90)]),
    saved(_noise(), "BMP"),
    saved(_noise().quantize(16), "BMP"),
]
hostile = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def opens_or_says_why(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            height, width, channels = open_picture(path, longest_side=32).pixels.shape
        except UserError as fault:
            key = fault.key
        else:
            assert 1 <= min(height, width) <= max(height, width) <= 32
            assert channels == 3
            return
    assert key in KEYS


@hostile
@given(st.binary(max_size=400), st.sampled_from([b"", *(data[:30] for data in VALID)]))
def test_random_bytes_open_or_raise_user_error(tmp_path, noise, start):
    opens_or_says_why(tmp_path / "x", start + noise)


@hostile
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), min_size=1, max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_corrupted_pictures_open_or_raise_user_error(tmp_path, data, edits, early, mend):
    """Bytes are overwritten; half the time near the header; PNG's checksums may be mended."""
    damaged = bytearray(data)
    for place, noise in edits:
        at = int(place * (min(len(data), 160) if early else len(data)))
        damaged[at : at + len(noise)] = noise
    if mend and damaged.startswith(b"\x89PNG\r\n\x1a\n"):
        at = 8
        while at + 12 <= len(damaged):
            end = at + 8 + struct.unpack_from(">I", damaged, at)[0]
            if end + 4 > len(damaged):
                break
            damaged[end : end + 4] = struct.pack(">I", zlib.crc32(damaged[at + 4 : end]))
            at = end + 4
    opens_or_says_why(tmp_path / "x", bytes(damaged))
