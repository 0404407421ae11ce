"""The problems that came with the project's own data, in the product's format, with the best values known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gcrm.routing import problem as problems
from gcrm.routing.problem import Problem
from tests.benchmarks.instances.best import DISTANCES
from tests.routing.instances import DATA


@dataclass(frozen=True)
class Collected:
    """A file with its best known plan; what is published counts where it is better than the plan found there."""

    path: Path
    prize: float
    travel: float
    is_proved: bool

    @property
    def name(self) -> str:
        """Return the file's name without the kind before it: c101-m1, R101, p02, day-60."""
        kind, _, rest = self.path.stem.partition("-")
        return self.path.stem if kind == "day" else rest

    def read(self) -> Problem:
        """Read the problem."""
        return problems.parse(json.loads(self.path.read_text()))


def collected(kind: str) -> list[Collected]:
    """Return the problems of a kind: day, toptw, vrptw or pvrp; none where the data is not there."""
    if not DATA.is_dir():
        return []
    known = json.loads((DATA / "best-known.json").read_text())
    return [_collected(path, known[path.name]) for path in sorted(DATA.glob(f"{kind}-*.json"))]


def _collected(path: Path, best: dict[str, float]) -> Collected:
    name = path.stem.partition("-")[2]
    travel = 100 * DISTANCES[name] if name in DISTANCES else best["travel"]
    return Collected(path, best["prize"], travel, bool(best["proved"]))
