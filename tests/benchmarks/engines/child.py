"""One run in a process of its own, so that its memory can be told: python -m tests.benchmarks.engines.child ENGINE SECONDS SEED.

The work is the team's week, or with a fourth word `small` a tenth of it. Prints what came of it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import import_module

from tests.benchmarks.engines.run import Engine
from tests.benchmarks.instances import generated

MODULES = {"gcrm": "kernel", "PyVRP": "pyvrp_alone", "OR-Tools": "ortools_alone"}
POINT = 600.0


@dataclass(frozen=True)
class Told:
    """What a child tells."""

    prize: float
    travel: int
    visits: int
    seconds: float
    megabytes: float


def told(engine: str, seconds: float, seed: int, is_small: bool = False) -> Told | None:
    """Run an engine in a child; None where it found no plan."""
    words = [engine, str(seconds), str(seed), *(["small"] if is_small else [])]
    command = [sys.executable, "-m", "tests.benchmarks.engines.child", *words]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = json.loads(said.splitlines()[-1])
    return Told(**figures) if figures else None


def main() -> None:
    """Answer and print."""
    engine, seconds, seed, *small = sys.argv[1:]
    module = import_module(f"tests.benchmarks.engines.{MODULES[engine]}")
    answer: Engine = module.answer
    # Imports and compiled code are loaded before the clock runs.
    answer(generated.week(2, 10), 0.1, 1)
    problem = generated.week(2, 150) if small else generated.week()
    run = answer(problem, float(seconds), int(seed), POINT)
    if run is None:
        print("null")
        return
    visits = sum(len(route.stops) for route in run.solution.routes)
    print(json.dumps(asdict(Told(run.prize, run.travel, visits, run.seconds, run.megabytes))))


if __name__ == "__main__":
    main()
