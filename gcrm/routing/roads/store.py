"""A build on disk: plain arrays, memory-mapped and so shared by all workers; whole or not there at all.

A build is a folder of its own, finished before the file `current` names it; whoever has an older one open keeps it. Each
file's size and checksum stand in `build.json`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gcrm.core.errors import Unavailable
from gcrm.routing.roads import folder as folders
from gcrm.routing.roads.contraction import Hierarchy, Upward
from gcrm.routing.roads.folder import ABOUT, POINTER, checksum
from gcrm.routing.roads.graph import RoadGraph
from gcrm.routing.roads.grid import Grid
from gcrm.routing.roads.network import Network

VERSION = 1
"""Raised whenever the arrays change their meaning; other versions are refused."""
WHAT_TO_DO = "Run `gcrm roads build EXTRACT.osm.pbf` again."


class UnusableBuild(Unavailable):
    """The road graph on disk cannot be used as it is."""


@dataclass(frozen=True)
class Build:
    """A finished build: its folder and what is said about it."""

    folder: Path
    about: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    def graph(self, mode: str) -> RoadGraph | None:
        """Map the graph of a mode into memory after checking it against its checksums; None where there is none."""
        files = {name: said for name, said in self.about["files"].items() if name.startswith(f"{mode}.")}
        if not files:
            return None
        for name, (size, sum_of_it) in files.items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size != size or checksum(path) != sum_of_it:
                raise UnusableBuild(f"{path} is damaged. {WHAT_TO_DO}")
        read = {name: np.load(self.folder / name, mmap_mode="r") for name in files}
        return _graph({name.removeprefix(f"{mode}.").removesuffix(".npy"): np.asarray(read[name]) for name in read})


def save(
    folder: Path, graphs: Mapping[str, RoadGraph], about: dict[str, Any], others: Mapping[str, bytes] | None = None
) -> Build:
    """Write a build, with other files by name, and make it the current one, at once; older builds go."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="build-", dir=folder))
    try:
        made.chmod(0o755)
        written = []
        for mode, graph in graphs.items():
            for name, array in _arrays(graph):
                written.append(made / f"{mode}.{name}.npy")
                np.save(written[-1], array)
        for name, content in (others or {}).items():
            written.append(made / name)
            written[-1].write_bytes(content)
        files = {}
        for path in written:
            _sync(path)
            files[path.name] = [path.stat().st_size, checksum(path)]
        whole = {"version": VERSION, **about, "files": files}
        (made / ABOUT).write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
        _sync(made / ABOUT)
        pointer = made / POINTER
        pointer.write_text(made.name, encoding="utf-8")
        os.replace(pointer, folder / POINTER)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    for other in folder.glob("build-*"):
        if other != made:
            shutil.rmtree(other, ignore_errors=True)
    return Build(made, whole)


def current(folder: Path) -> Build | None:
    """Return the current build; None where none was made. Raises `UnusableBuild` with what to do for an unfit one."""
    found = folders.current(folder)
    if found is None:
        return None
    try:
        about = json.loads((found / ABOUT).read_text(encoding="utf-8"))
        version = about["version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UnusableBuild(f"The road graph in {found} is damaged. {WHAT_TO_DO}") from None
    if version != VERSION:
        raise UnusableBuild(
            f"The road graph in {found} is of version {version}, this program reads {VERSION}. {WHAT_TO_DO}"
        )
    return Build(found, about)


def _arrays(part: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return the arrays of nested dataclasses by dotted name; a number becomes an array of none."""
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from _arrays(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", np.asarray(value)


def _graph(arrays: Mapping[str, Any]) -> RoadGraph:
    def under(prefix: str) -> dict[str, Any]:
        whole = f"{prefix}."
        return {
            n.removeprefix(whole): a for n, a in arrays.items() if n.startswith(whole) and "." not in n[len(whole) :]
        }

    network = under("network")
    return RoadGraph(
        Network(**network | {"nodes": int(network["nodes"])}),
        Hierarchy(
            under("hierarchy")["rank"], Upward(**under("hierarchy.away")), Upward(**under("hierarchy.towards"))
        ),
        Grid(**under("grid")),
    )  # fmt: skip


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
