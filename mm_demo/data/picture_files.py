"""Pictures where they lie: files of their own, or members of a tar or a zip, which stays packed."""

from __future__ import annotations

import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mm_demo.errors import UserError
from mm_demo.media.image import MAX_BYTES

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")


@dataclass(frozen=True)
class Stored:
    """A file; with `size`, the bytes of a tar from `start` on; with `member`, that one of a zip."""

    path: Path
    start: int = 0
    size: int | None = None
    member: zipfile.ZipInfo | None = None

    def mark(self) -> tuple[int, ...]:
        """Numbers that change with what is stored; opens nothing."""
        if self.member is not None:
            return self.member.file_size, self.member.CRC
        if self.size is not None:
            return (self.size,)
        try:
            stat = self.path.stat()
        except OSError:
            return ()
        return stat.st_size, stat.st_mtime_ns


def contents(files: Iterable[Stored], limit: int = MAX_BYTES) -> Iterator[bytes]:
    """What each file holds, in order: at most `limit` bytes and one more, b"" for an unreadable one.

    An archive is opened once, however many of its members are asked for.
    """
    with ExitStack() as opened:
        archives: dict[Path, BinaryIO | zipfile.ZipFile] = {}
        for file in files:
            try:
                if file.size is None and file.member is None:
                    with file.path.open("rb") as alone:
                        content = alone.read(limit + 1)
                else:
                    if file.path not in archives:
                        archive = archives[file.path] = _archive(file)
                        opened.callback(archive.close)
                    content = _member(archives[file.path], file, limit + 1)
            except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
                content = b""
            yield content


def _archive(file: Stored) -> BinaryIO | zipfile.ZipFile:
    return file.path.open("rb") if file.member is None else zipfile.ZipFile(file.path)


def _member(archive: BinaryIO | zipfile.ZipFile, file: Stored, most: int) -> bytes:
    if isinstance(archive, zipfile.ZipFile):
        member = file.member
        if member is None or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("zipfile unpacks the others without a limit")
        with archive.open(member) as unpacked:
            return unpacked.read(most)
    archive.seek(file.start)
    return archive.read(min(file.size or 0, most))


def in_tar(path: Path) -> dict[str, Stored]:
    """The pictures of an uncompressed tar by their names without folder and ending.

    UserError `data.broken`: no such tar, one that breaks off, or one without a picture.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            members = [m for m in tar if m.isfile() and not m.issparse()]
    except (OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise UserError("data.broken", file=path.name) from error
    found: dict[str, Stored] = {}
    for member in members:
        name = Path(member.name)
        if name.suffix.lower() in ENDINGS:
            found.setdefault(name.stem, Stored(path, member.offset_data, member.size))
    if not found:
        raise UserError("data.broken", file=path.name)
    return found


def in_folder(path: Path) -> dict[str, Stored]:
    """The pictures that lie in a folder itself, by their names without ending.

    UserError `data.broken` where it may not be read.
    """
    try:
        with os.scandir(path) as entries:
            files = [Path(entry.path) for entry in entries if entry.is_file()]
    except OSError as error:
        raise UserError("data.broken", file=path.name) from error
    return {file.stem: Stored(file) for file in files if file.suffix.lower() in ENDINGS}
