"""A site of the test's own, a browser, and a watch on what happens in it."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import clone_database, drop_database
from tests.journeys.site import Site, on_cluster

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tests.journeys import browser as browsers  # noqa: E402 - it needs Playwright


@contextlib.contextmanager
def served(database: str, files: Path) -> Iterator[Site]:
    site = Site(on_cluster(database, files)).start()
    try:
        yield site
    finally:
        site.stop()


@pytest.fixture
def empty_site(playwright: browsers.Playwright, template: str, tmp_path: Path) -> Iterator[Site]:
    """A server as it starts for the first time: no organisation, nobody."""
    name = f"gcrm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    clone_database(name, template)
    with served(name, tmp_path) as site:
        yield site
    drop_database(name)


@pytest.fixture(scope="package")
def playwright() -> Iterator[browsers.Playwright]:
    if browsers.program() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: browsers.Playwright) -> Iterator[browsers.Browser]:
    with browsers.launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="package")
def chromium_without_webgl(playwright: browsers.Playwright) -> Iterator[browsers.Browser]:
    with browsers.launched(playwright, *browsers.WITHOUT_WEBGL) as browser:
        yield browser
