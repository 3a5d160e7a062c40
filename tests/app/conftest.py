"""What tests of the app share besides: a stage."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from stage import Stage


@pytest.fixture(scope="module")
def stage(browser: Browser) -> Iterator[Stage]:
    """One page for what the tests of a file look at one after the other."""
    stage = Stage(browser.new_page())
    yield stage
    stage.close()
