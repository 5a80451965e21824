"""Every visible word, in every language: the word files of the page and of the cases, merged.

A word file is a flat JSON object from key to sentence. Placeholders are Python's, plus three
conversions for magnitudes that languages count differently: `{n:M}` in millions, `{n:W}` in
ten-thousands (万), `{n:MB}` in megabytes, each to three significant digits.
"""

from __future__ import annotations

import json
import string
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from mm_demo.errors import UserError

LANGUAGES = {"en": "English", "zh": "中文"}
_HTML_LANG = {"en": "en", "zh": "zh-CN"}
_PACKAGE = Path(__file__).parent


_SCALES = {"M": 1e6, "W": 1e4, "MB": 1e6}


class _Magnitudes(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec not in _SCALES:
            return str(super().format_field(value, format_spec))
        scaled = float(value) / _SCALES[format_spec]
        return f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}"


_formatter = _Magnitudes()


@cache
def table(language: str) -> dict[str, str]:
    """All keys of a language. Two files that claim one key are a bug and raise ValueError."""
    files = [
        _PACKAGE / "ui" / f"{language}.json",
        *sorted(_PACKAGE.glob(f"cases/*/{language}.json")),
    ]
    merged: dict[str, str] = {}
    for file in files:
        for key, text in json.loads(file.read_text(encoding="utf-8")).items():
            if key in merged:
                raise ValueError(f"{key} stands in two word files, one of them {file}")
            merged[key] = text
    return merged


def say(language: str, key: str, /, **facts: object) -> str:
    """The sentence under `key`, its placeholders filled; a KeyError names a missing word."""
    return _formatter.vformat(table(language)[key], (), facts)


def say_error(language: str, error: UserError) -> str:
    """The sentence for a person's mistake."""
    return say(language, error.key, **error.facts)


def both(key: str, /, **facts: object) -> str:
    """The sentence as HTML in every language; the style sheet shows the page's own.

    Facts are escaped, so a visitor's text can stand in them. A fact may be a dict from language to
    value, for names that differ (`{"en": "red boat", "zh": "红色的船"}`).
    """
    return spans(
        {
            language: _formatter.vformat(
                escape(table(language)[key], quote=False), (), _for_language(facts, language)
            )
            for language in LANGUAGES
        }
    )


def _for_language(facts: dict[str, object], language: str) -> dict[str, object]:
    chosen = {
        name: value[language] if isinstance(value, dict) else value for name, value in facts.items()
    }
    return {
        name: escape(value) if isinstance(value, str) else value for name, value in chosen.items()
    }


def spans(texts: dict[str, str]) -> str:
    """Ready HTML in every language, one span each; equal texts need no spans."""
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "".join(
        f'<span class="{language}" lang="{_HTML_LANG[language]}">{text}</span>'
        for language, text in texts.items()
    )
