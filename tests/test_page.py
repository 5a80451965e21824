"""Building the page, and what the repository bundles."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_is_built_without_torch_and_matplotlib():
    code = "import sys, app; print([m for m in ('torch', 'matplotlib', 'tokenizers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_checkpoints_stay_small_and_hold_no_pickles():
    files = [file for file in (ROOT / "checkpoints").rglob("*") if file.is_file()]
    assert files
    assert max(file.stat().st_size for file in files) < 50e6
    assert sum(file.stat().st_size for file in files) < 100e6
    weighed = [file for file in files if file.name != "LICENSE"]
    assert {file.suffix for file in weighed} <= {".safetensors", ".json", ".md"}
    assert not [file for file in files if file.name == "optimizer.safetensors"]
