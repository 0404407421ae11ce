"""Every page, on a desk and on a phone: nothing fails in it, it keeps nobody out, and it fits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.journeys import browser as browsers
from tests.journeys import people

DEVICES = {
    "on a desk, light": browsers.DESKTOP | {"color_scheme": "light"},
    "on a phone, dark": browsers.PHONE | {"color_scheme": "dark"},
}


@pytest.mark.parametrize("device", DEVICES)
def test_every_page_works_for_everybody(company, watch, device):
    watching = watch(company.site)
    windows = {}
    faults = []
    for page in company.pages:
        if page.viewer not in windows:
            windows[page.viewer] = watching.open(**DEVICES[device])
            if page.viewer:
                people.enter(windows[page.viewer], f"{page.viewer}@demo.example")
        faults += look_at(windows[page.viewer], page)
    assert not faults, "\n".join(faults)


def look_at(window, page) -> list[str]:
    """What is wrong with a page; nothing for an address that answers a part of one, or leads to another."""
    try:
        answer = window.goto(page.path)
    except Error as error:
        if "Download is starting" in error.message or "ERR_ABORTED" in error.message:  # a file to keep, or no content
            return []
        raise
    assert answer.status < 400, f"{page.name} answers {answer.status} for {page.viewer}"
    if answer.request.redirected_from or "<html" not in answer.text()[:300]:
        return []
    faults = browsers.serious_faults(window)
    wider = browsers.sideways_pixels(window)
    return faults + ([f"{page.path}: {wider} pixels wider than the window"] if wider > 0 else [])


LARGE_TEXT = """
addEventListener("DOMContentLoaded", () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("html { font-size: 200% }");
  document.adoptedStyleSheets = [sheet];
});
"""
SMALL_TARGETS = """
() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
  .filter((element) => element.checkVisibility() && !element.closest(".skip, .visually-hidden, p, .maplibregl-popup, .sheet"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, { width, height }]) => height < 44 || width < 40)
  .map(([element, { width, height }]) => `${element.tagName} “${element.textContent.trim().slice(0, 30)}” ${width} x ${height}`)
"""


@pytest.mark.parametrize("text", ["usual", "large"])
def test_the_reps_pages_fit_a_small_phone_and_its_thumb(company, watch, text):
    phone = watch(company.site).open(**browsers.PHONE | {"viewport": {"width": 320, "height": 640}})
    if text == "large":
        phone.add_init_script(LARGE_TEXT)
    people.enter(phone, "rep1@demo.example")
    faults = []
    for page in company.pages:
        if page.name.startswith("field-"):
            phone.goto(page.path)
            wider = browsers.sideways_pixels(phone)
            faults += [f"{page.path}: {wider} pixels wider than the window"] if wider > 0 else []
            faults += [f"{page.path}: {target} is too small" for target in phone.evaluate(SMALL_TARGETS)]
    assert not faults, "\n".join(faults)
