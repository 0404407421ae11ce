"""What lies below a map beside our own outlines: a style by address or a PMTiles file, checked before anybody sees the map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gcrm.core.config import Settings

HEADER = 127
VECTOR_TILES = 1


@dataclass(frozen=True)
class Background:
    """The chosen background; with a `fault` our own outlines are shown instead."""

    style_url: str = ""
    pmtiles: Path | None = None
    attribution: str = ""
    fault: str = ""

    def for_map(self, pmtiles_url: str) -> dict[str, Any]:
        """What the page's script is told: nothing where our own outlines are the background."""
        said: dict[str, Any] = {}
        if self.style_url:
            said["background"] = {"style": self.style_url}
        elif self.pmtiles is not None:
            said["background"] = {"pmtiles": pmtiles_url}
        if self.fault:
            said["background_fault"] = self.fault
        return said | ({"attribution": self.attribution} if said and self.attribution else {})


def chosen(settings: Settings) -> Background:
    """The background that the settings name; a wrong one comes with a sentence that names the setting."""
    style, file = settings.map_style_url.strip(), settings.map_pmtiles.strip()
    fault = ""
    if style and file:
        fault = "GCRM_MAP_STYLE_URL and GCRM_MAP_PMTILES are both set: choose one background."
    elif style and not settings.map_host:
        fault = f"GCRM_MAP_STYLE_URL must be an address as https://tiles.example.com/style.json, not “{style[:80]}”."
    elif file:
        fault = _fault_of(Path(file))
    if fault:
        return Background(fault=fault)
    return Background(style, Path(file) if file else None, settings.map_attribution.strip())


def _fault_of(file: Path) -> str:
    """What is wrong with a PMTiles file, as its header of fixed places tells (PMTiles specification, version 3)."""
    try:
        with file.open("rb") as opened:
            header = opened.read(HEADER)
    except OSError as error:
        return f"GCRM_MAP_PMTILES names a file that cannot be read ({error.strerror})."
    if header[:7] != b"PMTiles" or len(header) < HEADER:
        return "GCRM_MAP_PMTILES names a file that is no PMTiles archive."
    if header[7] != 3:
        return f"GCRM_MAP_PMTILES names an archive of version {header[7]}; version 3 can be read."
    if header[99] != VECTOR_TILES:
        return "GCRM_MAP_PMTILES names an archive of pictures; vector tiles (MVT) can be drawn."
    return ""
