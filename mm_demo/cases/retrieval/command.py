"""`python -m mm_demo predict retrieval`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.cases.retrieval.gallery_sources import at_hand, build
from mm_demo.events import Preparing
from mm_demo.media.image import open_picture


def predict(
    context: typer.Context,
    text: Annotated[str | None, typer.Option(help='"a dog in the snow"')] = None,
    image: Annotated[Path | None, typer.Option(help="A picture like those looked for.")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--not", help="What is not wanted; repeatable.")
    ] = None,
    gallery: Annotated[
        str | None, typer.Option(help="A gallery's folder or s3:// address; built if it is empty.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many results.")] = 10,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint folder; photographs' if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Which pictures of the gallery are meant?"""
    picture = None if image is None else open_picture(image)
    used = context.obj.predictors.get("retrieval", checkpoint or RETRIEVAL.checkpoint("photos"))
    unwanted = without or []
    looked_for = used.query(text, picture, unwanted)
    pictures = Gallery(gallery)
    _tell(build(pictures, at_hand(), used.embed_pictures, used.id))
    _tell(pictures.reembed(used.embed_pictures, used.id))
    hits = pictures.search(looked_for, k, model=used.id)
    unknown = [word for said in (text or "", *unwanted) for word in used.unknown(said)]
    if as_json:
        results = [asdict(hit) for hit in hits]
        print(
            json.dumps(
                {"results": results, "unknown": unknown, "model": used.name}, ensure_ascii=False
            )
        )
        return
    for hit in hits:
        print(
            f"{hit.score:6.3f}  {hit.source:9} {hit.caption.splitlines()[0] if hit.caption else hit.id}"
        )
    if unknown:
        print(f"unknown words: {', '.join(unknown)}")


def _tell(working: Iterator[Preparing]) -> None:
    for event in working:
        print(f"\r{event.what} {event.done}/{event.total}  ", end="", file=sys.stderr)
