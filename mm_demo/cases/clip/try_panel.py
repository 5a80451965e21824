"""Try CLIP: a picture and labels in, the ranked labels and where the model looked out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from mm_demo import words
from mm_demo.cases.clip.answers import Answers, PicturesAndSentences, endpoint
from mm_demo.cases.clip.examples import EXAMPLES
from mm_demo.cases.clip.labels import TEMPLATES
from mm_demo.data.inline import data_url
from mm_demo.data.scenes import draw
from mm_demo.media.image import MAX_BYTES
from mm_demo.ui import cards
from mm_demo.ui.composer import composer, described, to_text
from mm_demo.ui.context import Context, TryPanel
from mm_demo.ui.evidence import evidence
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import piece
from mm_demo.ui.training_panel import PRIVATE

_SHOWS_WORK: dict[str, Any] = {**PRIVATE, "show_progress": "minimal"}
