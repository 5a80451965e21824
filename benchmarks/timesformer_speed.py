"""TimeSformer without loops against the same arithmetic with them; then the schemes' time by size.

    python -m benchmarks.timesformer_speed [rounds]

First part: the course's size (batch 4, 8 frames of 224 px, patch 16, 256 wide, 4 layers), one clip
of it, and the live recipe's size, each in turns in one process. The loops are the course's (over
frames for the stem and for space, over places for time), the weights and the modules are the
model's own, and the outputs are equal to 1e-5. Where every turn of a loop multiplies matrices that
fill a core (the course's batch), little is to be won; a single clip wins most. Wall time, and CPU
time of this process: on a busy machine, set OMP_NUM_THREADS=1 and read the latter.

Second part: one forward pass of each scheme against frames and resolution, beside its count.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from mm_demo.cases.timesformer.model import SCHEMES, TimeSformer
from mm_demo.nn.flops import timesformer_flops

COURSE = {"embed_dim": 256, "num_layers": 4, "num_heads": 8}
LIVE = {
    "image_size": 32, "patch_size": 8, "embed_dim": 64, "num_layers": 2, "num_heads": 4,
    "channels": 4, "stem": "convolutional",
}  # fmt: skip
SMALL = {"embed_dim": 64, "num_layers": 2}


def by_loops(model: TimeSformer, clips: torch.Tensor) -> torch.Tensor:
    """Logits (B, num_classes) of divided attention, frame by frame and place by place."""
    B, T = clips.shape[:2]
    frames = []
    for t in range(T):
        patches = model.patch_embed(clips[:, t]).flatten(2).transpose(1, 2)  # (B, P, C)
        frames.append(patches + model.pos_embed[:, 1:] + model.time_embed[:, t : t + 1])
    x = torch.stack(frames, dim=1)  # (B, T, P, C)
    cls = (model.cls_token + model.pos_embed[:, :1]).expand(B, -1, -1)
    for block in model.blocks:
        layer = block.attention
        places = []
        for p in range(x.shape[2]):
            mixed, _ = layer.time_attention(layer.time_norm(x[:, :, p]))
            places.append(x[:, :, p] + layer.time_projection(mixed))
        x = torch.stack(places, dim=2)
        frames, of_the_frames = [], []
        for t in range(T):
            tokens = torch.cat([cls, x[:, t]], dim=1)
            mixed, _ = layer.space_attention(layer.space_norm(tokens))
            of_the_frames.append(mixed[:, :1])
            frames.append(x[:, t] + mixed[:, 1:])
        x = torch.stack(frames, dim=1)
        cls = cls + torch.stack(of_the_frames).mean(0)
        x, cls = x + block.mlp(block.norm(x)), cls + block.mlp(block.norm(cls))
    return model.head(model.norm(cls[:, 0]))


def timed(run: Callable[..., object], *args: object) -> tuple[float, float]:
    """Seconds of wall time and of CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    run(*args)
    return time.perf_counter() - wall, time.process_time() - cpu


def against_loops(name: str, batch: int, sizes: dict, rounds: int) -> None:
    torch.manual_seed(0)
    model = TimeSformer(5, **sizes)
    for parameter in model.parameters():  # away from zero: time must count for the comparison
        parameter.data += 0.02 * torch.randn_like(parameter)
    clips, labels = torch.randn(batch, *model.clip_shape), torch.randint(0, 5, (batch,))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0)  # the weights stay equal
    sides = {"loops": lambda x: by_loops(model, x), "ours": model}

    def forward(side: str) -> None:
        with torch.inference_mode():
            sides[side](clips)

    def step(side: str) -> None:
        optimiser.zero_grad()
        F.cross_entropy(sides[side](clips), labels).backward()
        optimiser.step()

    model.eval()
    with torch.inference_mode():
        torch.testing.assert_close(model(clips), by_loops(model, clips), atol=1e-5, rtol=1e-5)
    for what, run in (("forward pass", forward), ("training step", step)):
        taken: dict[str, list[tuple[float, float]]] = {"loops": [], "ours": []}
        run("ours")
        for _ in range(rounds):
            for side, times in taken.items():
                times.append(timed(run, side))
        (loops, loops_cpu), (ours, ours_cpu) = (
            [statistics.median(column) for column in zip(*times, strict=True)]
            for times in taken.values()
        )
        print(
            f"{name:22} {what:14} loops {1e3 * loops:7.1f} ms, ours {1e3 * ours:7.1f} ms: "
            f"{loops / ours:.2f} times as fast (CPU time: {loops_cpu / ours_cpu:.2f})"
        )


def schemes(rounds: int) -> None:
    print(f"{'':18}" + "".join(f"{s:>9} ms  {'G madds':>7}" for s in SCHEMES) + "  joint / divided")
    rows = [(frames, 112) for frames in (8, 16, 32)] + [(8, size) for size in (160, 224, 320)]
    for frames, size in rows:
        clips = torch.randn(1, frames, 3, size, size)
        models = {
            s: TimeSformer(5, frames, size, **SMALL, num_heads=4, attention=s).eval()
            for s in SCHEMES
        }
        taken: dict[str, list[float]] = {s: [] for s in SCHEMES}
        with torch.inference_mode():
            for k in range(rounds + 1):
                for s, model in models.items():
                    cpu = timed(model, clips)[1]
                    if k:  # the first only warms up
                        taken[s].append(cpu)
        cost = {
            s: timesformer_flops(
                s, num_classes=5, num_frames=frames, image_size=size, **SMALL
            ).multiply_adds
            for s in SCHEMES
        }
        ms = {s: 1e3 * statistics.median(taken[s]) for s in SCHEMES}
        print(
            f"{frames:2} frames, {size:3} px "
            + "".join(f"{ms[s]:9.1f}     {cost[s] / 1e9:7.2f}" for s in SCHEMES)
            + f"  {ms['joint'] / ms['divided']:.2f} measured, "
            f"{cost['joint'] / cost['divided']:.2f} counted"
        )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{torch.get_num_threads()} threads")
    against_loops("the course, batch 4", 4, COURSE, rounds)
    against_loops("the course, one clip", 1, COURSE, rounds)
    against_loops("the minute, batch 32", 32, LIVE, 5 * rounds)
    against_loops("the minute, one clip", 1, LIVE, 5 * rounds)
    print("\nCPU time of one forward pass, one clip, 64 wide, 2 layers, patch 16")
    schemes(3 * rounds)


if __name__ == "__main__":
    main()
