"""A folder of pictures in, a table of sentences out; the files that will not open keep their row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mm_demo.data.own_photos import MOST_BYTES
from mm_demo.data.photo_folder import MOST_PICTURES, read_pictures
from mm_demo.data.picture_files import Stored, contents
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture

if TYPE_CHECKING:  # it brings torch, which no page waits for
    from mm_demo.cases.captioning.decode import Decoding

AT_ONCE = 16  # pictures that are open at a time
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("image", "caption", "language", "sureness", "outside", "model", "error")


@dataclass(frozen=True)
class Row:
    """A picture's name and its answer, or the `error` that kept it away."""

    name: str
    answer: Any = None
    error: UserError | None = None
    picture: Picture | None = None


def gathered(files: Sequence[str | Path]) -> list[tuple[str, Stored | UserError]]:
    """The name and place of every picture: files of their own, and what folders and zips hold.

    A zip that cannot be read is one entry with its error, if there is more beside it. UserError as
    `read_pictures`, `photos.no_pictures`, `photos.too_many` and `photos.too_large` (limit).
    """
    found: list[tuple[str, Stored | UserError]] = []
    for path in map(Path, files):
        if not path.is_dir() and path.suffix.lower() != ".zip":
            found.append((path.name, Stored(path)))
            continue
        try:
            photos = read_pictures(path)
            found += zip(photos.names, photos.files, strict=True)
        except UserError as error:
            if len(files) == 1:
                raise
            found.append((path.name, error))
    if not found:
        raise UserError("photos.no_pictures")
    if len(found) > MOST_PICTURES:
        raise UserError("photos.too_many", limit=MOST_PICTURES)
    sizes = [place.mark()[:1] for _, place in found if isinstance(place, Stored)]
    if sum(size for each in sizes for size in each) > MOST_BYTES:
        raise UserError("photos.too_large", limit=MOST_BYTES)
    return found


def captioned(
    found: Sequence[tuple[str, Stored | UserError]],
    answer: Callable[[Sequence[Picture]], Sequence[Any]],
) -> Iterator[list[Row]]:
    """A row for each of `gathered`, in order, some at a time; `answer` gives each picture's Caption."""
    contained = contents(place for _, place in found if isinstance(place, Stored))
    for start in range(0, len(found), AT_ONCE):
        rows = [
            Row(name, error=place)
            if isinstance(place, UserError)
            else _opened(name, next(contained))
            for name, place in found[start : start + AT_ONCE]
        ]
        pictures = [row.picture for row in rows if row.picture is not None]
        answers = iter(answer(pictures) if pictures else ())
        yield [row if row.picture is None else replace(row, answer=next(answers)) for row in rows]


def _opened(name: str, content: bytes) -> Row:
    try:
        return Row(name, picture=open_picture(content))
    except UserError as error:
        return Row(name, error=error)


def by_world(
    pictures: Sequence[Picture],
    worlds: Sequence[str],
    predictor: Callable[[str], Any],
    how: Decoding,
    language: str,
) -> list[Any]:
    """A Caption for each picture by its world's model, in that language if the model speaks it."""
    answers: list[Any] = [None] * len(pictures)
    for world in dict.fromkeys(worlds):
        rows = [row for row, name in enumerate(worlds) if name == world]
        used = predictor(world)
        told = used.captions([pictures[row] for row in rows], how, spoken(used, language))
        for row, said in zip(rows, told, strict=True):
            answers[row] = said
    return answers


def spoken(predictor: Any, language: str) -> str:
    """The language asked for, or the first that the model speaks."""
    return language if language in predictor.languages else str(predictor.languages[0])


def table(rows: Sequence[Sequence[str]]) -> bytes:
    """A CSV of `COLUMNS` that spreadsheets open as it is: UTF-8 with its mark, no cell a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return file.getvalue().encode("utf-8-sig", errors="replace")


def _harmless(cell: str) -> str:
    """Text that a spreadsheet would compute gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
