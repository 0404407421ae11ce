"""The main roads of a build in one file, for maps: packed at the build, read by web processes, which load no graph.

The file is 32-bit numbers in the machine's own order: how many lines each level has; for each line its west, south, east,
north and where its points begin; where the last line's points end; the points. Places are in ten millionths of a degree.
"""

from __future__ import annotations

import json
import mmap
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from gcrm.core import logs
from gcrm.routing.roads import folder as folders
from gcrm.routing.roads.highways import LEVELS

FILE = "main_roads"
ABOUT_A_LINE = 5
SCALE = 1e7
Point = tuple[float, float]
"""lon, lat"""
Box = tuple[float, float, float, float]
"""West, south, east and north in degrees."""


@dataclass(frozen=True)
class MainRoads:
    """The numbers of the file."""

    numbers: memoryview

    def within(self, box: Box, level: int) -> list[list[Point]]:
        """Return the whole lines of a level that may touch a box."""
        west, south, east, north = (round(degrees * SCALE) for degrees in box)
        before, count = sum(self.numbers[:level]), self.numbers[level]
        begin = LEVELS + ABOUT_A_LINE * before
        about = self.numbers[begin : begin + ABOUT_A_LINE * count].tolist()
        sides = zip(about[0::5], about[1::5], about[2::5], about[3::5], strict=True)
        touching = [
            number
            for number, (left, low, right, high) in enumerate(sides, start=before)
            if left <= east and right >= west and low <= north and high >= south
        ]
        return [self._line(number) for number in touching]

    def _line(self, number: int) -> list[Point]:
        lines = sum(self.numbers[:LEVELS])
        at = LEVELS + ABOUT_A_LINE * number + ABOUT_A_LINE - 1
        # The line behind the last has no sides, only its beginning.
        following = at + ABOUT_A_LINE if number + 1 < lines else at + 1
        points = LEVELS + ABOUT_A_LINE * lines + 1
        drawn = self.numbers[points + 2 * self.numbers[at] : points + 2 * self.numbers[following]].tolist()
        return [(lon / SCALE, lat / SCALE) for lon, lat in zip(drawn[0::2], drawn[1::2], strict=True)]


def packed(levels: Sequence[Sequence[Any]]) -> bytes:
    """Return the file of the lines of each level; a line is (points, 2) whole numbers, longitude first."""
    assert len(levels) == LEVELS
    lines = [line for level in levels for line in level]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    about: list[int] = []
    for line, (start, _) in zip(lines, pairwise(starts), strict=True):
        about += [*line.min(axis=0).tolist(), *line.max(axis=0).tolist(), start]
    written = array("i", [*map(len, levels), *about, starts[-1]])
    for line in lines:
        written.frombytes(line.astype("i").tobytes())
    return written.tobytes()


def current(folder: Path) -> MainRoads | None:
    """Return the main roads of the current build; None where there is none, or it was built before it kept them."""
    found = folders.current(folder)
    return _read(found) if found is not None else None


@lru_cache(maxsize=2)
def _read(build: Path) -> MainRoads | None:
    """Map the file of a build into memory; a damaged one is told, and the map goes without."""
    path = build / FILE
    try:
        files = json.loads((build / folders.ABOUT).read_text(encoding="utf-8"))["files"]
        if FILE not in files:
            return None
        if files[FILE] != [path.stat().st_size, folders.checksum(path)]:
            raise ValueError(f"{path} is damaged")
        with path.open("rb") as file:
            return MainRoads(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast("i"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        logs.get().error("main roads not drawn", fault=str(error))
        return None
