"""What happens between a change in Try and its pieces. Nothing is computed here."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from mm_demo.cases.captioning import try_answer, try_score
from mm_demo.cases.captioning.many import spoken
from mm_demo.cases.captioning.try_answer import Asked
from mm_demo.cases.captioning.try_examples import SCENES, photographs
from mm_demo.cases.captioning.try_many import Many
from mm_demo.cases.captioning.try_settings import LINKED, METHODS, NUMBERS, settings
from mm_demo.cases.captioning.try_tree import tree_card
from mm_demo.cases.captioning.try_worlds import AUTO, answering
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui import cards
from mm_demo.ui.composer import from_text, scene_file, told
from mm_demo.ui.context import Context
from mm_demo.ui.photographs import photo_file
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import event_data

log = logging.getLogger(__name__)
LAST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Handlers:
    """Try's handlers.

    An answer is (head, body, words, instead, foot, tree's card, tree, score's card, asked). What is
    given is (picture's path, language, model, method and the NUMBERS of decoding). `first` is the
    example of the empty card's button.
    """

    context: Context
    picture: Picture
    many: Many
    first: str = "0"

    def answer(
        self,
        request: gr.Request,
        path: str | None,
        language: str,
        model: str | None,
        method: str,
        *numbers: float | None,
    ) -> tuple[Any, ...]:
        """The sentence for the picture, with its evidence."""
        from mm_demo.cases.captioning.decode import Decoding  # brings torch

        if not path:
            return self._failed(try_answer.empty(self.first))
        how = settings(method, numbers)
        try:
            opened = open_picture(path)
            who = answering(self.context, request.session_hash, model, opened)
            begun = time.perf_counter()
            speaks = spoken(who.predictor, language)
            answer = who.predictor.caption(opened, Decoding(**how), speaks, evidence=True)
            seconds = time.perf_counter() - begun
        except UserError as error:
            return self._failed(try_answer.failed(error))
        except Exception:
            log.exception("captioning could not answer")
            return self._failed(try_answer.broke())
        asked = Asked(path, model or AUTO, who.name, language, speaks, how)
        return (
            try_answer.head(answer, who, asked),
            gr.Column(visible=True),
            try_answer.strip(answer, opened),
            "",
            try_answer.foot(answer, seconds, asked, who),
            gr.Column(visible=bool(answer.tree)),
            tree_card(answer) if answer.tree else "",
            gr.Column(visible=True),
            {
                **asdict(asked),
                "caption": answer.caption,
                "words": [word.word for word in answer.words],
            },
        )

    def instead(
        self, request: gr.Request, event: gr.EventData, asked: Mapping[str, Any] | None
    ) -> Any:
        """The sentence that would have followed another word."""
        from mm_demo.cases.captioning.decode import Decoding  # brings torch

        data = event_data(event)
        try:
            place, word = int(data.get("word", "")), str(data.get("instead", ""))
            before = asked["words"][: max(0, place)]  # type: ignore[index]
            opened = open_picture(asked["path"])  # type: ignore[index]
            model = self.context.predictor(request.session_hash, asked["model"])  # type: ignore[index]
            how, language = Decoding(**asked["how"]), asked["spoken"]  # type: ignore[index]
            sentence = model.instead(opened, before, word, how, language)
        except UserError as error:
            return cards.error_card(error)
        except (ValueError, TypeError, KeyError):
            return gr.skip()  # asked for nothing
        return try_answer.instead(sentence, before, word, language)

    def score(self, text: str | None, asked: Mapping[str, Any] | None) -> str:
        """BLEU of the last answer against the visitor's own sentences."""
        if asked is None:
            return ""
        try:
            steps = try_score.score(asked["caption"], text, asked["spoken"])
        except UserError as error:
            return try_score.failed(error)
        return try_score.card(steps, asked["spoken"])

    def scored_again(self, text: str | None, asked: Mapping[str, Any] | None) -> str:
        """The same for a new answer, where there are sentences."""
        return self.score(text, asked) if (text or "").strip() else ""

    def captions(
        self,
        request: gr.Request,
        files: list[str] | None,
        language: str,
        model: str | None,
        method: str,
        *numbers: float | None,
    ) -> Iterator[tuple[Any, ...]]:
        """A sentence for each of many pictures, by the same settings."""
        yield from self.many.run(request, files, settings(method, numbers), language, model)

    def example(self, event: gr.EventData) -> Any:
        """Put one of our pictures in; the answer follows the change."""
        index = str(event_data(event).get("index", ""))
        if index in photographs():
            return photo_file(self.picture, index)
        if index.isdigit() and int(index) < len(SCENES):
            return scene_file(self.picture, SCENES[int(index)])
        return gr.skip()

    def composed(self, event: gr.EventData) -> Any:
        """Put the composed scene in as the picture."""
        text = told(event)
        return scene_file(self.picture, text) if text else gr.skip()

    def next_seed(self, seed: float | None) -> int:
        """The seed of another draw."""
        return (int(seed or 0) + 1) % (LAST_SEED + 1)

    def follow(self, request: gr.Request, page_language: str) -> tuple[Any, ...]:
        """What a link asks for: (picture, language, model, method, *NUMBERS); skips where it does not.

        Without one, the language is the page's.
        """
        query = dict(request.query_params)
        fields = [gr.skip()] * (3 + len(NUMBERS))
        if query.get("case") != self.context.case.name:
            return (gr.skip(), page_language, *fields[1:])
        asked = query.get("speak", "")
        language = asked if asked in ("en", "zh") else page_language
        model = query.get("model", "")
        found = [model if model in (AUTO, *self.context.case.worlds) else gr.skip()]
        method = query.get("method", "")
        found.append(method if method in METHODS else gr.skip())
        for name in NUMBERS:
            try:
                found.append(float(query[LINKED[name]][:20]))
            except (KeyError, ValueError):
                found.append(gr.skip())
        return self._linked(query), language, *found

    def _linked(self, query: Mapping[str, str]) -> Any:
        """The picture of a link: a composed scene, or one of our photographs."""
        if query.get("photo") in photographs():
            return photo_file(self.picture, query["photo"])
        try:
            from_text(query.get("scene", ""))
            return scene_file(self.picture, query["scene"])
        except UserError:
            return gr.skip()

    def _failed(self, head: dict[str, str]) -> tuple[Any, ...]:
        hidden = gr.Column(visible=False)
        return head, hidden, "", "", "", hidden, "", hidden, None
