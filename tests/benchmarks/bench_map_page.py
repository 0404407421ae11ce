"""The page of the map in Chromium with a fourfold slower processor: first paint, panning, and what travels, beside the limits.

    python -m tests.benchmarks.bench_map_page [ADDRESS] [--email admin@demo.example] [--path /map] [--slowdown 4] [--runs 3]

ADDRESS is a running gcrm, where there is one; GCRM_DEMO_PASSWORD holds the password. The drawing of discs and shapes is measured with whatever the machine
has in place of a graphics card; in software that is most of the time, so the figure beside it leaves the drawing out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys import browser as browsers

USUAL_ADDRESS = "http://127.0.0.1:8000"
FIRST_PAINT_SECONDS = 2.0
PAN_SECONDS = 0.5
PAGE_KILOBYTES = 700
PANS = 6
PAN_PIXELS = 300

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"
STEPS = """
() => new Promise((resolve) => {
  const { map } = document.getElementById("map");
  const begin = performance.now();
  let frames = 0;
  const count = () => { frames += 1; };
  map.on("render", count);
  map.once("moveend", () => requestAnimationFrame(() => {
    map.off("render", count);
    resolve({ seconds: (performance.now() - begin) / 1000, frames });
  }));
  map.panBy([%d, 0], { duration: 0 });
})
"""


@dataclass
class Traffic:
    """Bytes as they travel, by what they are."""

    bytes: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def listen(self, page: Page) -> Any:
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.responseReceived", lambda said: self.kinds.__setitem__(said["requestId"], kind_of(said)))
        client.on(
            "Network.loadingFinished", lambda said: self.bytes.__setitem__(said["requestId"], said["encodedDataLength"])
        )
        return client

    def by_kind(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, size in self.bytes.items():
            kind = self.kinds.get(number, "other")
            found[kind] = found.get(kind, 0) + int(size)
        return found


def kind_of(said: dict[str, Any]) -> str:
    address = said["response"]["url"]
    if "/tiles/" in address:
        return "tiles"
    return "libraries" if "/static/vendor/" in address else "own scripts, styles" if "/static/" in address else "page"


def signed_in(browser: Browser, address: str, email: str) -> BrowserContext:
    context = browser.new_context(base_url=address, **browsers.DESKTOP)
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(os.environ["GCRM_DEMO_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()
    return context


def opened(context: BrowserContext, path: str, slowdown: float) -> tuple[Page, Traffic, float]:
    """The page with its traffic and the seconds to its first paint."""
    page, traffic = context.new_page(), Traffic()
    client = traffic.listen(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(path, wait_until="load")
    browsers.wait_for_map(page)
    return page, traffic, float(page.evaluate(PAINT))


def measure(browser: Browser, options: argparse.Namespace) -> None:
    paints, pans, weights, again = [], [], [], []
    for _ in range(options.runs):
        context = signed_in(browser, options.address, options.email)
        cdp = context.new_cdp_session(context.new_page())
        cdp.send("Network.clearBrowserCache")
        page, traffic, paint = opened(context, options.path, options.slowdown)
        paints.append(paint)
        weights.append(traffic.by_kind())
        pans += [page.evaluate(STEPS % (PAN_PIXELS * (-1) ** turn))["seconds"] for turn in range(PANS)]
        page.close()
        again.append(opened(context, options.path, options.slowdown)[1].by_kind())
        context.close()
    report("first paint", statistics.median(paints), FIRST_PAINT_SECONDS, "s")
    report("pan to the next picture", statistics.median(pans), PAN_SECONDS, "s")
    report("travelled the first time", sum(weights[0].values()) / 1000, PAGE_KILOBYTES, "kB")
    for kind, size in sorted(weights[0].items(), key=lambda pair: -pair[1]):
        print(f"    {kind:24} {size / 1000:8.1f} kB, again {again[0].get(kind, 0) / 1000:8.1f} kB")


def answers(address: str) -> bool:
    """Whether a gcrm is there, and its password known."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:  # noqa: S310 - an address of one's own
            return bool(answer.status == HTTPStatus.OK and os.environ.get("GCRM_DEMO_PASSWORD"))
    except OSError:
        return False


def report(what: str, figure: float, limit: float, unit: str) -> None:
    verdict = "within" if figure <= limit else "OVER"
    print(
        f"{what:28} {figure:8.2f} {unit:2}   limit {limit:g} {unit}, {figure / limit:5.2f} of it   {verdict}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default=USUAL_ADDRESS)
    parser.add_argument("--email", default="admin@demo.example")
    parser.add_argument("--path", default="/map")
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if not answers(options.address):
        print(f"Nothing answers at {options.address}: serve the demo first, and set GCRM_DEMO_PASSWORD.")
        return
    with sync_playwright() as playwright, browsers.launched(playwright) as browser:
        measure(browser, options)


if __name__ == "__main__":
    main()
