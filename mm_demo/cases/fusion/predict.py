"""An opened picture, an opened sound or both in; what each strategy says, and whom it trusts, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo import device
from mm_demo.cases.fusion import trust
from mm_demo.cases.fusion.ink import as_digit, cover
from mm_demo.cases.fusion.model import FUSIONS, SIGHT, SOUND, STRATEGIES, AudioVisualFusion
from mm_demo.cases.fusion.networks import load_networks
from mm_demo.cases.fusion.samples import LOG_MEL, Samples
from mm_demo.cases.fusion.terms import Attention, Late, Terms
from mm_demo.data.sounding_shapes import add_picture_noise, add_sound_noise
from mm_demo.errors import UserError
from mm_demo.media.audio import Sound, find_speech
from mm_demo.media.image import Picture

CLEAN = 60.0  # dB: a ratio at which noise is neither heard nor seen in a spectrogram
SEED = 0


@dataclass(frozen=True)
class Label:
    """A class and its probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class Opinion:
    """What one strategy says, best first; `sight` and `sound` are its weights, None if it has none."""

    strategy: str
    ranking: list[Label]
    sight: float | None
    sound: float | None


@dataclass(frozen=True)
class Answer:
    """`ranking` is that of the strategy asked for, `opinions` that of every one that can answer.

    `looks_like` and `sounds_like` are the single senses' answers (None where a sense is missing),
    `covered` what the strategy asked for says with both senses, and with either one alone. A sense
    is `outside` where what it got is unlike anything that the model knows, None where it is missing.
    """

    strategy: str
    ranking: list[Label]
    opinions: list[Opinion]
    looks_like: str | None
    sounds_like: str | None
    covered: dict[str, Label]
    outside: bool
    outside_sight: bool | None
    outside_sound: bool | None
    model: str


@dataclass(frozen=True, eq=False)
class Perceived:
    """What the networks got: a picture (28, 28) in [0, 1], a wave at 16 kHz, its log-mel.

    `clean` are picture and log-mel before the visitor spoiled them.
    """

    picture: NDArray[np.float32] | None
    wave: NDArray[np.float32] | None
    mel: NDArray[np.float32] | None
    clean: tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]


