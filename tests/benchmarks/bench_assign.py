"""What CP-SAT adds to the search: an assignment of visits to shifts under it, and a selection among its routes after it.

    python -m tests.benchmarks.bench_assign [days|pool] [NAME ...] [--seconds 5 10] [--seeds 1 2 3]

`days`: the search alone, beside the search after `assign.days` took its share of the time: held to the shifts assigned for
all the rest, and held for a quarter and then free. `pool`: one run, beside a shorter one whose routes, as they stood every
few hundredths of a second, `assign.pool` then selects from, and beside several shorter runs from other seeds with one pool.

Limits are CPU seconds of one thread, all parts counted, imports not. Every plan is written out and judged by the checker.

Seen on 2 cores that others used too (10 s, mean of seeds): the week 4789 alone, 4539 held, 4663 held first; Cordeau's p02
132,769 of travel alone, 132,537 held first; p14 95,484 each way. Selection: pr04 with two reps 923.3 in one run, 924.6 from
a shorter one's 500 routes; r104 551.1 and 549.8; the week 4791 and 4777 from 11,600 routes, where nothing was better than
the run's own. So a pool pays for few shifts on which the search stands still, and for a week the time is better searched.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import time
from collections.abc import Callable
from typing import Any

from gcrm.routing import problem as problems
from gcrm.routing.answer import plan_of, solution_of
from gcrm.routing.assign import days
from gcrm.routing.assign.pool import PoolRoute, best_selection
from gcrm.routing.check import check
from gcrm.routing.locked import locked_plan
from gcrm.routing.model import Model, model_of
from gcrm.routing.plan import Plan
from gcrm.routing.problem import Problem
from gcrm.routing.track import Tracks
from tests.routing.instances import DATA

kernel: Any = importlib.import_module("gcrm.routing.kernel.search")
"""Looked into: its state is what the pool is gathered from."""
NAMES = {"days": ["week-12x5-900", "pvrp-p02", "pvrp-p14"], "pool": ["toptw-pr04-m2", "toptw-r104-m2", "week-12x5-900"]}
MOST_ROUTES = 10_000
SELECTING = 0.2
"""Share of the time for the selection, in CP-SAT's units, which are about a second."""
RUNS = 4


def given(name: str) -> Problem:
    """Return a collected problem."""
    packed = DATA / f"{name}.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (DATA / f"{name}.json").read_bytes()
    return problems.parse(json.loads(text))


def searched(
    model: Model, seconds: float, seed: int, start: Plan | None = None, look: Callable[[Any], None] | None = None
) -> Plan:
    """Search for CPU seconds; `look` is shown the state of the search at every pause."""
    states: list[Any] = []
    usual = kernel.state_of

    def noted(*parts: Any) -> Any:
        states.append(usual(*parts))
        return states[-1]

    until = time.process_time() + seconds

    def go_on(walked: int) -> bool:
        if look is not None and walked:
            look(states[-1])
        return time.process_time() < until

    kernel.state_of = noted
    try:
        tracks = Tracks(model)
        found = kernel.search(model, locked_plan(tracks), 10**12, go_on, seed, start=start)
    finally:
        kernel.state_of = usual
    plan = plan_of(tracks, found.stops, found.ends, found.narrow)
    assert plan is not None
    return plan


def worth(plan: Plan) -> float:
    """Return the objective of a plan that the checker accepts."""
    solution = solution_of(plan, 0.0, 0, 0, "bench")
    assert solution is not None
    assert check(plan.model.problem, solution) == []
    return solution.objective


# -- days --------------------------------------------------------------------------------------------------------------


def with_days(problem: Problem, model: Model, seconds: float, seed: int, held: float) -> float:
    """Assign, search as assigned for a share of what is left, and freely from there."""
    began = time.process_time()
    narrow = model_of(days.restricted(problem, days.assign(problem, steps=0.2 * seconds, seed=seed), by="shift"))
    left = max(0.2, seconds - (time.process_time() - began))
    plan = searched(narrow, held * left, seed)
    if held < 1:
        start = plan_of(
            Tracks(model), [track.stops for track in plan.tracks], [track.end for track in plan.tracks], plan.narrow
        )
        plan = searched(model, (1 - held) * left, seed, start)
    return worth(plan)


def bench_days(name: str, seconds: float, seed: int) -> list[float]:
    problem = given(name)
    model = model_of(problem)
    alone = worth(searched(model, seconds, seed))
    return [alone, with_days(problem, model, seconds, seed, 1.0), with_days(problem, model, seconds, seed, 0.25)]


# -- pool --------------------------------------------------------------------------------------------------------------


class Pool:
    """Routes as a search passes through them: the best order of each set of visits for each shift."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.best: dict[tuple[int, frozenset[int]], PoolRoute] = {}

    def look(self, state: Any) -> None:
        price = self.problem.cost_per_travel_second
        for s in range(len(self.problem.shifts)):
            stops = tuple(state.seq[s, : int(state.size[s])].tolist())
            # Prizes less driving: the instances here have no other cost, and every visit is optional.
            value = float(state.prize[s]) - price * float(state.travel[s])
            known = self.best.get((s, frozenset(stops)))
            if stops and (known is None or known.value < value):
                self.best[s, frozenset(stops)] = PoolRoute(s, stops, value)

    def selected(self, plan: Plan, steps: float) -> Plan:
        """Return the best plan of the pool's routes and a plan's own."""
        own = [PoolRoute(track.shift, track.stops, track.value) for track in plan.tracks if track.stops]
        others = sorted(self.best.values(), key=lambda route: -route.value)[:MOST_ROUTES]
        found = best_selection(self.problem, [*own, *others], range(len(own)), steps)
        routes = [[*own, *others][number] for number in found.chosen]
        stops: list[tuple[int, ...]] = [()] * len(self.problem.shifts)
        for route in routes:
            stops[route.shift] = route.visits
        better = plan_of(Tracks(plan.model), stops, [track.end for track in plan.tracks], {})
        assert better is not None
        return better


def bench_pool(name: str, seconds: float, seed: int) -> list[float]:
    problem = given(name)
    model = model_of(problem)
    alone = worth(searched(model, seconds, seed))
    figures = [alone]
    for runs in (1, RUNS):
        pool = Pool(problem)
        each = (1 - SELECTING) * seconds / runs
        plans = [
            searched(model, each, RUNS * seed + number, look=pool.look)
            if runs > 1
            else searched(model, each, seed, look=pool.look)
            for number in range(runs)
        ]
        best = max(plans, key=lambda plan: plan.value)
        figures += [worth(best), worth(pool.selected(best, SELECTING * seconds)), float(len(pool.best))]
    return figures


def main() -> None:
    """Print a table for each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[5.0, 10.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("question", nargs="?", choices=[*NAMES], default=None)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    heads = {
        "days": ("alone", "held", "held first"),
        "pool": ("one run", "shorter", "selected", "routes", f"{RUNS} short", "selected", "routes"),
    }
    for question in [options.question] if options.question else [*NAMES]:
        print(f"{question:16} {'s':>4} {'seed':>4} " + " ".join(f"{head:>11}" for head in heads[question]))
        for name in options.names or NAMES[question]:
            kernel.search(model_of(given(name)), locked_plan(Tracks(model_of(given(name)))), 2, lambda _: True, 1)
            for seconds in options.seconds:
                for seed in options.seeds:
                    figures = (bench_days if question == "days" else bench_pool)(name, seconds, seed)
                    print(
                        f"{name:16} {seconds:4g} {seed:4} " + " ".join(f"{figure:11.2f}" for figure in figures),
                        flush=True,
                    )


if __name__ == "__main__":
    main()
