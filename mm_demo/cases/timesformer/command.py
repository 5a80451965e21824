"""`python -m mm_demo predict timesformer`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mm_demo.media.video import open_video


def predict(
    context: typer.Context,
    video: Annotated[Path, typer.Option(help="A video.")],
    top: Annotated[int, typer.Option(help="How many classes to name.", min=1)] = 5,
    attention: Annotated[
        str | None, typer.Option(help="divided, joint or space; the model's first if none.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint folder; the bundled one if none.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Also draw the bars into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What does the camera do in this clip?"""
    used = context.obj.predictors.get("timesformer", checkpoint)
    answer = used.watch(open_video(video), attention)
    best = answer.ranking[:top]
    if figure is not None:
        context.obj.draw_ranking(
            [(label.label, label.probability) for label in best], figure, "TimeSformer"
        )
    if as_json:
        told = asdict(answer)
        print(json.dumps({**told, "ranking": told["ranking"][:top]}, ensure_ascii=False))
        return
    for label in best:
        bar = "█" * round(24 * label.probability)
        print(f"{label.probability:6.1%}  {bar:24}  {label.label}")
    print()
    for stretch in answer.stretches:
        print(f"{stretch.start:6.1f} to {stretch.end:5.1f} s   {stretch.label}")
