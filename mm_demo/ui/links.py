"""Links that carry an experiment: `?case=clip&panel=train&preset=quick&seed=3&batch_size=64`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from mm_demo.case import Case
from mm_demo.config import TrainConfig
from mm_demo.errors import UserError

PANELS = ("try", "train", "understand")


@dataclass(frozen=True)
class Link:
    """What a link asks for; `ignored` are the parts that are not legal."""

    case: Case | None = None
    panel: str = "try"
    dataset: str = ""
    preset: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def read(query: Mapping[str, str], cases: Sequence[Case]) -> Link:
    """The link in a page's query. Anything illegal is left out and named, never an error.

    Names that are neither ours nor a knob's belong to others (`__theme`) and are passed over.
    """
    name = query.get("case", "")
    case = next((case for case in cases if case.name == name), None)
    if case is None:
        return Link(ignored=(f"case={name[:40]}",) if name else ())
    ignored = []

    def legal(key: str, allowed: Sequence[str], default: str) -> str:
        asked = query.get(key, default)
        if asked in allowed:
            return asked
        ignored.append(f"{key}={asked[:40]}")
        return default

    asked_knobs = {key for key in query if key in case.config.model_fields}
    wants_training = bool(asked_knobs or {"preset", "dataset"} & set(query))
    panel = legal("panel", PANELS, "train" if wants_training else "try")
    dataset = legal("dataset", case.choices, case.datasets[0])
    preset = legal("preset", tuple(case.presets), next(iter(case.presets)))
    base, settings = case.preset(preset, dataset), dict[str, Any]()
    for key in query:
        if key in asked_knobs:
            try:
                settings[key] = getattr(base.changed({key: query[key]}), key)
            except UserError:
                ignored.append(f"{key}={query[key][:40]}")
    return Link(case, panel, dataset, preset, settings, tuple(ignored))


def write(
    case: Case, panel: str, dataset: str, preset: str, config: TrainConfig, language: str
) -> str:
    """The query of a link to these settings: only what differs from the data set's preset is named."""
    parts: dict[str, Any] = {"case": case.name, "panel": panel}
    if dataset != case.datasets[0]:
        parts["dataset"] = dataset
    parts["preset"] = preset
    parts["seed"] = config.seed
    parts |= config.settings(case.preset(preset, dataset))
    return "?" + urlencode({**parts, "lang": language})
