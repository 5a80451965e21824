"""The forms that a data set may lie in: which is there, and what the nearest of them lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mm_demo.errors import UserError
from mm_demo.words import say_error


def first(folders: Sequence[Path], names: Iterable[str]) -> Path | None:
    """The first of the files (a name that ends in "/": folders) that is there."""
    for name in names:
        for folder in folders:
            path = folder / name
            if path.is_dir() if name.endswith("/") else path.is_file():
                return path
    return None


def lacking(what: str, source: str, *forms: dict[str, Path | None]) -> UserError:
    """What to say where no form of a data set (from layout to what was found) is complete.

    `data.missing` where nothing was found, else `photos.half` about the form that lacks least.
    """
    if not any(path for form in forms for path in form.values()):
        layout = ", ".join(forms[-1])
        return UserError("data.missing", what=what, layout=layout, source=source)

    def distance(form: dict[str, Path | None]) -> tuple[int, int]:
        absent = sum(path is None for path in form.values())
        return absent, absent - len(form)

    nearest = min(forms, key=distance)
    absent = ", ".join(layout for layout, path in nearest.items() if path is None)
    return UserError("photos.half", what=what, absent=absent, source=source)


def looked(
    find: Callable[[str], tuple[Path | None, ...]], splits: Iterable[str]
) -> tuple[bool, str]:
    """Whether `find` finds the files of each split, and a line: their names, or what is missing."""
    try:
        paths = [path for split in splits for path in find(split) if path is not None]
    except UserError as error:
        return False, say_error("en", error)
    return True, ", ".join(dict.fromkeys(path.name for path in paths))
