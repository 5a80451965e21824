"""What all tests share: torch quiet, caches in a temporary folder."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # shared machines are slow at times
settings.load_profile("house")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    if "MM_DEMO_CACHE" not in os.environ:
        os.environ["MM_DEMO_CACHE"] = str(tmp_path_factory.mktemp("cache"))
