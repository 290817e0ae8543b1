"""One Chromium for each module, one course folder for all; a module starts JupyterLab where it needs it."""

from __future__ import annotations

import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.grading.pool import LocalPool

from .classroom import Classroom
from .lab import NO_CHROMIUM, Window, chromium, headless


@pytest.fixture(scope="session")
def needs_chromium():
    if chromium() is None:
        pytest.skip(NO_CHROMIUM)


@pytest.fixture(scope="session")
def classroom(needs_chromium, tmp_path_factory):
    with LocalPool(assets().hidden, assets().mutants, workers=1) as pool:
        yield Classroom(tmp_path_factory.mktemp("classroom") / "course", pool)


@pytest.fixture(scope="module")
def browser(needs_chromium):
    with headless() as browser:  # ends with the module: its event loop would be in the way of other tests
        yield browser


@pytest.fixture
def window(browser, server):
    """A window for one test; an error in its console fails the test."""
    window = Window(browser, server)
    yield window
    window.close()
    assert not window.errors
