"""What stands in the three formulas for one pair: plain numbers, which the page shows."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[float, float]  # sight, sound


@dataclass(frozen=True)
class Attention:
    """w_m . h_m of sight and of sound; (h_v, h_a) of three units, the weightiest first."""

    scores: Pair
    units: list[Pair]


@dataclass(frozen=True)
class Late:
    """alpha, and each class's logits (f_v, f_a), the two to be shown first."""

    alpha: float
    logits: dict[str, Pair]


@dataclass(frozen=True)
class Terms:
    """What stands in each formula for one pair; None for a strategy that the model lacks.

    `early` has two units' (c_v, c_a, b), the largest output first.
    """

    attention: Attention | None
    late: Late | None
    early: list[tuple[float, float, float]] | None
