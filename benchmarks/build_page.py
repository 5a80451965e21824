"""Building the page against importing gradio alone, whole processes in turns.

python -m benchmarks.build_page [rounds]
"""

import subprocess
import sys
import time

SIDES = {
    "gradio": "import gradio",
    "page": "import sys, app; assert 'torch' not in sys.modules",
}


def seconds(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for code in SIDES.values():
        seconds(code)
    ratios = []
    for _ in range(rounds):
        alone, page = seconds(SIDES["gradio"]), seconds(SIDES["page"])
        ratios.append(page / alone)
        print(f"import gradio {alone:.2f} s, the page {page:.2f} s, ratio {ratios[-1]:.2f}")
    print(f"median ratio {sorted(ratios)[len(ratios) // 2]:.2f}")


if __name__ == "__main__":
    main()
