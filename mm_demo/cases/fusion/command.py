"""`python -m mm_demo predict fusion`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mm_demo.cases.fusion import FUSION
from mm_demo.media.audio import open_sound
from mm_demo.media.image import open_picture


def predict(
    context: typer.Context,
    image: Annotated[Path | None, typer.Option(help="A picture.")] = None,
    audio: Annotated[Path | None, typer.Option(help="A sound.")] = None,
    fusion_type: Annotated[
        str, typer.Option(help="attention, late, early, visual or audio.")
    ] = "attention",
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint folder; digits' if none.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Also draw the bars into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What is it, by its picture, its sound or both?"""
    picture = None if image is None else open_picture(image)
    sound = None if audio is None else open_sound(audio)
    digits = FUSION.checkpoint("av_digits")
    if checkpoint is None and digits.is_dir():
        checkpoint = digits
    used = context.obj.predictors.get("fusion", checkpoint)
    answer = used.answer(used.perceive(picture, sound), fusion_type)
    if figure is not None:
        context.obj.draw_ranking(
            [(label.label, label.probability) for label in answer.ranking],
            figure,
            "Audio-visual fusion",
        )
    if as_json:
        print(json.dumps(asdict(answer), ensure_ascii=False))
        return
    for label in answer.ranking:
        bar = "█" * round(24 * label.probability)
        print(f"{label.probability:6.1%}  {bar:24}  {label.label}")
    print()
    for opinion in answer.opinions:
        best = opinion.ranking[0]
        weights = ""
        if opinion.sight is not None:
            weights = f"   sight {opinion.sight:.2f}, sound {opinion.sound:.2f}"
        print(f"{opinion.strategy:10} {best.label:10} {best.probability:.2f}{weights}")
