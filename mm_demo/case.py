"""What a case is: everything the page, the command line and the tests may know of it without torch."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mm_demo.config import TrainConfig
from mm_demo.errors import UserError

OWN = "own"  # what a person's own folder of data is called where its place is nobody's business
CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"


@dataclass(frozen=True)
class Case:
    """One method and its tab.

    `headline` is the metric on the ruler and the live curve, `claims` the course's figure for each
    metric that it claims, `table` the metrics in a row of a run, `bars` those that a
    figure of a run compares as bars. `folders`: it also trains on a folder of the person's own. The modules of the case's folder
    are imported when needed: `task` and `predict` bring torch, `moving`, `try_panel` and
    `understand` gradio.
    """

    name: str
    config: type[TrainConfig]
    datasets: tuple[str, ...]
    presets: Mapping[str, TrainConfig]
    headline: str
    claims: Mapping[str, float]
    table: tuple[str, ...]
    worlds: tuple[str, ...]
    bars: tuple[str, ...] = ()
    folders: bool = False

    def module(self, name: str) -> Any:
        """One of the case's modules: art, command, moving, predict, task, try_panel, understand."""
        return import_module(f"mm_demo.cases.{self.name}.{name}")

    def checkpoint(self, world: str | None = None) -> Path:
        """The folder of a bundled model, of the case's first world if none is named."""
        return CHECKPOINTS / f"{self.name}-{world or self.worlds[0]}"

    def bundled(self, file: str, world: str | None = None) -> dict[str, Any]:
        """What a JSON file of a bundled model says ("metrics.json"); {} where there is none."""
        try:
            found = json.loads((self.checkpoint(world) / file).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def preset(self, name: str) -> TrainConfig:
        """A preset's config; UserError for a name that is none."""
        if name not in self.presets:
            raise UserError("preset.unknown", name=name, known=", ".join(self.presets))
        return self.presets[name]

    @property
    def choices(self) -> tuple[str, ...]:
        """The data that a visitor may train on: the data sets, and their own where a case takes it."""
        return (*self.datasets, OWN) if self.folders else self.datasets

    def check_dataset(self, name: str, *, folders: bool = False) -> str:
        """`name`, if it is one of the `choices`; UserError otherwise.

        `folders`: instead of OWN the place of a folder or file is taken. Only for a name from the
        person who owns the machine: whoever is on the page may not name a place on its disk.
        """
        place = folders and self.folders and Path(name).exists()
        if place or name in (self.datasets if folders else self.choices):
            return name
        raise UserError("dataset.unknown", name=name, known=", ".join(self.datasets))

    def train_command(
        self, dataset: str, preset: str, config: TrainConfig, out: str, start_from: str | None
    ) -> str:
        """The command that does a run again, only what differs from its preset spelled out."""
        place = f"my-{self.name}-data" if dataset == OWN else dataset
        parts = ["python", "-m", "mm_demo", "train", self.name, "--dataset", place]
        parts += ["--preset", preset, "--seed", str(config.seed)]
        for name, value in config.settings(self.preset(preset)).items():
            if name not in ("seed", "threads"):
                parts += ["--set", f"{name}={value}"]
        if start_from:
            parts += ["--start-from", start_from]
        return shlex.join([*parts, "--out", out])
