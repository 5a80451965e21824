"""The reference minute: processor time measured in this machine's own matrix products.

One reference minute is the processor time of 480 float32 products of two 2048 x 2048 matrices on
one thread. A run measures a few before and a few after, takes the smaller, and divides.
"""

from __future__ import annotations

import time

import torch

PRODUCTS = 480
SIZE = 2048


def product_seconds(products: int = 4) -> float:
    """Processor seconds of one product on one thread, the smallest of `products` tries."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        left, right = torch.randn(2, SIZE, SIZE)
        left @ right  # the first call also pays for the library's set-up
        best = float("inf")
        for _ in range(products):
            begin = time.thread_time()
            left @ right
            best = min(best, time.thread_time() - begin)
        return best
    finally:
        torch.set_num_threads(threads)


def reference_minutes(cpu_seconds: float, seconds_per_product: float) -> float:
    """Processor seconds in reference minutes."""
    return cpu_seconds / (PRODUCTS * seconds_per_product)
