"""The proof of one day: bound, gap and seconds beside the limits that are asked for, on collected and on generated days.

    python -m tests.benchmarks.bench_proof [--search-seconds 2] [NAME ...]

The plan to be proved is the better of the best known one and of the solver's after `--search-seconds`. Seconds are wall
seconds of one thread, compiling not counted. A generated name is `generated-SIZE-SEED`, with `-lunch` for a break and
`-product` for the product's own costs, odd seconds of travel and fixed appointments.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from random import Random

from gcrm.routing import problem as problems
from gcrm.routing.exact.proof import prove, warm
from gcrm.routing.problem import FIXED, Problem
from gcrm.routing.solution import FEASIBLE, Route, Solution, Stop
from gcrm.routing.solver import solve
from tests.benchmarks.bench_planning import COLLECTED, generated
from tests.routing.instances import DATA

GENERATED = [
    f"generated-{size}-{seed}{lunch}" for size in (60, 120, 200, 300) for seed in (1, 2) for lunch in ("", "-lunch")
]
PRODUCT = ["generated-60-1-product", "generated-120-1-lunch-product", "generated-200-1-lunch-product"]
# Candidates, seconds, and the gap asked for by then.
GOALS = {60: (5.0, 0.0), 120: (5.0, 0.0), 200: (5.0, 0.0), 300: (10.0, 0.01)}


def made(name: str) -> Problem:
    """Return the problem of a name."""
    if not name.startswith("generated"):
        return problems.parse(json.loads((DATA / f"{name}.json").read_text()))
    given = generated(name.removesuffix("-product"))
    return as_in_the_product(given) if name.endswith("-product") else given


def as_in_the_product(given: Problem) -> Problem:
    """Return the day with the product's costs, prizes in tens, odd travel seconds and two appointments."""
    assert given.travel is not None
    random = Random(len(given.visits))
    rows = [[cell and cell + random.randint(-29, 30) for cell in row] for row in given.travel.seconds]
    visits = []
    for number, visit in enumerate(given.visits):
        changed = replace(visit, prize=10.0 * visit.prize + random.randint(0, 9))
        if number in (3, 7):
            begin = 36_000 + 4_050 * (number - 3)
            changed = replace(changed, prize=changed.prize + 100, rank=FIXED, windows=((begin, begin),))
        visits.append(changed)
    travel = replace(given.travel, seconds=rows)
    return replace(
        given, visits=tuple(visits), travel=travel, cost_per_travel_second=0.01, cost_per_waiting_second=0.002
    )


def plan_to_prove(name: str, given: Problem, seconds: float) -> Solution:
    """Return the better of the solver's plan and the best known."""
    found = solve(given, time_limit=seconds)
    file = DATA / "best-known.json"
    known = json.loads(file.read_text()).get(f"{name}.json") if file.is_file() else None
    if known is None:
        return found
    value = known["prize"] - given.cost_per_travel_second * known["travel"]
    if found.objective >= value - 1e-9:
        return found
    musts = tuple(Stop(v.id, 0, 0, 0, 0) for v in given.visits if v.rank <= 1)
    return Solution(
        FEASIBLE, value, known["prize"], known["travel"], None, (Route("known", 0, 0, None, 0, None, musts),), ()
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search-seconds", type=float, default=2.0)
    parser.add_argument("--most-seconds", type=float, help="instead of the limit of the goal")
    parser.add_argument("names", nargs="*", default=(COLLECTED if DATA.is_dir() else []) + GENERATED + PRODUCT)
    options = parser.parse_args()
    warm()
    print(
        f"{'instance':32} {'plan':>10} {'bound':>10} {'gap %':>6} {'proved':>7} {'wall s':>7} {'CPU s':>6} {'goal':>16}  how"
    )
    for name in options.names:
        given = made(name)
        plan = plan_to_prove(name, given, options.search_seconds)
        size = min(GOALS, key=lambda each: abs(each - len(given.visits)))
        seconds, most_gap = GOALS[size]
        began, worked = time.perf_counter(), time.process_time()
        said = prove(given, plan, options.most_seconds or seconds)
        wall, cpu = time.perf_counter() - began, time.process_time() - worked
        gap = 100 * ((said.bound or 0) - plan.objective) / max(1.0, abs(plan.objective))
        goal = f"{'proof' if most_gap == 0 else f'<= {100 * most_gap:g} %'} in {seconds:g} s"
        better = "" if said.better is None else ", better route"
        print(
            f"{name:32} {plan.objective:10.4f} {said.bound or 0:10.4f} {gap:6.2f} {said.is_optimal!s:>7} {wall:7.2f} "
            f"{cpu:6.2f} {goal:>16}  {said.how}{better}",
            flush=True,
        )


if __name__ == "__main__":
    main()
