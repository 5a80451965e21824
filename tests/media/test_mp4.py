"""Boxes by hand: what is whole, what is cut, and what is another format."""

import io
import struct

import pytest

from mm_demo.media.mp4 import breaks_off, claims_too_much


def box(kind: str, inside: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", len(inside) + 8 if size is None else size) + kind.encode() + inside


def track(tables: bytes) -> bytes:
    media = box("mdhd", bytes(24)) + box("minf", box("stbl", tables))
    return box("trak", box("tkhd", bytes(84)) + box("mdia", media))


TABLES = box("stsd", bytes(90)) + box("stsz", bytes(40))
HEADER = box("moov", box("mvhd", bytes(100)) + track(TABLES) + track(TABLES))
BRAND = box("ftyp", b"isom\0\0\2\0")
SAMPLES = box("mdat", bytes(500))

WHOLE = {
    "header last": BRAND + SAMPLES + HEADER,
    "header first": BRAND + HEADER + SAMPLES,
    "no brand": HEADER,
    "QuickTime's zeros": box("moov", track(TABLES) + bytes(4)) + SAMPLES,
    "samples to the end": BRAND + HEADER + box("mdat", bytes(500), size=0),
    "64 bits": BRAND + struct.pack(">I4sQ", 1, b"mdat", 516) + bytes(500) + HEADER,
    "fragments": BRAND + HEADER + (box("moof", bytes(60)) + SAMPLES) * 3,
    "samples cut": BRAND + HEADER + SAMPLES[:99],
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_whole_header_does_not_break_off(data):
    assert not breaks_off(io.BytesIO(data))


@pytest.mark.parametrize("first", [True, False])
def test_a_header_cut_anywhere_breaks_off(first):
    before = BRAND if first else BRAND + SAMPLES
    for count in range(len(HEADER)):
        assert breaks_off(io.BytesIO(before + HEADER[:count])), count


def test_a_fragment_cut_in_its_table_breaks_off():
    assert breaks_off(io.BytesIO(BRAND + HEADER + box("moof", bytes(60))[:40]))


@pytest.mark.parametrize("size", [1, 7, 9, 1000])
def test_a_table_that_does_not_fit_its_track_breaks_off(size):
    tables = TABLES[:98] + box("stsz", b"", size)
    assert breaks_off(io.BytesIO(BRAND + box("moov", track(tables)) + SAMPLES))


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"RIFF\0\0\0\0AVI LIST",
        b"\x1aE\xdf\xa3" + bytes(99),
        box("ftyp", b"avif\0\0\0\0") + box("meta", bytes(99)),
    ],
)
def test_what_is_no_mp4_does_not_break_off(data):
    assert not breaks_off(io.BytesIO(data))


def test_endless_boxes_are_given_up():
    assert breaks_off(io.BytesIO(HEADER + box("free") * 200_000))


def test_what_a_table_claims_counts_by_the_file_s_size():
    table = box("stsz", struct.pack(">III", 0, 1, 2_000_000))
    assert claims_too_much(io.BytesIO(table))
    assert not claims_too_much(io.BytesIO(table + bytes(2_000_000)))
