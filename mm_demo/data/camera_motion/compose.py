"""From a picture and a path to a clip: the camera's view, things that move on their own, a lens.

Points of the frame run from -0.5 to 0.5 in both directions (frame widths, y down).
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

from .paths import FRAMES, Path, path

SIZE = 64
MOST_COVERED = 0.33  # of the frame, by things that go their own way
VIEW = 0.5  # of the picture's side that a frame shows: the rest is what the camera finds

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Rng = np.random.Generator


def move(picture: Bytes, motion: str, rng: Rng, size: int = SIZE, frames: int = FRAMES) -> Bytes:
    """The motion, pure and clean, over a picture (H, W, 3): (T, size, size, 3) uint8.

    Beyond its edges the picture goes on mirrored. ValueError for an unknown motion.
    """
    way = path(motion, rng, frames, pure=True)
    small = Image.fromarray(picture)
    small.thumbnail((8 * size, 8 * size), Image.Resampling.BOX)  # a camera's would fill the memory
    picture = np.asarray(small)
    height, width = picture.shape[:2]
    side = VIEW * min(height, width) * 1.2
    pyramid = _pyramid(picture.astype(np.float32) / 255)
    middle = np.array([width, height], np.float32) / 2
    lens = _Lens(side, middle, 0.0, np.ones((size, size), np.float32), 0.0, np.zeros(2), 1.0)
    return _as_bytes(_sample(pyramid, middle + side * _view(way, lens), side / size))


@dataclass(frozen=True, eq=False)
class _Lens:
    """What is the same in all frames of a clip, whatever the camera does."""

    side: float  # of the frame, in the picture's pixels
    middle: Floats
    turn: float
    near: Floats  # (size, size): how near each part of the scene is, of mean 1
    walking: float  # 0: the camera turns on its foot; 1: it walks past what is near
    focus: NDArray[np.float64]  # what a zoom leaves in its place
    aspect: float  # width over height of what was squeezed into a square


def film(
    picture: Bytes, others: Bytes, motion: str, rng: Rng, size: int = SIZE, *, plain: bool = False
) -> Bytes:
    """A clip as people film it: (T, size, size, 3) uint8 of a picture (H, W, 3).

    Moving things are cut out of `others` (N, H, W, 3). Blur, noise, light and bars are drawn
    without looking at the motion, so that a single frame tells nothing of it. `plain`: with none of
    that, and nothing that moves on its own, to begin learning with.
    """
    way = path(motion, rng)
    lens = _lens(picture, rng, size)
    view, pixels = _view(way, lens), picture.astype(np.float32) / 255
    step = lens.side / size
    if plain:
        return _as_bytes(_sample(_pyramid(pixels), lens.middle + lens.side * view, step))
    if rng.random() < 0.1:
        view += _ripples(rng, view)
    pyramid = _pyramid(_blurred(pixels, rng))
    clip = _sample(pyramid, lens.middle + lens.side * view, step)
    left = MOST_COVERED
    for _ in range(int(rng.choice(5, p=[0.25, 0.35, 0.2, 0.12, 0.08]))):
        area = math.exp(rng.uniform(math.log(0.01), math.log(MOST_COVERED)))
        area = min(area, left)
        left -= area
        if area > 0:
            _put_thing(clip, others[int(rng.integers(len(others)))], way, area, rng)
    return _developed(clip, rng)


def _lens(picture: Bytes, rng: Rng, size: int) -> _Lens:
    height, width = picture.shape[:2]
    side = min(height, width) * VIEW * math.exp(rng.normal(0, 0.3))
    turn = rng.normal(0, 0.07) if rng.random() < 0.5 else rng.uniform(-0.8, 0.8)
    y, x = _grid(size)
    kind, walking = rng.random(), rng.random()
    near = np.ones((size, size))
    if kind < 0.15:  # a road, a floor: nearer further down, the sky far away
        near = near * (0.3 + 2 * np.maximum(y - rng.uniform(-0.25, 0.1), 0))
    elif kind < 0.25:  # a corridor, an avenue: nearer towards the edges
        near, walking = 0.2 + 2 * np.maximum(abs(x), abs(y)), walking / 3
    elif kind < 0.4:
        a, b = rng.uniform(-0.5, 0.5, 2)
        near = 1 + a * x + b * y
    middle = rng.uniform(0.25, 0.75, 2) * (width, height)
    focus = rng.uniform(-0.15, 0.15, 2) if rng.random() < 0.5 else np.zeros(2)
    near = (near / near.mean()).astype(np.float32)
    aspect = math.exp(rng.uniform(-0.6, 0.6)) if rng.random() < 0.6 else 1.0
    return _Lens(side, middle.astype(np.float32), turn, near, walking, focus, aspect)


def _grid(size: int) -> tuple[Floats, Floats]:
    """y and x of the pixels' middles: (size, 1) and (1, size)."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    return line[:, None], line[None]


