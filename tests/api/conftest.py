"""A page in this process, and a client of it."""

import gradio_client
import pytest

from mm_demo.cases import CASES
from mm_demo.page import build, launch
from mm_demo.predictors import Predictors


@pytest.fixture(scope="module")
def start():
    """What trains: nothing. A module that trains has a fixture of this name."""
    return lambda *_, **__: iter(())


@pytest.fixture(scope="module")
def url(start):
    """The page's address."""
    predictors = Predictors()
    demo = build(CASES, predictors, start)
    _, url, _ = launch(
        demo, CASES, predictors, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1"
    )
    yield url
    demo.close()


@pytest.fixture(scope="module")
def client(url):
    return gradio_client.Client(url, verbose=False)
