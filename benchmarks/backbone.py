"""The photo backbone against timm's own forward pass, in turns in one process.

python -m benchmarks.backbone [rounds]      needs timm

The same weights, the same photographs (gradio's samples), logits equal to 1e-4: timm's network has
the bundled weights in its convolutions and as many BatchNorms as ever. Pictures for each second of
processor time of one thread; `import timm` against what the bundled folder needs.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import gradio
import numpy as np
import torch
from torch import nn

from mm_demo.data import pretrained
from mm_demo.media.image import open_picture
from mm_demo.nn.backbone import BACKBONES, Backbone, Convolution
from mm_demo.nn.preprocess import square, to_tensor

SIZE = 192
PHOTOGRAPHS = ("cheetah1.jpg", "lion.jpg", "bus.png", "tower.jpg")
ALONE = """
import time, torch, torch.nn, huggingface_hub, tokenizers
begin = time.process_time()
{}
print(1e3 * (time.process_time() - begin))
"""
STARTS = {
    "timm": 'import timm; timm.create_model("tf_efficientnet_lite0")',
    "ours": 'from mm_demo.data import pretrained; pretrained.backbone("lite0")',
}


def unfolded(name: str, ours: Backbone) -> nn.Module:
    """timm's network with the weights of `ours`: each BatchNorm adds the bias and does no more."""
    import timm

    network = timm.create_model(f"tf_efficientnet_{name}").eval()
    layers = list(network.modules())
    convolutions = [m for m in ours.modules() if isinstance(m, Convolution)]
    theirs = [m for m in layers if isinstance(m, nn.Conv2d)]
    norms = [m for m in layers if isinstance(m, nn.BatchNorm2d)]
    for one, conv, norm in zip(convolutions, theirs, norms, strict=True):
        front = one.stride[0] - 1
        conv.weight.data = one.weight[..., front:, front:].clone()
        norm.running_var.fill_(1 - norm.eps)
        norm.bias.data = one.bias.clone()
    network.classifier.load_state_dict(ours.classifier.state_dict())
    return network


def photographs(count: int, size: int) -> torch.Tensor:
    opened = [open_picture(Path(gradio.media.get_image(name))).pixels for name in PHOTOGRAPHS]
    squares = [square(opened[k % len(opened)], size) for k in range(count)]
    return to_tensor(np.stack(squares))


def processor_seconds(run: nn.Module, images: torch.Tensor) -> float:
    begin = time.process_time()
    run(images)
    return time.process_time() - begin


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    torch.set_num_threads(1)
    for name in BACKBONES:
        ours = pretrained.backbone(name)
        sides = {"timm": unfolded(name, ours), "ours": ours}
        for batch in (8, 1):
            images = photographs(batch, SIZE)
            taken: dict[str, list[float]] = {side: [] for side in sides}
            with torch.inference_mode():
                logits = sides["timm"](images)
                torch.testing.assert_close(ours(images).logits, logits, atol=1e-4, rtol=1e-4)
                for _ in range(rounds * (1 if batch > 1 else 4)):
                    for side, times in taken.items():
                        times.append(processor_seconds(sides[side], images))
            timm, mine = (statistics.median(taken[side]) for side in ("timm", "ours"))
            ratio = statistics.median(
                a / b for a, b in zip(taken["timm"], taken["ours"], strict=True)
            )
            print(
                f"{name}, {SIZE} px, batch {batch}: timm {batch / timm:4.0f}, ours {batch / mine:4.0f} "
                f"pictures a processor second: {ratio:.2f} times as fast"
            )
    for side, code in STARTS.items():
        out = [
            float(subprocess.run([sys.executable, "-c", ALONE.format(code)], check=True, capture_output=True, text=True).stdout)
            for _ in range(3)
        ]  # fmt: skip
        print(f"after torch, until {side} is loaded: {statistics.median(out):.0f} ms")


if __name__ == "__main__":
    main()
