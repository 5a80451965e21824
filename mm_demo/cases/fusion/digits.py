"""Samples of `av_digits`: a written digit and a spoken one, as strangers would bring them."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mm_demo.cases.fusion.ink import cover
from mm_demo.cases.fusion.samples import LOG_MEL, Samples
from mm_demo.data import av_digits
from mm_demo.data.sounding_shapes import add_sound_noise
from mm_demo.errors import UserError

SPEAKERS = ("all", "new")  # groups of networks: "new" ones have never heard two of the speakers
CLEANEST, NOISIEST = 20.0, -10.0  # dB, between which a sound's strength of noise goes from 0 to 1
CLEAN_DB = 60.0
MOST_COVERED = 0.8

Rng = np.random.Generator


@cache
def _by_digit(split: str, speakers: str) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Rows of the pictures and of the recordings of each digit that may be trained on."""
    pictures, recordings = av_digits.pictures(split), av_digits.recordings(split)
    may = ~np.isin(recordings.speakers, av_digits.NEW_SPEAKERS)
    if speakers == "all":
        may[:] = True
    return (
        [np.flatnonzero(pictures.labels == k) for k in range(10)],
        [np.flatnonzero(may & (recordings.labels == k)) for k in range(10)],
    )


def training_batch(speakers: str, rng: Rng, count: int) -> Samples:
    """Augmented pairs of the same digit; each sense is corrupted at a strength of its own."""
    seen, heard = _by_digit("train", speakers)
    labels = rng.integers(10, size=count)
    images = av_digits.pictures("train").images[[rng.choice(seen[k]) for k in labels]]
    waves = av_digits.recordings("train").waves[[rng.choice(heard[k]) for k in labels]]
    covered = np.where(rng.random(count) < 0.7, rng.uniform(0, MOST_COVERED, count), 0)
    pictures = _another_hand(torch.from_numpy(images.astype(np.float32) / 255), rng).numpy()
    pictures = np.stack([cover(p, share, rng) for p, share in zip(pictures, covered, strict=True)])
    noise = np.where(rng.random(count) < 0.75, rng.random(count), 0).astype(np.float32)
    waves = np.stack([_another_voice(wave, rng) for wave in waves])
    snr_db = np.where(noise > 0, CLEANEST + noise * (NOISIEST - CLEANEST), 40.0)
    waves = add_sound_noise(waves, snr_db.astype(np.float32), rng)
    mel = _another_microphone(LOG_MEL(torch.from_numpy(waves)), rng)
    strengths = np.stack([covered, noise], 1).astype(np.float32)
    return Samples(
        torch.from_numpy(pictures), mel, torch.from_numpy(labels), torch.from_numpy(strengths)
    )


def held_out(
    split: str,
    seed: int,
    speakers: str = "all",
    *,
    snr_db: float | None = None,
    occlusion: float = 0.0,
    count: int | None = None,
) -> Samples:
    """Every picture of a split (or `count` of them) with a recording of its digit.

    Pairs, noise and the place of the patch are drawn by `seed`. For the speakers "new", only the
    two that were never in training are heard. snr_db None: no noise; occlusion: the covered share.
    UserError where the data is not at hand.
    """
    pictures, recordings = av_digits.pictures(split), av_digits.recordings(split)
    rows = np.arange(len(recordings.labels))
    if speakers == "new":
        rows = np.flatnonzero(np.isin(recordings.speakers, av_digits.NEW_SPEAKERS))
    picks, sounds = av_digits.draw_pairs(pictures.labels, recordings.labels[rows], seed, count)
    rng = np.random.default_rng([31, seed])
    images = pictures.images[picks].astype(np.float32) / 255
    if occlusion:
        images = np.stack([cover(image, occlusion, rng) for image in images])
    mel = []
    ratio = np.float32(CLEAN_DB if snr_db is None else snr_db)
    for start in range(0, len(sounds), 500):
        waves = recordings.waves[rows[sounds[start : start + 500]]]
        waves = add_sound_noise(waves, np.full(len(waves), ratio, np.float32), rng)
        mel.append(LOG_MEL(torch.from_numpy(waves)))
    noise = float(np.clip((CLEANEST - ratio) / (CLEANEST - NOISIEST), 0, 1))
    strengths = np.tile(np.array([occlusion, noise], np.float32), (len(picks), 1))
    return Samples(
        torch.from_numpy(images),
        torch.cat(mel),
        torch.from_numpy(pictures.labels[picks]),
        torch.from_numpy(strengths),
    )


