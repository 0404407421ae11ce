"""The planning kernel beside PyVRP and OR-Tools alone, line by line as the planner is judged.

    python -m tests.benchmarks.bench_kernel [--lines 1,4] [--seconds 1] [--seeds 3] [--quick] [--no-peers] [--instances FOLDER]

One process, one thread. Limits are CPU seconds: building the model counts, imports and compiling do not. Every answer of every
engine is written out by the same code and recomputed by the independent checker; a wrong one ends the run. Gaps are to the best
known value, the optimum where it is proved. "to ours" is the mean ratio of an entrant's prize or travel to ours in the same time.

The public instances are not part of the repository: --instances or the variable GCRM_INSTANCES names a folder with the folders of
`instances/files.py`, which says who offers them. What is not there is skipped with a sentence; the few of the project's own data are
always measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.benchmarks.engines import kernel
from tests.benchmarks.instances import files
from tests.benchmarks.lines import days, public, replan, week
from tests.benchmarks.lines.table import ENGINES, Options

LINES: dict[int, tuple[str, Callable[[Options], None]]] = {
    1: ("Forty generated days of 60 to 300 candidates, half with a lunch", days.forty),
    2: ("The proof", days.proofs),
    3: ("Replanning a running day, prefix locked", replan.rest),
    4: ("Team orienteering with windows", public.teams),
    5: ("A team's week: 20 reps, 5 days, 1,800 visits", week.team),
    6: ("Cadence: Cordeau's periodic instances", public.cadence),
    7: ("All visits required: Solomon, 100 customers", public.all_required),
    8: ("A thousand required visits: Gehring and Homberger", public.thousand),
}


def main() -> None:
    """Print the lines asked for."""
    options, lines = asked()
    load(options)
    for number in lines:
        title, print_line = LINES[number]
        print(f"{number}. {title}", flush=True)
        print_line(options)


def asked() -> tuple[Options, list[int]]:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", help="numbers of lines, as 1,4; all without")
    parser.add_argument("--seconds", help="CPU seconds instead of the goals', as 1 or 1,10")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--quick", action="store_true", help="few instances and one seed")
    parser.add_argument("--engines", default=",".join(ENGINES), help="who is measured, as gcrm,PyVRP")
    parser.add_argument("--no-peers", action="store_true", help="the kernel alone")
    parser.add_argument("--instances", help="the folder of the public files")
    parser.add_argument("--names", default="", help="only instances whose names begin so, as pr,r104-m2")
    parser.add_argument("--limit", type=int, help="at most so many instances of a line")
    given = parser.parse_args()
    seconds = tuple(float(part) for part in given.seconds.split(",")) if given.seconds else None
    options = Options(
        root=files.root(given.instances),
        seeds=tuple(range(1, (1 if given.quick else given.seeds) + 1)),
        seconds=seconds,
        is_quick=given.quick,
        engines=(kernel.NAME,) if given.no_peers else tuple(given.engines.split(",")),
        names=tuple(name for name in given.names.split(",") if name),
        limit=given.limit,
    )
    lines = [int(part) for part in given.lines.split(",")] if given.lines else list(LINES)
    return options, lines


def load(options: Options) -> None:
    """Import and compile what is measured, before any clock runs."""
    kernel.warm()
    if options.with_peers:
        import pyvrp  # noqa: F401


if __name__ == "__main__":
    main()
