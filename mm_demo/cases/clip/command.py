"""`python -m mm_demo predict clip`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mm_demo.cases.clip import CLIP
from mm_demo.cases.clip.labels import TEMPLATES
from mm_demo.cases.clip.worlds import world_of
from mm_demo.media.image import open_picture


def predict(
    context: typer.Context,
    image: Annotated[Path, typer.Option(help="A picture.")],
    labels: Annotated[str, typer.Option(help='"red boat, blue house"')],
    template: Annotated[str, typer.Option(help="{} is the label.")] = TEMPLATES["en"],
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint folder. Default: the one for such a picture.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Also draw the bars into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Which of these labels fits the picture?"""
    picture, get = open_picture(image), context.obj.predictors.get
    if checkpoint is None:
        checkpoint = CLIP.checkpoint(
            world_of(picture, lambda world: get("clip", CLIP.checkpoint(world)))
        )
    answer = get("clip", checkpoint).classify(picture, labels, template)
    if figure is not None:
        context.obj.draw_ranking(
            [(score.label, score.probability) for score in answer.ranking],
            figure,
            "Zero-shot classification",
        )
    if as_json:
        print(json.dumps(asdict(answer), ensure_ascii=False))
        return
    for score in answer.ranking:
        bar = "█" * round(24 * score.probability)
        own = f"{score.alone:.2f} on its own"
        unknown = f", unknown words: {', '.join(score.unknown)}" if score.unknown else ""
        print(f"{score.probability:6.1%}  {bar:24}  {score.label}  ({own}{unknown})")
    outside = "   unlike anything that it was trained on" if answer.outside else ""
    print(f"{answer.none:6.1%}  {'':24}  none of these{outside}")
