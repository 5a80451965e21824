"""Knobs: one pydantic model per case, from which sliders, `--set` and the API's arguments are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from mm_demo.errors import UserError


@dataclass(frozen=True)
class Knob:
    """How a field shows: its place on the page ("main", "more" or "none") and how its slider moves."""

    name: str
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    shown: str
    step: float | None
    is_integer: bool
    multiple_of: int | None = None

    @property
    def label_key(self) -> str:
        return f"knob.{self.name}"

    @property
    def hint_key(self) -> str:
        return f"knob.{self.name}.hint"


def knob(default: Any, *, shown: str = "more", step: float | None = None, **limits: Any) -> Any:
    """A pydantic field with what the page needs to know about it; `limits` are pydantic's."""
    return Field(default, json_schema_extra={"shown": shown, "step": step}, **limits)


class TrainConfig(BaseModel):
    """What every training run has. A case adds its own knobs; presets are instances."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, validate_default=True)

    steps: int = knob(600, shown="main", step=20, ge=1, le=200_000)
    batch_size: int = knob(128, shown="main", step=16, ge=2, le=1024)
    learning_rate: float = knob(0.004, shown="main", step=0.0005, gt=0, le=1)
    seed: int = knob(0, shown="main", step=1, ge=0, le=2**31 - 1)
    warmup: float = knob(0.06, ge=0, le=0.9)
    weight_decay: float = knob(0.01, ge=0, le=1)
    clip_norm: float = knob(1.0, gt=0, le=1000)
    evaluations: int = knob(8, ge=1, le=1000)
    threads: int = knob(0, shown="none", ge=0, le=256)

    @classmethod
    def knobs(cls) -> list[Knob]:
        """The fields in the order of declaration, the base class's first."""
        return [_knob(name, field) for name, field in cls.model_fields.items()]

    def changed(self, settings: dict[str, Any]) -> Self:
        """A copy with some knobs set (strings are read as numbers, as `--set` brings them).

        Raises UserError for an unknown knob and for a value outside its range; the same sentence
        reaches the page, the command line and the API.
        """
        known = type(self).model_fields
        for name in settings:
            if name not in known:
                raise UserError("knob.unknown", name=name, known=", ".join(known))
        # True is 1 to pydantic; to a person it is a slip
        settings = {k: str(v) if isinstance(v, bool) else v for k, v in settings.items()}
        try:
            return type(self).model_validate({**self.model_dump(), **settings})
        except ValidationError as error:
            first = error.errors()[0]
            place = first["loc"][0] if first["loc"] else next(iter(settings), "")
            raise UserError(
                "knob.illegal", **_illegal(_knob(str(place), known[str(place)]), first)
            ) from None

    def settings(self, other: TrainConfig) -> dict[str, Any]:
        """The knobs in which this config differs from `other`."""
        mine, theirs = self.model_dump(), other.model_dump()
        return {name: value for name, value in mine.items() if value != theirs.get(name)}


def _illegal(knob: Knob, problem: Any) -> dict[str, object]:
    if knob.choices:
        allowed = ", ".join(knob.choices)
    elif knob.low is not None and knob.high is not None:
        allowed = f"{_figure(knob.low)} – {_figure(knob.high)}"
        if knob.multiple_of:
            allowed += f" (× {knob.multiple_of})"
    else:
        allowed = type(knob.default).__name__
    return {"name": knob.name, "value": str(problem["input"])[:80], "allowed": allowed}


def _figure(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"  # no 2.1e+09


def _knob(name: str, field: FieldInfo) -> Knob:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    limits: dict[str, float] = {}
    for rule in field.metadata:
        for attribute, end in (("ge", "low"), ("gt", "low"), ("le", "high"), ("lt", "high")):
            if getattr(rule, attribute, None) is not None:
                limits[end] = getattr(rule, attribute)
    multiples = [getattr(rule, "multiple_of", None) for rule in field.metadata]
    choices = get_args(field.annotation) if field.annotation not in (int, float, bool, str) else ()
    return Knob(
        name=name,
        default=field.default,
        low=limits.get("low"),
        high=limits.get("high"),
        choices=tuple(str(choice) for choice in choices),
        shown=str(extra.get("shown", "none")),
        step=extra.get("step"),  # type: ignore[arg-type]
        is_integer=field.annotation is int,
        multiple_of=next((int(m) for m in multiples if m), None),
    )
