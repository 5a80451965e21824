"""An opened photograph and labels in, a plain answer out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from mm_demo import device, store
from mm_demo.cases.clip.answer import Answer, ranked, rounded
from mm_demo.cases.clip.labels import check_template, parse_labels, sentence
from mm_demo.cases.clip.memory import Memory
from mm_demo.cases.clip.photos import trust
from mm_demo.cases.clip.photos.encoders import Encoders, Said
from mm_demo.cases.clip.photos.model import POOLED, PhotoCLIP
from mm_demo.data import photo_domain
from mm_demo.data.photo_heads import Look
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.knowledge import agreement
from mm_demo.nn.sentences import pieces

GRID = 7  # cells of a map of evidence, to a side


class Predictor:
    """A PhotoCLIP from a checkpoint folder. Thread-safe; sentences once read are kept."""

    def __init__(self, folder: Path) -> None:
        self.device = device.best_device()
        self.model = store.load_model(PhotoCLIP, folder).to(self.device)
        self.encoders = Encoders(self.model)
        self.judge = trust.YesNo.load(folder)
        self.domain = photo_domain.load(folder)
        if self.judge.bank.shape[1] != self.model.text_encoder.mlp[-1].out_features:
            raise UserError("checkpoint.foreign", folder=str(folder))
        self.name = folder.name
        self._memory = Memory(self.encoders.tower.encode)

    def classify(
        self, picture: Picture, labels: str | list[str], template: str | None = None
    ) -> Answer:
        """Score the labels for the picture; UserError for labels or a template that cannot be read."""
        labels, template = parse_labels(labels), check_template(template)
        sentences = [sentence(label, template) for label in labels]
        said, remembered = self._said(sentences)
        look = self.encoders.look([picture])
        images = self.encoders.images(look)
        alone = self.judge(self.encoders, images, look.known, said)[0]
        strangeness = self._strangeness(look)
        scale = float(self.model.scale().detach())
        return Answer(
            ranking=ranked(
                labels,
                sentences,
                self.encoders.cosines(images, said)[0],
                alone,
                [self._unknown(label) for label in labels],
                scale,
                self.encoders.witness(look.known, said)[0],
            ),
            none=float(1 - alone.max()),
            outside=strangeness > 1,
            strangeness=strangeness,
            model=self.name,
            logit_scale=scale,
            remembered=remembered,
        )

    def strangeness(self, picture: Picture) -> float:
        """How unlike the training photographs a picture is; beyond 1 it is outside."""
        return self._strangeness(self.encoders.look([picture]))

    def _strangeness(self, look: Look) -> float:
        return float(self.domain.distance(look.pooled[:, :POOLED])[0])

    def matrix(
        self, pictures: Sequence[Picture], labels: str | list[str], template: str | None = None
    ) -> tuple[list[list[float]], list[list[float]]]:
        """Several pictures (rows) and labels (columns): cosines, and each label on its own."""
        labels, template = parse_labels(labels), check_template(template)
        said, _ = self._said([sentence(label, template) for label in labels])
        look = self.encoders.look(pictures)
        images = self.encoders.images(look)
        alone = self.judge(self.encoders, images, look.known, said)
        return rounded(self.encoders.cosines(images, said)), rounded(alone)

    def evidence(self, picture: Picture, text: str) -> list[list[float]]:
        """Where the model looked for a sentence: rows of values from 0 to 1 on a grid.

        A pooled vector is the mean over the cells of a backbone's grid, so to first order each
        cell's share of the score is the gradient times what it has more than the mean (Grad-CAM,
        Selvaraju et al. 2017, arXiv:1610.02391, place by place). The maps of all backbones add up.
        """
        said, _ = self._said([text])
        encoders = self.encoders
        with torch.no_grad():
            seen = [encoders.seen([picture], flipped=side) for side in encoders.sides]
        pooled = [[each.pooled.clone().requires_grad_() for each in view] for view in seen]
        look = encoders.look_of(pooled)
        heads = (encoders.embed(look) * said.vectors.clone()).sum()
        score = encoders.model.scale().cpu() * heads
        score = score + (look.known * said.classes).sum().add(1e-6).log()
        total = torch.zeros(GRID, GRID)
        for side, views, leaves in zip(encoders.sides, seen, pooled, strict=True):
            for each, slope in zip(
                views, torch.autograd.grad(score, leaves, retain_graph=True), strict=True
            ):
                share = ((each.grid - each.pooled[:, None, None]) * slope[:, None, None]).sum(-1)
                share = share.flip(-1) if side else share
                total += F.interpolate(share[None], (GRID, GRID), mode="bilinear")[0, 0]
        total = total.clamp(min=0)
        grid = (total / total.max().clamp(min=1e-12)).detach().numpy()
        return [[round(float(value), 3) for value in row] for row in grid]

    def _said(self, sentences: Sequence[str]) -> tuple[Said, int]:
        vectors, remembered = self._memory(sentences)
        read = torch.from_numpy(vectors)
        return Said(self.encoders.texts(read), agreement(read, self.encoders.classes)), remembered

    def _unknown(self, label: str) -> list[str]:
        found = pieces(self.encoders.tower.tokenizer, label)
        return [word.text for word in found if not word.known]
