"""The drawing to take away: one file, no address in it, drawn without a network, one sheet of A4."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from gcrm.core import vendor
from gcrm.core.errors import GcrmError
from gcrm.maps import draw, palette

pytestmark = pytest.mark.skipif(not vendor.manifest_of(), reason="the front-end libraries are not in static/vendor")

NASTY = "</script><script>alert(1)</script> http://evil.example/x.js"


def square(west: float, south: float) -> dict[str, object]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def a_drawing(**changes: object) -> dict[str, object]:
    features = [
        {"shape": square(-77 + i, 40), "name": f"County {i} {NASTY}", "colour": colour, "rows": [["Customers", str(i)]]}
        for i, colour in enumerate(palette.ramp(3))
    ]
    items = [{"label": f"{i}", "colour": colour, "count": "1"} for i, colour in enumerate(palette.ramp(3))]
    return {
        "language": "en", "title": f"Customers by county {NASTY}", "company": "Acme", "date": "As of Nov 21, 2026",
        "filters": [f"Search: {NASTY}"], "notes": ["2 of 5 lie in no region shown."], "credits": "Boundaries: the state",
        "legend": {"title": "Customers", "unit": "", "items": items, "counted": "regions"}, "empty": "Nothing to draw.",
        "colours": palette.MAP_LIGHT, "bounds": (-77, 40, -74, 41), "around": [square(-78, 39)], "features": features,
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    return draw.draw_apart(a_drawing())


def test_the_page_names_no_address(page: str) -> None:
    assert not re.search(r"\w+://", page)
    assert not re.search(r"(?:src|href)\s*=", page.split("</style>", 2)[-1].split("L.map(")[0].split("</script>")[-1])


def test_texts_from_the_database_stay_texts(page: str) -> None:
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("<script") == page.count("</script>")


def test_the_page_says_what_it_shows(page: str) -> None:
    for said in ("Acme", "As of Nov 21, 2026", "Boundaries: the state", "2 of 5 lie in no region shown."):
        assert said in page
    assert page.count("<li>") == 3


@pytest.mark.parametrize(
    "address",
    ["<script src='https://cdn.example/x.js'></script>", '<img src="//cdn.example/x.png">', "@import 'x.css'",
     "background: url(x.png)", "fetch('http://a.example')", "wss://a.example"],
)  # fmt: skip
def test_an_address_is_refused(address: str) -> None:
    with pytest.raises(GcrmError, match="outside"):
        draw.refuse_addresses(f"<html>{address}</html>")


@pytest.mark.parametrize("harmless", ["url(#pattern)", "url(data:image/png;base64,xx)", "a // b", "getUrl(x)", "50/50"])
def test_what_is_no_address_passes(harmless: str) -> None:
    assert draw.refuse_addresses(harmless) == harmless


POINT = [40.2, -76.9, f"Shop {NASTY}", "Customer", "#00606e", False]
DISC = {
    "lon": -76.9,
    "lat": 40.2,
    "radius": 12.0,
    "colour": "#00606e",
    "name": f"12 accounts {NASTY}",
    "rows": [["Customer", "12"]],
}


def drawings() -> dict[str, dict[str, object]]:
    """One of each kind."""
    points = [[*(float(40 + i / 50), -76.0 - i / 50), *POINT[2:5], i % 2 == 0] for i in range(40)]
    return {
        "regions": a_drawing(),
        "points": a_drawing(features=[], points=points),
        "discs": a_drawing(features=[], discs=[DISC, DISC | {"lat": 40.4}]),
        "nothing": a_drawing(features=[], around=[], bounds=None),
    }


@pytest.mark.parametrize("kind", drawings())
def test_no_drawing_names_an_address_or_lets_a_text_become_a_script(kind: str) -> None:
    page = draw.draw_apart(drawings()[kind])
    assert not re.search(r"\w+://", page)
    assert "<script>alert" not in page
    assert page.count("<script") == page.count("</script>")


@pytest.mark.parametrize(("kind", "drawn"), [("points", ".marker-cluster"), ("discs", "path.leaflet-interactive")])
def test_accounts_are_drawn_with_the_network_cut_off(kind: str, drawn: str, tmp_path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    from tests.journeys import browser as browsers

    if browsers.program() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    file = tmp_path / "map.html"
    file.write_text(draw.draw_apart(drawings()[kind]))
    complaints, asked = [], []
    with sync_api.sync_playwright() as playwright, browsers.launched(playwright) as chromium:
        opened = chromium.new_context(offline=True).new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(file.as_uri())
        opened.wait_for_selector(drawn)
        if kind == "points":
            opened.locator(drawn).first.click()
            opened.wait_for_timeout(800)
            opened.locator("path.leaflet-interactive, .marker-cluster").first.wait_for()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_nothing_to_draw_is_said() -> None:
    page = draw.draw_apart(a_drawing(features=[], around=[], bounds=None))
    assert "Nothing to draw." in page
    assert "L.map(" not in page


def test_a_drawing_that_fails_says_so() -> None:
    with pytest.raises(GcrmError, match="could not be drawn"):
        draw.draw_apart(a_drawing(bounds="nowhere"))


def test_the_web_process_stays_without_folium_and_pandas() -> None:
    program = (
        "import sys; from gcrm.maps import draw, layers;"
        "sys.exit(any(m in sys.modules for m in ('folium', 'pandas', 'branca')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_file_opens_without_a_network_and_fits_on_one_sheet(page: str, tmp_path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    import pypdf

    from tests.journeys import browser as browsers

    if browsers.program() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    file = tmp_path / "map.html"
    file.write_text(page)
    complaints, asked = [], []
    with sync_api.sync_playwright() as playwright, browsers.launched(playwright) as chromium:
        context = chromium.new_context(offline=True)
        opened = context.new_page()
        opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(file.as_uri())
        opened.wait_for_selector(".leaflet-overlay-pane path")
        assert (
            opened.locator(".leaflet-overlay-pane path").count() == 5
        )  # Three counties; the outline below and above them.
        opened.locator(".leaflet-interactive").nth(1).hover()
        assert "County 1" in opened.locator(".leaflet-tooltip").inner_text()
        opened.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True)
    assert complaints == []
    assert asked == [file.as_uri()]
    sheets = pypdf.PdfReader(tmp_path / "map.pdf").pages
    assert len(sheets) == 1
    assert [round(float(side) / 72 * 25.4) for side in (sheets[0].mediabox.width, sheets[0].mediabox.height)] == [
        297,
        210,
    ]
