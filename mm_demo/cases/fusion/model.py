"""Audio-visual fusion: two encoders and the three ways to join them, beside each sense alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

FUSIONS = ("early", "late", "attention")
STRATEGIES = ("visual", "audio", *FUSIONS)
SIGHT, SOUND = 0, 1


class AudioVisualFusion(nn.Module):
    """From the features of both senses to class logits.

    * early:     z = f([v; a])
    * late:      z = alpha f_v(v) + (1 - alpha) f_a(a), alpha learned
    * attention: z = sum_m alpha_m h_m, alpha = softmax_m(w_m^T h_m), then a classifier
    * visual, audio: one sense alone, the baselines.

    A sense may be missing: the weights of late and attention then go to the other one, early
    fusion reads zeros in its place.
    """

    def __init__(
        self,
        visual_dim: int = 2048,
        audio_dim: int = 128,
        hidden_dim: int = 512,
        num_classes: int = 10,
        fusion_type: str = "attention",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if fusion_type not in STRATEGIES:
            raise ValueError(f"fusion_type {fusion_type!r}: one of {', '.join(STRATEGIES)}")
        self.fusion_type = fusion_type

        def encoder(dim: int) -> nn.Sequential:
            return nn.Sequential(nn.Linear(dim, hidden_dim), nn.ReLU(), nn.Dropout(dropout))

        if fusion_type != "audio":
            self.visual_encoder = encoder(visual_dim)
        if fusion_type != "visual":
            self.audio_encoder = encoder(audio_dim)
        if fusion_type == "early":
            self.fusion = encoder(2 * hidden_dim)
        if fusion_type == "attention":  # a vector w_m for each sense
            self.w = nn.Parameter(torch.zeros(2, hidden_dim))
        if fusion_type == "late":
            self.visual_classifier = nn.Linear(hidden_dim, num_classes)
            self.audio_classifier = nn.Linear(hidden_dim, num_classes)
            self.alpha_logit = nn.Parameter(torch.zeros(()))
        else:
            self.classifier = nn.Linear(hidden_dim, num_classes)

    def forward(self, visual: Tensor, audio: Tensor, present: Tensor | None = None) -> Tensor:
        """Logits (B, num_classes) of visual (B, visual_dim) and audio (B, audio_dim).

        `present` (B, 2) bool: which senses are there, sight first; None where both are.
        """
        return self.explain(visual, audio, present)[0]

    def explain(
        self, visual: Tensor, audio: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Logits, and the weight of each sense (B, 2), sight first; None where there is none."""
        if self.fusion_type == "visual":
            return self.classifier(self.visual_encoder(visual)), None
        if self.fusion_type == "audio":
            return self.classifier(self.audio_encoder(audio)), None
        if present is None:
            present = torch.ones(len(visual), 2, dtype=torch.bool, device=visual.device)
        if self.fusion_type == "early":
            h = self._hidden(visual, audio) * present[..., None]
            return self.classifier(self.fusion(h.flatten(1))), None
        if self.fusion_type == "late":
            predictions, alpha = self.terms(visual, audio)
            weights = torch.stack([alpha, 1 - alpha]) * present
            weights = weights / weights.sum(1, keepdim=True).clamp(min=1e-6)
            return (weights[..., None] * predictions).sum(1), weights
        h, scores = self.terms(visual, audio)
        weights = scores.masked_fill(~present, -1e4).softmax(1)
        return self.classifier((weights[..., None] * h).sum(1)), weights

    def terms(self, visual: Tensor, audio: Tensor) -> tuple[Tensor, Tensor]:
        """What stands in a fusion's formula: the terms of each sense, sight first; what joins them.

        * early:     c_v and c_a (B, 2, hidden_dim), the bias b (hidden_dim);
                     f([v; a]) = max(0, c_v + c_a + b)
        * late:      f_v(v) and f_a(a) (B, 2, num_classes), alpha ()
        * attention: h_m (B, 2, hidden_dim), the scores w_m^T h_m (B, 2)
        """
        h = self._hidden(visual, audio)
        if self.fusion_type == "early":
            f = self.fusion[0]
            assert isinstance(f, nn.Linear)
            return torch.einsum("bmi,kmi->bmk", h, f.weight.view(-1, 2, h.shape[-1])), f.bias
        if self.fusion_type == "late":
            predictions = [self.visual_classifier(h[:, SIGHT]), self.audio_classifier(h[:, SOUND])]
            return torch.stack(predictions, dim=1), self.alpha_logit.sigmoid()
        return h, (h * self.w).sum(-1)

    def _hidden(self, visual: Tensor, audio: Tensor) -> Tensor:
        """h (B, 2, hidden_dim): both senses encoded, sight first."""
        return torch.stack([self.visual_encoder(visual), self.audio_encoder(audio)], dim=1)


