"""What a visitor types: labels and a template, and the sentences they make. No torch in here."""

from __future__ import annotations

import re

from mm_demo.data.scenes import label as class_name
from mm_demo.errors import UserError

MAX_LABELS = 200
MAX_LENGTH = 200
SLOT = "{}"
TEMPLATES = {"en": "a photo of a {}", "zh": "一张{}的照片"}
_SEPARATORS = re.compile(r"[,\n\r，、;；]+")
_ARTICLE = re.compile(r"^(a|an|the)\s+(?=\S)", re.IGNORECASE)
_CHINESE = re.compile("[\u3400-\u9fff]")


def parse_labels(text: str | list[str] | None) -> list[str]:
    """Labels, one a line or by commas (, ， 、 ;), as typed, each once and in order.

    Two that differ in case alone are one, for the model reads them alike.

    UserError for none at all, for more than 200 and for one longer than 200 characters.
    """
    parts = text if isinstance(text, list) else _SEPARATORS.split(text or "")
    found: dict[str, str] = {}
    for part in parts:
        label = " ".join(str(part).split())
        found.setdefault(label.casefold(), label)
    labels = [label for label in found.values() if label]
    if not labels:
        raise UserError("labels.empty")
    if len(labels) > MAX_LABELS:
        raise UserError("labels.too_many", count=len(labels), limit=MAX_LABELS)
    for label in labels:
        if len(label) > MAX_LENGTH:
            raise UserError("labels.too_long", start=label[:24], limit=MAX_LENGTH)
    return labels


def language_of(label: str) -> str:
    """ "zh" where a Chinese character stands in it, else "en"."""
    return "zh" if _CHINESE.search(label) else "en"


def check_template(template: str | None) -> str:
    """The template, the English default for an empty one; UserError where the slot is missing."""
    template = (template or "").strip() or TEMPLATES["en"]
    if SLOT not in template:
        raise UserError("template.no_slot", template=template[:60])
    if len(template) > MAX_LENGTH:
        raise UserError("template.too_long", limit=MAX_LENGTH)
    return template


def sentence(label: str, template: str) -> str:
    """The label in the template: its own article dropped, "a" before a vowel made "an".

    A Chinese label in one of our own templates goes into the Chinese one, so that a list may mix.
    """
    if template in TEMPLATES.values():
        template = TEMPLATES[language_of(label)]
    bare = _ARTICLE.sub("", label)
    if bare[:1].lower() in "aeiou":
        template = re.sub(r"\b([Aa]) \{\}", r"\1n {}", template)
    return template.replace(SLOT, bare)


def prompt(colour: str, kind: str, language: str = "en") -> str:
    """The sentence that stands for a class: what is scored is what a visitor's label becomes.

    "a photo of a red boat", "一张红色的船的照片"; ValueError on unknown names.
    """
    return sentence(class_name(colour, kind, language), TEMPLATES[language])
