"""A PMTiles archive below the map in a browser, and a background that cannot be reached."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys import browser as browsers
from tests.journeys import people
from tests.journeys.site import Site
from tests.maps.archives import make_archive


@pytest.fixture
def with_settings(company, tmp_path):
    """`with_settings(GCRM_MAP_…="…")` serves the same company once more, with other settings."""
    started: list[Site] = []

    def start(**settings: str) -> Site:
        started.append(Site(company.site.environment | settings).start())
        return started[-1]

    yield start
    for site in started:
        site.stop()


def test_an_archive_is_drawn_below_the_accounts(with_settings, watch, tmp_path):
    make_archive(tmp_path / "ground.pmtiles", (-82, 36, -72, 44))
    site = with_settings(GCRM_MAP_PMTILES=str(tmp_path / "ground.pmtiles"), GCRM_MAP_ATTRIBUTION="Lake survey 2026")
    page = watch(site).open(**browsers.DESKTOP)
    people.enter(page, "planner@demo.example")
    page.goto("/map")
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("Lake survey 2026")
    expect(page.locator(".maplibregl-ctrl-scale")).to_contain_text("km")
    drawn = (
        "() => document.getElementById('map').map?.queryRenderedFeatures({ layers: ['ground-water-area'] }).length > 0"
    )
    page.wait_for_function(drawn, timeout=60_000)
    assert page.evaluate("document.getElementById('map').map.getLayer('cells') !== undefined")


def test_a_background_that_cannot_be_reached_leaves_the_outlines_and_says_so(with_settings, watch):
    site = with_settings(GCRM_MAP_PMTILES="/nowhere/ground.pmtiles")
    page = watch(site).open(**browsers.DESKTOP)
    people.enter(page, "planner@demo.example")
    page.goto("/map")
    expect(page.locator("#toasts")).to_contain_text("GCRM_MAP_PMTILES names a file that cannot be read")
    page.wait_for_function("() => document.getElementById('map').map?.getLayer('land') !== undefined", timeout=60_000)
