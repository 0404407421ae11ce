"""Line 3: the rest of a running day, its next stop locked."""

from __future__ import annotations

from dataclasses import replace

from gcrm.routing.problem import Problem
from gcrm.routing.replan import Rest, keeping, rest_of_day
from gcrm.routing.solution import Route
from tests.benchmarks.engines import kernel
from tests.benchmarks.engines.run import Run
from tests.benchmarks.instances import generated
from tests.benchmarks.lines.days import QUICK
from tests.benchmarks.lines.table import Options

DONE = 3
LATE_SECONDS = 20 * 60
GOAL_SECONDS = 0.05
LONG_SECONDS = 1.0


def rest(options: Options) -> None:
    """Line 3: three stops are done, the rep runs twenty minutes late, and the stop being driven to is kept.

    The call is the live page's: the rest of the day as `replan.rest_of_day` and `keeping` state it. Counted is all that the
    kernel does, building its arrays included.
    """
    names = [name for name in generated.names_of_days() if options.is_asked(name, QUICK)][: options.limit]
    first: list[float] = []
    level: list[float] = []
    short: list[tuple[Run, Run]] = []
    for name in names:
        problem = generated.day(name)
        plan = kernel.answer(problem, 0.5, 1).solution
        running = running_late(problem, plan.routes[0])
        for seed in options.seeds:
            long = kernel.answer(running, LONG_SECONDS, seed)
            quick = kernel.answer(running, GOAL_SECONDS, seed)
            first.append(long.first or 0.0)
            level.append(reached(running, long, seed))
            short.append((quick, long))
    same = sum(quick.prize >= long.prize for quick, long in short)
    ratio = sum(quick.prize for quick, _ in short) / sum(long.prize for _, long in short)
    print(
        f"  {len(short)} replans of {len(names)} days with 60 to 300 candidates; goal: under {1000 * GOAL_SECONDS:g} ms"
    )
    print(f"  first plan with the locked stop         p50 {_at(first, 0.5)}  p95 {_at(first, 0.95)}")
    print(f"  the prize of the {LONG_SECONDS:g} s answer reached     p50 {_at(level, 0.5)}  p95 {_at(level, 0.95)}")
    print(
        f"  answer after {1000 * GOAL_SECONDS:g} ms: as high a prize as after {LONG_SECONDS:g} s in {same} of {len(short)}, {100 * ratio:.2f} % of it in all"
    )
    print(
        f"  the whole call with that limit          p50 {_at([run.seconds for run, _ in short], 0.5)}  p95 {_at([run.seconds for run, _ in short], 0.95)}"
    )


def running_late(problem: Problem, route: Route) -> Problem:
    """Return the rest of a day after three stops, the next one locked."""
    done = {stop.visit for stop in route.stops[:DONE]}
    at = next(visit.place for visit in problem.visits if visit.id == route.stops[DONE - 1].visit)
    start = route.stops[DONE - 1].depart + LATE_SECONDS
    ahead = replace(problem, visits=tuple(visit for visit in problem.visits if visit.id not in done))
    ahead = rest_of_day(ahead, Rest(None, start, any(taken.end <= start for taken in route.breaks)))
    ahead = replace(ahead, shifts=(replace(ahead.shifts[0], from_place=at),))
    return keeping(ahead, route.stops[DONE].visit)


def reached(problem: Problem, long: Run, seed: int) -> float:
    """Return when the kernel, on the same walk, had a plan with as high a prize, in CPU seconds."""
    # All travel together costs less than a point.
    run = kernel.answer(problem, LONG_SECONDS, seed, until=long.solution.prize - 1)
    return run.last or 0.0


def _at(seconds: list[float], share: float) -> str:
    ordered = sorted(seconds)
    return f"{1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:6.1f} ms"
