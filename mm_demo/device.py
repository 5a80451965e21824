"""Where arithmetic runs: device, precision, threads."""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch


def best_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 on a GPU, nothing on a CPU: without hardware for it, it is 300 times slower there."""
    if device.type == "cuda":
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def choose_threads(listen_seconds: float = 0.2) -> int:
    """All cores on a quiet machine, one on a busy one.

    Threads that wait for a core spin at barriers: on a busy machine two of them get through an
    eighth of what one does.
    """
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    busy = _others_busy_cores(listen_seconds)
    return 1 if busy > 0.25 * cores else cores


def _others_busy_cores(seconds: float) -> float:
    """How many cores other processes keep busy right now (0 where the system does not say)."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    before, own_before, begin = _busy_ticks(stat), time.process_time(), time.perf_counter()
    time.sleep(seconds)
    elapsed = time.perf_counter() - begin
    own = time.process_time() - own_before
    ticks = _busy_ticks(stat) - before
    return max(0.0, ticks / os.sysconf("SC_CLK_TCK") - own) / elapsed


def _busy_ticks(stat: Path) -> int:
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(
        int, stat.read_text().split("\n", 1)[0].split()[1:]
    )
    return user + nice + system + irq + softirq
