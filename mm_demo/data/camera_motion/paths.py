"""Where the camera is at each frame: one path for each of the ten motions.

Lengths are in frame widths, times in seconds, angles in radians. x grows to the right and y
downwards, as in pictures, so a growing angle turns clockwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOTIONS = (
    "static", "pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out",
    "roll_clockwise", "roll_counterclockwise", "shake",
)  # fmt: skip
FRAMES = 8
SPAN = 1.0  # seconds that a clip shows: each frame stands for an eighth

# Per second, from the slowest to the fastest: frame widths, the logarithm of the scale, radians.
PAN_SPEED, ZOOM_SPEED, ROLL_SPEED = (0.09, 1.3), (0.09, 1.0), (0.14, 1.6)
SHAKE, TREMBLE, DRIFT = (0.018, 0.12), 0.006, 0.02  # root mean square, and widths per second
ACROSS = 0.3  # how much of another movement a moving camera adds
_RADIUS = 0.38  # widths from the middle of a square frame to its mean point

Floats = NDArray[np.float32]
Rng = np.random.Generator
_WAY = {  # which quantity of a path the motion changes, and in which direction
    "pan_left": (0, -1), "pan_right": (0, 1), "tilt_up": (1, -1), "tilt_down": (1, 1),
    "zoom_in": (2, 1), "zoom_out": (2, -1), "roll_clockwise": (3, 1),
    "roll_counterclockwise": (3, -1),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Path:
    """The camera's x, y (widths), zoom (logarithm of the scale) and turn (radians): (T,) each."""

    x: Floats
    y: Floats
    zoom: Floats
    turn: Floats


def path(motion: str, rng: Rng, frames: int = FRAMES, *, pure: bool = False) -> Path:
    """A path of random speed, begun anywhere; ValueError for an unknown motion.

    A hand trembles and real cameras are rarely pure: `pure` leaves both out, at an even and
    middling speed.
    """
    if motion not in MOTIONS:
        raise ValueError(f"unknown motion {motion!r}: one of {', '.join(MOTIONS)}")
    time = np.arange(frames) * (SPAN / FRAMES) if pure else _times(rng, frames)
    moves = np.zeros((4, frames), np.float32)
    if motion == "shake":
        low, high = (0.04, 0.07) if pure else SHAKE
        moves[:2] = _trembling(rng, time, _log_uniform(rng, low, high), fastest=3.5)
        moves[3] = _trembling(rng, time, rng.uniform(0, 0.03), fastest=3.5)[0]
    elif motion == "static":
        if not pure:
            away = rng.uniform(0, 2 * math.pi)
            moves[:2] = rng.uniform(0, DRIFT) * np.outer([math.cos(away), math.sin(away)], time)
    else:
        _add_main(moves, motion, rng, time, pure)
    if not pure:
        moves[:2] += _trembling(rng, time, rng.uniform(0, TREMBLE), fastest=5)
        moves[3] += _trembling(rng, time, rng.uniform(0, 0.004), fastest=5)[0]
    return Path(*(moves - moves.mean(1, keepdims=True)))


def _add_main(moves: Floats, motion: str, rng: Rng, time: Floats, pure: bool) -> None:
    """The movement that names the motion, and a smaller one of another kind."""
    which, sign = _WAY[motion]
    low, high = (PAN_SPEED, PAN_SPEED, ZOOM_SPEED, ROLL_SPEED)[which]
    speed = math.sqrt(low * high) * 1.3 if pure else _log_uniform(rng, low, high)
    moves[which] = sign * speed * _progress(rng, time, even=pure)
    if pure:
        return
    mean_flow = speed * (1.0 if which < 2 else _RADIUS)
    if rng.random() < 0.5:
        other = int(rng.choice([k for k in range(4) if k != which]))
        much = rng.uniform(-ACROSS, ACROSS) * mean_flow / (1.0 if other < 2 else _RADIUS)
        moves[other] += much * _progress(rng, time)
    if rng.random() < 0.4:  # walking, or a hand that has to turn
        rms = min(0.05 * mean_flow * rng.uniform(0, 2), 0.03)
        moves[:2] += _trembling(rng, time, rms, fastest=4)


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _times(rng: Rng, frames: int) -> Floats:
    """When the frames were taken: at times a film of few frames a second gives them unevenly."""
    time = np.arange(frames) * (SPAN / FRAMES)
    if rng.random() < 0.3:
        rate = rng.choice([10.0, 12.0, 15.0, 24.0, 25.0, 30.0])
        time = np.floor(time * rate + rng.random()) / rate
    return time.astype(np.float32)


def _progress(rng: Rng, time: Floats, even: bool = False) -> Floats:
    """How far along a movement of unit mean speed is: evenly, faster, slower, in one whip."""
    if even:
        return time
    fine = np.linspace(time[0], time[-1], 33)
    kind, share = int(rng.integers(4)), (fine - fine[0]) / (fine[-1] - fine[0])
    strength = rng.uniform(0, 0.85)
    if kind == 0:
        speed = np.ones(33)
    elif kind == 1:
        speed = 1 + strength * (2 * share - 1) * rng.choice([-1, 1])
    elif kind == 2:
        speed = 1 + strength * np.sin(2 * math.pi * (rng.uniform(0.4, 1.5) * share + rng.random()))
    else:
        middle, width = rng.random(), rng.uniform(0.15, 0.4)
        speed = 1 - strength + np.exp(-(((share - middle) / width) ** 2))
    way = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    way *= (fine[-1] - fine[0]) / way[-1]
    return np.interp(time, fine, way).astype(np.float32)


def _trembling(rng: Rng, time: Floats, rms: float, fastest: float) -> Floats:
    """Movement to and fro in two directions (2, T), of this root mean square, that gets nowhere.

    The part that grows with time is taken out: a swing to one side only would be a pan.
    """
    tones = np.exp(rng.uniform(math.log(0.8), math.log(fastest), (2, 3)))[..., None]
    waves = np.sin(2 * math.pi * (tones * time + rng.random((2, 3, 1))))
    swing = (rng.random((2, 3, 1)) * waves).sum(1)
    swing *= np.array([[1.0], [rng.uniform(0.15, 1)]]) if rng.random() < 0.6 else 1.0
    if rng.random() < 0.5:
        swing = swing[::-1]
    swing -= swing.mean(1, keepdims=True)
    centred = time - time.mean()
    swing -= np.outer(swing @ centred, centred) / (centred @ centred)
    size = math.sqrt(float((swing**2).sum(0).mean()))
    found: Floats = (swing * (rms / max(size, 1e-6))).astype(np.float32)
    return found
