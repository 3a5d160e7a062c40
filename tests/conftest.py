"""What every test shares: a headless browser, repeatable examples, and no server left behind."""

import gc
import os
import shutil
import signal
import sys

import pytest
from hypothesis import settings

PATIENCE_S = 30
collect_ignore = [
    "benchmarks",  # they use a clock and need peers; ordinary tests do neither
    "drawn_before.py",  # whoever imports it draws
]

# Slow machines must not fail a test, and a continuous-integration run must be the same run twice.
settings.register_profile("wattlas", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("wattlas")


# What a shell starts in the background heeds no Ctrl-C, nor does what that starts, and tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Garbage is looked for seldom: at every 700 objects, an eighth of the time went into that, at every
# 50,000 one in thirty.
gc.set_threshold(200_000, 10, 10)


def pytest_collection_finish():
    """Look for garbage among what tests make, not among libraries, as the server does."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, pytestconfig):
    """
    The system's Chromium, which asks nothing of the network by itself. Unless somebody wants to
    watch, its shell without windows, where it is there: it opens a page for a quarter less of the
    processor.
    """
    shell = None if pytestconfig.getoption("headed") else shutil.which("chromium-headless-shell")
    quiet = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    return {
        **browser_type_launch_args,
        "executable_path": shell or shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-gpu", *quiet],
    }


@pytest.fixture(autouse=True)
def _fresh_panel(request: pytest.FixtureRequest):
    """
    Stop servers and forget sessions after each test, but for those of a stage, which stays; tests
    without Panel do not load it.
    """
    yield
    panel = sys.modules.get("panel")
    if panel and "stage" not in request.fixturenames:
        serving = [*panel.state._threads.values()]
        panel.state.reset()
        for (
            thread
        ) in serving:  # a loop that ends later would leave what it was sending to the next test
            thread.join(PATIENCE_S)
