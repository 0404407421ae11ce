"""The best plans of the generated days, proved; kept in the user's cache, since a proof takes up to a minute."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from gcrm.routing import problem as problems
from gcrm.routing.exact.proof import prove
from gcrm.routing.model import model_of
from gcrm.routing.problem import Problem
from gcrm.routing.solution import Solution
from tests.benchmarks.engines import kernel
from tests.benchmarks.engines.run import judged
from tests.benchmarks.instances import generated

SEARCH_SECONDS = 3.0
SEEDS = (11, 12)
PROOF_SECONDS = 60.0
MOST_PROOFS = 4


@dataclass(frozen=True)
class Known:
    """The best plan known of a day; `is_proved` that none has a higher prize, nor as high a one with less driving."""

    prize: float
    travel: int
    is_proved: bool


def best_of(name: str, problem: Problem) -> Known:
    """Return the best known of a day, from the cache or worked out now."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gcrm-benchmarks"
    words = json.dumps(problems.dump(problem), sort_keys=True)
    file = folder / f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:16]}.json"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        known = worked_out(problem)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(known)))
        draft.replace(file)
    return Known(**json.loads(file.read_text()))


def worked_out(problem: Problem) -> Known:
    """Search with seeds that are not measured, then prove or improve until it is the best."""
    runs = [kernel.answer(problem, SEARCH_SECONDS, seed) for seed in SEEDS]
    best = max((run.solution for run in runs), key=lambda solution: solution.objective)
    for _ in range(MOST_PROOFS):
        proof = prove(problem, best, PROOF_SECONDS)
        if proof.better is None:
            return Known(best.prize, best.travel_seconds, proof.is_optimal)
        best = _of_order(problem, proof.better)
    return Known(best.prize, best.travel_seconds, False)


def _of_order(problem: Problem, order: tuple[str, ...]) -> Solution:
    """Return the plan of one shift that makes these visits in this order."""
    index = {visit.id: v for v, visit in enumerate(problem.visits)}
    return judged("proof", problem, model_of(problem), [tuple(index[name] for name in order)], [0], {})


def main() -> None:
    """Work all of them out, ahead of a measurement."""
    for name in generated.names_of_days():
        known = best_of(name, generated.day(name))
        print(
            f"{name:16} {known.prize:5g} {known.travel:6} {'proved' if known.is_proved else 'not proved'}", flush=True
        )


if __name__ == "__main__":
    main()
