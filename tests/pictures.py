"""`make pictures`: a screenshot of every page, in two widths, light and dark, into the folder pictures.

A small demo is made in a cluster of its own, and kept, so that the next run starts at once; beside it stands an organisation
without anything, whose pages must say what to do. `--readme` takes the two pictures of the README only, `--only WORD` the pages with
that word in their name, `--anew` makes the demo again.
"""

from __future__ import annotations

import argparse
import contextlib
import email
import email.policy
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page as Window  # noqa: E402 - the path comes first
from playwright.sync_api import sync_playwright  # noqa: E402

from tests.journeys import browser as browsers  # noqa: E402
from tests.journeys.pages import Page  # noqa: E402
from tests.journeys.people import found_organisation, sign_in  # noqa: E402
from tests.journeys.site import Site, clean_environment, run_module  # noqa: E402

FOLDER = ROOT / "pictures"
README_PICTURES = ROOT / "docs" / "pictures"
DATABASE = "gcrm_pictures"
EMPTY_DATABASE = "gcrm_pictures_empty"
PASSWORD = "six blue herons wade"
DEMO = ("--accounts", "1500", "--reps", "6", "--seed", "1")
WIDTHS = {360: browsers.PHONE | {"device_scale_factor": 2}, 1280: browsers.DESKTOP}
THEMES = ("light", "dark")
LARGEST_BYTES = 300_000
LOST = Page("error", "/nothing-here", "rep1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="the README's two pictures only")
    parser.add_argument("--only", metavar="WORD", default="", help="pages with this word in their name")
    parser.add_argument("--anew", action="store_true", help="make the demo again")
    chosen = parser.parse_args()
    settings = make_demo(chosen.anew)
    with sync_playwright() as playwright, browsers.launched(playwright) as browser:
        with running(settings) as site:
            take_readme_pictures(browsers.Watch(browser, site.address))
            if not chosen.readme:
                wanted = [*pages(settings), LOST, reset_page(browser, site, settings)]
                take_pages(
                    browsers.Watch(browser, site.address), [page for page in wanted if chosen.only in page.name], ""
                )
        if not chosen.readme and not chosen.only:
            take_empty_pages(browser, settings)


# -- sites ---------------------------------------------------------------------------------------------------------------


def data_folder() -> Path:
    from gcrm.core import paths

    usual = paths.default_data_folder()
    return usual.with_name(usual.name + "-pictures")


def make_demo(anew: bool) -> dict[str, str]:
    settings = {"GCRM_DATA": str(data_folder()), "GCRM_DATABASE": DATABASE, "GCRM_DEMO_PASSWORD": PASSWORD}
    if anew:
        drop_database(settings, DATABASE)
    subprocess.run(
        [sys.executable, "-m", "gcrm", "demo", *DEMO, "--if-empty"], env=clean_environment(settings), check=True
    )
    return settings


def drop_database(settings: dict[str, str], name: str) -> None:
    os.environ.update(settings)
    from sqlalchemy import text

    from gcrm.core import schema
    from gcrm.core.cluster import SUPERUSER

    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextlib.contextmanager
def running(settings: dict[str, str]) -> Iterator[Site]:
    site = Site(settings).start()
    try:
        yield site
    finally:
        site.stop()


def pages(settings: dict[str, str]) -> list[Page]:
    return [Page(**page) for page in json.loads(run_module("tests.journeys.pages", settings))]


def reset_page(browser: browsers.Browser, site: Site, settings: dict[str, str]) -> Page:
    """Where the link in the mail to somebody who forgot the password leads."""
    folder = Path(settings["GCRM_DATA"]) / "mail"
    before = set(folder.glob("*.eml"))
    watch = browsers.Watch(browser, site.address)
    window = watch.open()
    window.goto("/reset")
    window.get_by_label("E-mail").fill("marketer@demo.example")
    with window.expect_response(lambda answer: answer.request.method == "POST"):
        window.get_by_role("button", name="Send the link").click()
    watch.close()
    letter = arrived(folder, before)
    text = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default).get_content()
    found = re.search(r"/reset/\S+", text)
    assert found is not None
    return Page("security-reset_password", found[0], None)


