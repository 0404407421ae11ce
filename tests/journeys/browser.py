"""Chromium under Playwright, and a watch on everything that must not happen in a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response, expect

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-unsafe-swiftshader",
)  # fmt: skip
WITHOUT_WEBGL = ("--disable-gpu", "--disable-3d-apis", "--disable-software-rasterizer")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 1}
PATIENCE_MILLISECONDS = 20_000
"""For one thing to appear, on a machine that does other things too."""

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`));
"""
SERIOUS = """
async () => {
  // Without its style sheets fetched once more: they are asked only for locks of the screen's orientation.
  const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false });
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 5).map(({ target, any }) => `${id}: ${help} at ${target.join(" ")} ${any[0]?.message ?? ""}`));
}
"""


def program() -> str | None:
    """The browser of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched(playwright: Playwright, *more: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=program(), args=[*ARGUMENTS, *more])
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Watch:
    """Opens windows on one site and notes every fault in any of them."""

    browser: Browser
    address: str
    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, **options: Any) -> Page:
        """A window of a person of their own: nothing is shared with the others."""
        context = self.browser.new_context(
            base_url=self.address, locale=options.pop("locale", "en-US"), service_workers="block",
            reduced_motion="reduce", **(options or DESKTOP),
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        self.contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location['url']})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "file") and parts.hostname != "127.0.0.1":
            self.faults.append(f"asked an outside host: {request.url}")

    def _failed(self, request: Request) -> None:
        # What a page no longer wants when it is left, or a map when it moves, is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"answered {response.status}: {response.request.method} {response.url}")


MAP_IS_DRAWN = """
() => new Promise((resolve) => {
  const look = () => {
    const map = document.getElementById("map")?.map;
    return map?.loaded() && map.areTilesLoaded() ? resolve() : requestAnimationFrame(look);
  };
  look();
})
"""


def wait_for_map(page: Page) -> None:
    """Until everything that the map shows is drawn."""
    page.evaluate(MAP_IS_DRAWN)


def drawn(page: Page, layer: str) -> int:
    """How many shapes or points of a layer stand on the map's canvas."""
    wait_for_map(page)
    return int(
        page.evaluate(
            "(layer) => document.getElementById('map').map.queryRenderedFeatures({ layers: [layer] }).length", layer
        )
    )


def click_on_map(page: Page, lon: float, lat: float) -> None:
    """Click where a place is drawn."""
    wait_for_map(page)
    x, y = page.evaluate(
        "(place) => { const { x, y } = document.getElementById('map').map.project(place); return [x, y]; }", [lon, lat]
    )
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + y)


def serious_faults(page: Page) -> list[str]:
    """What axe finds in a page that keeps somebody out; run from outside, so that the page's own policy stays strict."""
    if page.locator("[data-fallback]:visible").count():
        # The map's last button gets its name only after the browser said whether it may tell the position.
        expect(page.locator(".maplibregl-ctrl-geolocate[aria-label]")).to_be_visible()
    page.evaluate(AXE.read_text())
    return [f"{urlsplit(page.url).path}: {fault}" for fault in page.evaluate(SERIOUS)]


def sideways_pixels(page: Page) -> int:
    """By how much a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
