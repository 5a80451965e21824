"""What a case's panels get from the page, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from mm_demo.case import Case
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs


class Predictors(Protocol):
    """The loaded models."""

    def get(self, case: str, folder: Path) -> Any:
        """The predictor made from a checkpoint folder; made once, then kept."""

    def forget(self, folder: Path) -> None:
        """Drop what was loaded from a folder that is gone or written anew."""


@dataclass(frozen=True)
class Context:
    """One case on one page: the only thing that a panel's `build` is given."""

    case: Case
    language: Language
    runs: Runs
    predictors: Predictors

    def model_folder(self, session: str | None, model: str) -> Path:
        """Where a model lies: a visitor's own ("run-1") or a bundled one, by its world ("scenes").

        Raises UserError for a run that is not this visitor's.
        """
        if model.startswith("run-"):
            return self.runs.folder(session, model)
        return self.case.checkpoint(model)


@dataclass(frozen=True)
class TryPanel:
    """What the rest of the page may use of a Try panel.

    `model_choice` is the Radio that "Use this model" sets (made with `language.add(radio,
    choices={...}, runs="<case>")`).
    """

    model_choice: gr.Radio | None = None
