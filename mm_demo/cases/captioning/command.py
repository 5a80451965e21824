"""`python -m mm_demo predict captioning`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from mm_demo import words
from mm_demo.cases.captioning import CAPTIONING
from mm_demo.cases.captioning.many import Row, by_world, captioned, gathered
from mm_demo.cases.captioning.worlds import worlds_of
from mm_demo.data.scenes import LANGUAGES
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture

_EVIDENCE = ("words", "tree")


def predict(
    context: typer.Context,
    image: Annotated[Path, typer.Option(help="A picture, or a folder or zip of pictures.")],
    method: Annotated[str, typer.Option(help="greedy, beam or sample.")] = "beam",
    beam: Annotated[int, typer.Option(help="Beam width.")] = 3,
    length_penalty: Annotated[float, typer.Option(help="Of beam search.")] = 0.7,
    temperature: Annotated[float, typer.Option(help="Of sampling.")] = 1.0,
    top_p: Annotated[float, typer.Option(help="Of sampling: the nucleus.")] = 0.9,
    seed: Annotated[int, typer.Option(help="Of sampling.")] = 0,
    max_words: Annotated[int, typer.Option(help="The longest sentence.")] = 30,
    language: Annotated[
        str, typer.Option(help="en or zh; of many pictures, where the model speaks it.")
    ] = "en",
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint folder. Default: the one for such a picture.")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Also draw where each word looked into this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what is in a picture, or in each of many."""
    from mm_demo.cases.captioning.decode import Decoding  # brings torch

    if language not in LANGUAGES:
        raise UserError(
            "knob.illegal", name="language", value=language[:80], allowed=", ".join(LANGUAGES)
        )
    how = Decoding(method, beam, length_penalty, max_words, temperature, top_p, seed)
    many = image.is_dir() or image.suffix.lower() == ".zip"
    if many and figure is not None:
        raise UserError("captioning.figure_of_many")

    def predictor(world: str) -> Any:
        folder = checkpoint or CAPTIONING.checkpoint(world)
        return context.obj.predictors.get("captioning", folder)

    def chosen(pictures: Any) -> list[str]:
        if checkpoint is not None:
            return [""] * len(pictures)
        return worlds_of(CAPTIONING, pictures, predictor)

    if many:
        entries = gathered([image])
        rows: list[Row] = []
        for some in captioned(
            entries,
            lambda pictures: by_world(pictures, chosen(pictures), predictor, how, language),
        ):
            rows += [Row(row.name, row.answer, row.error) for row in some]
            print(f"\r{len(rows)}/{len(entries)}  ", end="", file=sys.stderr)
        print(file=sys.stderr)
        _tell_many(rows, as_json)
        return
    picture = open_picture(image)
    used = predictor(chosen([picture])[0])
    answer = used.caption(picture, how, language, evidence=figure is not None)
    if figure is not None:
        from mm_demo.cases.captioning.attention_figure import draw_attention

        draw_attention(picture, answer, figure)
    if as_json:
        told = {name: value for name, value in asdict(answer).items() if name not in _EVIDENCE}
        print(json.dumps(told, ensure_ascii=False))
        return
    print(_line(answer))
    for other in answer.others:
        print(f"{'':6}  {other}")


def _tell_many(rows: list[Row], as_json: bool) -> None:
    models = dict.fromkeys(row.answer.model for row in rows if row.answer is not None)
    if as_json:
        told = {"results": [_result(row) for row in rows], "model": ", ".join(models)}
        print(json.dumps(told, ensure_ascii=False))
        return
    wide = min(40, max(len(row.name) for row in rows))
    for row in rows:
        line = _line(row.answer) if row.error is None else f"{'':6}  {_sentence(row.error)}"
        print(f"{row.name:{wide}}  {line}")


def _result(row: Row) -> dict[str, Any]:
    if row.error is not None:
        return {"image": row.name, "error": _sentence(row.error)}
    answer = row.answer
    return {
        "image": row.name,
        **{name: getattr(answer, name) for name in ("caption", "sureness", "outside", "language")},
        "model": answer.model,
    }


def _sentence(error: UserError) -> str:
    return words.say_error("en", error.without_paths())


def _line(answer: Any) -> str:
    outside = "   (unlike anything that it was trained on)" if answer.outside else ""
    return f"{answer.sureness:6.2f}  {answer.caption}{outside}"
