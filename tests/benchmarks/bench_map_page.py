"""The page of the map in Chromium with a fourfold slower processor: first paint, panning, and what travels, beside the limits.

    python -m tests.benchmarks.bench_map_page [ADDRESS] [--email admin@demo.example] [--path /map] [--slowdown 4] [--runs 3] [--list]

Without an address it serves the database of `bench_maps` (a million accounts) and opens the page as admin, as a manager of 80,000
accounts and as a rep of 200. ADDRESS is a running gcrm, where there is one; GCRM_DEMO_PASSWORD holds the password.

What travels is counted by the browser for the page and for its workers, where MapLibre fetches its tiles. The drawing of discs and shapes is
measured with whatever the machine has in place of a graphics card; in software that is most of the time.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from gcrm.core import db
from gcrm.people.models import User
from tests.benchmarks import bench_maps
from tests.journeys import browser as browsers
from tests.journeys.site import Site

FIRST_PAINT_SECONDS = 2.0
PAN_SECONDS = 0.5
PAGE_KILOBYTES = 700
PANS = 6
PAN_PIXELS = 300

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"
MAP_IS_SHOWN = """
() => new Promise((resolve) => {
  const look = () => {
    const map = document.getElementById("map")?.map;
    if (!map) return requestAnimationFrame(look);
    return map.loaded() && map.areTilesLoaded() ? resolve(performance.now() / 1000) : map.once("idle", () => resolve(performance.now() / 1000));
  };
  look();
})
"""
"""Seconds since the page was asked for until all that the map shows is drawn."""
STEPS = """
() => new Promise((resolve) => {
  const { map } = document.getElementById("map");
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  map.once("moveend", () => requestAnimationFrame(() => {
    const moved = seconds();
    map.once("idle", () => resolve([moved, seconds()]));
  }));
  map.panBy([%d, 0], { duration: 0 });
})
"""


@dataclass
class Traffic:
    """What a window asked for, its workers too."""

    asked: list[Request] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.context.on("requestfinished", lambda request: self.asked.append(request))

    def bytes(self) -> list[tuple[str, int]]:
        """Each address with what travelled of its answer, as it is compressed; nothing for what was kept from before."""
        return [(each.url, travelled(each)) for each in self.asked if not each.url.startswith(("blob:", "data:"))]

    def by_kind(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for address, size in self.bytes():
            found[kind_of(address)] += size
        return found


def travelled(request: Request) -> int:
    sizes, answer = request.sizes(), request.response()
    body = sizes["responseBodySize"]
    # Chromium does not say how long a worker's own script was, but the answer does.
    if not body and sizes["responseHeadersSize"] and answer is not None and answer.status == HTTPStatus.OK:
        body = int(answer.headers.get("content-length", 0))
    return body + sizes["responseHeadersSize"]


def kind_of(address: str) -> str:
    if "/tiles/" in address:
        return "tiles of accounts" if "/accounts/" in address else "tiles of regions"
    return "libraries" if "/static/vendor/" in address else "own scripts, styles" if "/static/" in address else "page"


@dataclass
class Opened:
    """A window with the map, and what it took."""

    page: Page
    traffic: Traffic
    paint: float
    drawn: float


def by_password(email: str) -> Callable[[BrowserContext], None]:
    def enter(context: BrowserContext) -> None:
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(os.environ["GCRM_DEMO_PASSWORD"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.close()

    return enter


def by_cookie(principal: db.Principal, address: str) -> Callable[[BrowserContext], None]:
    """The people of the benchmark's database have no passwords."""
    from flask import Flask

    from gcrm.app import create_app

    app: Flask = create_app()
    with db.transaction(None) as session:
        mark = session.get_one(User, principal.id).fs_uniquifier
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.update(_user_id=mark, _fresh=True, fs_cc="set", fs_paa=4e9, identity=mark)
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return lambda context: context.add_cookies([{"name": name, "value": cookie.value, "url": address}])


def opened(context: BrowserContext, path: str, slowdown: float) -> Opened:
    page, traffic = context.new_page(), Traffic()
    traffic.listen(page)
    client = context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(path, wait_until="load")
    drawn = float(page.evaluate(MAP_IS_SHOWN))
    return Opened(page, traffic, float(page.evaluate(PAINT)), drawn)


def measure(
    browser: Browser, address: str, enter: Callable[[BrowserContext], None], options: argparse.Namespace
) -> None:
    paints, maps, pans, weights, again = [], [], [], [], []
    for _ in range(options.runs):
        context = browser.new_context(base_url=address, **browsers.DESKTOP)
        context.set_default_timeout(120_000)
        enter(context)
        client = context.new_cdp_session(context.new_page())
        client.send("Network.clearBrowserCache")
        first = opened(context, options.path, options.slowdown)
        paints.append(first.paint)
        maps.append(first.drawn)
        first.page.wait_for_load_state("networkidle")
        weights.append(first.traffic.by_kind())
        if options.list and len(weights) == 1:
            tell_each(first.traffic)
        pans += [first.page.evaluate(STEPS % (PAN_PIXELS * (-1) ** turn)) for turn in range(PANS)]
        first.page.close()
        second = opened(context, options.path, options.slowdown)
        again.append(second.traffic.by_kind())
        context.close()
    report("first paint", statistics.median(paints), FIRST_PAINT_SECONDS, "s")
    report("pan to the next picture", statistics.median(moved for moved, _whole in pans), PAN_SECONDS, "s")
    report("pan until all of it is drawn", statistics.median(whole for _moved, whole in pans), PAN_SECONDS, "s")
    report("travelled the first time", max(weights, key=Counter.total).total() / 1000, PAGE_KILOBYTES, "kB")
    for kind, size in weights[0].most_common():
        print(f"    {kind:24} {size / 1000:8.1f} kB, again {again[0][kind] / 1000:8.1f} kB")
    print(f"    all that the map shows is drawn after {statistics.median(maps):.2f} s", flush=True)


def tell_each(traffic: Traffic) -> None:
    for address, size in sorted(traffic.bytes(), key=lambda pair: -pair[1]):
        parts = urlsplit(address)
        print(f"    {size / 1000:8.1f} kB  {parts.path}{'?' + parts.query[:60] if parts.query else ''}", flush=True)


def report(what: str, figure: float, limit: float, unit: str) -> None:
    verdict = "within" if figure <= limit else "OVER"
    print(
        f"  {what:28} {figure:8.2f} {unit:2}   limit {limit:g} {unit}, {figure / limit:5.2f} of it   {verdict}",
        flush=True,
    )


def on_a_million(browser: Browser, options: argparse.Namespace) -> None:
    """The database of `bench_maps`, served for this."""
    bench_maps.prepare(options.accounts)
    settings = {name: os.environ[name] for name in ("GCRM_DATA", "GCRM_DATABASE")}
    site = Site(settings).start()
    try:
        for who, principal in bench_maps.people().items():
            if who in options.roles:
                print(f"{who}:", flush=True)
                measure(browser, site.address, by_cookie(principal, site.address), options)
    finally:
        site.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?")
    parser.add_argument("--email", default="admin@demo.example")
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--roles", nargs="+", default=["admin", "manager", "rep"])
    parser.add_argument("--path", default="/map")
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--list", action="store_true", help="each file that travelled")
    options = parser.parse_args(arguments)
    with sync_playwright() as playwright, browsers.launched(playwright) as browser:
        if options.address:
            measure(browser, options.address, by_password(options.email), options)
        else:
            on_a_million(browser, options)


if __name__ == "__main__":
    main()
