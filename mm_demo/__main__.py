"""`python -m mm_demo`."""

import os

# Waiting threads that spin eat the cores of those who work; read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from mm_demo.cli import main

main()
