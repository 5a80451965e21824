"""How long a photograph waits for its first answer with nothing loaded, and for its second.

python -m benchmarks.first_answer [times]

Each time a new process imports the predictors, loads the photographs' model and answers for one of
gradio's pictures with five labels, then for another with five others. Loading torch is counted, the
start of Python is not. The median of each, in milliseconds.
"""

import json
import statistics
import subprocess
import sys

CHILD = """
import json, time
begun = time.perf_counter()
from mm_demo.media.image import open_picture
from mm_demo.predictors import Predictors
from mm_demo.cases.clip import CLIP
files = {files}
model = Predictors().get("clip", CLIP.checkpoint("photos"))
told = []
for file, labels in files:
    model.classify(open_picture(file), labels)
    told.append(1000 * (time.perf_counter() - begun))
    begun = time.perf_counter()
print(json.dumps(told))
"""


def main() -> None:
    import gradio

    asked = [
        (gradio.media.get_image("lion.jpg"), "lion, tiger, dog, horse, sheep"),
        (gradio.media.get_image("tower.jpg"), "tower, bridge, church, statue, crane"),
    ]
    times = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        child = subprocess.run(
            [sys.executable, "-c", CHILD.replace("{files}", json.dumps(asked))],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        times.append(json.loads(child.stdout))
    first, second = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"first answer {first:.0f} ms, second {second:.0f} ms (median of {len(times)})")


if __name__ == "__main__":
    main()
