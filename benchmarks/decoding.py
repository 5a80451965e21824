"""Eight frames of a video by their times, against decoding and converting every frame.

python -m benchmarks.decoding [rounds]

The clip (10 s of 1080p, H.264 with B-frames, a key frame each second) is made here. Each side is
a process of its own, in turns: the time it takes without its imports, and by how much its memory
grew at the most. "all" keeps every frame, as torchvision's read_video does; "one by one" drops
each after its conversion, unless it is one of the eight.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np

SECONDS, RATE, WIDTH, HEIGHT = 10, 30, 1920, 1080

START = """
import json, resource, sys, time
import av, numpy as np
from mm_demo.media.video import open_video, uniform_times
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, begin = peak(), time.perf_counter()
"""
END = """
print(json.dumps([time.perf_counter() - begin, peak() - before]))
"""
SIDES = {
    "all": """
with av.open(sys.argv[1]) as container:
    every = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
frames = [every[round(len(every) * (part + 0.5) / 8)] for part in range(8)]
""",
    "one by one": """
with av.open(sys.argv[1]) as container:
    count = container.streams.video[0].frames
    wanted = {round(count * (part + 0.5) / 8) for part in range(8)}
    frames = []
    for number, frame in enumerate(container.decode(video=0)):
        pixels = frame.to_ndarray(format="rgb24")
        if number in wanted:
            frames.append(pixels)
""",
    "by time": """
video = open_video(sys.argv[1])
frames = video.frames_at(uniform_times(0, video.seconds, 8))
""",
    "by time, 224": """
video = open_video(sys.argv[1])
frames = video.frames_at(uniform_times(0, video.seconds, 8), side=224)
""",
}


def make(path: Path) -> None:
    """Moving stripes under grain, so that there is something to decode."""
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 48, (HEIGHT, 2 * WIDTH), dtype=np.uint8)
    stripes = (np.arange(3 * WIDTH) // 60 % 2 * 150).astype(np.uint8)
    options = {"g": str(RATE), "keyint_min": str(RATE), "sc_threshold": "0", "preset": "veryfast"}
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=RATE, options={**options, "bf": "3"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(SECONDS * RATE):
            grey = grain[:, number : number + WIDTH] + stripes[4 * number : 4 * number + WIDTH]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="gray8")))
        out.mux(stream.encode(None))


def measured(side: str, path: Path) -> tuple[float, float]:
    """Seconds and MiB."""
    code = START + SIDES[side] + END
    out = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    )
    seconds, memory = json.loads(out.stdout)
    return seconds, memory


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    taken: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        # Elsewhere, because a child's peak begins with its parent's.
        code = "import sys; from pathlib import Path; from benchmarks.decoding import make; make(Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        print(f"{SECONDS} s, {WIDTH} x {HEIGHT}, {path.stat().st_size / 1e6:.1f} MB")
        for _ in range(rounds):
            for side, found in taken.items():
                found.append(measured(side, path))
    for side, found in taken.items():
        seconds, memory = (statistics.median(values) for values in zip(*found, strict=True))
        print(f"{side:13} {seconds:6.2f} s {memory:7.0f} MiB")
    for against in ("all", "one by one"):
        pairs = list(zip(taken[against], taken["by time"], strict=True))
        faster = statistics.median(slow[0] / fast[0] for slow, fast in pairs)
        less = statistics.median(slow[1] / fast[1] for slow, fast in pairs)
        print(f"by time against {against}: {faster:.1f}x faster, {less:.1f}x less memory")


if __name__ == "__main__":
    main()
