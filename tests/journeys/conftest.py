"""A site of the test's own, a browser, and a watch on what happens in it."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import clone_database, drop_database
from tests.journeys.pages import Page
from tests.journeys.site import Site, on_cluster, run_module

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tests.journeys import browser as browsers  # noqa: E402 - it needs Playwright


@dataclass(frozen=True)
class Company:
    site: Site
    pages: list[Page]


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
def company(
    playwright: browsers.Playwright, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    """A server with a small company in it, and every page that it has."""
    name = f"gcrm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    files = tmp_path_factory.mktemp("files")
    clone_database(name, template)
    pages = json.loads(run_module("tests.journeys.company", on_cluster(name, files)))
    with served(name, files) as site:
        yield Company(site, [Page(**page) for page in pages])
    drop_database(name)


@pytest.fixture(scope="package")
def playwright() -> Iterator[browsers.Playwright]:
    if browsers.program() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    sync_api.expect.set_options(timeout=browsers.PATIENCE_MILLISECONDS)
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


@pytest.fixture
def watch(chromium: browsers.Browser) -> Iterator[Callable[[Site], browsers.Watch]]:
    """`watch(site)` opens windows on a site; the test fails on any fault in any of them."""
    watches: list[browsers.Watch] = []

    def begin(site: Site, browser: browsers.Browser = chromium) -> browsers.Watch:
        watches.append(browsers.Watch(browser, site.address))
        return watches[-1]

    yield begin
    for one in watches:
        one.close()
    assert [fault for one in watches for fault in one.faults] == []
