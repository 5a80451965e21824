"""Training as a stream of events, the same for the page, the command line and the API."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path

from mm_demo.case import Case
from mm_demo.config import TrainConfig
from mm_demo.events import Event


def run(
    case: Case,
    dataset: str,
    config: TrainConfig,
    out: Path,
    *,
    preset: str = "quick",
    resume: bool = False,
    start_from: Path | None = None,
    stop: threading.Event | None = None,
) -> Generator[Event]:
    """Train `case` on `dataset` into the folder `out`; see `training.loop.train`.

    torch is imported only when the first event is asked for.
    """
    from mm_demo.training.loop import train

    yield from train(
        case, dataset, config, out,
        preset=preset, resume=resume, start_from=start_from, stop=stop or threading.Event(),
    )  # fmt: skip