class Predictor:
    """The networks of a checkpoint folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.model, self.about = load_networks(folder)
        self._familiar = trust.load(folder)
        self.device = device.best_device()
        self.model.to(self.device)
        self.name = folder.name
        self.groups: list[str] = list(self.model.groups)
        self.classes: list[str] = self.about["classes"]
        self.samples: int = self.about["samples"]

    def perceive(
        self,
        picture: Picture | None,
        sound: Sound | None,
        *,
        noise: float = 0.0,
        occlusion: float = 0.0,
        snr_db: float | None = None,
    ) -> Perceived:
        """The senses as the networks take them, after what the visitor does to them.

        noise, occlusion: the picture's grain and the covered share, 0 to 1; snr_db: decibels of
        signal over noise in the sound, None for none.
        """
        seen, wave, mel, clean_mel, drawn = None, None, None, None, None
        if picture is not None:
            rng = np.random.default_rng([SEED, SIGHT])
            drawn = as_digit(picture.pixels)
            seen = cover(drawn, occlusion, rng)
            strength = np.full(1, noise, np.float32)
            seen = add_picture_noise(seen[None], strength, rng)[0]
        if sound is not None:
            rng = np.random.default_rng([SEED, SOUND])
            ratio = np.full(1, CLEAN if snr_db is None else snr_db, np.float32)
            whole = self._window(sound)[None]
            quiet = add_sound_noise(whole, np.full(1, CLEAN, np.float32), rng)
            wave = add_sound_noise(whole, ratio, rng)[0]
            clean_mel, mel = LOG_MEL(torch.from_numpy(np.stack([quiet[0], wave]))).numpy()
        return Perceived(seen, wave, mel, (drawn, clean_mel))

    @torch.inference_mode()
    def answer(
        self, perceived: Perceived, strategy: str = "attention", group: str | None = None
    ) -> Answer:
        """What each strategy makes of it; UserError where nothing is there, or no such strategy.

        group: a way of corrupting the senses that the model was trained on, its first by default.
        """
        if perceived.picture is None and perceived.mel is None:
            raise UserError("fusion.nothing")
        known = self._group(group)
        networks = self.model.of(known)
        if strategy not in networks:
            raise UserError("fusion.strategy", name=strategy, known=", ".join(networks))
        opinions = [
            opinion
            for name in STRATEGIES
            if name in networks and (opinion := self._opinion(networks[name], name, perceived))
        ]
        own = next((o for o in opinions if o.strategy == strategy), None)
        if own is None:
            raise UserError("fusion.other_sense", name=strategy)
        outside = [self._outside(known, sense, perceived) for sense in (SIGHT, SOUND)]
        best = {o.strategy: o.ranking[0] for o in opinions}
        return Answer(
            strategy=strategy,
            ranking=own.ranking,
            opinions=opinions,
            looks_like=best["visual"].label if "visual" in best else None,
            sounds_like=best["audio"].label if "audio" in best else None,
            covered=self._covered(networks[strategy], strategy, perceived),
            outside=any(outside),
            outside_sight=outside[SIGHT],
            outside_sound=outside[SOUND],
            model=self.name,
        )

    @torch.inference_mode()
    def terms(self, perceived: Perceived, group: str | None = None) -> Terms | None:
        """The numbers in the formulas of the strategies that fuse; None where a sense is missing.

        Of late fusion what sight says and what sound says stand first, or, where these are the
        same, that and what comes second in the sum.
        """
        if perceived.picture is None or perceived.mel is None:
            return None
        picture = torch.from_numpy(perceived.picture)[None].to(self.device)
        mel = torch.from_numpy(perceived.mel)[None].to(self.device)
        networks = self.model.of(self._group(group))

        def parts(name: str) -> tuple[AudioVisualFusion, Tensor, Tensor]:
            return networks[name].fusion, *networks[name].encode(picture, mel)

        return Terms(
            _attention(*parts("attention")) if "attention" in networks else None,
            _late(*parts("late"), self.classes) if "late" in networks else None,
            _early(*parts("early")) if "early" in networks else None,
        )

    def _outside(self, group: str, sense: int, perceived: Perceived) -> bool | None:
        """Is what a sense got, before it was spoiled, unlike anything known? None where it is missing."""
        given, judge = perceived.clean[sense], self._familiar.get(group, {}).get(sense)
        network = trust.listener(self.model.of(group), sense)
        if given is None or judge is None or network is None:
            return None
        one = torch.from_numpy(given)[None]
        sample = Samples(one, one, torch.zeros(1), torch.zeros(1, 2))
        return bool(judge(trust.features(network, sample, sense)) > 1)

    def _group(self, group: str | None) -> str:
        if group is not None and group not in self.groups:
            raise UserError(
                "knob.illegal", name="corruption", value=group, allowed=", ".join(self.groups)
            )
        return group or self.groups[0]

    def _covered(
        self, network: torch.nn.Module, name: str, perceived: Perceived
    ) -> dict[str, Label]:
        ways: dict[str, Sequence[bool]] = {"both": (True, True)}
        if name in FUSIONS and perceived.picture is not None and perceived.mel is not None:
            ways |= {"sight": (True, False), "sound": (False, True)}
        found = {}
        for way, senses in ways.items():
            opinion = self._opinion(network, name, perceived, senses)
            assert opinion is not None, "a sense that is there"
            found[way] = opinion.ranking[0]
        return found

    def _opinion(
        self,
        network: torch.nn.Module,
        name: str,
        perceived: Perceived,
        senses: Sequence[bool] = (True, True),
    ) -> Opinion | None:
        """None where the one sense that the strategy has is missing."""
        there = [
            perceived.picture is not None and senses[SIGHT],
            perceived.mel is not None and senses[SOUND],
        ]
        if (name == "visual" and not there[SIGHT]) or (name == "audio" and not there[SOUND]):
            return None
        picture = np.zeros((28, 28), np.float32) if perceived.picture is None else perceived.picture
        mel = np.zeros((40, 32), np.float32) if perceived.mel is None else perceived.mel
        logits, weights = network.explain(  # type: ignore[operator]
            torch.from_numpy(picture)[None].to(self.device),
            torch.from_numpy(mel)[None].to(self.device),
            torch.tensor([there], device=self.device),
        )
        shares = logits[0].float().softmax(0).tolist()
        order = sorted(range(len(shares)), key=lambda k: -shares[k])
        sight, sound = (None, None) if weights is None else weights[0].tolist()
        return Opinion(name, [Label(self.classes[k], shares[k]) for k in order], sight, sound)

    def _window(self, sound: Sound) -> NDArray[np.float32]:
        """The stretch of `samples` around the word: cut evenly where longer, silence where shorter."""
        start, stop = find_speech(sound.samples)
        middle = (start + stop) // 2
        begin = max(0, min(middle - self.samples // 2, len(sound.samples) - self.samples))
        wave = sound.samples[begin : begin + self.samples]
        missing = self.samples - len(wave)
        return np.pad(wave, (missing // 2, missing - missing // 2))


def _attention(fusion: AudioVisualFusion, visual: Tensor, audio: Tensor) -> Attention:
    """Its scores, and the three units of h with the largest part, + or -, in the logit of its answer."""
    h, scores = fusion.terms(visual, audio)
    logits, weights = fusion.explain(visual, audio)
    assert weights is not None, "attention weighs"
    z = (weights[..., None] * h).sum(1)
    units = (fusion.classifier.weight[logits[0].argmax()] * z[0]).abs().topk(3).indices
    sight, sound = _plain(scores[0])
    return Attention((sight, sound), [(v, a) for v, a in _plain(h[0, :, units].T)])


def _late(fusion: AudioVisualFusion, visual: Tensor, audio: Tensor, classes: Sequence[str]) -> Late:
    """Every class's logits: what sight says, what sound says, then the others as the sum ranks them."""
    predictions, alpha = fusion.terms(visual, audio)
    ranked = fusion(visual, audio)[0].argsort(descending=True)
    order = dict.fromkeys([*predictions[0].argmax(1).tolist(), *ranked.tolist()])
    f_v, f_a = _plain(predictions[0])
    return Late(_plain(alpha), {classes[k]: (f_v[k], f_a[k]) for k in order})


def _early(
    fusion: AudioVisualFusion, visual: Tensor, audio: Tensor
) -> list[tuple[float, float, float]]:
    """The terms of the two units with the largest z."""
    parts, bias = fusion.terms(visual, audio)
    terms = torch.stack([*parts[0], bias])
    return [(v, a, b) for v, a, b in _plain(terms[:, terms.sum(0).topk(2).indices].T)]


def _plain(numbers: Tensor) -> Any:
    """Numbers as Python has them, to four places: more than the page shows."""
    return numbers.cpu().double().round(decimals=4).tolist()
