"""A visitor's picture: limits, rotation, colour; what comes out is always H x W x 3 uint8 sRGB."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning, Resampling, Transpose

from mm_demo.errors import UserError

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")

# What a file of an allowed format begins with. BMP is left out: "BM" begins too many texts.
_SIGNATURES = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP", re.DOTALL)

# EXIF 2.32, section 4.6.4: how to turn the stored pixels upright. 1 is upright already.
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_QUARTER_TURNS = (5, 6, 7, 8)

# Pillow widens these samples to 8 bits but not the transparent colour, which it compares with them.
_TRANSPARENT_TO_8_BIT = {"L;2": 85.0, "L;4": 17.0, "RGB;16B": 1 / 256}

# A profile's colour space -> the mode in which a picture is handed to ImageCms.
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@dataclass(frozen=True, eq=False)
class Picture:
    """An opened picture.

    pixels: (H, W, 3) uint8, sRGB, upright, transparency laid on white.
    original_size: (width, height) in pixels, upright, before anything was reduced.
    """

    pixels: NDArray[np.uint8]
    original_size: tuple[int, int]


def open_picture(file: str | Path | bytes | None, *, longest_side: int = 1024) -> Picture:
    """Open a PNG, JPEG, WebP, BMP or GIF file (the first frame of a moving one).

    `file` is its path or, of one out of an archive, its bytes. A picture whose longer side has
    more than `longest_side` pixels is reduced to that; a smaller one keeps its size. Limits
    (`MAX_BYTES` of the file, `MAX_PIXELS`) are checked before decoding.

    Raises UserError: `image.missing` (None, no such file, or not a regular one),
    `image.too_large` (bytes, limit), `image.too_many_pixels` (pixels, limit),
    `image.not_a_picture` (another format, or no picture at all), `image.damaged`.
    """
    if longest_side < 1:
        raise ValueError(f"longest_side must be at least 1, not {longest_side}")
    content = BytesIO(_read(file))
    try:
        with _identify(content) as image:
            return _decode(image, longest_side)
    except UserError:
        raise
    except Exception as error:  # Pillow raises nearly anything on hostile bytes
        raise UserError("image.damaged") from error


def _read(file: str | Path | bytes | None) -> bytes:
    if isinstance(file, bytes):
        _check_size(len(file))
        return file
    # isfile: a directory, a pipe or a device is never opened (a pipe would block for ever).
    if file is None or not os.path.isfile(file):
        raise UserError("image.missing")
    try:
        with open(file, "rb") as opened:
            _check_size(os.fstat(opened.fileno()).st_size)
            return opened.read(MAX_BYTES)
    except OSError as error:
        raise UserError("image.missing") from error


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise UserError("image.too_large", bytes=size, limit=MAX_BYTES)


def _identify(file: BytesIO) -> Image.Image:
    """Read the header only and check the number of pixels."""
    try:
        image: Image.Image = Image.open(file, formats=FORMATS)
        pixels = image.width * image.height
    except UnidentifiedImageError as error:
        known = _SIGNATURES.match(file.getvalue())
        raise UserError("image.damaged" if known else "image.not_a_picture") from error
    except (DecompressionBombError, DecompressionBombWarning) as bomb:
        # Pillow's own limit is the process's and stays; its message is where it tells the size.
        found = re.search(r"\d+", str(bomb))
        pixels = int(found.group()) if found else MAX_PIXELS + 1
    if pixels > MAX_PIXELS:
        raise UserError("image.too_many_pixels", pixels=pixels, limit=MAX_PIXELS)
    return image


def _decode(image: Image.Image, longest_side: int) -> Picture:
    width, height = image.size
    scale = min(1.0, longest_side / max(width, height))
    target = max(1, round(width * scale)), max(1, round(height * scale))
    _mend_transparent_colour(image)
    image.draft(None, (2 * target[0], 2 * target[1]))  # a JPEG is decoded near the size needed
    image.load()  # whole, so that what a PNG says after its pixels is known too
    profile, orientation = image.info.get("icc_profile"), _orientation(image)
    image = _eight_bits(image)
    if image.size != target:
        image = image.resize(target, Resampling.LANCZOS, reducing_gap=2.0)
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    image = _to_srgb(image, profile)
    if alpha is not None:
        on_white = Image.new("RGB", image.size, "white")
        on_white.paste(image, mask=alpha)
        image = on_white
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    original_size = (height, width) if orientation in _QUARTER_TURNS else (width, height)
    return Picture(np.array(image, dtype=np.uint8), original_size)


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # broken EXIF does not make a broken picture
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _mend_transparent_colour(image: Image.Image) -> None:
    tiles = getattr(image, "tile", None)
    colour = image.info.get("transparency")
    if image.format != "PNG" or not tiles or colour is None:
        return
    rawmode = tiles[0].args if isinstance(tiles[0].args, str) else tiles[0].args[0]
    factor = _TRANSPARENT_TO_8_BIT.get(rawmode)
    if factor is not None:
        samples = colour if isinstance(colour, tuple) else (colour,)
        scaled = tuple(int(sample * factor) for sample in samples)
        image.info["transparency"] = scaled if isinstance(colour, tuple) else scaled[0]


def _eight_bits(image: Image.Image) -> Image.Image:
    """Any mode -> L, LA, RGB, RGBA or CMYK, 8 bits a sample."""
    transparent = image.has_transparency_data
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion clips it
        values = np.asarray(image).clip(0, 65535).astype(np.uint32)
        grey = Image.fromarray(((values + 128) // 257).astype(np.uint8))
        if transparent:
            opaque = (values != image.info["transparency"]) * np.uint8(255)
            grey.putalpha(Image.fromarray(opaque))
        return grey
    if transparent:
        wanted = "LA" if image.mode in ("LA", "La") else "RGBA"
    elif image.mode in ("L", "CMYK"):
        wanted = image.mode
    else:
        wanted = "L" if image.mode == "1" else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours (alpha dropped) -> RGB, through the embedded profile where it is of any use."""
    if image.mode in ("LA", "RGBA"):
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if profile:
        with suppress(Exception):  # a broken or unfitting profile is ignored
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            mode = _PROFILE_MODES[source.profile.xcolor_space.strip()]
            if mode == image.mode or (mode, image.mode) == ("RGB", "L"):
                converted = ImageCms.profileToProfile(
                    image.convert(mode), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
                )
                if converted is not None:
                    return converted
    return image.convert("RGB")
