"""Lines 4, 6, 7 and 8: the public instances."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from statistics import fmean

from tests.benchmarks.engines.run import Run
from tests.benchmarks.instances import files, orienteering, periodic, required
from tests.benchmarks.instances.best import DISTANCES, SCORES, score
from tests.benchmarks.instances.collected import collected
from tests.benchmarks.lines.table import Case, Options, entrants, is_ours, measured, only_ours, summary

QUICK_TEAMS = (
    "c101-m1", "r104-m1", "pr03-m1", "r201-m1", "r104-m2", "pr01-m2", "pr04-m2", "c104-m3", "pr02-m3", "rc104-m3",
)  # fmt: skip
QUICK_REQUIRED = ("C104", "R101", "R112", "RC108", "R208", "RC201")
QUICK_PERIODIC = ("p02", "p08", "p13", "p14", "p21", "p27", "pr01", "pr03", "pr07")
LARGE = ("R1_10_5", "C1_10_2", "RC1_10_5", "R2_10_5", "C2_10_3", "RC2_10_5")
TEAM_GOALS = {1.0: "mean <= 0.3 %", 10.0: "mean <= 0.1 %"}


def teams(options: Options) -> None:
    """Line 4: team orienteering with windows, one to four routes."""
    found = files.found(options.root, "toptw", "*.txt")
    if not found:
        print("  " + files.missing("toptw"))
    cases = [
        Case(
            f"{path.stem}-m{team}",
            partial(orienteering.read, path, team),
            prize=score(path.stem, team),
            point=3 * orienteering.scale_of(path.name),
        )
        for team in (1, 2, 3, 4)
        for path in found
        if path.stem in SCORES
    ]
    cases += _others("toptw", cases)
    cases = options.chosen(cases, QUICK_TEAMS)
    results = measured(cases, entrants(options.limits(1, 10), options), options)
    for row in summary(results, lambda entry: TEAM_GOALS.get(entry.seconds, "") if is_ours(entry) else ""):
        print(row)


def cadence(options: Options) -> None:
    """Line 6: periodic routing."""
    found = files.found(options.root, "pvrp", "p*")
    if not found:
        print("  " + files.missing("pvrp"))
    cases = [
        Case(path.name, partial(periodic.read, path), travel=periodic.SCALE * DISTANCES[path.name])
        for path in found
        if path.name in DISTANCES
    ]
    cases += _others("pvrp", cases)
    entries = [entry for entry in entrants(options.limits(10), options) if is_ours(entry)]
    for row in summary(measured(options.chosen(cases, QUICK_PERIODIC), entries, options), only_ours("mean <= 1 %")):
        print(row)
    if options.with_peers:
        print("  Neither peer can express that a customer's visits follow one of its patterns of days.")


def all_required(options: Options) -> None:
    """Line 7: Solomon's problems with every visit required."""
    found = files.found(options.root, "solomon", "*.txt")
    if not found:
        print("  " + files.missing("solomon"))
    cases = [_required(path) for path in found]
    cases = options.chosen([*cases, *_others("vrptw", cases)], QUICK_REQUIRED)
    results = measured(cases, entrants(options.limits(10), options), options)
    for row in summary(results, only_ours("mean <= 0.35 %, none over 1.5 %")):
        print(row)


def thousand(options: Options) -> None:
    """Line 8: a thousand required visits."""
    found = [options.root / "homberger" / f"{name}.vrp" for name in LARGE] if options.root else []
    found = [path for path in found if path.is_file()]
    if not found:
        print("  " + files.missing("homberger"))
    cases = options.chosen([_required(path) for path in found], LARGE[:2])
    results = measured(cases, entrants(options.limits(10), options), options)
    for row in summary(results, only_ours("first plan in 1 s, <= 6 % at 10 s")):
        print(row)
    for case in cases:
        firsts = [_first(results.of(entry, case)) for entry in results.entrants if is_ours(entry)]
        print(f"  {case.name}: first complete plan after {' / '.join(firsts)} CPU s")


def _first(runs: list[Run | None]) -> str:
    firsts = [run.first for run in runs if run is not None and run.first is not None]
    return f"{fmean(firsts):.2f}" if firsts else "none"


def _others(kind: str, cases: list[Case]) -> list[Case]:
    """Return the problems of the project's own data that are not among those of the public files."""
    names = {case.name for case in cases}
    return [
        Case(
            one.name,
            one.read,
            one.prize or None,
            one.travel,
            3 * orienteering.scale_of(one.name) if one.prize else None,
        )
        for one in collected(kind)
        if one.name not in names
    ]


def _required(path: Path) -> Case:
    _, cost = required.published(path.with_suffix(".sol"))
    return Case(path.stem, partial(required.read, path), travel=cost)
