"""Sentences for thirty photographs from elsewhere, and what a person thought of them.

python -m benchmarks.everyday_captions --pictures DIR [--checkpoint FOLDER]

Every fourth of everyday.tsv's photographs (see benchmarks.everyday, also for `--get`), so that
nobody chose them. everyday_captions.tsv has the bundled model's sentence for each and a person's
verdict: "true", "nearly" (one detail is wrong or too much), "wrong". Prints all thirty, which
sentences have changed since they were judged, and the share that is true or nearly (wanted: half).
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

from benchmarks.everyday import HERE, locate, rows
from mm_demo.case import CHECKPOINTS
from mm_demo.media.image import open_picture
from mm_demo.predictors import Predictors

EVERY, COUNT = 4, 30
JUDGED = HERE / "everyday_captions.tsv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, required=True, help="where packages are unpacked")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINTS / "captioning-photos")
    asked = parser.parse_args()
    with open(JUDGED, encoding="utf-8", newline="") as file:
        judged = {row["path"]: row for row in csv.DictReader(file, delimiter="\t")}
    predictor = Predictors().get("captioning", asked.checkpoint)
    verdicts: Counter[str] = Counter()
    for row in rows("everyday.tsv")[::EVERY][:COUNT]:
        place = locate(row, asked.pictures)
        if place is None:
            print(f"not here: {row['package']} {row['path']}")
            continue
        sentence = predictor.caption(open_picture(place)).caption
        known = judged.get(row["path"], {})
        same = known.get("sentence") == sentence
        verdict = known["verdict"] if same else "not judged"
        verdicts[verdict] += 1
        print(f"{verdict:10}  {Path(row['path']).name[:40]:40}  {sentence}")
    good = verdicts["true"] + verdicts["nearly"]
    print(f"{good} of {sum(verdicts.values())} true or nearly (wanted: half); {dict(verdicts)}")


if __name__ == "__main__":
    main()
