"""Line 5: a team's week, each engine in a process of its own."""

from __future__ import annotations

import math
from statistics import fmean

from tests.benchmarks.engines.child import Told, told
from tests.benchmarks.lines.table import Options

OURS, PEER = 10.0, 60.0
QUICK_PEER = 10.0


def team(options: Options) -> None:
    """Line 5: our prize in 10 s beside the peers' in 60 s, and the memory of each process."""
    peers = QUICK_PEER if options.is_quick else PEER
    wanted = [("gcrm", seconds, options.seeds) for seconds in options.limits(OURS)]
    wanted += [("PyVRP", peers, options.seeds), ("OR-Tools", peers, options.seeds[:1])]
    wanted = [each for each in wanted if each[0] in options.engines]
    print(f"  {'':18} {'prize':>24} {'driving min':>12} {'visits':>7} {'CPU s':>6} {'MB':>6} {'ours to it':>10}  goal")
    ours = 0.0
    for engine, seconds, seeds in wanted:
        runs = [run for seed in seeds if (run := told(engine, seconds, seed)) is not None]
        if not runs:
            print(f"  {f'{engine} {seconds:g} s':18} {'no plan':>24}")
            continue
        prize = fmean(run.prize for run in runs)
        ours = ours or (prize if engine == "gcrm" else math.nan)
        goal = f"more than PyVRP in {PEER:g} s, under 300 MB" if engine == "gcrm" else ""
        print(f"  {f'{engine} {seconds:g} s':18} {_row(runs)} {ours / prize:10.4f}  {goal}", flush=True)


def _row(runs: list[Told]) -> str:
    prizes = ",".join(f"{run.prize:g}" for run in runs)
    driving = fmean(run.travel for run in runs) / 60
    visits, spent = fmean(run.visits for run in runs), fmean(run.seconds for run in runs)
    return f"{prizes:>24} {driving:12.0f} {visits:7.0f} {spent:6.1f} {max(run.megabytes for run in runs):6.0f}"
