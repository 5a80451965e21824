"""What is typed into the search field, taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_UNWANTED = re.compile(r"(?:(?<=\s)|^)[-−–](?=\S)([^\s\"“”]+|[\"“][^\"”]+[\"”])")

_SMALL = frozenset(
    ("a", "an", "the", "of", "in", "on", "at", "by", "to", "is", "are", "it", "its", "and", "or", "with")
)  # fmt: skip


def parse(text: str | None, without: str | None = "") -> tuple[str, tuple[str, ...]]:
    """Words looked for, and negative terms: "-people", '-"a red boat"', and those of `without`.

    >>> parse("boat -people", "red house, snow")
    ('boat', ('people', 'red house', 'snow'))
    """
    typed = text or ""
    terms = [term.strip('"“”') for term in _UNWANTED.findall(typed)]
    terms += re.split(r"[,，、;；\n]", without or "")
    wanted = " ".join(_UNWANTED.sub(" ", typed).split())
    return wanted, tuple(dict.fromkeys(t.strip() for t in terms if t.strip()))


def pieces(text: str) -> list[str]:
    """What stands between spaces and says something by itself; a Chinese sentence is one piece."""
    return [word for word in text.split() if word.lower().strip(".,;:!?") not in _SMALL]


def unknown(model: Any, text: str, without: Sequence[str]) -> list[str]:
    """The words of a query that the model does not know, each once."""
    return list(dict.fromkeys(word for said in (text, *without) for word in model.unknown(said)))
