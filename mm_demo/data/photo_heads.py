"""Heads on frozen networks: what all of them need to see photographs, read sentences and begin."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from mm_demo.data import pretrained
from mm_demo.data.photo_pairs import Pairs, pairs_of, read
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.media.image import Picture
from mm_demo.nn.backbone import Seen
from mm_demo.nn.knowledge import probabilities, semantic
from mm_demo.nn.preprocess import photo_square, to_tensor

_CHUNK = 1000


class Heads(Protocol):
    """Two heads that meet as unit vectors (B, embed_dim).

    The picture's reads the `backbones`' pooled vectors one after the other, (B, 1280 * backbones),
    over `mean` and `deviation` of the training photographs, and the semantic vectors (B, 384); the
    sentence's reads MiniLM's vectors (T, 384). `mirrored`: it reads the mean over both sides.
    """

    backbones: tuple[str, ...]
    mirrored: bool
    mean: Tensor
    deviation: Tensor

    def embed_images(self, pooled: Tensor, semantic: Tensor) -> Tensor: ...
    def embed_texts(self, sentences: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Look:
    """What the frozen networks see in N pictures.

    pooled: (N, 1280 * backbones); known: (N, 1000), the classifiers' mean probabilities.
    """

    pooled: Tensor
    known: Tensor


class PhotoEncoders:
    """Heads with the frozen networks under them, in batches, on the device of the heads."""

    def __init__(self, model: Heads) -> None:
        self.model = model
        self.backbones = [pretrained.backbone(name) for name in model.backbones]
        self.tower = pretrained.sentence_tower()
        self.classes = torch.from_numpy(pretrained.imagenet_classes()[1])

    @property
    def sides(self) -> tuple[bool, ...]:
        """Whether a picture is flipped, for each side of it that the heads are used to."""
        return (False, True)[: 1 + self.model.mirrored]

    @torch.inference_mode()
    def look(self, pictures: Sequence[Picture]) -> Look:
        """Run the frozen networks on each side of the pictures."""
        seen = [self.seen(pictures, flipped=flipped) for flipped in self.sides]
        return self.look_of([[each.pooled for each in side] for side in seen])

    def seen(self, pictures: Sequence[Picture], *, flipped: bool = False) -> list[Seen]:
        """What each backbone sees in N pictures, or in their mirror images."""
        found = []
        for backbone in self.backbones:
            squares = np.stack([photo_square(p.pixels, backbone.size) for p in pictures])
            found.append(backbone(to_tensor(squares[:, :, ::-1] if flipped else squares)))
        return found

    def look_of(self, sides: Sequence[Sequence[Tensor]]) -> Look:
        """The mean over sides, each a pooled vector (N, 1280) of each backbone; keeps gradients."""
        known = [
            probabilities([b.classifier(p) for b, p in zip(self.backbones, side, strict=True)])
            for side in sides
        ]
        pooled = [torch.cat(list(side), -1) for side in sides]
        return Look(torch.stack(pooled).mean(0), torch.stack(known).mean(0))

    def embed(self, look: Look) -> Tensor:
        """Unit vectors (N, embed_dim) on the CPU; keeps gradients."""
        return self._embedded(look.pooled, semantic(look.known, self.classes))

    @torch.inference_mode()
    def images(self, look: Look) -> Tensor:
        """Unit vectors (N, embed_dim)."""
        return self.embed(look)

    @torch.inference_mode()
    def images_of(self, pairs: Pairs) -> Tensor:
        """Unit vectors (N, embed_dim) of photographs whose features are known, as they are."""
        return self._embedded(pairs.pooled[0], pairs.semantic[0])

    @torch.inference_mode()
    def texts(self, sentences: Tensor) -> Tensor:
        """MiniLM's vectors (T, 384) to unit vectors (T, embed_dim)."""
        device, parts = self.model.mean.device, torch.split(sentences, _CHUNK)
        return torch.cat([self.model.embed_texts(p.float().to(device)).cpu() for p in parts])

    def _embedded(self, pooled: Tensor, seen: Tensor) -> Tensor:
        device = self.model.mean.device
        parts = zip(torch.split(pooled, _CHUNK), torch.split(seen, _CHUNK), strict=True)
        return torch.cat(
            [self.model.embed_images(p.float().to(device), s.to(device)).cpu() for p, s in parts]
        )


def training_pairs(
    dataset: str, heads: Heads, *, shuffled: int | None = None
) -> Generator[Preparing, None, tuple[Pairs, Pairs]]:
    """The train and dev pairs of a data set, or of a person's own folder, as heads read them.

    Fresh heads are told what the training photographs are like on the whole. `shuffled`: the seed
    by which other photographs take the place of the captions' own. UserError as `read` and
    `pairs_of` raise, `photos.too_few` (count, least).
    """
    found = read(dataset, "train")
    if len(found) < 2:
        raise UserError("photos.too_few", count=len(found), least=2)
    train = yield from pairs_of(found, heads.backbones, mirrored=heads.mirrored)
    dev = yield from pairs_of(read(dataset, "dev"), heads.backbones, mirrored=heads.mirrored)
    if not heads.deviation.ne(1).any():  # loaded heads bring theirs
        pooled = train.pooled[0].float()
        heads.mean.copy_(pooled.mean(0))
        heads.deviation.copy_(pooled.std(0) + 1e-3)
    if shuffled is not None:
        train = train.with_pictures_of(np.random.default_rng(shuffled).permutation(len(train)))
    return train, dev
