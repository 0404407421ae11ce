"""Draws a map of regions or of accounts with folium as one file that needs no network: to keep, to send, to print on A4.

folium names its libraries on other hosts; here Leaflet is written into the file and the others, which these layers do not
use, are left away. `refuse_addresses` makes sure that no address is left.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from gcrm.core import paths
from gcrm.core.errors import GcrmError
from gcrm.core.vendor import vendor_path

Drawing = Mapping[str, Any]
SECONDS = 60
DEEPEST = 18
SHAPES = ("features", "around", "points", "discs")
"""What of a drawing is drawn; the rest is written beside."""
LINE = 0.6
THIN_LINE = 0.2
"""Between regions of which there are so many that wider lines would cover them."""
MANY = 600

_ADDRESS = re.compile(
    r"""[a-z][a-z0-9+.-]*://|(?<![\w$])url\(\s*['"]?(?!data:|#|['"]?\s*\))|@import|\b(?:src|href)\s*=\s*['"]?//""",
    re.IGNORECASE,
)


def draw_apart(drawing: Drawing) -> str:
    """The drawing, made in a process of its own: folium stays out of this one's memory."""
    done = subprocess.run(
        [sys.executable, "-m", "gcrm.maps.draw"],
        input=json.dumps(drawing).encode(), capture_output=True, timeout=SECONDS, cwd=paths.CHECKOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise GcrmError("The map could not be drawn. Try again.", fault=done.stderr.decode(errors="replace")[-2000:])
    return done.stdout.decode()


def draw(drawing: Drawing) -> str:
    """The whole page.

    Parameters
    ----------
    drawing
        `features`: each a GeoJSON geometry `shape` (WGS 84) with `name`, `colour` and `rows` of label and text;
        or `points`: each lat, lon, name, status, colour and whether hollow, put together by Leaflet where they are close;
        or `discs`: each with `lon`, `lat`, `radius` in pixels, `name`, `colour` and `rows`;
        `around`: geometries drawn as outlines; `bounds`: west, south, east, north; `legend`, `title`, `company`, `date`,
        `filters`, `notes`, `credits`, `empty`, `language`, `colours`: what is written beside.
    """
    import jinja2

    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(paths.templates()), autoescape=True)
    folium_script, parts = _parts(drawing)
    water = f":root {{ --water: {drawing['colours']['water']}; }}"
    own = paths.static()
    before = (vendor_path("leaflet.markercluster.js").read_text(), (own / "js/maps/drawing_point.js").read_text())
    libraries = (leaflet_js(), *(before if drawing.get("points") else ()))
    scripts = (*libraries, folium_script, (own / "js/maps/drawing.js").read_text())
    page = templates.get_template("maps/drawing.html").render(
        drawing={name: _plain(value) for name, value in drawing.items() if name not in SHAPES},
        bounds=drawing["bounds"],
        styles="".join(
            f"<style>{css}</style>" for css in (leaflet_css(), water, (own / "css/drawing.css").read_text())
        ),
        scripts="".join(f"<script>{script}</script>" for script in scripts),
        **parts,
    )
    return refuse_addresses(page)


def _parts(drawing: Drawing) -> tuple[str, dict[str, str]]:
    """What folium makes of the layers: the script; its head and the map's element."""
    if not any(drawing.get(name) for name in ("features", "points", "discs")):
        return "", {"head": "", "body": ""}
    import folium

    made = folium.Map(tiles=None, width="100%", height="100%", attribution_control=False, zoom_snap=0.1, zoom_delta=1)
    # Leaflet puts points together down to the deepest zoom, and without tiles nothing says which that is.
    made.options["maxZoom"] = DEEPEST
    made.default_js, made.default_css = [], []
    colours = drawing["colours"]
    around = {"type": "FeatureCollection", "features": [_feature(shape, {}) for shape in drawing["around"]]}
    ground = {"fillColor": colours["land"], "fillOpacity": 1, "color": colours["line_strong"], "weight": LINE}
    if around["features"]:
        folium.GeoJson(around, style_function=lambda _feature: ground, interactive=False, smooth_factor=0.5).add_to(
            made
        )
    if drawing["features"]:
        _filled(drawing).add_to(made)
    if around["features"]:
        border = {"fill": False, "color": colours["ink"], "weight": LINE * 1.5}
        folium.GeoJson(around, style_function=lambda _feature: border, interactive=False, smooth_factor=0.5).add_to(
            made
        )
    if drawing.get("points"):
        _clustered(drawing).add_to(made)
    if drawing.get("discs"):
        _discs(drawing).add_to(made)
    west, south, east, north = drawing["bounds"]
    made.fit_bounds([[south, west], [north, east]], padding=(8, 8))
    figure: Any = made.get_root()
    figure.render()
    return figure.script.render(), {"head": figure.header.render(), "body": figure.html.render()}


