"""A rep's phone in a browser, with its worker, and what to ask of its store and of the server's database."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people

HOME = {"longitude": -76.88, "latitude": 40.27}
PHONE = browsers.PHONE | {"geolocation": HOME, "permissions": ["geolocation"], "timezone_id": "America/New_York"}

FAULTS = """
async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, nodes }) => nodes.slice(0, 3).map(({ target, html }) => `${impact} ${id} at ${target.join(" ")}: ${html.slice(0, 120)}`));
}
"""
SHIFT = """
() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 500);
})
"""
ACTS = """
async (person) => {
  const { openStore } = await import("/static/js/field/store.js");
  const store = await openStore(person);
  const acts = await store.acts();
  store.close();
  return acts;
}
"""
PERSON = """async () => (await (await import("/static/js/field/store.js")).known("open"))?.id ?? null"""
STORES = "async () => (await indexedDB.databases()).map(({ name }) => name).sort()"


@contextmanager
def phone(
    browser: Browser, address: str, patience: int = 3 * browsers.PATIENCE_MILLISECONDS, **options: Any
) -> Iterator[BrowserContext]:
    """A phone of its own. What fails for want of a network is what these tests are about; scripts that break and what the page's policy refused are not."""
    faults: list[str] = []
    context = browser.new_context(base_url=address, locale="en-US", reduced_motion="reduce", **(PHONE | options))
    context.set_default_timeout(patience)
    context.add_init_script(browsers.REPORT_VIOLATIONS)
    context.on("weberror", lambda error: faults.append(f"script: {error.error}"))
    context.on(
        "console", lambda said: faults.append(said.text) if said.type == "error" and "CSP:" in said.text else None
    )
    try:
        yield context
    finally:
        context.close()
    assert not faults, faults


def opened(context: BrowserContext, email: str = "rep1@demo.example", *, by_form: bool = False) -> Page:
    """The phone's home page of somebody who signed in, kept by the worker, with the day in the store."""
    page = context.new_page()
    (people.sign_in if by_form else people.enter)(page, email)
    page.goto("/field/")
    ready(page)
    return page


def faults_of(page: Page) -> list[str]:
    """All that axe finds, whatever it thinks of it, and what does not fit the window's width."""
    page.evaluate(browsers.AXE.read_text())
    wider = browsers.sideways_pixels(page)
    return [f"{page.url}: {fault}" for fault in page.evaluate(FAULTS)] + (
        [f"{page.url}: {wider} pixels too wide"] if wider > 0 else []
    )


def ready(page: Page) -> None:
    """Until the worker answers for this page's address and the day is kept."""
    until(lambda: page.evaluate("Boolean(navigator.serviceWorker.controller)"), "the worker is there")
    until(lambda: page.evaluate("caches.has('gcrm-field-open')"), "the day is kept")


def until(is_so: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Ask again and again: the page's own policy forbids `wait_for_function`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = is_so()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def acts_on(page: Page) -> list[dict[str, Any]]:
    """What the open store holds, in the order of doing."""
    person = page.evaluate(PERSON)
    return list(page.evaluate(ACTS, person)) if person else []


def states_on(page: Page) -> list[tuple[str, str]]:
    return [(act["kind"], act["state"]) for act in acts_on(page)]


def all_sent(page: Page) -> bool:
    return all(act["state"] not in ("placing", "queued", "sent", "kept") for act in acts_on(page))


def check_in(page: Page) -> str:
    """One tap; the id of the visit."""
    page.get_by_role("button", name="Check in").tap()
    expect(page).to_have_url(re.compile("/field/visits/"))
    expect(page.get_by_text("Arrived")).to_be_visible()
    return page.url.rpartition("/")[2]


def log(page: Page, outcome: str = "Interested", step: str | None = "Send an offer") -> None:
    """Up to three taps: what came of it, the next step, done."""
    page.get_by_role("radio", name=outcome, exact=True).tap()
    if step:
        page.get_by_role("button", name=step, exact=True).tap()
    page.get_by_role("button", name="Log visit").tap()
    expect(page).to_have_url(re.compile(r"/field/(\?.*)?$"))


def skip(page: Page) -> None:
    """Leave out the next stop."""
    page.locator(".card-open").first.tap()
    expect(page).to_have_url(re.compile("/field/stops/"))
    skip_here(page)
    expect(page).to_have_url(re.compile(r"/field/(\?.*)?$"))


def skip_here(page: Page, reason: str = "Closed today") -> None:
    """On a stop's page: leave it out, and say why."""
    page.get_by_text("Skip this stop", exact=True).tap()
    page.get_by_role("button", name=reason, exact=True).tap()
