"""Puts a drawn sheet on paper: PDF by WeasyPrint, PNG from that by PDFium, without fetching anything."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from gcrm.core import paths
from gcrm.core.errors import GcrmError, Invalid, Unavailable
from gcrm.maps import sheet as sheets

RESOLUTIONS = ("96", "150", "300")
"""Dots to an inch of a picture: for a page, a screen, a printer."""
SECONDS = 90
POINTS = 72
DRAWING = "sheet:map.svg"
"""What the page calls the map. As a file of its own it is read as XML, several times as fast as within HTML."""
NO_PANGO = 3
"""How the process ends where WeasyPrint finds no Pango."""


def resolution_of(text: str | None) -> int:
    chosen = text or RESOLUTIONS[1]
    if chosen not in RESOLUTIONS:
        raise Invalid(f"“{chosen[:20]}” is no resolution. It is one of {', '.join(RESOLUTIONS)} dots to an inch.")
    return int(chosen)


def made_apart(sheet: Mapping[str, Any], form: str, dots: int = 150) -> bytes:
    """The sheet as `pdf` or `png`, made in a process of its own: what it needs in memory is given back."""
    done = subprocess.run(
        [sys.executable, "-m", "gcrm.maps.paper", form, str(dots)],
        input=json.dumps(sheet).encode(), capture_output=True, timeout=SECONDS, cwd=paths.CHECKOUT, check=False,
    )  # fmt: skip
    if done.returncode == NO_PANGO:
        raise Unavailable("This machine cannot make PDFs yet: it lacks Pango. Install libpangoft2-1.0-0.")
    if done.returncode:
        raise GcrmError("The sheet could not be drawn. Try again.", fault=done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


def pdf(sheet: Mapping[str, Any]) -> bytes:
    """One page.

    Parameters
    ----------
    sheet
        What `gcrm.maps.sheet.drawing` takes, and `paper` with `size` and `turn`, `bounds`, `title`, `company`, `date`,
        `filters`, `notes`, `credits`, `empty`, `language` and `legends`, each with `title`, `unit`, `shape`, `items`.
    """
    import jinja2
    import weasyprint

    paper = sheets.Paper(**sheet["paper"])
    frame = sheets.Frame.fitted(tuple(sheet["bounds"]), paper.map_width, paper.map_height, sheet["edge"])
    drawing = sheets.drawing(sheet, frame).encode()
    faults: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        """WeasyPrint leaves away what it cannot draw, and only logs that it did."""
        if record.levelno >= logging.ERROR:
            faults.append(record.getMessage())
        return True

    weasyprint.LOGGER.addFilter(note)

    class OwnDrawing(weasyprint.urls.URLFetcher):  # type: ignore[misc] # it has no types
        """Answers the drawing, and refuses whatever else the page would fetch."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url != DRAWING:
                faults.append(f"an address outside of itself, {url[:200]}")
                raise weasyprint.urls.FatalURLFetchingError(url)
            return weasyprint.urls.URLFetcherResponse(url, drawing, {"Content-Type": "image/svg+xml"})

    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(paths.templates()), autoescape=True)
    page = templates.get_template("maps/sheet.html").render(
        sheet=sheet, paper=paper, margin=sheets.MARGIN, header=sheets.HEADER[paper.size], footer=sheets.FOOTER,
        legend_width=sheets.LEGEND_WIDTH[paper.size], legend_height=sheets.LEGEND_HEIGHT,
        css=(paths.static() / "css/sheet.css").read_text(), drawing=DRAWING,
    )  # fmt: skip
    try:
        made: bytes = weasyprint.HTML(string=page, url_fetcher=OwnDrawing()).write_pdf()
    except weasyprint.urls.FatalURLFetchingError:
        made = b""
    finally:
        weasyprint.LOGGER.removeFilter(note)
    if faults:
        raise GcrmError(f"The sheet cannot be drawn: {'; '.join(faults)}")
    return made


def png(document: bytes, dots: int) -> bytes:
    """The first page of a PDF as a picture."""
    import pypdfium2

    file = io.BytesIO()
    opened = pypdfium2.PdfDocument(document)
    opened[0].render(scale=dots / POINTS).to_pil().save(file, "PNG", dpi=(dots, dots))
    opened.close()
    return file.getvalue()


def main() -> None:
    form, dots = sys.argv[1:]
    try:
        document = pdf(json.load(sys.stdin))
    except OSError as error:
        # WeasyPrint looks for its system libraries when it is imported.
        if "library" not in str(error):
            raise
        sys.exit(NO_PANGO)
    sys.stdout.buffer.write(document if form == "pdf" else png(document, int(dots)))


if __name__ == "__main__":
    main()
