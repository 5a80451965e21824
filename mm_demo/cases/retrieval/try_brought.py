"""What a visitor brings to the gallery: pictures, and zips of them, which stay packed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mm_demo.cases.retrieval.gallery_items import New
from mm_demo.data.photo_folder import read_photo_folder
from mm_demo.data.picture_files import ENDINGS, Stored, contents
from mm_demo.errors import UserError

MOST_ADDED = 2000  # pictures at once
MOST_BYTES = 500_000_000  # of zips, unpacked


@dataclass(frozen=True)
class Brought:
    """Pictures with their sentences where they lie; opened one after the other."""

    rows: list[tuple[str, Stored]]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[New]:
        files = contents(stored for _, stored in self.rows)
        for (said, _), content in zip(self.rows, files, strict=True):
            yield New(content, said)


def brought(files: Sequence[str]) -> Brought:
    """All pictures of these files and zips, with the sentences that a zip has for them.

    UserError: `retrieval.own.too_many` and `.too_large` (limit), as `read_photo_folder` raises.
    """
    rows: list[tuple[str, Stored]] = []
    unpacked = 0
    for file in map(Path, files):
        if file.suffix.lower() != ".zip":
            rows.append(("", Stored(file)))
            continue
        said = _said_in(file)
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                path = PurePosixPath(member.filename.replace("\\", "/"))
                hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
                if path.suffix.lower() in ENDINGS and not hidden and not path.is_absolute():
                    unpacked += member.file_size
                    rows.append(("\n".join(said.get(str(path), ())), Stored(file, member=member)))
    if len(rows) > MOST_ADDED:
        raise UserError("retrieval.own.too_many", limit=MOST_ADDED)
    if unpacked > MOST_BYTES:
        raise UserError("retrieval.own.too_large", limit=MOST_BYTES)
    return Brought(rows)


def _said_in(file: Path) -> dict[str, tuple[str, ...]]:
    """The sentences of a zip's pictures, by name; none where it has none."""
    try:
        photos = read_photo_folder(file)
    except UserError as error:
        if error.key != "photos.too_few":
            raise
        return {}
    return dict(zip(photos.names, photos.captions, strict=True))
