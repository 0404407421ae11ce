"""Maps where there is no WebGL, no network, and in other scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys import browser as browsers
from tests.journeys import field as phones
from tests.journeys import people
from tests.journeys.company import NAMES

HANGUL = "새벽 베이커리"


@pytest.mark.parametrize("path", ["/map", "/regions?level=county&metric=customers", "/territories"])
def test_without_webgl_the_map_is_a_list(company, watch, chromium_without_webgl, path):
    page = watch(company.site, chromium_without_webgl).open()
    people.enter(page, "planner@demo.example")
    page.goto(path)
    expect(page.locator("#map-fallback")).to_contain_text("This browser cannot draw the map")
    expect(page.locator("#map")).to_be_hidden()
    expect(page.get_by_role("table").first).to_be_visible()
    assert browsers.serious_faults(page) == []


def test_the_list_instead_of_the_map_names_the_accounts(company, watch, chromium_without_webgl):
    page = watch(company.site, chromium_without_webgl).open()
    people.enter(page, "planner@demo.example")
    page.goto("/map")
    for name in NAMES:
        expect(page.locator("#map-fallback tbody").first).to_contain_text(name)


@pytest.mark.parametrize("fault", ["no connection", "a busy server"])
def test_parts_that_did_not_come_are_said_and_asked_for_again(company, chromium, fault):
    context = chromium.new_context(base_url=company.site.address, service_workers="block", **browsers.DESKTOP)
    context.set_default_timeout(browsers.PATIENCE_MILLISECONDS)
    page = context.new_page()
    people.enter(page, "planner@demo.example")
    lost = []

    def lose(route):
        lost.append(route.request.url)
        if fault == "no connection":
            route.abort()
        else:
            route.fulfill(status=503)

    page.route("**/tiles/accounts/**", lose)
    page.goto("/map")
    told = page.locator("#toasts .toast-error")
    expect(told).to_contain_text("It is asked for again.")
    phones.until(lambda: page.title() and len(lost) > len(set(lost)), "what did not come is asked for again")
    assert told.count() == 1
    page.unroute("**/tiles/accounts/**")
    expect(told).to_have_count(0)
    assert browsers.drawn(page, "cells") > 0
    context.close()


def test_a_drawing_opens_from_a_file_without_a_network(company, watch, tmp_path):
    watching = watch(company.site)
    page = watching.open(**browsers.DESKTOP)
    people.enter(page, "planner@demo.example")
    page.goto("/regions?level=county&metric=customers")
    page.get_by_role("link", name="Print or send").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the page").click()
    file = tmp_path / "regions.html"
    started.value.save_as(file)
    far = watching.open(**browsers.DESKTOP, offline=True)
    far.goto(file.as_uri())
    expect(far.locator(".leaflet-overlay-pane path").first).to_be_visible()
    expect(far.locator("body")).to_contain_text("Customers")


def test_the_part_of_the_map_in_view_is_put_on_paper(company, watch, tmp_path):
    import pypdf

    page = watch(company.site).open(**browsers.DESKTOP)
    people.enter(page, "planner@demo.example")
    page.goto("/map?size=value")
    page.locator("#map canvas").wait_for()
    page.get_by_role("link", name="Print or send").click()
    expect(page.get_by_role("img", name="How the map looks on paper")).to_be_visible()
    assert "bounds=" in page.url
    assert "size=value" in page.url
    page.get_by_label("Portrait").check()
    page.wait_for_url("**turn=portrait**")
    with page.expect_download(timeout=120_000) as started:
        page.get_by_role("link", name="PDF").click()
    started.value.save_as(tmp_path / "map.pdf")
    (sheet,) = pypdf.PdfReader(tmp_path / "map.pdf").pages
    assert sheet.mediabox.height > sheet.mediabox.width
    assert "accounts shown." in sheet.extract_text()


def test_korean_names_are_typed_searched_and_shown(company, watch):
    page = watch(company.site).open()
    people.enter(page, "rep1@demo.example")
    page.goto("/accounts/new")
    page.get_by_label("Name", exact=False).first.fill(HANGUL)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=HANGUL)).to_be_visible()
    page.goto("/accounts")
    page.get_by_role("searchbox").first.fill("베이커리")
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.get_by_role("link", name=HANGUL)).to_be_visible()
    assert page.evaluate("document.fonts.check('16px sans-serif', '새')")
