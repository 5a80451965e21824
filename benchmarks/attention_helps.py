"""Soft attention against the course's plain decoder: same seed, same steps, same data.

python -m benchmarks.attention_helps [--dataset scenes|flickr8k] [FOLDER]

Trains the preset quick once with attention and once without and prints what each scores on dev, with
its time in reference minutes. With the folder of a checkpoint the table is written into it
(`ablation.json`), where Understand shows it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from mm_demo import training
from mm_demo.cases.captioning import CAPTIONING
from mm_demo.events import Finished

SHOWN = ("bleu4", "cider", "fact_precision", "fact_recall", "fact_f1")


def trained(dataset: str, attention: bool) -> dict[str, float]:
    """The figures of a run on dev, and its reference minutes."""
    config = CAPTIONING.preset("quick", dataset).changed({"attention": attention, "threads": 1})
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        for event in training.run(CAPTIONING, dataset, config, out, preset="quick"):
            if isinstance(event, Finished):
                found = {name: event.metrics[name] for name in SHOWN if name in event.metrics}
                return {**found, "reference_minutes": event.reference_minutes}
    raise RuntimeError("the run did not finish")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="scenes")
    parser.add_argument("folder", nargs="?", type=Path)
    asked = parser.parse_args()
    rows = []
    for key, attention in (("attention", True), ("plain", False)):
        found = {name: round(value, 4) for name, value in trained(asked.dataset, attention).items()}
        rows.append({"key": key, **found})
        print(f"{key:10}", "  ".join(f"{name} {value:.3f}" for name, value in found.items()))
    if asked.folder is not None:
        command = f"python -m benchmarks.attention_helps --dataset {asked.dataset}"
        table = {"command": command, "split": "dev", "rows": rows}
        (asked.folder / "ablation.json").write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
