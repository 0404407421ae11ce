"""Running engines over instances, and the rows that are printed: a line for each instance, then means, maxima and ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from gcrm.routing.problem import Problem
from tests.benchmarks.engines import kernel, ortools_alone, pyvrp_alone
from tests.benchmarks.engines.run import Engine, Run

ENGINES: dict[str, Engine] = {
    kernel.NAME: kernel.answer,
    pyvrp_alone.NAME: pyvrp_alone.answer,
    ortools_alone.NAME: ortools_alone.answer,
}
# Percent; published lengths are rounded.
SAME = 0.005


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line; `seconds` replaces every limit of the goals."""

    root: Path | None
    seeds: tuple[int, ...]
    seconds: tuple[float, ...] | None
    is_quick: bool
    engines: tuple[str, ...]
    names: tuple[str, ...]
    limit: int | None

    def chosen(self, cases: Sequence[Case], quick: Sequence[str] = ()) -> list[Case]:
        """Return the cases that are asked for by the beginnings of their names, a few of them when quick."""
        return [case for case in cases if self.is_asked(case.name, quick)][: self.limit]

    def is_asked(self, name: str, quick: Sequence[str] = ()) -> bool:
        """Say whether an instance is asked for; names given are, quick or not."""
        if self.names:
            return name.startswith(self.names)
        return name in quick if self.is_quick and quick else True

    @property
    def with_peers(self) -> bool:
        """Say whether others than the kernel are measured."""
        return self.engines != (kernel.NAME,)

    def limits(self, *goals: float) -> tuple[float, ...]:
        """Return the CPU seconds to be measured."""
        return self.seconds or goals


@dataclass(frozen=True)
class Case:
    """An instance with the best value known; `prize` or `travel` is what is judged, the other may be unknown."""

    name: str
    read: Callable[[], Problem]
    prize: float | None = None
    travel: float | None = None
    point: float | None = None
    """How many seconds a point of prize is worth to a peer that needs to be told."""

    def gap(self, run: Run) -> float:
        """Return by how many percent an answer is worse than the best known, negative when it is better."""
        if not run.is_whole:
            return math.inf
        if self.prize is not None:
            return 100 * (self.prize - run.prize) / self.prize if self.prize else 0.0
        assert self.travel is not None
        return 100 * (run.travel - self.travel) / self.travel

    def value(self, run: Run) -> float:
        """Return what is judged."""
        return run.prize if self.prize is not None else run.travel


@dataclass(frozen=True)
class Entrant:
    """An engine by name, for how many seconds; one that knows no chance is run once."""

    name: str
    answer: Engine
    seconds: float
    is_random: bool = True

    @property
    def title(self) -> str:
        """Return its heading."""
        return f"{self.name} {self.seconds:g} s"


@dataclass
class Results:
    """The runs of each entrant on each case."""

    cases: list[Case]
    entrants: list[Entrant]
    runs: dict[tuple[str, str], list[Run | None]] = field(default_factory=dict)

    def gaps(self, entrant: Entrant) -> list[float]:
        """Return the gaps of all its runs that came to a plan."""
        return [case.gap(run) for case in self.cases for run in self.of(entrant, case) if run is not None]

    def of(self, entrant: Entrant, case: Case) -> list[Run | None]:
        """Return its runs on a case."""
        return self.runs.get((entrant.title, case.name), [])


def entrants(limits: Sequence[float], options: Options) -> list[Entrant]:
    """Return the kernel and, where they are asked for, its peers under the same limits."""
    found = [
        Entrant(name, answer, seconds, name != ortools_alone.NAME)
        for name, answer in ENGINES.items()
        for seconds in limits
    ]
    return [entry for entry in found if entry.name in options.engines]


def measured(cases: list[Case], entries: list[Entrant], options: Options) -> Results:
    """Run all on all, printing a row for each case: the best known, then each entrant's mean gap and its values by seed."""
    results = Results(cases, entries)
    if not cases:
        return results
    print(f"  {'instance':18} {'best':>8}  " + "  ".join(f"{entry.title:>24}" for entry in entries))
    for case in cases:
        problem = case.read()
        cells = []
        for entry in entries:
            seeds = options.seeds if entry.is_random else options.seeds[:1]
            runs = [entry.answer(problem, entry.seconds, seed, case.point) for seed in seeds]
            results.runs[entry.title, case.name] = runs
            cells.append(f"{_cell(case, runs):>24}")
        best = case.prize if case.prize is not None else case.travel
        print(f"  {case.name:18} {best:8.10g}  " + "  ".join(cells), flush=True)
    return results


def _cell(case: Case, runs: list[Run | None]) -> str:
    done = [run for run in runs if run is not None]
    if not done:
        return "no plan"
    values = ",".join(f"{case.value(run):.10g}" for run in done)
    return f"{values} {fmean(case.gap(run) for run in done):6.2f} %"


def summary(results: Results, goal: Callable[[Entrant], str]) -> Iterator[str]:
    """Yield a row for each entrant: mean and largest gap, the share of best, the ratio of what is judged to ours, the goal."""
    if not results.cases:
        return
    yield f"  {'':20} {'mean gap':>9} {'max gap':>9} {'at best':>8} {'plans':>9} {'to ours':>8} {'CPU s':>6}  goal"
    for entry in results.entrants:
        gaps = results.gaps(entry)
        runs = [run for case in results.cases for run in results.of(entry, case)]
        done = [run for run in runs if run is not None]
        mean, most = (fmean(gaps), max(gaps)) if gaps else (math.nan, math.nan)
        best = sum(gap <= SAME for gap in gaps)
        spent = fmean(run.seconds for run in done) if done else math.nan
        yield (
            f"  {entry.title:20} {mean:7.2f} % {most:7.2f} % {best:4}/{len(gaps):<3} {len(done):4}/{len(runs):<4} "
            f"{_ratio(results, entry):8.4f} {spent:6.2f}  {goal(entry)}"
        )


def _ratio(results: Results, entry: Entrant) -> float:
    """Return the mean over cases of this entrant's value to ours in the same time, on those that both solved."""
    ours = next((e for e in results.entrants if is_ours(e) and e.seconds == entry.seconds), None)
    if ours is None:
        return math.nan
    ratios = []
    for case in results.cases:
        mine, others = _mean(case, results.of(ours, case)), _mean(case, results.of(entry, case))
        if mine and others:
            ratios.append(others / mine)
    return fmean(ratios) if ratios else math.nan


def _mean(case: Case, runs: list[Run | None]) -> float | None:
    values = [case.value(run) for run in runs if run is not None and run.is_whole]
    return fmean(values) if values else None


def is_ours(entry: Entrant) -> bool:
    """Say whether an entrant is the kernel."""
    return entry.name == kernel.NAME


def only_ours(goal: str) -> Callable[[Entrant], str]:
    """Return the goal's words for the kernel's rows."""
    return lambda entry: goal if is_ours(entry) else ""
