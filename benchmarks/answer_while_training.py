"""A classification while a training runs, against the same page at rest.

python -m benchmarks.answer_while_training [questions]
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from gradio_client import Client, handle_file
from PIL import Image

import app
from mm_demo.data.scenes import draw, scenes_for
from mm_demo.page import launch


def ask(client: Client, picture: object, questions: int) -> list[float]:
    taken = []
    for number in range(questions):
        begin = time.perf_counter()
        labels = f"red boat, blue car, green house, {number} balloons"
        client.predict(picture, labels, "a photo of a {}", "scenes", api_name="/clip_classify")
        taken.append(time.perf_counter() - begin)
        time.sleep(0.2)
    return taken


def main() -> None:
    questions = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    _, address, _ = launch(
        app.demo,
        app.CASES,
        app.predictors,
        prevent_thread_lock=True,
        quiet=True,
        server_name="127.0.0.1",
    )
    file = Path(tempfile.mkdtemp()) / "scene.png"
    Image.fromarray(draw(scenes_for("dev", 1, 0)[0], 512)).save(file)
    asking, training = Client(address, verbose=False), Client(address, verbose=False)
    picture = handle_file(str(file))
    ask(asking, picture, 3)
    idle = ask(asking, picture, questions)
    job = training.submit("scenes", "quick", 0, {"steps": 100_000}, api_name="/clip_train")
    while not any(event["event"] == "progress" for event in job.outputs()):
        time.sleep(0.5)
    busy = ask(asking, picture, questions)
    job.cancel()
    idle += ask(asking, picture, questions)
    ratio = statistics.median(busy) / statistics.median(idle)
    print(
        f"idle {1e3 * statistics.median(idle):.0f} ms, while training "
        f"{1e3 * statistics.median(busy):.0f} ms, ratio {ratio:.2f}"
    )
    app.demo.close()


if __name__ == "__main__":
    main()
