"""What an MP4's boxes (ISO 14496-12) tell before FFmpeg is trusted with them, or where it gave up."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

# AVIF and HEIC are MP4 inside; files of these brands are pictures.
STILL = ("avif", "heic", "heix", "heim", "heis", "mif1")
_FIRST = (b"ftyp", b"moov", b"mdat", b"wide", b"free")  # boxes

# Tables whose claimed samples (last group) FFmpeg makes room for before it reads any: stsz with
# one size (first group) for all, trun where its flags say that samples have no fields.
_STSZ = re.compile(rb"stsz.{4}(.{4})(.{4})", re.DOTALL)
_TRUN = re.compile(rb"trun.{2}(.).(.{4})", re.DOTALL)
_TRUN_FIELDS = 0x0F
_MAX_CLAIM = 1_000_000
_PACKED = re.compile(rb"cmov.{4}dcom", re.DOTALL)  # such tables could hide in it; unused since 2000

_OUTER = (b"moov", b"trak", b"mdia", b"minf", b"stbl")  # boxes of boxes, down to a track's tables
_TOLD = (b"moov", b"moof")
_MOST_BOXES = 100_000


def claims_too_much(file: BinaryIO) -> bool:
    """Whether a file, read from where it stands, would make FFmpeg fill the memory.

    That is where a table claims far more samples than the file has bytes for, whatever the format.
    """
    size = _size(file)
    rest = b""
    while part := file.read(1 << 20):
        data = rest + part
        if _PACKED.search(data):
            return True
        claims = [(count, int.from_bytes(each)) for each, count in _STSZ.findall(data)]
        claims += [(n, size) for flags, n in _TRUN.findall(data) if not flags[0] & _TRUN_FIELDS]
        for count, each in claims:
            number = int.from_bytes(count)
            if number > _MAX_CLAIM and number * each > size:
                return True
        rest = data[-16:]
    return False


def breaks_off(file: BinaryIO) -> bool:
    """Whether the boxes that tell of an MP4's tracks and samples are missing, cut or nonsense.

    What FFmpeg found in such a file is no word on what it held. False for pictures and for other
    formats. Moves the file's position.
    """
    ends = [_size(file)]  # of the boxes around the place; the outermost is the file
    place, known = 0, False
    for _ in range(_MOST_BOXES):
        while len(ends) > 1 and ends[-1] - place < 8:  # QuickTime may end a box with four zeros
            place = ends.pop()
        left = ends[-1] - place
        if left < 8:
            return place > 0 and (left > 0 or not known)
        file.seek(place)
        head = file.read(16)
        size, kind, start = int.from_bytes(head[:4]), head[4:8], 8
        if place == 0 and (kind not in _FIRST or head[8:12].decode("latin-1") in STILL):
            return False
        if size == 1:
            size, start = int.from_bytes(head[8:]), 16
        elif size == 0 and len(ends) == 1:  # to the file's end
            size = left
        if not start <= size <= left or len(head) < start:
            return len(ends) > 1 or not known or kind in _TOLD
        known = known or kind == b"moov"
        if kind in _OUTER:
            ends.append(place + size)
            place += start
        else:
            place += size
    return True


def _size(file: BinaryIO) -> int:
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    return size
