"""What the frozen networks bring to CLIP on photographs: the recipe with one part after another left out.

python -m benchmarks.backbone_help [checkpoint]      needs Flickr8k, COCO and its objects in MM_DEMO_DATA

Trains the full preset anew for each row, for 400 of its 1,000 steps, and measures it on dev; a row is
a line on the screen. With the folder of a checkpoint the table is written into it (`ablation.json`),
where Understand reads it. About ten minutes of one core, features not included.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import torch
from torch import nn

from mm_demo.cases.clip import CLIP
from mm_demo.cases.clip.photos import figures
from mm_demo.cases.clip.photos.encoders import Encoders
from mm_demo.cases.clip.photos.task import Task
from mm_demo.data import pretrained
from mm_demo.nn.backbone import Backbone
from mm_demo.training.optimiser import adamw, learning_rate

COMMAND = "python -m benchmarks.backbone_help checkpoints/clip-photos"
STEPS = 400
SHOWN = ("image_to_text_r1", "text_to_image_r1", "zero_shot_accuracy", "label_map")


class Blind(Encoders):
    """Encoders that ask no second witness and tell the head nothing of what classifiers see."""

    def witness(self, known, said):
        return 0 * (known @ said.classes.T).numpy()


def blindfold(task: Task) -> None:
    """Take the semantic vectors away."""
    for name in ("train", "dev", "objects"):
        pairs = getattr(task, name)
        setattr(task, name, replace(pairs, semantic=torch.zeros_like(pairs.semantic)))
    task.prototypes = None


def trained(settings: dict[str, object], change: Callable[[Task], None] | None = None) -> Task:
    config = CLIP.preset("full", "photos").changed({"steps": STEPS, **settings})
    torch.manual_seed(config.seed)
    task = Task(config, "photos")
    for _ in task.prepare():
        pass
    if change is not None:
        change(task)
    optimiser, batches = adamw(task.model, config), task.batches("train", config.seed)
    task.model.train()
    for step in range(config.steps):
        torch.manual_seed(config.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(config, step)
        optimiser.zero_grad()
        task.loss(next(batches))[0].backward()
        nn.utils.clip_grad_norm_(task.model.parameters(), config.clip_norm)
        optimiser.step()
    task.model.eval()
    return task


def measured(task: Task, kind: type[Encoders] = Encoders) -> dict[str, float]:
    encoders = kind(task.model)
    found = figures.retrieval(encoders, task.dev) | figures.naming(encoders, task.objects)
    return {name: round(found[name], 4) for name in SHOWN}


def untaught(name: str) -> Backbone:
    """A backbone whose weights are drawn, so that the features keep their size from layer to layer."""
    torch.manual_seed(0)
    made = Backbone(name)
    for part in made.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
    return made.requires_grad_(False).eval()


def main() -> None:
    full = trained({})
    jobs: list[tuple[str, Callable[[], dict[str, float]]]] = [
        ("full", partial(measured, full)),
        ("no_witness", partial(measured, full, Blind)),
        ("no_prototypes", lambda: measured(trained({"prototypes": 0}))),
        ("no_semantic", lambda: measured(trained({"prototypes": 0}, blindfold))),
        ("two_backbones", lambda: measured(trained({"backbones": "lite0_lite2"}))),
        ("one_backbone", lambda: measured(trained({"backbones": "lite0"}))),
        ("random_features", _random),
    ]
    rows = []
    for key, job in jobs:
        rows.append({"key": key, **job()})
        print(json.dumps(rows[-1]), flush=True)
    if len(sys.argv) > 1:
        table = {"command": COMMAND, "split": "dev", "rows": rows}
        (Path(sys.argv[1]) / "ablation.json").write_text(json.dumps(table, indent=1) + "\n")


def _random() -> dict[str, float]:
    with patch.object(pretrained, "backbone", untaught):
        settings = {"backbones": "lite0", "prototypes": 0, "mirrored": False}
        return measured(trained(settings, blindfold), Blind)


if __name__ == "__main__":
    main()
