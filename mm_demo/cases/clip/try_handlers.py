"""What happens between a press of a button in Try and its pieces. Nothing is computed here."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from mm_demo.cases.clip import try_answer
from mm_demo.cases.clip.examples import EXAMPLES
from mm_demo.cases.clip.labels import TEMPLATES, check_template, parse_labels
from mm_demo.cases.clip.try_answer import Asked
from mm_demo.cases.clip.try_photographs import offered
from mm_demo.cases.clip.try_worlds import AUTO, answering
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui.composer import from_text, scene_file, to_text, told
from mm_demo.ui.context import Context, refusal
from mm_demo.ui.photographs import photo_file
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import event_data

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handlers:
    """Try's handlers. An answer is (head, body, evidence, rows, foot, asked), in this order.

    `first` is the example of the empty card's button.
    """

    context: Context
    picture: Picture
    languages: tuple[str, ...]
    first: str = "0"

    def match(
        self,
        request: gr.Request,
        path: str | None,
        labels: str | None,
        template: str | None,
        model: str | None,
    ) -> tuple[Any, ...]:
        """Rank the labels for the picture."""
        try:
            opened = open_picture(path)
            listed, template = parse_labels(labels), check_template(template)
            who = answering(self.context, request.session_hash, model, opened)
            begun = time.perf_counter()
            answer = who.predictor.classify(opened, listed, template)
            seconds = time.perf_counter() - begun
            best = answer.ranking[0]
            grid = who.predictor.evidence(opened, best.sentence)
        except UserError as error:
            return self._failed(try_answer.failed(error))
        except Exception:
            log.exception("clip could not answer")
            return self._failed(try_answer.broke())
        asked = Asked(
            path=path or "",
            choice=model or AUTO,
            model=who.name,
            world=who.world,
            template=template,
            labels=tuple(listed),
            sentences=tuple(score.sentence for score in answer.ranking),
        )
        return (
            try_answer.head(answer, who),
            gr.Column(visible=True),
            try_answer.seen(opened.pixels, grid, best.label),
            try_answer.rows(answer),
            try_answer.foot(answer, seconds, asked, who),
            {**asdict(asked), "ranked": [score.label for score in answer.ranking]},
        )

    def again(
        self,
        request: gr.Request,
        path: str | None,
        labels: str | None,
        template: str | None,
        model: str | None,
        asked: Mapping[str, Any] | None,
    ) -> tuple[Any, ...]:
        """Answer with the model just chosen, where there is something to ask it."""
        known = asked and (asked["path"], asked["choice"]) == (path, model)
        if not path or not (labels or "").strip() or known:
            return (gr.skip(),) * 6
        return self.match(request, path, labels, template, model)

    def look(
        self, request: gr.Request, event: gr.EventData, asked: Mapping[str, Any] | None
    ) -> Any:
        """Where the model looked for another label of the last answer."""
        try:
            index = int(event_data(event).get("index", ""))
            sentence, label = asked["sentences"][index], asked["ranked"][index]  # type: ignore[index]
            opened = open_picture(asked["path"])  # type: ignore[index]
            model = self.context.predictor(request.session_hash, asked["model"])  # type: ignore[index]
            grid = model.evidence(opened, sentence)
        except (UserError, ValueError, IndexError, TypeError, KeyError):
            return gr.skip()  # asked for nothing, or the picture or the model is gone
        return try_answer.seen(opened.pixels, grid, label)

    def example(
        self, request: gr.Request, event: gr.EventData, template: str | None, model: str | None
    ) -> tuple[Any, ...]:
        """Put one of our pictures and its labels in, and answer."""
        data = event_data(event)
        index = str(data.get("index", ""))
        if index in offered():
            path, listed = photo_file(self.picture, index), offered()[index].labels
        elif index.isdigit() and int(index) < len(EXAMPLES):
            chosen = EXAMPLES[int(index)]
            language = data.get("lang") if data.get("lang") in self.languages else self.languages[0]
            path = scene_file(self.picture, to_text(chosen.things, chosen.background))
            listed = tuple(chosen.labels(str(language)))
        else:
            return (gr.skip(),) * 8
        labels = "\n".join(listed)
        return path, labels, *self.match(request, path, labels, template, model)

    def composed(self, event: gr.EventData) -> Any:
        """Put the composed scene in as the picture."""
        text = told(event)
        return scene_file(self.picture, text) if text else gr.skip()

    def follow(self, request: gr.Request) -> tuple[Any, ...]:
        """What a link asks for: picture, labels, template and the answer; skips where it does not."""
        query = dict(request.query_params)
        labels, template = query.get("labels", ""), query.get("template", "")
        path = self._linked(query)
        if query.get("case") != self.context.case.name or not (labels or path):
            return (gr.skip(),) * 9
        lines = "\n".join(part.strip() for part in labels[:20_000].split(",") if part.strip())
        template = template[:400] or TEMPLATES["en"]
        if path is None or not lines:
            return path or gr.skip(), lines, template, *(gr.skip(),) * 6
        return path, lines, template, *self.match(request, path, lines, template, None)

    def _linked(self, query: Mapping[str, str]) -> str | None:
        """The picture of a link: a composed scene, or one of our photographs."""
        if query.get("photo") in offered():
            return photo_file(self.picture, query["photo"])
        try:
            from_text(query.get("scene", ""))
            return scene_file(self.picture, query["scene"])
        except UserError:
            return None

    def clear(self) -> tuple[Any, ...]:
        """Everything as it was at first; the model stays."""
        return None, "", TEMPLATES["en"], *self._failed(try_answer.empty(self.first))

    def classify(
        self,
        request: gr.Request,
        image: str | None,
        labels: str,
        template: str = TEMPLATES["en"],
        model: str = AUTO,
    ) -> dict[str, Any]:
        """Which of these labels fits the picture? (zero-shot classification)

        `labels`: one a line or by commas. `template`: the sentence, {} is the label. `model`:
        "scenes" for drawn scenes, "photos" for photographs (English alone), "auto" for the one of
        the two that such a picture is for, or "run-1" for a model that this client trained.
        Returns the ranking, best first, each label with its share ("probability") and whether it
        is true on its own ("alone"); "none": the probability that no label is; "outside": the
        picture is unlike the training data; "model": which model answered.
        """
        try:
            opened = open_picture(image)
            who = answering(self.context, request.session_hash, model, opened)
            return asdict(who.predictor.classify(opened, labels or "", template))
        except UserError as error:
            raise refusal(error) from None

    def _failed(self, head: dict[str, str]) -> tuple[Any, ...]:
        return head, gr.Column(visible=False), {}, "", "", None