def arrived(folder: Path, before: set[Path]) -> Path:
    """The letter that a worker writes within half a minute."""
    for _ in range(300):
        for letter in set(folder.glob("*.eml")) - before:
            return letter
        time.sleep(0.1)
    raise AssertionError("no letter was written")


# -- pictures ------------------------------------------------------------------------------------------------------------


def take_pages(watch: browsers.Watch, wanted: list[Page], prefix: str) -> None:
    """Each page in each width and theme; what failed in them is printed."""
    FOLDER.mkdir(exist_ok=True)
    for width, device in WIDTHS.items():
        for theme in THEMES:
            windows: dict[str | None, Window] = {}
            for page in wanted:
                if page.viewer not in windows:
                    windows[page.viewer] = watch.open(**device, color_scheme=theme)
                    if page.viewer:
                        sign_in(windows[page.viewer], f"{page.viewer}@demo.example", PASSWORD)
                take(windows[page.viewer], page, FOLDER / f"{prefix}{page.name}-{width}-{theme}.png")
            watch.close()
    for fault in dict.fromkeys(watch.faults):
        print(fault)


def take(window: Window, page: Page, file: Path) -> None:
    answer = window.context.request.get(page.path, max_redirects=0)
    if not (answer.ok or page.name == LOST.name) or "<html" not in answer.text()[:300] or 300 <= answer.status < 400:
        return
    window.goto(page.path)
    settle(window)
    window.screenshot(path=file)
    print(file.relative_to(ROOT))


def settle(window: Window) -> None:
    """Until nothing more comes and the map, if there is one, is drawn."""
    window.wait_for_load_state("networkidle")
    if window.locator("#map .maplibregl-canvas").count():
        browsers.wait_for_map(window)


def take_empty_pages(browser: browsers.Browser, settings: dict[str, str]) -> None:
    """The first page, and what stands where nothing is yet."""
    drop_database(settings, EMPTY_DATABASE)
    with running(settings | {"GCRM_DATABASE": EMPTY_DATABASE}) as site:
        watch = browsers.Watch(browser, site.address)
        take_pages(watch, [Page("setup", "/setup", None)], "empty-")
        found_organisation(watch.open(), site.setup_code, "admin@demo.example", PASSWORD)
        watch.close()
        wanted = [page for page in pages(settings) if page.path.count("-") < 4 and page.viewer]
        take_pages(watch, [Page(page.name, page.path, "admin") for page in wanted], "empty-")


def take_readme_pictures(watch: browsers.Watch) -> None:
    README_PICTURES.mkdir(parents=True, exist_ok=True)
    desk = watch.open(viewport={"width": 1200, "height": 750}, color_scheme="light")
    sign_in(desk, "planner@demo.example", PASSWORD)
    desk.goto("/regions?level=county&metric=value_density")
    settle(desk)
    keep(desk, "map.png")
    phone = watch.open(
        **browsers.PHONE | {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.5}, color_scheme="light"
    )
    sign_in(phone, "rep1@demo.example", PASSWORD)
    # The demo plans working days; on a free day the next of them is shown.
    if phone.locator(".card-next").count() == 0:
        phone.locator(".days a:has(i)").first.click()
    phone.locator(".card-next").wait_for()
    settle(phone)
    keep(phone, "phone.png")
    watch.close()


def keep(window: Window, name: str) -> None:
    file = README_PICTURES / name
    window.screenshot(path=file)
    size = file.stat().st_size
    print(file.relative_to(ROOT), f"{size // 1000} kB")
    if size > LARGEST_BYTES:
        raise SystemExit(f"{file} is larger than {LARGEST_BYTES // 1000} kB")


if __name__ == "__main__":
    main()
