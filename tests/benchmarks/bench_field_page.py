"""The phone's home page in Chromium on slow 4G with a fourfold slower processor: bytes, when it answers, from the cache, shifts, beside the limits.

    python -m tests.benchmarks.bench_field_page [ADDRESS] [--email rep1@demo.example] [--slowdown 4] [--runs 3]

ADDRESS is a running gcrm, where there is one; GCRM_DEMO_PASSWORD holds the password. “Answers” is when the page's own script has taken over its forms.
"""

from __future__ import annotations

import argparse
import os
import statistics
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.benchmarks.bench_map_page import Traffic, report
from tests.journeys import browser as browsers

USUAL_ADDRESS = "http://127.0.0.1:8000"
FIRST_LOAD_KILOBYTES = 150
ANSWERS_SECONDS = 2.0
CACHED_SECONDS = 0.5
SHIFT = 0.0
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}

READY = """
() => new Promise((resolve) => {
  const look = () => {
    const [ready] = performance.getEntriesByName("field-ready");
    if (ready) resolve(ready.startTime / 1000);
    else setTimeout(look, 20);
  };
  look();
})
"""
SHIFTED = """
() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 1500);
})
"""


def signed_in(browser: Browser, address: str, email: str, **options: Any) -> BrowserContext:
    context = browser.new_context(base_url=address, **(browsers.PHONE | options))
    context.set_default_timeout(120_000)
    # The session alone: nothing of the phone's pages is in the browser yet.
    page = context.new_page()
    page.route("**/field/**", lambda route: route.fulfill(body="signed in", content_type="text/plain"))
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(os.environ["GCRM_DEMO_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()
    return context


def slowed(context: BrowserContext, slowdown: float, network: dict[str, Any] | None) -> tuple[Page, Traffic]:
    page, traffic = context.new_page(), Traffic()
    traffic.listen(page)
    client = context.new_cdp_session(page)
    client.send("Network.clearBrowserCache")
    client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    if network:
        client.send("Network.emulateNetworkConditions", network)
    return page, traffic


def first_load(browser: Browser, options: argparse.Namespace) -> tuple[float, dict[str, int], float]:
    """Seconds until the page answers, bytes by kind, shift; without the worker, which fetches what it keeps afterwards."""
    context = signed_in(browser, options.address, options.email, service_workers="block")
    page, traffic = slowed(context, options.slowdown, SLOW_4G)
    page.goto("/field/", wait_until="load")
    answers = float(page.evaluate(READY))
    weights = traffic.by_kind()
    shift = float(page.evaluate(SHIFTED))
    context.close()
    return answers, weights, shift


def from_cache(browser: Browser, options: argparse.Namespace, slowdown: float) -> tuple[float, float]:
    """Seconds until the page stands out of the cache with no network at all, and its shift."""
    context = signed_in(browser, options.address, options.email)
    page = context.new_page()
    page.goto("/field/")
    while not page.evaluate("async () => Boolean(navigator.serviceWorker.controller) && caches.has('gcrm-field-open')"):
        page.wait_for_timeout(200)
    page.close()
    page, _traffic = slowed(context, slowdown, None)
    context.set_offline(True)
    page.goto("/field/")
    drawn, shift = float(page.evaluate(READY)), float(page.evaluate(SHIFTED))
    context.close()
    return drawn, shift


def measure(browser: Browser, options: argparse.Namespace) -> None:
    first = [first_load(browser, options) for _ in range(options.runs)]
    cached = [from_cache(browser, options, 1) for _ in range(options.runs)]
    slowly = [from_cache(browser, options, options.slowdown) for _ in range(options.runs)]
    report(
        "first load travelled", max(sum(weights.values()) for _, weights, _ in first) / 1000, FIRST_LOAD_KILOBYTES, "kB"
    )
    for kind, size in sorted(first[0][1].items(), key=lambda pair: -pair[1]):
        print(f"    {kind:24} {size / 1000:8.1f} kB")
    report("first load answers", statistics.median(answers for answers, _, _ in first), ANSWERS_SECONDS, "s")
    report("from the cache answers", statistics.median(drawn for drawn, _ in cached), CACHED_SECONDS, "s")
    print(f"    with the slow processor  {statistics.median(drawn for drawn, _ in slowly):8.2f} s")
    shift = max(*(shift for _, _, shift in first), *(shift for _, shift in cached))
    print(f"layout shift {shift:23.4f}      limit {SHIFT:g}   {'within' if shift <= SHIFT else 'OVER'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default=USUAL_ADDRESS)
    parser.add_argument("--email", default="rep1@demo.example")
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with sync_playwright() as playwright, browsers.launched(playwright) as browser:
        measure(browser, options)


if __name__ == "__main__":
    main()
