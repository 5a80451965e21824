"""What happens between a press of a button in Try and its pieces."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from mm_demo.cases.retrieval import try_answer
from mm_demo.cases.retrieval.query_text import parse, unknown
from mm_demo.cases.retrieval.try_answer import Asked
from mm_demo.cases.retrieval.try_gallery import PageGallery, scope
from mm_demo.cases.retrieval.try_models import answering
from mm_demo.cases.retrieval.try_own import Own
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture
from mm_demo.ui import cards
from mm_demo.ui.context import Context
from mm_demo.ui.evidence import shown
from mm_demo.ui.pieces import event_data

log = logging.getLogger(__name__)
_BETWEEN = 1 / 3
NOT_ASKED = (gr.skip(),) * 7


@dataclass(frozen=True)
class Handlers:
    """Try's handlers. An answer is (head, hits, look, evidence, facts, sentences, asked)."""

    context: Context
    gallery: PageGallery
    own: Own

    def search(
        self,
        request: gr.Request,
        text: str | None,
        without: str | None,
        picture: Mapping[str, str] | None,
        sources: Sequence[str] | None,
        k: int,
        model: str | None,
    ) -> Iterator[tuple[Any, ...]]:
        """Search, after the gallery has been made ready."""
        wanted, unwanted = parse(text, without)
        asked = Asked(wanted, unwanted, picture, int(k), tuple(sources or ()), model or "")
        session = request.session_hash
        try:
            who = answering(self.context, session, model)
            if not asked.sources:
                raise UserError("retrieval.no_source")
            query = who.predictor.query(wanted, self._picture(session, picture), unwanted)
            last = 0.0
            for event in self.gallery.ready(session, who.predictor, asked.sources, who.folder):
                if time.monotonic() - last >= _BETWEEN:
                    last = time.monotonic()
                    yield (try_answer.preparing(event), *NOT_ASKED[1:])
            begun = time.perf_counter()
            found = self.gallery.search(
                session, who.predictor, query, asked.k, asked.sources, (picture or {}).get("id")
            )
            seconds = time.perf_counter() - begun
            items = self.gallery.items(session, [hit.id for hit in found.hits])
        except UserError as error:
            yield self._failed(try_answer.failed(error))
            return
        except Exception:
            log.exception("retrieval could not search")
            yield self._failed(try_answer.broke())
            return
        thumbnails = {i: item.thumbnail for i, item in items.items()}
        strange = unknown(who.predictor, asked.text, asked.without)
        kept = {**asdict(asked), "first": found.hits[0].id if found.hits else None}
        yield (
            try_answer.head(asked, len(thumbnails), found.looked_at, seconds, strange, who.world),
            try_answer.hits(found.hits, thumbnails, try_answer.link(asked)),
            gr.Column(visible=False),
            gr.skip(),
            "",
            "",
            kept,
        )

    def again(
        self,
        request: gr.Request,
        text: str | None,
        without: str | None,
        picture: Mapping[str, str] | None,
        sources: Sequence[str] | None,
        k: int,
        model: str | None,
        asked: Mapping[str, Any] | None,
    ) -> Iterator[tuple[Any, ...]]:
        """The same with other settings, where something has been asked."""
        if asked is None:
            yield NOT_ASKED
            return
        yield from self.search(request, text, without, picture, sources, k, model)

    def with_picture(
        self,
        request: gr.Request,
        text: str | None,
        without: str | None,
        picture: Mapping[str, str] | None,
        sources: Sequence[str] | None,
        k: int,
        model: str | None,
    ) -> Iterator[tuple[Any, ...]]:
        """Search with the picture just put in; nothing where it could not be opened."""
        if picture is None:
            yield NOT_ASKED
            return
        yield from self.search(request, text, without, picture, sources, k, model)

    def model(self, request: gr.Request, model: str | None) -> tuple[Any, Any]:
        """Another model: the pictures that suit it, and queries to begin with."""
        try:
            world = answering(self.context, request.session_hash, model).world
        except UserError:
            return gr.skip(), gr.skip()
        return gr.update(value=scope(world)), try_answer.examples(world)

    def first(self, request: gr.Request, asked: Mapping[str, Any] | None) -> tuple[Any, Any, Any]:
        """The best hit, looked at."""
        return self._look(request.session_hash, asked, (asked or {}).get("first"))

    def look(
        self, request: gr.Request, event: gr.EventData, asked: Mapping[str, Any] | None
    ) -> tuple[Any, Any, Any]:
        """The hit that was pressed."""
        return self._look(request.session_hash, asked, str(event_data(event).get("id", "")))

    def sentences(self, request: gr.Request, asked: Mapping[str, Any] | None) -> Any:
        """The gallery's sentences for the picture of the query."""
        if not asked or not asked["picture"]:
            return ""
        session = request.session_hash
        try:
            model = answering(self.context, session, asked["choice"]).predictor
            picture = self._picture(session, asked["picture"])
            vector = model.embed_pictures([picture])[0]
            found = self.gallery.sentences(session, model, vector, asked["sources"])
        except UserError:
            return ""
        return try_answer.sentences(found)

    def put(self, file: str | None) -> tuple[Any, Any, Any]:
        """A picture for the query: (picked, its state, the button emptied)."""
        try:
            opened = open_picture(file, longest_side=200)
        except UserError as error:
            return cards.error_card(error, "", {}), None, None
        return try_answer.picked(shown(opened.pixels, 160)), {"path": str(file)}, None

    def example(self, event: gr.EventData) -> tuple[str, str]:
        """One of our queries: (text, without)."""
        return str(event_data(event).get("text", ""))[:200], ""

    def act(self, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """More like the picture looked at, or an own one deleted.

        (text, without, picked, its state, note, the own ones).
        """
        data = event_data(event)
        wanted = str(data.get("id", ""))
        if data.get("do") == "remove":
            return (*(gr.skip(),) * 4, *self.own.remove(request, event))
        found = self.gallery.items(request.session_hash, [wanted])
        if wanted not in found:
            return (gr.skip(),) * 6
        thumbnail = try_answer.picked(found[wanted].thumbnail)
        return "", "", thumbnail, {"id": wanted}, gr.skip(), gr.skip()

    def follow(self, request: gr.Request, picture: Any, k: int) -> Iterator[tuple[Any, ...]]:
        """What a link asks for: (text, without, model, *answer)."""
        query = dict(request.query_params)
        text, without = query.get("text", "")[:2000], query.get("without", "")[:2000]
        case, name = self.context.case, query.get("model", "")
        if query.get("case") != case.name or not text:
            yield (gr.skip(),) * 10
            return
        model = name if name in case.worlds and case.checkpoint(name).is_dir() else case.worlds[0]
        told = (text, without, model)
        for answer in self.search(request, text, without, picture, scope(model), k, model):
            yield *told, *answer
            told = (gr.skip(),) * 3

    def _look(
        self, session: str | None, asked: Mapping[str, Any] | None, wanted: str | None
    ) -> tuple[Any, Any, Any]:
        if not asked or not wanted:
            return gr.Column(visible=False), gr.skip(), ""
        try:
            model = answering(self.context, session, asked["choice"]).predictor
            item = self.gallery.items(session, [wanted])[wanted]
            picture = try_answer.opened(item)
            known = Asked(**{name: asked[name] for name in Asked.__annotations__})
            text = known.text or item.caption.split("\n", 1)[0]
            grid = [[1.0]]
            if text and model.knows(text):
                grid = model.evidence(picture, text)
            weights = try_answer.weigh(model, picture, known)
        except (UserError, KeyError):  # the picture or the model is gone
            return gr.Column(visible=False), gr.skip(), ""
        return (
            gr.Column(visible=True),
            try_answer.seen(picture, grid, text),
            try_answer.facts(item, weights),
        )

    def _picture(self, session: str | None, given: Mapping[str, str] | None) -> Picture | None:
        """The picture of a query: a file of the visitor's, or one of the gallery's."""
        if not given:
            return None
        if "path" in given:
            return open_picture(given["path"])
        item = self.gallery.items(session, [given["id"]]).get(given["id"])
        if item is None:
            raise UserError("retrieval.gone")
        return try_answer.opened(item)

    def _failed(self, head: dict[str, str]) -> tuple[Any, ...]:
        return head, "", gr.Column(visible=False), gr.skip(), "", "", None
