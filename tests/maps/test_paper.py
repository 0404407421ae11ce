"""Sheets as PDF and PNG: opened again and looked at."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pytest

from gcrm.core.errors import GcrmError, Invalid
from gcrm.maps import paper, sheet
from tests.maps.test_sheet import PAPERS, a_sheet

pytest.importorskip("weasyprint", reason="WeasyPrint finds no Pango", exc_type=OSError)


@pytest.mark.parametrize(("size", "turn"), PAPERS)
def test_the_pdf_is_one_page_of_that_paper_and_says_everything(size: str, turn: str) -> None:
    import pypdf

    made = pypdf.PdfReader(io.BytesIO(paper.pdf(a_sheet(paper={"size": size, "turn": turn}))))
    assert len(made.pages) == 1
    box = made.pages[0].mediabox
    sides = sheet.SIZES[size][::-1] if turn == "landscape" else sheet.SIZES[size]
    assert [round(float(side) / paper.POINTS * 25.4) for side in (box.width, box.height)] == list(sides)
    text = made.pages[0].extract_text()
    for said in ("Accounts", "Acme", "As of Nov 22, 2026", "Status: Customer", "12 of 13 accounts shown.", "50 km", "N",
                 "Boundaries: the state", "A disc is several accounts.", "Here <&> there"):  # fmt: skip
        assert said in text
    assert made.metadata is not None
    assert made.metadata.title == "Accounts"


def test_the_png_has_as_many_dots_as_asked_for_and_shows_the_map() -> None:
    from PIL import Image

    opened = Image.open(io.BytesIO(paper.png(paper.pdf(a_sheet()), 150)))
    assert opened.size == (round(297 / 25.4 * 150), round(210 / 25.4 * 150)) or opened.size == (1754, 1241)
    assert opened.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    colours = {colour for _count, colour in opened.convert("RGB").getcolors(1_000_000)}
    assert (0xC9, 0x53, 0x3D) in colours  # The area.
    assert len(colours) > 50


SQUARE = {"type": "Polygon", "coordinates": [[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]]}
LINE = {"type": "LineString", "coordinates": [[-1, -1], [1, 1]]}
LAYERS: dict[str, tuple[dict[str, Any], str]] = {
    "Territories": ({"tinted": [[SQUARE, "#aa3377"]]}, "#aa3377"),
    "Visits": ({"discs": [{"lon": 0, "lat": 0, "radius": 4, "colour": "#228833", "shape": "square"}]}, "#228833"),
    "Opportunities": ({"discs": [{"lon": 0, "lat": 0, "radius": 4, "colour": "#ccbb44", "shape": "diamond"}]}, "#ccbb44"),
    "Plans": ({"ways": [[LINE, "#4477aa"]]}, "#4477aa"),
    "Regions": ({"borders": [SQUARE]}, "#3f4854"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_stands_on_the_rendered_page_with_its_key(name: str) -> None:
    import pypdfium2

    drawn, colour = LAYERS[name]
    shape = {"Visits": "square", "Opportunities": "diamond", "Plans": "line", "Territories": "tint"}.get(name, "line")
    key = {
        "title": name,
        "unit": "",
        "shape": shape,
        "items": [{"label": f"One of {name}", "colour": colour, "count": "7"}],
    }
    blank = a_sheet(areas=[], squares=[], discs=[], legends=[], bounds=[-1, -1, 1, 1])
    made = pypdfium2.PdfDocument(paper.pdf(blank | drawn | {"legends": [key]}))
    text = made[0].get_textpage().get_text_bounded()
    assert f"One of {name}" in text
    empty = pypdfium2.PdfDocument(paper.pdf(blank | {"legends": [key]}))
    # The key is the same on both, so what differs is the layer on the map.
    assert changed(empty, made) > 200
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    picture = made[0].render(scale=3).to_pil().convert("RGB")
    assert (red, green, blue) in {found for _count, found in picture.getcolors(1_000_000)}


def changed(before: Any, after: Any) -> int:
    """In how many dots two pages differ."""
    from PIL import ImageChops

    pages = [document[0].render(scale=2).to_pil().convert("RGB") for document in (before, after)]
    return sum(ImageChops.difference(*pages).convert("L").histogram()[1:])


def test_few_cases_are_hatched_on_the_rendered_page() -> None:
    import pypdfium2

    plain = a_sheet(areas=[[SQUARE, "#33505b"]], squares=[], discs=[], legends=[], bounds=[-1, -1, 1, 1])
    documents = [pypdfium2.PdfDocument(paper.pdf(sheet)) for sheet in (plain, plain | {"hatched": [SQUARE]})]
    assert changed(*documents) > 5_000


def test_texts_stay_texts() -> None:
    import pypdf

    nasty = "</title><img src=https://evil.example/x.png>"
    made = paper.pdf(a_sheet(title=nasty, filters=[nasty], names=[[nasty, 0.0, 0.0]], credits=nasty))
    assert "evil.example" in pypdf.PdfReader(io.BytesIO(made)).pages[0].extract_text().replace("\n", "")


def test_a_sheet_that_names_an_address_is_refused() -> None:
    colours = a_sheet()["colours"] | {"water": 'red"/><image href="https://evil.example/x.png" width="9" height="9'}
    with pytest.raises(GcrmError, match=r"outside of itself, https://evil\.example"):
        paper.pdf(a_sheet(colours=colours))


def test_what_cannot_be_drawn_is_no_blank_map() -> None:
    with pytest.raises(GcrmError, match="cannot be drawn"):
        paper.pdf(a_sheet(colours=a_sheet()["colours"] | {"water": "<"}))


def test_a_sheet_is_made_apart_and_the_web_process_stays_light() -> None:
    assert paper.made_apart(a_sheet(), "pdf").startswith(b"%PDF")
    program = (
        "import sys; from gcrm.maps import paper, sheet, sheet_layers;"
        "sys.exit(any(m in sys.modules for m in ('weasyprint', 'pypdfium2')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_sheet_that_cannot_be_drawn_says_so() -> None:
    with pytest.raises(GcrmError, match="could not be drawn"):
        paper.made_apart({"paper": {}}, "pdf")


def test_an_unknown_resolution_is_refused() -> None:
    assert paper.resolution_of(None) == 150
    with pytest.raises(Invalid, match="“9999” is no resolution"):
        paper.resolution_of("9999")
