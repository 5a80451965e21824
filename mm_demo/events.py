"""What a training run says: frozen dataclasses of plain numbers.

The page, the command line and the API are three readers of the same stream, so nothing in here
knows of tensors, and every event turns into JSON as it is.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """One line of a run's story."""

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON-ready values, with its name in snake case under "event"."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
        return {"event": name, **asdict(self)}


@dataclass(frozen=True)
class Preparing(Event):
    """Something that the run needs is being made: `what` is a key, e.g. "pictures"."""

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Started(Event):
    """The first step is about to be made (`first_step` > 0 where a run is continued)."""

    first_step: int
    steps: int
    examples: int
    parameters: int
    threads: int
    device: str
    guess_loss: float


@dataclass(frozen=True)
class Progress(Event):
    """One optimiser step is done: `seconds` since Started, `examples_per_second` lately."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    seconds: float
    seconds_left: float
    examples_per_second: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluated(Event):
    """Held-out figures (dev split) at a step; `preview` is what the case draws while it trains."""

    step: int
    metrics: dict[str, float]
    preview: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosed(Event):
    """A known fault was recognised; `key` names a sentence, `facts` fill it."""

    step: int
    key: str
    facts: dict[str, float]


@dataclass(frozen=True)
class Saved(Event):
    """The run can be resumed from `checkpoint` at `step`."""

    step: int
    checkpoint: str


@dataclass(frozen=True)
class Ended(Event):
    """The run is over and `checkpoint` holds a usable model."""

    checkpoint: str
    metrics: dict[str, float]
    step: int
    steps: int
    seconds: float
    train_cpu_seconds: float
    reference_minutes: float


class Finished(Ended):
    """All steps were made."""


class Stopped(Ended):
    """Ended before its last step, by the person or by a divergence; what was learned is kept."""


def at_once(working: Generator[Event, None, T]) -> T:
    """What a generator of events returns in the end, where nobody waits to be told."""
    while True:
        try:
            next(working)
        except StopIteration as done:
            result: T = done.value
            return result
