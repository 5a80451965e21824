"""Samples of `av_digits`: a written digit and a spoken one, as strangers would bring them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mm_demo.cases.fusion import FusionConfig, figures
from mm_demo.cases.fusion.ink import cover
from mm_demo.cases.fusion.model import Listener
from mm_demo.cases.fusion.samples import LOG_MEL, Samples, asked, illegal
from mm_demo.data import av_digits
from mm_demo.data.sounding_shapes import add_sound_noise
from mm_demo.events import Preparing

CLASSES = tuple("0123456789")
LENGTH = 16_000  # of a wave
SPEAKERS = ("all", "new")  # groups of networks: "new" ones have never heard two of the speakers
CLEANEST, NOISIEST = 20.0, -10.0  # dB, between which a sound's strength of noise goes from 0 to 1
QUIET_ROOM = 40.0
CONTRADICTIONS = 0.15
MOST_COVERED = 0.8
LIVE = {"mixed": True, "count": 1000}  # how the figures of a run under way are taken
_CHUNK = 500
_ON_CURVE = 2000  # pairs at each level of a curve

CARD = {
    "title": "Audio-visual fusion on written and spoken digits",
    "what": "Names a digit from a drawing, a voice, or both: early, late and attention fusion beside "
    "each sense alone, every network trained from random weights on the same samples. Networks of "
    "the group `new` never heard the speakers nicolas and theo.",
    "data": "MNIST's first 12,000 training pictures (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0 as "
    "usually stated) but for the last 2,000, which are dev, and the Free Spoken Digit Dataset's takes "
    "10-49 (Z. Jackson and others; CC BY-SA 4.0; takes 5-9 are dev, 0-4 test). Neither pictures nor "
    "recordings are shipped. Pairs of the same digit are drawn afresh at each step, turned, slanted, "
    "played faster or slower, put through another throat, tone colour and room, covered and buried in "
    "noise; in some of them the clearly noisier sense shows another digit.",
    "limits": "English digits from six speakers: a strange voice is understood less well (see "
    "`speakers=new`), another language not at all. One digit at a time. It always answers with a "
    "digit; what looks or sounds like none is marked as outside, not refused.",
}

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


def groups(config: FusionConfig) -> tuple[str, ...]:
    """The groups that a config trains."""
    return SPEAKERS if config.speakers == "both" else (config.speakers,)


def prepare() -> Iterator[Preparing]:
    """Read the pictures and the recordings; UserError where they are not at hand."""
    for done, split in enumerate(("train", "dev")):
        yield Preparing("digits", done, 2)
        av_digits.pictures(split)
        av_digits.recordings(split)
    yield Preparing("digits", 2, 2)


def training_batch(speakers: str, rng: Rng, count: int) -> Samples:
    """Augmented pairs; each sense is corrupted at a strength of its own.

    In a share CONTRADICTIONS the clearly noisier sense shows another digit: whom to believe is only
    learned where it matters, and a visitor may well draw a 3 and say "eight".
    """
    seen, heard = _by_digit("train", speakers)
    labels = rng.integers(10, size=count)
    covered = np.where(rng.random(count) < 0.7, rng.random(count), 0)
    noise = np.where(rng.random(count) < 0.75, rng.random(count), 0)
    shown = np.stack([labels, labels], 1)
    apart = (np.abs(covered - noise) > 0.2) & (rng.random(count) < CONTRADICTIONS)
    rows = np.flatnonzero(apart)
    noisier = np.stack([covered, noise], 1)[rows].argmax(1)
    shown[rows, noisier] = (labels[rows] + rng.integers(1, 10, len(rows))) % 10
    images = av_digits.pictures("train").images[[rng.choice(seen[k]) for k in shown[:, 0]]]
    waves = av_digits.recordings("train").waves[[rng.choice(heard[k]) for k in shown[:, 1]]]
    pictures = _another_hand(torch.from_numpy(images.astype(np.float32) / 255), rng).numpy()
    pictures = np.stack(
        [cover(p, MOST_COVERED * c, rng) for p, c in zip(pictures, covered, strict=True)]
    )
    waves = np.stack([_another_voice(wave, rng) for wave in waves])
    snr_db = np.where(noise > 0, CLEANEST + noise * (NOISIEST - CLEANEST), QUIET_ROOM)
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
    mixed: bool = False,
    count: int | None = None,
) -> Samples:
    """Every picture of a split (or `count` of them) with a recording of its digit.

    Pairs, noise and the place of the patch are drawn by `seed`. snr_db None: no noise; occlusion:
    the covered share; `mixed` draws both anew for each sample, as in training. Of the speakers
    "new" the test hears the two alone that no training heard, dev only the others: nothing is
    chosen by them. UserError where the data is not at hand.
    """
    pictures, recordings = av_digits.pictures(split), av_digits.recordings(split)
    rows = np.arange(len(recordings.labels))
    if speakers == "new":
        unheard = np.isin(recordings.speakers, av_digits.NEW_SPEAKERS)
        rows = np.flatnonzero(unheard if split == "test" else ~unheard)
    picks, sounds = av_digits.draw_pairs(pictures.labels, recordings.labels[rows], seed, count)
    rng, n = np.random.default_rng([31, seed]), len(picks)
    covered = rng.uniform(0, MOST_COVERED, n) if mixed else np.full(n, occlusion)
    clean = QUIET_ROOM if snr_db is None else snr_db
    ratio = rng.uniform(NOISIEST, CLEANEST, n) if mixed else np.full(n, clean)
    images = pictures.images[picks].astype(np.float32) / 255
    images = np.stack([cover(image, k, rng) for image, k in zip(images, covered, strict=True)])
    mel = []
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        waves = recordings.waves[rows[sounds[part]]]
        waves = add_sound_noise(waves, ratio[part].astype(np.float32), rng)
        mel.append(LOG_MEL(torch.from_numpy(waves)))
    noise = np.clip((CLEANEST - ratio) / (CLEANEST - NOISIEST), 0, 1)
    return Samples(
        torch.from_numpy(images),
        torch.cat(mel),
        torch.from_numpy(pictures.labels[picks]),
        torch.from_numpy(np.stack([covered / MOST_COVERED, noise], 1).astype(np.float32)),
    )


def clean(split: str, seed: int) -> Samples:
    """2,000 pairs as they are; of the training ones a quarter as strangers would bring them."""
    samples = held_out(split, seed, count=2000)
    return _as_strangers(samples, split, seed, every=4) if split == "train" else samples


def strangers(seed: int) -> Samples:
    """2,000 dev pairs by other hands, other voices and other microphones."""
    return _as_strangers(held_out("dev", seed, count=2000), "dev", seed, every=1)


def _as_strangers(samples: Samples, split: str, seed: int, every: int) -> Samples:
    rng = np.random.default_rng([37, seed])
    picks, sounds = av_digits.draw_pairs(
        av_digits.pictures(split).labels, av_digits.recordings(split).labels, seed, 2000
    )
    rows = np.arange(0, len(picks), every)
    waves = av_digits.recordings(split).waves[sounds[rows]]
    waves = np.stack([_another_voice(wave, rng) for wave in waves])
    waves = add_sound_noise(waves, np.full(len(waves), QUIET_ROOM, np.float32), rng)
    samples.pictures[rows] = _another_hand(samples.pictures[rows], rng)
    samples.mel[rows] = _another_microphone(LOG_MEL(torch.from_numpy(waves)), rng)
    return samples


def read_settings(settings: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The group and the further arguments of `held_out` that `--set` asks for."""
    found = asked(settings, {"speakers": "all", "snr_db": "clean", "occlusion": "0"})
    if found["speakers"] not in SPEAKERS:
        raise illegal("speakers", found["speakers"], ", ".join(SPEAKERS))
    ratio = None if found["snr_db"] == "clean" else _number("snr_db", found["snr_db"], -30, 60)
    covered = _number("occlusion", found["occlusion"], 0, 1)
    return found["speakers"], {"snr_db": ratio, "occlusion": covered}


def curves(networks: Mapping[str, Listener], split: str, seed: int, group: str) -> dict[str, Any]:
    """Accuracies along noise (40 is clean, then 20 to -10 dB) and along the covered share.

    The other sense is spoiled as well, half: a picture half covered, a sound at 0 dB.
    """

    def at(x: float, snr_db: float, occlusion: float) -> tuple[float, Any, Samples]:
        samples = held_out(split, seed, group, snr_db=snr_db, occlusion=occlusion, count=_ON_CURVE)
        return x, figures.ask_all(networks, samples), samples

    decibels = (QUIET_ROOM, 20.0, 15.0, 10.0, 5.0, 0.0, -5.0, -10.0)
    shares = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75)
    return {
        "sound": figures.along(at(x, x, 0.5) for x in decibels),
        "sight": figures.along(at(x, 0.0, x) for x in shares),
    }


def _number(name: str, value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    if not low <= number <= high:
        raise illegal(name, value, f"{low:g} – {high:g}")
    return number


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
