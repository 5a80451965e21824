"""What happens between a change in Try and its pieces. Nothing is computed here."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from mm_demo.cases.timesformer import SCHEMES, film, try_answer, window
from mm_demo.cases.timesformer.scenery import EXAMPLES, MOST_MOVES, scenery
from mm_demo.cases.timesformer.try_words import motions
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.media.video import open_video
from mm_demo.ui.context import Context, refusal
from mm_demo.ui.pieces import event_data
from mm_demo.ui.video import VideoField

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handlers:
    """Try's handlers.

    An answer is (head, strip, foot, film's card, film, time's card, time, asked), in this order;
    asked is what a stretch is looked at again with.
    """

    context: Context
    clip: VideoField

    def answer(
        self, request: gr.Request, path: str | None, scheme: str | None, model: str | None
    ) -> tuple[Any, ...]:
        """What the camera does in the clip, and a look at the first answer's longest stretch."""
        if not path:
            return self._without(try_answer.empty())
        try:
            begun = time.perf_counter()
            video = open_video(path)
            used = self.context.predictor(request.session_hash, model)
            answer = used.watch(video, scheme)
            seconds = time.perf_counter() - begun
            chosen = try_answer.longest(answer)
            found = used.look(video, try_answer.middle(answer.stretches[chosen]), answer.scheme)
        except UserError as error:
            return self._without(try_answer.failed(error))
        except Exception:
            log.exception("timesformer could not answer")
            return self._without(try_answer.broke())
        return (
            try_answer.head(answer),
            try_answer.stretches(answer, chosen),
            try_answer.foot(answer, seconds),
            gr.Column(visible=True),
            film.strip(found),
            gr.Column(visible=True),
            film.matrix(found.time),
            {"path": path, "model": model, "scheme": answer.scheme},
        )

    def look(
        self, request: gr.Request, event: gr.EventData, asked: Mapping[str, Any] | None
    ) -> tuple[Any, ...]:
        """(film, time's card, time) of the window around the moment that a stretch tells."""
        try:
            at = float(event_data(event).get("at", ""))
            used = self.context.predictor(request.session_hash, asked["model"])  # type: ignore[index]
            found = used.look(open_video(asked["path"]), at, asked["scheme"])  # type: ignore[index]
        except (UserError, ValueError, TypeError, KeyError):  # the clip or the model is gone
            return {"html": try_answer.gone(), "frames": []}, gr.Column(visible=False), ""
        return film.strip(found), gr.Column(visible=True), film.matrix(found.time)

    def example(self, event: gr.EventData) -> Any:
        """Put one of our clips in."""
        index = str(event_data(event).get("index", ""))
        if not index.isdigit() or int(index) >= len(EXAMPLES):
            return gr.skip()
        scene, moves = EXAMPLES[int(index)]
        return clip_file(self.clip, scene, moves)

    def make(self, event: gr.EventData, own: str | None) -> tuple[Any, ...]:
        """(clip, head): film what was asked for over the visitor's picture, or over a scene."""
        data = event_data(event)
        moves = tuple(m for m in str(data.get("moves", "")).split(" ") if m in motions())
        if not 1 <= len(moves) <= MOST_MOVES:
            return gr.skip(), try_answer.no_move(MOST_MOVES)
        try:
            if own:
                return own_file(self.clip, open_picture(own).pixels, moves), gr.skip()
            return clip_file(self.clip, str(data.get("scene", "")), moves), gr.skip()
        except UserError as error:
            return gr.skip(), try_answer.failed(error)
        except Exception:
            log.exception("timesformer could not film")
            return gr.skip(), try_answer.broke()

    def chosen(self, request: gr.Request, scheme: str | None, model: str | None) -> tuple[Any, str]:
        """(schemes, cost) that fit the model: a scheme that it lacks cannot be chosen."""
        try:
            used = self.context.predictor(request.session_hash, model)
        except UserError:
            return gr.skip(), ""
        lacks = [f"no-{name}" for name in SCHEMES if name not in used.schemes]
        first = scheme if scheme in used.schemes else used.schemes[0]
        told = try_answer.cost(
            window.multiply_adds(used.model), used.model.num_frames, used.span
        )  # fmt: skip
        return gr.Radio(value=first, elem_classes=["mm-seg", "tf-schemes", *lacks]), told

    def classify(
        self, request: gr.Request, video: str | None = None, model: str = ""
    ) -> dict[str, Any]:
        """What does the camera do in this clip? (video classification)

        `video`: MP4, MOV, WebM, Matroska, AVI, MPEG or GIF. `model`: "camera_motion", or "run-1"
        for a model that this client trained. Returns the "ranking" of the whole clip, best first,
        its "stretches" along the time (s), the first answer of each scheme of attention
        ("opinions"), and "outside": less sure than of nearly all that the model gets right.
        """
        try:
            used = self.context.predictor(request.session_hash, model)
            return asdict(used.watch(open_video(video)))
        except UserError as error:
            raise refusal(error) from None

    def _without(self, head: dict[str, str]) -> tuple[Any, ...]:
        hidden = gr.Column(visible=False)
        return head, "", "", hidden, {}, hidden, "", None


def clip_file(component: VideoField, scene: str, moves: Sequence[str]) -> str:
    """A clip over one of our scenes in the component's cache; UserError for no such scene."""
    name, content = _filmed(scene, tuple(moves))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return str(component.move_resource_to_block_cache(path))


def own_file(component: VideoField, picture: NDArray[np.uint8], moves: Sequence[str]) -> str:
    """A clip over a picture (H, W, 3) in the component's cache."""
    from mm_demo.cases.timesformer.studio import shoot, write  # brings torch

    with tempfile.TemporaryDirectory() as folder:
        path = write(shoot(picture, moves), Path(folder) / f"clip.{'-'.join(moves)}")
        return str(component.move_resource_to_block_cache(path))


@lru_cache(maxsize=64)
def _filmed(scene: str, moves: tuple[str, ...]) -> tuple[str, bytes]:
    """A clip's name and content; the same for the same moves, so it is filmed once."""
    from mm_demo.cases.timesformer.studio import shoot, write  # brings torch

    frames = shoot(scenery(scene), moves)
    with tempfile.TemporaryDirectory() as folder:
        path = write(frames, Path(folder) / f"clip.{scene}.{'-'.join(moves)}")
        return path.name, path.read_bytes()
