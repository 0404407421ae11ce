"""Lines 1 and 2: one rep's generated days, and the proof of their plans."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from statistics import fmean

from gcrm.routing.exact.proof import prove, warm
from tests.benchmarks.bench_proof import GOALS
from tests.benchmarks.engines import kernel
from tests.benchmarks.engines.run import Run
from tests.benchmarks.instances import generated, known
from tests.benchmarks.instances.collected import collected
from tests.benchmarks.lines.table import Case, Options, Results, entrants, is_ours, measured

QUICK = ("day-60-1-lunch", "day-120-2", "day-200-1-lunch", "day-200-2", "day-300-2")
# Ten minutes a point, the best of those tried for OR-Tools on days.
POINT = 600.0
DAY_GOALS = {0.2: "best prize on all proved", 1.0: "best prize and driving on all proved"}


def forty(options: Options) -> None:
    """Line 1: the prize, and the driving, beside what is proved best; the days of the project's own data too."""
    cases: list[Case] = []
    proved: set[str] = set()
    for name in generated.names_of_days():
        if options.is_asked(name, QUICK):
            problem = generated.day(name)
            best = known.best_of(name, problem)
            cases.append(Case(name, partial(generated.day, name), best.prize, best.travel, POINT))
            proved.update({name} if best.is_proved else ())
    for one in collected("day"):
        if options.is_asked(one.name, QUICK):
            cases.append(Case(one.name, one.read, one.prize, one.travel, POINT))
            proved.update({one.name} if one.is_proved else ())
    cases = options.chosen(cases)
    print(f"  {sum(case.name in proved for case in cases)} of {len(cases)} days are proved; the others count apart")
    results = measured(cases, entrants(options.limits(0.2, 1), options), options)
    for kind, some in (("proved", proved), ("not proved", {case.name for case in cases} - proved)):
        part = [case for case in cases if case.name in some]
        if part:
            print(
                f"  {kind:20} {'best prize':>11} {'and driving':>12} {'mean gap':>9} {'more driving':>13} {'plans':>9}  goal"
            )
            for row in _rows(results, part):
                print(row)


def _rows(results: Results, cases: list[Case]) -> Iterator[str]:
    for entry in results.entrants:
        pairs = [(case, run) for case in cases for run in results.of(entry, case)]
        done = [(case, run) for case, run in pairs if run is not None]
        if not done:
            continue
        level = [(case, run) for case, run in done if run.prize >= (case.prize or 0)]
        both = sum(_more_driving(case, run) <= 0 for case, run in level)
        more = fmean(max(0.0, _more_driving(case, run)) for case, run in level) if level else 0.0
        goal = DAY_GOALS.get(entry.seconds, "") if is_ours(entry) else ""
        yield (
            f"  {entry.title:20} {len(level):5}/{len(done):<5} {both:6}/{len(done):<5} "
            f"{fmean(case.gap(run) for case, run in done):7.2f} % {more:9.2f} min {len(done):4}/{len(pairs):<4}  {goal}"
        )


def _more_driving(case: Case, run: Run) -> float:
    """Return the minutes beyond the least driving with the best prize."""
    return (run.travel - (case.travel or 0)) / 60


def proofs(options: Options) -> None:
    """Line 2: the seconds to a proof of the kernel's plan, and the gap where there is none by then."""
    warm()
    names = [name for name in generated.names_of_days() if options.is_asked(name, QUICK)]
    print(f"  {'instance':18} {'plan':>10} {'bound':>10} {'gap %':>6} {'proved':>7} {'wall s':>7} {'CPU s':>6}")
    gaps: dict[int, list[float]] = {}
    for name in names[: options.limit]:
        problem = generated.day(name)
        size = len(problem.visits)
        plan = kernel.answer(problem, 1.0, options.seeds[0]).solution
        began, worked = time.perf_counter(), time.process_time()
        said = prove(problem, plan, GOALS[size][0])
        wall, cpu = time.perf_counter() - began, time.process_time() - worked
        bound = plan.objective if said.bound is None else said.bound
        gap = 0.0 if said.is_optimal else 100 * (bound - plan.objective) / plan.objective
        gaps.setdefault(size, []).append(gap if said.bound is not None else float("inf"))
        better = " (a better route found)" if said.better is not None else ""
        print(
            f"  {name:18} {plan.objective:10.4f} {bound:10.4f} {gap:6.2f} {said.is_optimal!s:>7} {wall:7.2f} {cpu:6.2f}{better}",
            flush=True,
        )
    for size, some in gaps.items():
        seconds, most = GOALS[size]
        goal = f"<= {100 * most:g} %" if most else "proof"
        within = sum(gap <= 100 * most for gap in some)
        print(f"  {size} candidates: {goal} in {seconds:g} s on {within} of {len(some)}, largest gap {max(some):.2f} %")
    print("  The proof has its limits in wall seconds: on a busy machine it gets less of the processor than they say.")
    if options.with_peers:
        print("  Neither peer gives a proof or a bound.")