def _view(way: Path, lens: _Lens) -> Floats:
    """Where in the scene each pixel of each frame looks: (T, size, size, 2), x first.

    Shifts are along the frame's own axes.
    """
    near, size = lens.near, len(lens.near)
    y, x = _grid(size)
    scale = np.exp(-way.zoom[:, None, None] * near)
    right = way.x[:, None, None] * (1 + lens.walking * (near - 1))
    # nobody walks up or down as fast: a third, so that no part of a road is seen twice
    down = way.y[:, None, None] * (1 + lens.walking / 3 * (near - 1))
    wide = math.sqrt(lens.aspect)
    u = ((x - lens.focus[0]) * scale + lens.focus[0] + right) * wide
    v = ((y - lens.focus[1]) * scale + lens.focus[1] + down) / wide
    angle = way.turn[:, None, None] + lens.turn
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * u - s * v, s * u + c * v], -1).astype(np.float32)


def _ripples(rng: Rng, view: Floats) -> Floats:
    """Water, leaves, cloth: the scene moves a little within itself."""
    time = np.arange(len(view), dtype=np.float32)[:, None, None] / FRAMES
    tones = rng.uniform(10, 40, 2)
    found = [
        rng.uniform(0, 0.012)
        * np.sin(tones[k] * view[..., 1 - k] + 2 * math.pi * (rng.uniform(-2, 2) * time + k))
        for k in range(2)
    ]
    return np.stack(found, -1).astype(np.float32)


def _pyramid(pixels: Floats) -> list[torch.Tensor]:
    """The picture (1, 3, H, W), and its halves: what is seen from afar must not flicker."""
    levels = [torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]]
    while min(levels[-1].shape[2:]) >= 32:
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


def _sample(pyramid: list[torch.Tensor], points: Floats, step: float) -> Floats:
    """The picture at points (T, h, w, 2) in its pixels, `step` of them apart: (T, h, w, 3)."""
    level = min(max(round(math.log2(max(step, 1e-3))), 0), len(pyramid) - 1)
    picture = pyramid[level]
    frames, h, w, _ = points.shape
    whole = pyramid[0].shape
    grid = torch.from_numpy(points.reshape(1, frames * h, w, 2))
    grid = grid * torch.tensor([2 / whole[3], 2 / whole[2]]) - 1
    found = F.grid_sample(picture, grid, "bilinear", "reflection", align_corners=False)
    found = found[0].reshape(3, frames, h, w).permute(1, 2, 3, 0)
    return found.contiguous().numpy()


def _blurred(pixels: Floats, rng: Rng) -> Floats:
    """Out of focus, or smeared along a line, in half of the clips."""
    if rng.random() < 0.5:
        return pixels
    length = int(rng.integers(2, 8))
    turn = rng.uniform(0, math.pi)
    shifts = np.linspace(-0.5, 0.5, length) * length * rng.uniform(0.4, 1)
    total = np.zeros_like(pixels)
    for shift in shifts:
        dx, dy = round(shift * math.cos(turn)), round(shift * math.sin(turn))
        total += np.roll(pixels, (dy, dx), (0, 1))
    return total / length


