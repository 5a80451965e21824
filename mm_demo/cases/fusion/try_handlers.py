"""What happens between a change in Try and its pieces. Nothing is computed here."""

from __future__ import annotations

import logging
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from mm_demo.case import Case
from mm_demo.cases.fusion import try_answer
from mm_demo.cases.fusion.curves import curves
from mm_demo.cases.fusion.strokes import STROKES, drawn
from mm_demo.data.sounding_shapes import (
    CLEANEST_DB,
    CORRUPTIONS,
    NOISIEST_DB,
    RATE,
    THINGS,
    Things,
    things,
)
from mm_demo.errors import UserError
from mm_demo.media.audio import open_sound, to_wav
from mm_demo.media.image import open_picture
from mm_demo.ui.context import Context, refusal
from mm_demo.ui.pad import cleared, pad_picture, told
from mm_demo.ui.picture import Picture
from mm_demo.ui.pieces import event_data

DIGITS = "av_digits"
log = logging.getLogger(__name__)
_FIRST_CHOICE = ("attention", "late", "early", "visual", "audio")
_NOISIER = 0.1  # a smaller difference between the senses' strengths is none


def first_model(case: Case) -> str:
    """The model that answers unless another is chosen: the digits', where it is bundled."""
    return DIGITS if case.checkpoint(DIGITS).is_dir() else case.worlds[0]


@dataclass(frozen=True)
class Handlers:
    """Try's handlers. An answer is (sees, hears, readout, head, card, covered, group), in this order.

    What is given is (drawing, picture's path, sound's path, noise in the sound, noise in the
    picture, share covered in %, model, group).
    """

    context: Context
    picture: Picture
    sound: gr.Audio

    def answer(
        self,
        request: gr.Request,
        drawing: str | None,
        path: str | None,
        sound: str | None,
        level: float,
        noise: float,
        share: float,
        model: str | None,
        group: str | None,
    ) -> tuple[Any, ...]:
        """What the five say of what is given."""
        readout = try_answer.noise_readout(level)
        if not (drawing or path or sound):
            digits = self.of_digits(request.session_hash, model)
            return self._without(readout, try_answer.empty(digits))
        snr, cover = try_answer.level(level), (share or 0) / 100
        perceived = None
        try:
            seen = open_picture(path) if path else pad_picture(drawing)
            heard = open_sound(sound) if sound else None
            used = self.predictor(request.session_hash, model)
            begun = time.perf_counter()
            perceived = used.perceive(seen, heard, noise=noise or 0, occlusion=cover, snr_db=snr)
            known = group if group and group in used.groups else used.groups[0]
            strategy = first_choice(used, known)
            answer = used.answer(perceived, strategy, known)
            seconds = time.perf_counter() - begun
            terms = used.terms(perceived, known)
        except UserError as error:
            return self._without(readout, try_answer.failed(error), perceived, cover)
        except Exception:
            log.exception("fusion could not answer")
            return self._without(readout, try_answer.broke(), perceived, cover)
        covered = try_answer.covered(answer)
        return (
            try_answer.sees(perceived, cover),
            try_answer.hears(perceived),
            readout,
            try_answer.head(answer, seconds, noisier(noise or 0, cover, snr), terms),
            gr.Column(visible=bool(covered)),
            covered,
            gr.Radio(visible=set(used.groups) >= set(CORRUPTIONS)),
        )

    def drawn(self, request: gr.Request, event: gr.EventData, *given: Any) -> tuple[Any, ...]:
        """Take the pad's drawing instead of a picture, and answer. `given` lacks those two."""
        drawing = told(event)
        return drawing, None, *self.answer(request, drawing, None, *given)

    def uploaded(self, request: gr.Request, path: str | None, *given: Any) -> tuple[Any, ...]:
        """Take a picture instead of the drawing, and answer."""
        return "", cleared(), *self.answer(request, "", path, *given)

    def example(
        self,
        request: gr.Request,
        event: gr.EventData,
        sound: str | None,
        level: float,
        noise: float,
        share: float,
        model: str | None,
        group: str | None,
    ) -> tuple[Any, ...]:
        """Put in one of our things, clean; of a pair that disagrees, the sound under noise.

        A digit is a drawing alone: the sound that is there stays, and the sliders do.
        """
        data = event_data(event)
        seen, heard = data.get("seen"), data.get("heard")
        if seen in STROKES and heard is None:
            path = digit_file(self.picture, seen)
            answered = self.answer(request, "", path, sound, level, noise, share, model, group)
            return "", cleared(), path, *(gr.skip(),) * 4, *answered
        if seen not in THINGS or heard not in THINGS:
            return (gr.skip(),) * 14
        path, sound = picture_file(self.picture, seen), sound_file(self.sound, heard)
        level = 0 if seen == heard else try_answer.LEVELS.index(0)
        answered = self.answer(request, "", path, sound, level, 0, 0, model, group)
        return "", cleared(), path, sound, level, 0, 0, *answered

    def chosen(self, request: gr.Request, model: str | None) -> tuple[str, str, str, str]:
        """(head of the pad, its hint, head of the sound, examples) that fit the model."""
        digits = self.of_digits(request.session_hash, model)
        return (
            try_answer.title("fusion.draw", digits),
            try_answer.hint(digits),
            try_answer.title("fusion.sound", digits),
            try_answer.examples(digits, None if digits else ours().pictures),
        )

    def curves(
        self, level: float, noise: float, share: float, model: str | None
    ) -> tuple[Any, str]:
        """(card, curves): how a bundled model fares as noise grows; hidden for a visitor's own."""
        html = self.curves_html(level, noise, share, model or first_model(self.context.case))
        return gr.Column(visible=bool(html)), html

    def curves_html(self, level: float, noise: float, share: float, world: str) -> str:
        """The curves of a world's bundled model; "" where there are none."""
        snr, cover = try_answer.level(level), (share or 0) / 100
        if world == DIGITS:
            places = {"sound": None if snr is None else float(snr), "sight": cover}
        else:
            sight, heard = spoiled(noise or 0, cover, snr)
            places = {"sound": heard, "sight": sight}
        case = self.context.case
        found = case.bundled("metrics.json", world) if world in case.worlds else {}
        return curves(found, world == DIGITS, places)

    def predictor(self, session: str | None, model: str | None) -> Any:
        """The predictor of a model by its name on the page."""
        return self.context.predictor(session, model or first_model(self.context.case))

    def of_digits(self, session: str | None, model: str | None) -> bool:
        """Whether a model knows digits: by its name, a visitor's own by its classes."""
        name = model or first_model(self.context.case)
        if name in self.context.case.worlds:
            return name == DIGITS
        try:
            return set(self.predictor(session, name).classes) <= STROKES.keys()
        except UserError:  # the answer says so
            return False

    def classify(
        self,
        request: gr.Request,
        image: str | None = None,
        audio: str | None = None,
        model: str | None = None,
    ) -> dict[str, Any]:
        """Which digit or thing is it, by its picture, its sound or both? (audio-visual fusion)

        `model`: "av_digits", "sounding_shapes", or "run-1" for a model that this client trained;
        none is av_digits where that is at hand, and sounding_shapes otherwise. Returns the "ranking"
        of attention fusion, best first, and the "opinions" of every strategy with the weights that
        it gave to sight and to sound (null where it has none).
        """
        try:
            seen = open_picture(image) if image else None
            heard = open_sound(audio) if audio else None
            used = self.predictor(request.session_hash, model)
            strategy = first_choice(used, used.groups[0])
            return asdict(used.answer(used.perceive(seen, heard), strategy))
        except UserError as error:
            raise refusal(error) from None

    def _without(
        self, readout: str, head: dict[str, str], perceived: Any = None, cover: float = 0.0
    ) -> tuple[Any, ...]:
        return (
            try_answer.sees(perceived, cover),
            try_answer.hears(perceived),
            readout,
            head,
            gr.Column(visible=False),
            "",
            gr.skip(),
        )


