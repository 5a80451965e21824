"""A trainer that learns nothing and a page around it: for tests of the shell."""

import math
import os
import sys
import time
import types
from pathlib import Path

from mm_demo.errors import UserError
from mm_demo.events import Diagnosed, Evaluated, Finished, Preparing, Progress, Started, Stopped

STEP_SECONDS = float(os.environ.get("FAKE_STEP_SECONDS", "0.004"))


def start(case, dataset, config, out, *, preset="quick", resume=False, start_from=None, stop=None):
    """The same events as training.run, in the same order, from formulas."""
    yield Preparing("pictures", 0, 100)
    if stop is not None and stop.is_set():  # as the loop does: no Ended
        return
    guess, steps = math.log(config.batch_size), config.steps
    first = steps // 2 if resume else 0
    yield Started(first, steps, 100, 1000, 1, "cpu", guess)
    yield Evaluated(first, dict.fromkeys(case.table, 0.01), _preview(0.0))
    metrics = {}
    for step in range(first + 1, steps + 1):
        time.sleep(STEP_SECONDS)
        share = step / steps
        yield Progress(step, steps, guess * (1 - 0.8 * share), 0.004, 1.0, 1.0, 1000.0)
        if step % max(1, steps // 8) == 0 or step == steps:
            metrics = dict.fromkeys(case.table, 0.7 * share)
            yield Evaluated(step, metrics, _preview(share))
        if step == steps // 4 and config.learning_rate > 0.01:
            facts = {
                "loss": guess,
                "n": 64.0,
                "learning_rate": config.learning_rate,
                "better": 0.004,
            }
            yield Diagnosed(step, "diagnosis.stuck", facts)
        if stop is not None and stop.is_set():
            yield Stopped(_write(out), metrics, step, steps, 1.0, 1.0, 0.1)
            return
    yield Finished(_write(out), metrics, steps, steps, 1.0, 1.0, 0.1)


def _write(out: Path) -> str:
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.safetensors").write_bytes(b"\0" * 1000)
    return str(out)


def _preview(share):
    rows = [[share if i == j else 0.1 for j in range(16)] for i in range(16)]
    sentence = {"en": "a red boat", "zh": "一条红船"}
    return {"matrix": rows, "pictures": [], "sentences": [sentence] * 16}


class Predictors:
    """Nothing to load."""

    def get(self, case, folder):
        if case != "clip":
            raise UserError("model.unknown", name=case, known="clip")
        return folder

    def forget(self, folder):
        pass


def stand_in_panels():
    """The smallest Try and Understand panels, in place of the case's own."""
    import gradio as gr

    from mm_demo.ui.context import TryPanel

    def build(context):
        model = gr.Radio(["scenes"], value="scenes", elem_id="clip-model")
        context.language.add(
            model, label="train.preset", choices={"scenes": "clip.dataset.scenes"}, runs="clip"
        )
        which, shown = gr.Button("Which", elem_id="which"), gr.Textbox(elem_id="shown")

        def folder(chosen: str, request: gr.Request) -> str:
            return str(context.model_folder(request.session_hash, chosen))

        which.click(folder, model, shown, api_visibility="private")
        return TryPanel(model)

    def understand(context):
        gr.HTML("<p>formula</p>")

    for name, function in (("try_panel", build), ("understand", understand)):
        module = types.ModuleType(f"mm_demo.cases.clip.{name}")
        module.build = function
        sys.modules[module.__name__] = module


if __name__ == "__main__":
    stand_in_panels()
    from mm_demo.cases import CASES
    from mm_demo.page import build, launch

    predictors = Predictors()
    page = build(CASES, predictors, start)
    launch(page, CASES[:1], predictors, server_port=int(sys.argv[1]), quiet=True)
