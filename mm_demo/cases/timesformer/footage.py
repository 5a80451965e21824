"""Real clips with a note of what the camera does: `videos/` in the folder that `MM_DEMO_DATA` names.

`videos/videos.tsv` has a header; its columns `file` and `camera` are read. Clips whose camera does
several things ("mixed") are left out.
"""

from __future__ import annotations

import csv
from pathlib import Path

from mm_demo.cases.timesformer.predict import Predictor
from mm_demo.data import camera_motion
from mm_demo.data.folder import data_folder
from mm_demo.errors import UserError
from mm_demo.media.video import open_video

_TABLE = "videos/videos.tsv"
_STILL = "static"


def clips() -> list[tuple[Path, str]]:
    """(file, motion) of each clip. UserError: `data.no_folder`, `data.missing`, `data.broken`."""
    table = data_folder() / _TABLE
    if not table.is_file():
        raise UserError("data.missing", what="real clips", layout=_TABLE, source="your own films")
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        noted = [(table.parent / row["file"], _key(row["camera"])) for row in rows]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise UserError("data.broken", file=_TABLE) from error
    return [(path, motion) for path, motion in noted if motion in camera_motion.MOTIONS]


def _key(camera: str) -> str:
    """ "roll counter-clockwise" to "roll_counterclockwise"."""
    return camera.replace("-", "").replace(" ", "_")


def score(folder: Path) -> tuple[dict[str, float], int]:
    """Shares right among the static and among the moving clips, their mean, and the number of clips.

    Also top-1 and top-5 over all clips, and the mean that "static" for every clip would get.
    """
    predictor = Predictor(folder)
    places: dict[bool, list[int]] = {True: [], False: []}
    for path, motion in clips():
        ranking = [label.label for label in predictor.watch(open_video(path)).ranking]
        places[motion == _STILL].append(ranking.index(motion))
    every = [place for found in places.values() for place in found]
    still, moving = (sum(p == 0 for p in found) / len(found) for found in places.values())
    return {
        "top1_balanced": (still + moving) / 2,
        "top1_static": still,
        "top1_moving": moving,
        "top1": sum(place == 0 for place in every) / len(every),
        "top5": sum(place < 5 for place in every) / len(every),
        "top1_balanced_constant": 0.5,
    }, len(every)
