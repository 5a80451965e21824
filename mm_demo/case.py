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
class Family:
    """Data sets of a case with a task, a predictor and presets of their own.

    `folder`, inside the case's, holds their `task` and `predict`; the world of their bundled model
    has its name. `presets` are called as the case's are, `headline` is one of the case's `table`.
    OWN among the `datasets`: the person's own folder is of this family. `measured`: data sets that
    only `evaluate` takes. `idle`: knobs that its task does not read, and the page does not show.
    """

    folder: str
    datasets: tuple[str, ...]
    presets: Mapping[str, TrainConfig]
    headline: str
    measured: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One method and its tab.

    `headline` is the metric on the ruler and the live curve, `claims` the course's figure for each
    metric that it claims, `table` the metrics in a row of a run, `bars` those that a
    figure of a run compares as bars. `folders`: it also trains on a folder of the person's own.
    `datasets` are all that it trains on, those of its `families` too; `presets`, `headline` and
    `idle` are those of the rest. The modules of the case's folder are imported when needed: `task` and
    `predict` bring torch, `moving`, `try_panel` and `understand` gradio.
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
    families: tuple[Family, ...] = ()
    idle: tuple[str, ...] = ()

    def family_of(self, dataset: str) -> Family | None:
        """The family of a data set; None where the case's own task trains on it.

        What is no name of a data set is the place of a person's own: it counts as OWN.
        """
        name = dataset if dataset in (*self.datasets, *self.measured) else OWN
        return next((f for f in self.families if name in (*f.datasets, *f.measured)), None)

    def module(self, name: str, dataset: str = "") -> Any:
        """One of the case's modules: art, command, moving, predict, task, try_panel, understand.

        `dataset`: the task or predictor for that data set, its family's where it is in one.
        """
        family = self.family_of(dataset) if dataset else None
        inside = f"{family.folder}." if family else ""
        return import_module(f"mm_demo.cases.{self.name}.{inside}{name}")

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

    def world_of(self, dataset: str) -> str:
        """The world whose bundled model is measured on a data set where no other model is named."""
        if dataset in self.worlds:
            return dataset
        family = self.family_of(dataset)
        return family.folder if family else self.worlds[0]

    def preset(self, name: str, dataset: str) -> TrainConfig:
        """A preset's config for a data set; UserError for a name that is none."""
        presets = (self.family_of(dataset) or self).presets
        if name not in presets:
            raise UserError("preset.unknown", name=name, known=", ".join(presets))
        return presets[name]

    def headline_of(self, dataset: str) -> str:
        """The metric on the live curve of a run on a data set."""
        return (self.family_of(dataset) or self).headline

    def idle_of(self, dataset: str) -> tuple[str, ...]:
        """The knobs that do nothing for a data set."""
        return (self.family_of(dataset) or self).idle

    @property
    def measured(self) -> tuple[str, ...]:
        """The data sets that only `evaluate` takes."""
        return tuple(name for family in self.families for name in family.measured)

    @property
    def choices(self) -> tuple[str, ...]:
        """The data that a visitor may train on: the data sets, and their own where a case takes it."""
        return (*self.datasets, OWN) if self.folders else self.datasets

    def check_dataset(self, name: str, *, folders: bool = False, measured: bool = False) -> str:
        """`name`, if it is one of the `choices` (or, asked for, of the `measured`); else UserError.

        `folders`: instead of OWN the place of a folder or file is taken. Only for a name from the
        person who owns the machine: whoever is on the page may not name a place on its disk.
        """
        known = (*self.datasets, *self.measured) if measured else self.datasets
        own = self.folders and (bool(name) and Path(name).exists() if folders else name == OWN)
        if own or name in known:
            return name
        raise UserError("dataset.unknown", name=name, known=", ".join(known))

    def train_command(
        self, dataset: str, preset: str, config: TrainConfig, out: str, start_from: str | None
    ) -> str:
        """The command that does a run again, only what differs from its preset spelled out."""
        place = f"my-{self.name}-data" if dataset == OWN else dataset
        parts = ["python", "-m", "mm_demo", "train", self.name, "--dataset", place]
        parts += ["--preset", preset, "--seed", str(config.seed)]
        for name, value in config.settings(self.preset(preset, dataset)).items():
            if name not in ("seed", "threads"):
                parts += ["--set", f"{name}={value}"]
        if start_from:
            parts += ["--start-from", start_from]
        return shlex.join([*parts, "--out", out])
