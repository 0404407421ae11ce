"""Where the public instances are found on this machine; none of them is part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

FOLDERS = {
    "solomon": "Solomon 1987, 100 customers: C101.txt and C101.sol and so on, as CVRPLIB offers them",
    "homberger": "Gehring and Homberger 1999, 1,000 customers: R1_10_5.vrp and R1_10_5.sol, as CVRPLIB or the PyVRP project",
    "toptw": "team orienteering with windows: c101.txt ... rc208.txt, pr01.txt ... pr20.txt, as the KU Leuven's OP page",
    "pvrp": "Cordeau, Gendreau and Laporte 1997: p01 ... p32, pr01 ... pr10, solutions in solution/p01.res, as the NEO group",
}
"""The folders of public files, and what each holds."""


def root(given: str | None) -> Path | None:
    """Return the folder of the public files, by option or by GCRM_INSTANCES; None where there is none."""
    name = given or os.environ.get("GCRM_INSTANCES")
    return Path(name) if name else None


def found(base: Path | None, folder: str, pattern: str) -> list[Path]:
    """Return the files of one kind in order of their names."""
    return sorted((base / folder).glob(pattern)) if base is not None else []


def missing(folder: str) -> str:
    """Return the sentence that says what is not there."""
    return f"skipped: no folder {folder!r} below --instances or GCRM_INSTANCES ({FOLDERS[folder]})"
