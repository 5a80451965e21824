"""A page in a process of its own and a real Chromium; foreign requests and console errors fail."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip


def served(command, tmp_path_factory, **environment):
    """Start a page on a free port, yield its address, end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("page") / "log.txt"
    env = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    with log.open("wb") as file:
        page = subprocess.Popen(
            [sys.executable, *command, str(port)], cwd=ROOT, env=env, stdout=file, stderr=file
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            if page.poll() is not None:
                pytest.fail(f"the page ended at once:\n{log.read_text()[-3000:]}")
            try:
                urllib.request.urlopen(url, timeout=2).close()
                break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail(f"the page did not answer:\n{log.read_text()[-3000:]}")
        yield url
        assert "Traceback" not in log.read_text(), log.read_text()[-3000:]
    finally:
        page.terminate()
        try:
            page.wait(10)
        except subprocess.TimeoutExpired:
            page.kill()


@pytest.fixture(scope="session")
def page_url(tmp_path_factory):
    """The real app (`python app.py`), for end-to-end tests."""
    yield from served(["app.py"], tmp_path_factory)


@pytest.fixture(scope="session")
def shell_url(tmp_path_factory):
    """The page around a trainer that learns nothing, for tests of the shell."""
    yield from served(["-m", "tests.ui.fake"], tmp_path_factory)


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        system = "/usr/bin/chromium"
        browser = playwright.chromium.launch(
            executable_path=system if os.path.exists(system) else None, args=FLAGS
        )
        yield browser
        browser.close()


SETTLED = """() => !document.querySelector('.pending, .generating, .toast-body, .loader')
  && document.getAnimations().every((a) =>
    a.playState !== 'running' || a.effect.getComputedTiming().iterations === Infinity)"""


# what Gradio logs of a request under way when a test reloads or leaves its page
_CUT_OFF = ("AbortError: signal is aborted", "Unexpected error Connection errored out")


@pytest.fixture
def open_page(chromium):
    """A function: open_page(url, width=1280, theme="light", locale="en-GB") -> Playwright page.

    When the test ends, any request to another host and any console error fails it.
    """
    contexts, faults = [], []

    def open_one(url, *, width=1280, height=900, theme="light", locale="en-GB"):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            locale=locale,
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write", "camera"],
        )
        contexts.append(context)
        page = context.new_page()
        home = url.split("?")[0]
        page.on("request", lambda r: _foreign(r.url, home) and faults.append(r.url))
        page.on("console", lambda m: m.type == "error" and faults.append(m.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        page.wait_for_selector(".mm-top")
        page.wait_for_timeout(800)
        return page

    yield open_one
    for context in contexts:
        context.close()
    faults = [fault for fault in faults if not fault.startswith(_CUT_OFF)]
    assert not faults, faults


@pytest.fixture
def browser_page(open_page, page_url):
    """The real app, opened at 1280 px in English."""
    return open_page(page_url + "?lang=en")


@pytest.fixture
def barriers():
    """A function: barriers(page) -> axe's report, "" if it finds none.

    It looks once nothing loads, fades or slides in any more: half faded text has no contrast.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def found(page):
        page.wait_for_function(SETTLED, timeout=60_000)
        report = axe.run(page)
        return report.generate_report() if report.violations_count else ""

    return found


def _foreign(url, home):
    return not url.startswith((home, "data:", "blob:"))
