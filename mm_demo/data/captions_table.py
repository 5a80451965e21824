"""Tables of captions: a person's own, with a header, and those of published data sets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from mm_demo.errors import UserError

NAME_COLUMNS = ("file_name", "filename", "file", "image", "image_name", "name")
CAPTION_COLUMNS = ("text", "caption", "captions", "sentence", "description")
MOST_BYTES = 50_000_000
_DELIMITERS = (",", "\t", ";")
_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBERED = re.compile(r"([^\t]+?)(?:#|\t)[0-9]+\t(.*)", re.DOTALL)


@dataclass
class Table:
    """captions: by the picture's name as written, in the table's order.

    odd: lines that are no row, or a row without name or caption.
    """

    captions: dict[str, list[str]] = field(default_factory=dict)
    odd: int = 0

    def add(self, name: str, caption: str) -> None:
        """A row, with single spaces between the words."""
        name, caption = name.strip(), tidy(caption)
        if not name or not caption:
            self.odd += 1
        else:
            self.captions.setdefault(name, []).append(caption)


def tidy(caption: str) -> str:
    """A caption on one line, with single spaces."""
    return " ".join(caption.split())


def decoded(content: bytes, file: str) -> str:
    """Text in UTF-8 or, with its mark in front, UTF-16.

    UserError: `photos.not_text` (file), `photos.large_table` (file, limit).
    """
    if len(content) > MOST_BYTES:
        raise UserError("photos.large_table", file=file, limit=MOST_BYTES)
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("photos.not_text", file=file) from error


def parse_table(text: str, file: str) -> Table:
    """Rows under a header with a column for the file and one for the caption, in any order.

    Commas, tabs or semicolons between the columns; quotes where a field needs them (RFC 4180).
    Commas without quotes are part of the caption where its column is the last.
    UserError `photos.no_header` (file).
    """
    text = text.lstrip("\r\n")
    delimiter, width, name_at, caption_at = _header(text, file)
    table = Table()
    for row in _rows(text, delimiter)[1:]:
        if len(row) > width and caption_at == width - 1:
            row[caption_at:] = [delimiter.join(row[caption_at:])]
        if len(row) == width:
            table.add(row[name_at], row[caption_at])
        elif any(row):
            table.odd += 1
    return table


def parse_numbered(text: str) -> Table:
    """Lines of NAME, the caption's number and the caption: by tabs, or as NAME#NUMBER and a tab."""
    table = Table()
    for line in filter(str.strip, _LINE_END.split(text)):
        match = _NUMBERED.fullmatch(line)
        if match:
            table.add(match[1], match[2])
        else:
            table.odd += 1
    return table


def text_of(path: Path) -> str:
    """A file of a published data set. UserError as `decoded`, `data.broken` (file): unreadable."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError("data.broken", file=path.name) from error
    return decoded(content, path.name)


def read_published(path: Path) -> Table:
    """The table of a published data set: numbered lines or, where the first is none, a header."""
    text = text_of(path)
    if _NUMBERED.fullmatch(_LINE_END.split(text, maxsplit=1)[0]):
        return parse_numbered(text)
    return parse_table(text, path.name)


def _header(text: str, file: str) -> tuple[str, int, int, int]:
    """What stands between columns, how many there are, where name and caption stand."""
    line = _LINE_END.split(text, maxsplit=1)[0]
    for delimiter in _DELIMITERS:
        titles = [title.strip().lower() for title in _fields(line, delimiter)]
        names = [titles.index(name) for name in NAME_COLUMNS if name in titles]
        captions = [titles.index(caption) for caption in CAPTION_COLUMNS if caption in titles]
        if names and captions:
            return delimiter, len(titles), names[0], captions[0]
    raise UserError("photos.no_header", file=file)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """By the rules; where a stray quote breaks them, each line on its own, so that one is odd."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return [_fields(line, delimiter) for line in _LINE_END.split(text)]


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return line.split(delimiter)