def settings_of(settings: dict[str, str]) -> tuple[str, float | None, float]:
    """speakers, snr_db, occlusion as `--set` brings them; UserError for what is none."""
    known = {"speakers": "all", "snr_db": "clean", "occlusion": "0"}
    for name in settings:
        if name not in known:
            raise UserError("knob.unknown", name=name, known=", ".join(known))
    asked = {**known, **settings}
    if asked["speakers"] not in SPEAKERS:
        _illegal("speakers", asked["speakers"], ", ".join(SPEAKERS))
    ratio = None if asked["snr_db"] == "clean" else _number("snr_db", asked["snr_db"], -30, 60)
    return asked["speakers"], ratio, _number("occlusion", asked["occlusion"], 0, 1)


def _number(name: str, value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    if not low <= number <= high:
        _illegal(name, value, f"{low:g} – {high:g}")
    return number


def _illegal(name: str, value: str, allowed: str) -> None:
    raise UserError("knob.illegal", name=name, value=value, allowed=allowed)


def _another_hand(pictures: Tensor, rng: Rng) -> Tensor:
    """Pictures (B, 28, 28) turned, slanted, stretched and moved a little."""
    n = len(pictures)
    turn, slant = rng.uniform(-0.26, 0.26, n), rng.uniform(-0.25, 0.25, n)
    wide, high = rng.uniform(0.85, 1.2, n), rng.uniform(0.85, 1.2, n)
    affine = np.zeros((n, 2, 3), np.float32)
    affine[:, 0, 0], affine[:, 0, 1] = wide * np.cos(turn), slant - np.sin(turn)
    affine[:, 1, 0], affine[:, 1, 1] = np.sin(turn), high * np.cos(turn)
    affine[:, :, 2] = rng.uniform(-0.1, 0.1, (n, 2))
    grid = F.affine_grid(torch.from_numpy(affine), [n, 1, 28, 28], align_corners=False)
    return F.grid_sample(pictures[:, None], grid, align_corners=False)[:, 0].clamp(0, 1)


def _another_voice(wave: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """A wave played faster or slower (pitch and throat change with it), a little earlier or later."""
    n = len(wave)
    speed, shift = 2 ** rng.uniform(-0.4, 0.4), rng.uniform(-0.12, 0.12) * n
    at = (np.arange(n) - n / 2) * speed + n / 2 + shift
    return np.interp(at, np.arange(n), wave, 0, 0).astype(np.float32)


def _another_microphone(mel: Tensor, rng: Rng) -> Tensor:
    """Log-mel (B, n_mels, frames) with another throat, tone colour and room, and bits missing.

    Vocal tract length perturbation (Jaitly and Hinton 2013) as a warp of the mel axis, a smooth
    random equaliser, an exponential tail as of a room, and masks (SpecAugment, arXiv:1904.08779).
    """
    n, bands, frames = mel.shape
    warp = torch.from_numpy(rng.uniform(0.88, 1.14, n).astype(np.float32))
    y = torch.linspace(0, 1, bands)[None] * warp[:, None] * 2 - 1
    grid = torch.stack(
        [
            torch.linspace(-1, 1, frames).expand(n, bands, frames),
            y[..., None].expand(n, bands, frames),
        ],
        -1,
    )
    mel = F.grid_sample(mel[:, None], grid, padding_mode="border", align_corners=True)[:, 0]
    knots = torch.from_numpy(rng.normal(0, 1.0, (n, 1, 5)).astype(np.float32))
    mel = mel + F.interpolate(knots, bands, mode="linear", align_corners=True).transpose(1, 2)
    if rng.random() < 0.5:  # a room: each frame rings on, decaying
        decay = float(rng.uniform(0.5, 2.0))
        ringing = [mel[..., 0]]
        for k in range(1, frames):
            ringing.append(torch.maximum(mel[..., k], ringing[-1] - decay))
        mel = torch.stack(ringing, -1)
    bands_at = torch.arange(bands)[None] - torch.from_numpy(rng.integers(0, bands, (n, 1)))
    frames_at = torch.arange(frames)[None] - torch.from_numpy(rng.integers(0, frames, (n, 1)))
    thin, short = rng.integers(0, 6, (n, 1)), rng.integers(0, 10, (n, 1))
    masked = ((bands_at >= 0) & (bands_at < torch.from_numpy(thin)))[:, :, None]
    masked = masked | ((frames_at >= 0) & (frames_at < torch.from_numpy(short)))[:, None]
    return torch.where(masked, mel.mean((1, 2), keepdim=True), mel)