def _put_thing(clip: Floats, picture: Bytes, way: Path, area: float, rng: Rng) -> None:
    """A thing of up to three parts on this share of the frame, which goes its own way or the scene's."""
    frames = len(clip)
    time = np.arange(frames, dtype=np.float32) / FRAMES
    place: Floats = rng.uniform(-0.5, 0.5, (2, 1))
    parts = int(rng.integers(1, 4))
    radius = math.sqrt(area / parts / math.pi)
    scale, kind = np.ones(frames, np.float32), rng.random()
    if kind < 0.3:  # followed by the camera, or a mark on the lens
        place = place * 0.5 + np.zeros((1, frames), np.float32)
        if rng.random() < 0.5:  # it comes nearer or leaves
            scale = np.exp(rng.uniform(-0.7, 0.7) * (time - 0.5))
    elif kind < 0.5:  # stands in the scene, nearer than the rest
        shift = np.stack([way.x, way.y]) * rng.uniform(0.8, 1.8)
        scale = np.exp(way.zoom)
        c, s = np.cos(way.turn), np.sin(way.turn)
        turned = np.stack([c * place[0] + s * place[1], c * place[1] - s * place[0]])
        place = (turned - shift) * scale
    else:  # walks, turns back, grows
        speed = math.exp(rng.uniform(math.log(0.05), math.log(1.2)))
        away = rng.uniform(0, 2 * math.pi)
        if rng.random() < 0.6:  # people and cars go sideways
            away = rng.integers(2) * math.pi + rng.normal(0, 0.2)
        going = time - 0.5
        if rng.random() < 0.35:
            tone = rng.uniform(0.6, 3)
            going = 0.5 * np.sin(2 * math.pi * (tone * time + rng.random())) / tone
        place = place + speed * np.outer([math.cos(away), math.sin(away)], going)
        if rng.random() < 0.25:
            scale = np.exp(rng.uniform(-0.8, 0.8) * (time - 0.5))
    for _ in range(parts):
        swing = rng.uniform(0, 0.5) * radius if rng.random() < 0.5 else 0.0
        waving = swing * np.sin(2 * math.pi * (rng.uniform(0.5, 3) * time + rng.random()))
        aside = rng.uniform(-0.9, 0.9, (2, 1)) * radius * scale
        bend = rng.uniform(0, 2 * math.pi)
        at = place + aside + np.outer([math.cos(bend), math.sin(bend)], waving)
        _paint_part(clip, picture, at, radius * scale, rng)


def _paint_part(clip: Floats, picture: Bytes, at: Floats, radius: Floats, rng: Rng) -> None:
    """A rounded shape at (2, T) of radius (T,), filled from a picture, in place."""
    y, x = _grid(clip.shape[1])
    tall, turn = math.exp(rng.uniform(-0.6, 0.6)), rng.uniform(0, math.pi)
    radius, at = radius.astype(np.float32), at.astype(np.float32)
    x = (x - at[0][:, None, None]) / (radius * tall)[:, None, None]
    y = (y - at[1][:, None, None]) / (radius / tall)[:, None, None]
    c, s = math.cos(turn), math.sin(turn)
    u, v = c * x + s * y, c * y - s * x
    across, along = u * u, v * v
    if rng.random() < 0.35:  # nearly a box
        across, along = across * across, along * along
    inside = np.nonzero(across + along < 1)
    height, width = picture.shape[:2]
    grain = height * rng.uniform(0.05, 0.4)
    tx = (u[inside] * grain).astype(np.int64) + int(rng.integers(width))
    ty = (v[inside] * grain).astype(np.int64) + int(rng.integers(height))
    # wrapped, and in one index: what is cut out is small, speed counts
    pixels = picture.reshape(-1, 3)[(ty % height) * width + tx % width]
    clip[inside] = pixels * np.float32(rng.uniform(0.5, 1) / 255)


def _developed(clip: Floats, rng: Rng) -> Bytes:
    """Light that changes, contrast, noise, bars, compression: (T, size, size, 3) to uint8."""
    frames, size = clip.shape[:2]
    time = np.linspace(-0.5, 0.5, frames, dtype=np.float32)[:, None, None, None]
    gain = rng.uniform(0.55, 1.1) * np.ones((1, 1, 1, 1), np.float32)
    if rng.random() < 0.4:
        gain = gain * (1 + rng.uniform(-0.3, 0.3) * time)
    if rng.random() < 0.15:
        gain = gain * (1 + rng.uniform(0, 0.05) * rng.standard_normal((frames, 1, 1, 1)))
    clip = clip * gain.astype(np.float32) + np.float32(rng.uniform(0, 0.15))
    if rng.random() < 0.12:
        clip = np.repeat(clip.mean(-1, keepdims=True), 3, -1)
    if rng.random() < 0.5:
        most = min(0.03, 0.25 * float(clip[0].std()))  # in the dark it would hide everything
        clip += np.float32(rng.uniform(0, most)) * rng.standard_normal(clip.shape, np.float32)
    if rng.random() < 0.15:
        bar = int(rng.integers(1, size // 6))
        upright = clip if rng.random() < 0.5 else clip.swapaxes(1, 2)
        upright[:, :bar] = upright[:, size - bar :] = 0
    made = _as_bytes(clip)
    return _compressed(made, int(rng.integers(35, 85))) if rng.random() < 0.3 else made


def _as_bytes(clip: Floats) -> Bytes:
    return (255 * clip.clip(0, 1) + 0.5).astype(np.uint8)


def _compressed(clip: Bytes, quality: int) -> Bytes:
    """What JPEG leaves of the frames, all in one picture below each other."""
    file = io.BytesIO()
    frames, h, w, _ = clip.shape
    Image.fromarray(clip.reshape(frames * h, w, 3)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).reshape(clip.shape)