def convolutions(width: int) -> nn.Sequential:
    """Three 3 x 3 convolutions of stride 2: (B, 1, H, W) to (B, 4 width, H / 8, W / 8)."""
    layers: list[nn.Module] = []
    channels = 1
    for out in (width, 2 * width, 4 * width):
        layers += [nn.Conv2d(channels, out, 3, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers)


class PictureEncoder(nn.Module):
    """Grey pictures (B, 28, 28) in [0, 1], ink bright, to features (B, dim)."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.layers = convolutions(width)
        self.dim = 4 * width * 4 * 4

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures[:, None]).flatten(1)


class SoundEncoder(nn.Module):
    """Log-mel spectrograms (B, n_mels, frames) to features (B, dim), whatever their length.

    Mean and maximum over time, the frequencies kept apart: what sounds matters, not when. What is
    35 dB below the loudest is not heard, so digital silence and a quiet room are the same; each
    spectrogram is centred, so that loudness tells nothing.
    """

    HEARD = 8.0  # nepers of power below the loudest

    def __init__(self, width: int = 16, n_mels: int = 40) -> None:
        super().__init__()
        self.layers = convolutions(width)
        self.dim = 2 * 4 * width * -(-n_mels // 8)

    def forward(self, mel: Tensor) -> Tensor:
        mel = torch.maximum(mel, mel.amax((1, 2), keepdim=True) - self.HEARD)
        mel = (mel - mel.mean((1, 2), keepdim=True)) / 3  # 3 nepers: the usual spread of log power
        features = self.layers(mel[:, None])
        return torch.cat([features.mean(-1), features.amax(-1)], 1).flatten(1)


class Listener(nn.Module):
    """One strategy from raw senses to logits: the encoders that it needs, then the fusion."""

    def __init__(
        self,
        fusion_type: str = "attention",
        hidden_dim: int = 128,
        num_classes: int = 10,
        width: int = 16,
        n_mels: int = 40,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.picture_encoder = PictureEncoder(width) if fusion_type != "audio" else None
        self.sound_encoder = SoundEncoder(width, n_mels) if fusion_type != "visual" else None
        self.fusion = AudioVisualFusion(
            self.picture_encoder.dim if self.picture_encoder else 1,
            self.sound_encoder.dim if self.sound_encoder else 1,
            hidden_dim,
            num_classes,
            fusion_type,
            dropout,
        )

    def forward(self, pictures: Tensor, mel: Tensor, present: Tensor | None = None) -> Tensor:
        """Logits (B, num_classes) of pictures (B, 28, 28) and log-mel (B, n_mels, frames)."""
        return self.explain(pictures, mel, present)[0]

    def explain(
        self, pictures: Tensor, mel: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Logits and the senses' weights, as `AudioVisualFusion.explain` tells them."""
        return self.fusion.explain(*self.encode(pictures, mel), present)

    def encode(self, pictures: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, dim) of sight and of sound; (B, 1) zeros for a sense that it does not use."""
        nothing = pictures.new_zeros(len(pictures), 1)
        visual = self.picture_encoder(pictures) if self.picture_encoder else nothing
        audio = self.sound_encoder(mel) if self.sound_encoder else nothing
        return visual, audio


class FusionNetworks(
    nn.Module, PyTorchModelHubMixin, license="apache-2.0", tags=["fusion", "multimodal"]
):
    """A `Listener` for each strategy in each group (a way of corrupting the senses).

    They share nothing: what one of them learns does not depend on which others are there.
    """

    def __init__(
        self,
        groups: Sequence[str] = ("misleading",),
        strategies: Sequence[str] = STRATEGIES,
        hidden_dim: int = 96,
        num_classes: int = 10,
        width: int = 12,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.groups = nn.ModuleDict()
        for group in groups:
            self.groups[group] = nn.ModuleDict(
                {
                    s: Listener(s, hidden_dim, num_classes, width, dropout=dropout)
                    for s in strategies
                }
            )

    def of(self, group: str) -> dict[str, Listener]:
        """The networks of a group, by strategy; KeyError for a group that is not there."""
        return dict(self.groups[group].items())  # type: ignore[operator]

    def each(self) -> Iterator[Listener]:
        """All of them."""
        for group in self.groups:
            yield from self.of(group).values()