def _filled(drawing: Drawing) -> Any:
    import folium

    colours = drawing["colours"]
    width = LINE if len(drawing["features"]) < MANY else THIN_LINE
    features = [_feature(each["shape"], {"colour": each["colour"], "tip": _tip(each)}) for each in drawing["features"]]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"], "fillOpacity": 1, "color": colours["land"], "weight": width,
        },
        highlight_function=lambda _feature: {"color": colours["hover"], "weight": 2},
        tooltip=folium.GeoJsonTooltip(["tip"], labels=False, sticky=True, class_name="tip"),
        smooth_factor=0.5,
    )  # fmt: skip


def _clustered(drawing: Drawing) -> Any:
    from folium.plugins import FastMarkerCluster

    rows = [[*row[:2], *map(escaped, row[2:4]), *row[4:]] for row in drawing["points"]]
    make: Any = FastMarkerCluster
    made = make(rows, callback="drawnPoint", showCoverageOnHover=False, maxClusterRadius=44)
    made.default_js, made.default_css = [], []
    return made


def _discs(drawing: Drawing) -> Any:
    import folium

    features = [
        _feature(
            {"type": "Point", "coordinates": [each["lon"], each["lat"]]},
            {"colour": each["colour"], "radius": each["radius"], "tip": _tip(each)},
        )
        for each in drawing["discs"]
    ]
    paper = drawing["colours"]["paper"]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        marker=folium.CircleMarker(),
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"], "fillOpacity": 0.9, "color": paper, "weight": 1,
            "radius": feature["properties"]["radius"],
        },
        tooltip=folium.GeoJsonTooltip(["tip"], labels=False, sticky=True, class_name="tip"),
    )  # fmt: skip


def _feature(shape: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shape, "properties": dict(properties)}


def _tip(each: Mapping[str, Any]) -> str:
    rows = "".join(f"<dt>{escaped(label)}</dt><dd>{escaped(value)}</dd>" for label, value in each["rows"])
    return f"<strong>{escaped(each['name'])}</strong><dl>{rows}</dl>"


def escaped(text: Any) -> str:
    """Text as HTML that neither ends a script nor reads as an address."""
    return html.escape(str(text)).replace("/", "&#47;")


def _plain(value: Any) -> Any:
    """Every text of the drawing so escaped, ready for the template."""
    from markupsafe import Markup

    if isinstance(value, str):
        return Markup(escaped(value))  # noqa: S704 - it was escaped just now
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def leaflet_js() -> str:
    """Leaflet's script; the names of XML namespaces in it are no addresses, and are written so that they do not look it."""
    script = vendor_path("leaflet.js").read_text()
    script = script.replace("https://leafletjs.com", "leafletjs.com")
    return script.replace("http://www.w3.org", "http:\\/\\/www.w3.org").replace("</script", "<\\/script")


def leaflet_css() -> str:
    """Leaflet's style without its pictures, which belong to markers and layer lists, and without comments."""
    style = re.sub(r"/\*.*?\*/", "", vendor_path("leaflet.css").read_text(), flags=re.DOTALL)
    return re.sub(r"url\((?!#)[^)]*\)", "none", style)


def refuse_addresses(page: str) -> str:
    """The page, unless it names anything to be fetched from elsewhere."""
    found = _ADDRESS.search(page)
    if found:
        around = page[max(0, found.start() - 40) : found.end() + 60]
        raise GcrmError(f"The drawing names an address outside of itself: {around!r}")
    return page


def main() -> None:
    # folium brings pandas along to recognise tables, which none of the layers here is; without it, it starts four times as fast.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    sys.stdout.buffer.write(draw(json.load(sys.stdin)).encode())


if __name__ == "__main__":
    main()
