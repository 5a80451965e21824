"""A visitor's runs: theirs alone, numbered from 1, gone when they leave."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mm_demo.config import TrainConfig
from mm_demo.errors import UserError

Curves = dict[str, tuple[list[int], list[float]]]


@dataclass(frozen=True)
class Run:
    """One training of one visitor; `curves` maps "loss" and each held-out metric to steps and values."""

    number: int
    case: str
    dataset: str
    preset: str
    config: TrainConfig
    folder: Path
    start_from: str | None = None
    state: str = "running"
    curves: Curves = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    step: int = 0
    guess_loss: float = 0.0
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """What its model is called: "run-1"."""
        return f"run-{self.number}"

    @property
    def usable(self) -> bool:
        """Whether its folder holds a model."""
        return self.state in ("finished", "stopped")


class Runs:
    """All visitors' runs, safe for threads, bounded per visitor and in all.

    The key is Gradio's session hash: a random number that the visitor's own page or client makes
    up and no other visitor is told.
    """

    def __init__(self, per_visitor: int = 12, in_all: int = 200, root: Path | None = None) -> None:
        self._per_visitor = per_visitor
        self._in_all = in_all
        self._root = root or Path(tempfile.mkdtemp(prefix="mm-runs-"))
        atexit.register(shutil.rmtree, self._root, ignore_errors=True)
        self._lock = threading.RLock()
        self._runs: OrderedDict[tuple[str, int], Run] = OrderedDict()
        self._last: dict[str, int] = {}
        self._own: dict[tuple[str, str], Path] = {}

    def begin(
        self,
        session: str | None,
        case: str,
        dataset: str,
        preset: str,
        config: TrainConfig,
        start_from: str | None = None,
    ) -> Run:
        """A new run with the visitor's next number and a folder of its own (not yet made).

        `start_from` names the folder whose weights it begins with, as its command will.
        """
        key = session or ""
        with self._lock:
            number = self._last.get(key, 0) + 1
            self._last[key] = number
            home = Path(tempfile.mkdtemp(prefix="run-", dir=self._root))
            folder = home / f"{case}-run-{number}"
            run = Run(number, case, dataset, preset, config, folder, start_from)
            self._runs[key, number] = run
            self._make_room(key)
            return run

    def update(self, session: str | None, number: int, **changes: Any) -> Run | None:
        """The run with some fields changed; None where it was forgotten meanwhile."""
        key = (session or "", number)
        with self._lock:
            if key not in self._runs:
                return None
            self._runs[key] = replace(self._runs[key], **changes)
            return self._runs[key]

    def get(self, session: str | None, number: int) -> Run:
        """One run of this visitor; UserError where there is none."""
        with self._lock:
            run = self._runs.get((session or "", number))
        if run is None:
            raise UserError("run.unknown", name=f"run-{number}")
        return run

    def of(self, session: str | None, case: str | None = None) -> list[Run]:
        """This visitor's runs (of one case), the latest first."""
        with self._lock:
            mine = [run for (owner, _), run in self._runs.items() if owner == (session or "")]
        return sorted(
            (run for run in mine if case in (None, run.case)), key=lambda run: -run.number
        )

    def folder(self, session: str | None, name: str) -> Path:
        """The checkpoint folder of a visitor's model, by its name; UserError where there is none."""
        digits = name.removeprefix("run-")
        run = self.get(session, int(digits)) if digits.isascii() and digits.isdigit() else None
        if run is None or not run.usable:
            raise UserError("run.unknown", name=name[:40])
        return run.folder

    def own_data(self, session: str | None, case: str) -> Path:
        """Where this visitor's own data for a case lies: a folder, empty at first."""
        key = (session or "", case)
        with self._lock:
            if key not in self._own:
                self._own[key] = Path(tempfile.mkdtemp(prefix="own-", dir=self._root))
            return self._own[key]

    def drop(self, session: str | None, number: int) -> None:
        """Forget one run and delete its folder."""
        with self._lock:
            run = self._runs.pop((session or "", number), None)
        if run:
            shutil.rmtree(run.folder.parent, ignore_errors=True)

    def forget(self, session: str | None) -> None:
        """Forget a visitor: called when the page is closed or reloaded."""
        for run in self.of(session):
            self.drop(session, run.number)
        with self._lock:
            self._last.pop(session or "", None)
            own = [self._own.pop(key) for key in list(self._own) if key[0] == (session or "")]
        for folder in own:
            shutil.rmtree(folder, ignore_errors=True)

    def _make_room(self, owner: str) -> None:
        mine = [key for key in self._runs if key[0] == owner]
        surplus = mine[: max(0, len(mine) - self._per_visitor)]
        others = [key for key in self._runs if key not in surplus]
        surplus += others[: max(0, len(others) - self._in_all)]
        for key in surplus:
            if self._runs[key].state != "running":
                self.drop(*key)