def first_choice(used: Any, group: str) -> str:
    """Attention, or what a model has in its place."""
    there = used.model.of(group)
    return next(name for name in _FIRST_CHOICE if name in there)


def _strength(snr_db: float) -> float:
    """How strong noise at this ratio is, from 0 to 1 as in training."""
    share = (CLEANEST_DB["misleading"] - snr_db) / (
        CLEANEST_DB["misleading"] - NOISIEST_DB["misleading"]
    )
    return float(np.clip(share, 0, 1))


def noisier(noise: float, cover: float, snr: int | None) -> str | None:
    """The sense that the visitor spoiled more, as strong as in training; None if about as much."""
    sight, sound = spoiled(noise, cover, snr)
    if abs(sight - sound) < _NOISIER:
        return None
    return "sight" if sight > sound else "sound"


def spoiled(noise: float, cover: float, snr: int | None) -> tuple[float, float]:
    """How strongly the visitor spoiled the picture and the sound, 0 to 1 as in training."""
    return max(noise, cover), 0.0 if snr is None else _strength(snr)


@cache
def ours() -> Things:
    """One of each thing, none of them seen in training."""
    return things("test", 7, len(THINGS))


def picture_file(component: gr.Image, thing: str) -> str:
    """Our picture of a thing as a PNG file in the component's cache."""
    pixels = (255 * ours().pictures[THINGS.index(thing)]).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{thing}.png"
        Image.fromarray(pixels.repeat(8, 0).repeat(8, 1)).save(path)
        return str(component.move_resource_to_block_cache(path))


def digit_file(component: gr.Image, digit: str) -> str:
    """Our drawing of a digit as a PNG file in the component's cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{digit}.png"
        Image.fromarray(drawn(digit)).save(path)
        return str(component.move_resource_to_block_cache(path))


def sound_file(component: gr.Audio, thing: str) -> str:
    """Our sound of a thing as a WAV file in the component's cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{thing}.wav"
        path.write_bytes(to_wav(ours().waves[THINGS.index(thing)], RATE))
        return str(component.move_resource_to_block_cache(path))
