"""Known faults of a run, recognised while it runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from mm_demo.config import TrainConfig
from mm_demo.events import Diagnosed

COLLAPSED_SPREAD = 0.02
KEPT = 0.05
DIVERGED = "diagnosis.diverged"


class Diagnosis:
    """Watches losses and figures; says each fault once.

    * diverged: the loss is no number any more;
    * stuck: after a fifth of the steps (and 60 at least) the loss is where guessing puts it;
    * collapsed: all pictures got nearly the same embedding (`spread` in the figures is 1 minus
      the mean cosine of different pictures);
    * margin: the loss of triplets is where it lies when all vectors are alike (`alike_loss` in the
      figures), and pairs are hardly closer than strangers (`margin_kept`, in cosines).
    """

    def __init__(self, config: TrainConfig, guess_loss: float) -> None:
        self.config = config
        self.guess_loss = guess_loss
        self.smooth: float | None = None
        self.said: set[str] = set()

    def watch(self, step: int, loss: float, figures: Mapping[str, float]) -> Iterator[Diagnosed]:
        """The faults that become visible at this step."""
        if not math.isfinite(loss):
            yield from self._say(step, DIVERGED)
            return
        self.smooth = loss if self.smooth is None else 0.95 * self.smooth + 0.05 * loss
        if step < max(60, self.config.steps // 5):
            return
        alike = figures.get("alike_loss", 0.0)
        kept = figures.get("margin_kept", 1.0)
        if kept < KEPT and abs(self.smooth - alike) < 0.1 * alike:
            yield from self._say(step, "diagnosis.margin", alike)
        elif figures.get("spread", 1.0) < COLLAPSED_SPREAD:
            yield from self._say(step, "diagnosis.collapsed")
        elif self.smooth > 0.97 * self.guess_loss:
            yield from self._say(step, "diagnosis.stuck")

    def _say(self, step: int, key: str, loss: float | None = None) -> Iterator[Diagnosed]:
        if key in self.said:
            return
        self.said.add(key)
        facts = {
            "loss": self.guess_loss if loss is None else loss,
            "n": float(self.config.batch_size),
            "learning_rate": self.config.learning_rate,
            "better": type(self.config).model_fields["learning_rate"].default,
        }
        yield Diagnosed(step, key, facts)
