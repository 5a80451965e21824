"""A training step at the course's size against the course's classes, in turns in one process.

Batch 32, pictures of 224, ViT 512 x 6, text transformer 512 x 6 on 77 tokens, Adam. The course's
encoders are torch's own TransformerEncoder (post-norm, ReLU, dropout 0.1), as its text gives them.

    python -m benchmarks.course_step [rounds]
"""

import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

from mm_demo.cases.clip.model import CLIP, clip_loss

BATCH, LENGTH, WIDTH, LAYERS, HEADS = 32, 77, 512, 6, 8


class CourseEncoder(nn.Module):
    """Either encoder of the course: tokens in, one unit vector out."""

    def __init__(self, tokens: int, read: int) -> None:
        super().__init__()
        self.read = read
        self.positions = nn.Parameter(torch.randn(1, tokens, WIDTH))
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 2048, dropout=0.1, batch_first=True)
        self.transformer = nn.TransformerEncoder(layer, LAYERS)
        self.projection = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.transformer(x + self.positions)
        return F.normalize(self.projection(x[:, self.read]), dim=-1)


class CourseCLIP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 16, 16)
        self.cls_token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.words = nn.Embedding(10_000, WIDTH)
        self.image_encoder = CourseEncoder(197, 0)
        self.text_encoder = CourseEncoder(LENGTH, -1)
        self.logit_scale = nn.Parameter(torch.tensor(2.659))

    def forward(
        self, images: torch.Tensor, texts: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1)
        logits = (
            self.logit_scale.exp() * self.image_encoder(x) @ self.text_encoder(self.words(texts)).T
        )
        return logits, logits.T


def step(
    model: nn.Module, optimiser: torch.optim.Optimizer, images: torch.Tensor, texts: torch.Tensor
) -> float:
    begin = time.perf_counter()
    optimiser.zero_grad()
    clip_loss(*model(images, texts)).backward()
    optimiser.step()
    return time.perf_counter() - begin


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    torch.manual_seed(0)
    images, texts = torch.randn(BATCH, 3, 224, 224), torch.randint(1, 9_999, (BATCH, LENGTH))
    sides = {}
    for name, model in (("course", CourseCLIP()), ("ours", CLIP())):
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
        step(model, optimiser, images, texts)
        sides[name] = (model, optimiser)
    ratios = []
    for _ in range(rounds):
        course, ours = (step(*sides[name], images, texts) for name in ("course", "ours"))
        ratios.append(course / ours)
        print(f"course {course:.2f} s, ours {ours:.2f} s, {ratios[-1]:.2f} times as fast")
    print(
        f"median: {sorted(ratios)[len(ratios) // 2]:.2f} times as fast, {torch.get_num_threads()} threads"
    )


if __name__ == "__main__":
    main()
