"""Try's endpoint: what a script may ask."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from mm_demo.cases.captioning.try_worlds import AUTO, answering
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui.context import Context, refusal


@dataclass(frozen=True)
class Endpoints:
    """`/captioning_caption`."""

    context: Context

    def caption(
        self,
        request: gr.Request,
        image: str | None,
        method: str = "beam",
        beam: float = 3,
        length_penalty: float = 0.7,
        temperature: float = 1.0,
        top_p: float = 0.9,
        seed: float = 0,
        max_words: float = 30,
        language: str = "en",
        model: str = AUTO,
    ) -> dict[str, Any]:
        """Say what is in the picture.

        `method`: "greedy" (takes `max_words` alone), "beam" (`beam`, `length_penalty`) or "sample"
        (`temperature`, `top_p`, `seed`). `language`: "en", or "zh" of drawn scenes. `model`:
        "scenes" for drawn scenes, "photos" for photographs, "auto" for the one of the two that such
        a picture is for, or "run-1" for a model that this client trained. Returns the "caption";
        "sureness": the geometric mean of the words' probabilities; "trust": of what it says so
        surely, the share that was right on unseen pictures; "outside": the picture is unlike the
        training data; "others": beam search's further sentences; "words": each with its
        probability, what was nearly said and where it looked; "tree": what beam search weighed;
        "model": which model answered.
        """
        from mm_demo.cases.captioning.decode import Decoding  # brings torch

        try:
            opened = open_picture(image)
            how = Decoding(method, beam, length_penalty, max_words, temperature, top_p, seed)  # type: ignore[arg-type]
            who = answering(self.context, request.session_hash, model, opened)
            return asdict(who.predictor.caption(opened, how, language, evidence=True))
        except UserError as error:
            raise refusal(error) from None
