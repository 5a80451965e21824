"""What the motion channels are worth: the quick preset on pixels alone, with change, and with flow.

python -m benchmarks.channels [--record]      about three reference minutes

Three trainings from random weights with the same seed and steps; top-1 on the test split.
`--record` writes the figures into the bundled checkpoint's metrics.json, where the page reads them.
"""

import sys
import tempfile
from pathlib import Path

from mm_demo import store, training
from mm_demo.cases.timesformer import TIMESFORMER
from mm_demo.events import Ended

CHANNELS = ("rgb", "difference", "flow")


def measured(channels: str) -> tuple[float, float]:
    """Top-1 on test, and the reference minutes of the training."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        config = TIMESFORMER.preset("quick", "camera_motion").changed(
            {"channels": channels, "threads": 1}
        )
        ended = None
        for event in training.run(
            TIMESFORMER, "camera_motion", config, out,
            preset="quick", resume=False, start_from=None, stop=None,
        ):  # fmt: skip
            ended = event if isinstance(event, Ended) else ended
        assert ended is not None
        task = TIMESFORMER.module("task")
        figures, _ = task.evaluate_checkpoint(out, "camera_motion", "test", 0, {})
        return figures["top1"], ended.reference_minutes


def main() -> None:
    found = {}
    for channels in CHANNELS:
        top1, minutes = measured(channels)
        found[channels] = round(top1, 4)
        print(f"{channels:12} top-1 {top1:.3f}   {minutes:.2f} reference minutes")
    if "--record" in sys.argv:
        folder = TIMESFORMER.checkpoint()
        metrics = store.read_json(folder / store.METRICS)
        with store.editing(folder) as copy:
            store.write_json(copy / store.METRICS, {**metrics, "channels": found})


if __name__ == "__main__":
    main()
