"""What a case's panels get from the page, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from mm_demo import words
from mm_demo.case import Case
from mm_demo.errors import UserError
from mm_demo.ui.language import Language
from mm_demo.ui.runs import Runs


class Predictors(Protocol):
    """The loaded models."""

    def get(self, case: str, folder: Path) -> Any:
        """The predictor made from a checkpoint folder; made once, then kept."""

    def forget(self, folder: Path) -> None:
        """Drop what was loaded from a folder that is gone or written anew."""


def refusal(error: UserError) -> gr.Error:
    """An endpoint's error: the sentence in English, no path, no traceback."""
    return gr.Error(words.say_error("en", error.without_paths()), print_exception=False)


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

    def predictor(self, session: str | None, model: str | None) -> Any:
        """The predictor of a model by its name on the page: a world's ("scenes") or this visitor's "run-1".

        Without a name, that of the case's first world. UserError for a name that is none and for a
        folder that cannot be read.
        """
        name = (model or self.case.worlds[0]).removeprefix(f"{self.case.name}-")
        if not name.startswith("run-") and name not in self.case.worlds:
            raise UserError("model.unknown", name=name[:40], known=", ".join(self.case.worlds))
        return self.predictors.get(self.case.name, self.model_folder(session, name))


@dataclass(frozen=True)
class TryPanel:
    """What the rest of the page may use of a Try panel.

    `model_choice` is the Radio that "Use this model" sets (made with `language.add(radio,
    choices={...}, runs="<case>")`).
    """

    model_choice: gr.Radio | None = None
