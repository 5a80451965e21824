"""The public endpoints `/retrieval_search` and `/retrieval_add`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from mm_demo.cases.retrieval.query_text import parse, unknown
from mm_demo.cases.retrieval.try_gallery import PageGallery, scope
from mm_demo.cases.retrieval.try_models import answering
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui.context import Context, refusal

MOST = 1000  # results


@dataclass(frozen=True)
class Endpoints:
    """What a script may call; the same gallery as the page's."""

    context: Context
    gallery: PageGallery

    def search(
        self,
        request: gr.Request,
        text: str = "",
        image: str | None = None,
        k: int = 10,
        model: str = "scenes",
    ) -> dict[str, Any]:
        """Find pictures of the gallery by words, by a picture, or by both.

        `text`: "boat -people" looks for boats without people. `k`: how many. `model`: "scenes",
        "photos", or "run-1" for a model that this client trained. Returns "results", best first,
        each with id, score (cosine), caption, source and size; "sentences" of the gallery for a
        picture; "unknown": words that took no part; "model". The first call builds the gallery.
        """
        session = request.session_hash
        try:
            wanted, unwanted = parse(text)
            if not 1 <= int(k) <= MOST:
                raise UserError("retrieval.k", limit=MOST)
            who = answering(self.context, session, model)
            opened = open_picture(image) if image else None
            used, sources = who.predictor, scope(who.world)
            query = used.query(wanted, opened, unwanted)
            for _ in self.gallery.ready(session, used, sources, who.folder):
                pass
            found = self.gallery.search(session, used, query, int(k), sources)
            said: list[tuple[str, float]] = []
            if opened is not None:
                vector = used.embed_pictures([opened])[0]
                said = self.gallery.sentences(session, used, vector, sources)
        except UserError as error:
            raise refusal(error) from None
        return {
            "results": [asdict(hit) for hit in found.hits],
            "sentences": [{"sentence": line, "score": score} for line, score in said],
            "unknown": unknown(used, wanted, unwanted),
            "model": used.name,
        }

    def add(self, request: gr.Request, files: list[str] | None = None) -> dict[str, int]:
        """Add pictures, or zips of them (with a captions.csv if they have sentences).

        On a public page they are this client's alone and go when it leaves. Returns how many were
        new, there before (the same pixels), and could not be opened; "own": how many there are now.
        """
        session = request.session_hash
        try:
            used = answering(self.context, session, None).predictor
            told = _last_word(self.gallery.add(session, files or [], used))
            count = len(self.gallery.mine(session))
        except UserError as error:
            raise refusal(error) from None
        return {"new": told.new, "duplicates": told.duplicates, "broken": told.broken, "own": count}


def _last_word(telling: Any) -> Any:
    while True:
        try:
            next(telling)
        except StopIteration as end:
            return end.value
