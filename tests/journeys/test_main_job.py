"""The main job, as people do it: from an empty organisation to a visit that the manager sees."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys import browser as browsers
from tests.journeys import people
from tests.journeys.company import PASSWORD
from tests.journeys.counties import Counties, counties
from tests.journeys.site import Site, run_module

ROCKVILLE = {"longitude": -77.1528, "latitude": 39.0840}
NOTE = "The new manager wants to see our crisps. 감자칩"


class Thumb:
    """Taps, and counts them."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, target: Locator) -> None:
        target.tap()
        self.taps += 1


def stores(file: Path) -> list[tuple[float, float]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [(float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(lines)]


def figure(page: Page, label: str) -> Locator:
    """The large number below a label."""
    return page.locator(".figure", has=page.get_by_text(label, exact=True)).locator(".figure-value").first


def test_from_an_empty_organisation_to_a_visit_that_the_manager_sees(empty_site, watch, shared, tmp_path):
    file = shared / "accounts" / "us-groceries.csv"
    land = counties()
    held = land.counted(stores(file))
    watching = watch(empty_site)
    admin = watching.open(**browsers.DESKTOP, timezone_id="America/New_York")

    people.found_organisation(admin, empty_site.setup_code, "ada@herons.example")
    expect(admin.get_by_role("heading", name="First steps")).to_be_visible()
    expect(admin.locator(".step-done")).to_have_count(0)
    import_regions(empty_site, land.write(tmp_path / "counties.geojson"))
    links = {
        name: invite(admin, name, role)
        for name, role in (("Mo Manager", "manager"), ("Pat Planner", "planner"), ("Rita Rep", "rep"))
    }
    admin.goto("/start")
    expect(admin.locator(".step-done")).to_have_count(2)

    planner = watching.open(**browsers.DESKTOP, timezone_id="America/New_York")
    join(planner, links["Pat Planner"], "pat.planner@herons.example")
    import_customers(planner, file, len(stores(file)))
    see_them_by_county(planner, land, held)

    rep = watching.open(
        **browsers.PHONE, timezone_id="America/New_York", geolocation=ROCKVILLE, permissions=["geolocation"]
    )
    join(rep, links["Rita Rep"], "rita.rep@herons.example")
    say_where_home_is(rep)

    best = sorted(held, key=lambda code: -held[code])[:2]
    draw_territory(planner, land, best, sum(held[code] for code in best))
    plan_tomorrow(planner)
    visited = make_a_visit(rep)

    manager = watching.open(**browsers.DESKTOP, timezone_id="America/New_York")
    join(manager, links["Mo Manager"], "mo.manager@herons.example")
    see_the_visit(manager, visited)


def import_regions(site: Site, file: Path) -> None:
    columns = ("--level", "county", "--code", "GEOID", "--name", "NAME")
    run_module("gcrm", site.environment, "regions", "import", str(file), *columns)


def invite(admin: Page, name: str, role: str) -> str:
    """Invite somebody by the link on the screen; all of them are in one team, made with the first."""
    if admin.goto("/people") and not admin.locator(".tree").count():
        admin.get_by_label("New team").fill("Field sales")
        admin.get_by_role("button", name="Add team").click()
        expect(admin.locator(".tree")).to_contain_text("Field sales")
    admin.get_by_role("link", name="Invite somebody").click()
    admin.get_by_label("E-mail").fill(f"{name.lower().replace(' ', '.')}@herons.example")
    admin.get_by_label("Name").fill(name)
    admin.locator(f"input[name=role][value={role}]").check()
    admin.get_by_label("Team", exact=True).select_option(label="Field sales")
    admin.get_by_role("button", name="Make the link").click()
    return admin.get_by_label("Link").input_value()


def join(page: Page, link: str, email: str) -> None:
    page.goto(link)
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    people.sign_in(page, email)


def import_customers(planner: Page, file: Path, rows: int) -> None:
    """Read a file on the page: see how it comes out, then what became of it."""
    planner.goto("/imports/new")
    planner.locator("input[type=file]").set_input_files(file)
    planner.get_by_role("button", name="Continue").click()
    expect(planner.get_by_text(f"{rows} rows ·")).to_be_visible()
    expect(planner.get_by_role("region", name="The first rows as they come out")).to_contain_text("Fredericksburg")
    assert browsers.serious_faults(planner) == []
    planner.get_by_label("Days between visits").first.fill("28")
    planner.locator("select[name=set-status]").select_option("prospect")
    planner.get_by_role("button", name="Import", exact=True).click()
    expect(figure(planner, "Rows read")).to_have_text(str(rows))
    expect(figure(planner, "New")).to_have_text(str(rows))
    expect(figure(planner, "Rejected")).to_have_text("0")


def see_them_by_county(planner: Page, land: Counties, held: dict[str, int]) -> None:
    """Every point in its right county, by the map, its legend and its table."""
    planner.goto("/regions?level=county&metric=prospects&all=1")
    assert browsers.drawn(planner, "choropleth") > 0
    expect(planner.locator("#legend li").first).to_be_visible()
    cells = planner.locator("#regions tbody tr")
    expect(cells).to_have_count(len(held))
    shown = {
        row.get_attribute("data-key").removeprefix("us:"): row.locator(".number").first.inner_text()
        for row in cells.all()
    }
    assert shown == {code: str(count) for code, count in held.items()}
    assert browsers.serious_faults(planner) == []


def draw_territory(planner: Page, land: Counties, codes: list[str], accounts: int) -> None:
    """Click counties together and give them to the rep."""
    planner.goto("/territories/new")
    planner.get_by_label("Name").fill("Around Washington")
    planner.get_by_label("Owner").select_option(label="Rita Rep")
    for code in codes:
        browsers.click_on_map(planner, *land.inside(code))
        expect(planner.locator("#preview")).to_contain_text(land.name(code))
    planner.get_by_role("button", name="Save").click()
    row = planner.locator("[data-territory]", has_text="Around Washington")
    expect(row.locator(".number").first).to_have_text(str(accounts))


def plan_tomorrow(planner: Page) -> None:
    planner.goto("/plans")
    planner.get_by_label("Rep", exact=True).select_option(label="Rita Rep")
    planner.get_by_role("button", name="Plan", exact=True).click()
    expect(planner.locator(".stops > li").first).to_contain_text("Never visited")
    assert browsers.serious_faults(planner) == []
    planner.get_by_role("button", name="Publish").click()
    expect(planner.get_by_text("Published")).to_be_visible()


def say_where_home_is(rep: Page) -> None:
    """A rep's day begins and ends at home, and this one works every day."""
    rep.locator(".face").tap()
    rep.get_by_role("link", name="My settings").tap()
    expect(rep.locator("input[name=work_days]")).to_have_count(7)
    for day in rep.locator("input[name=work_days]").all():
        day.check()
    rep.get_by_role("button", name="I am there now").tap()
    expect(rep.get_by_label("Latitude")).to_have_value(re.compile(r"^39\.08"))
    rep.get_by_role("button", name="Save").tap()
    expect(rep.get_by_text("Saved.")).to_be_visible()


def make_a_visit(rep: Page) -> str:
    """Look at tomorrow, check in at its first stop, log what came of it; the next one moves up."""
    thumb = Thumb()
    rep.goto("/field/")
    rep.locator(".days a").nth(1).tap()
    # The stores of the file all have one name; the address tells them apart.
    address = rep.locator(".card-next .quiet")
    first = address.inner_text()
    assert browsers.serious_faults(rep) == []
    rep.locator("a.field-map").tap()
    rep.wait_for_url("**/field/map*")
    assert browsers.drawn(rep, "route") > 0
    rep.get_by_role("link", name="Back").tap()
    thumb.tap(rep.get_by_role("button", name="Check in"))
    expect(rep.get_by_text("What came of it?")).to_be_visible()
    assert thumb.taps == 1
    assert browsers.serious_faults(rep) == []
    thumb.tap(rep.get_by_label("Interested"))
    rep.get_by_label("Note").fill(NOTE)
    thumb.tap(rep.get_by_role("button", name="Send an offer"))
    thumb.tap(rep.get_by_role("button", name="In a week"))
    thumb.tap(rep.get_by_role("button", name="Log visit"))
    expect(rep.locator(".list-row.is-over")).to_contain_text("Done")
    expect(address).not_to_have_text(first)
    assert thumb.taps == 5
    assert browsers.sideways_pixels(rep) <= 0
    return first


def see_the_visit(manager: Page, address: str) -> None:
    """On the team's page, and from there on the account's timeline with what is due next."""
    manager.goto("/team")
    feed = manager.locator("#visits li").first
    expect(feed).to_contain_text("Rita Rep")
    expect(feed).to_contain_text(NOTE[:20])
    assert browsers.serious_faults(manager) == []
    feed.get_by_role("link").first.click()
    expect(manager.locator("main")).to_contain_text(address.partition(",")[0])
    expect(manager.locator("main")).to_contain_text(NOTE)
    expect(manager.locator("main")).to_contain_text("Send an offer")
