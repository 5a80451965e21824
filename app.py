"""The page: `python app.py`, and the entry of a Hugging Face Space."""

import os
import signal
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads must not spin

from mm_demo import training
from mm_demo.cases import CASES
from mm_demo.page import build, launch
from mm_demo.predictors import Predictors
from mm_demo.training.figure import draw_run

predictors = Predictors()
demo = build(CASES, predictors, training.run, figure=draw_run)

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # visitors' files are deleted at exit
    launch(demo, CASES, predictors)
