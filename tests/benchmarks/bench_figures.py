"""Every figure of the region map and each of a manager's map pages, with two years of visits and opportunities behind them.

    python -m tests.benchmarks.bench_figures [--accounts 1000000] [--database NAME] [--roles admin,manager,rep] [--times 3]

Milliseconds that the database takes, the best of a few times, beside the limits. The database is a copy of that of `bench_maps`, filled
once by `facts` and kept for the next run; a database that is named is taken as it is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from gcrm.app import create_app
from gcrm.core import clock, config, db, jobs, paths, schema
from gcrm.customers.selecting import Selection
from gcrm.maps import periods, region_queries
from gcrm.maps.metrics import METRICS
from tests.benchmarks import bench_maps, facts

FIGURE_LIMIT, PAGE_LIMIT = 1_000, 500
SELECTIONS = {
    "all": Selection(),
    "status, value": Selection({"status": ("customer",), "value_from": ("1000",)}),
    "overdue": Selection({"due": ("overdue",)}),
}
"""Everything, and two that no sums are kept for."""
PAGES = (
    "/my-region", "/my-region?by=owner", "/whitespace", "/whitespace?by=county", "/coverage", "/coverage?by=county&show=week", "/team-today",
)  # fmt: skip
MONTHS_AGO = 14


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--database", help="take this one as it is")
    parser.add_argument("--roles", default="admin,manager,rep")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", default="", help="figures and pages whose name holds this")
    options = parser.parse_args()
    prepare(options.accounts, options.database)
    roles = options.roles.split(",")
    for who, principal in bench_maps.people().items():
        if who in roles:
            measure_figures(who, principal, options.times, options.only)
    app = create_app()
    for who, mark in (("admin", "a"), ("manager", "m")):
        if who in roles:
            measure_pages(who, signed_in(app.test_client(), mark), options.times, options.only)


def prepare(accounts: int, database: str | None) -> None:
    if database is None:
        bench_maps.prepare(accounts)
        facts.copy_database(config.settings().database, f"gcrm_bench_{accounts}_facts")
        facts.prepare()
        return
    folder = paths.default_data_folder()
    os.environ.setdefault("GCRM_DATA", str(folder.with_name(folder.name + "-bench")))
    os.environ["GCRM_DATABASE"] = database
    config.settings.cache_clear()
    schema.make_ready()


def measure_figures(who: str, principal: db.Principal, times: int, only: str) -> None:
    with db.transaction(jobs.system_principal()) as session:
        today = session.scalar(text("SELECT gcrm_today()")) or clock.now().date()
    past = periods.months_to(today - dt.timedelta(days=30 * MONTHS_AGO), 1)
    with db.transaction(principal) as session:
        for metric in METRICS.values():
            for name, selection in SELECTIONS.items():
                for period in (None, past) if metric.is_timed else (None,):
                    label = f"{metric.word}, {name}{', a past month' if period else ''}"
                    if only in label:
                        work = partial(
                            region_queries.region_stats, session, "county", metric.word, selection, period=period
                        )
                        told(who, label, best(work, times), FIGURE_LIMIT)


def measure_pages(who: str, client: FlaskClient, times: int, only: str) -> None:
    def ask(page: str) -> None:
        answer = client.get(page)
        assert answer.status_code == 200, f"{page}: {answer.status}"

    for page in PAGES:
        if only in page:
            told(who, page, best(partial(ask, page), times), PAGE_LIMIT)


def signed_in(client: FlaskClient, mark: str) -> FlaskClient:
    with client.session_transaction() as cookie:
        cookie.update(_user_id=mark, _fresh=True, fs_cc="set", fs_paa=4e9, identity=mark)
    return client


def told(who: str, label: str, milliseconds: float, limit: int) -> None:
    verdict = "" if milliseconds <= limit else "  over"
    print(f"{who:8} {label:48} {milliseconds:8.0f} ms of the database (limit {limit:,}){verdict}", flush=True)


def best(work: Callable[[], Any], times: int) -> float:
    """The fewest milliseconds of the database that some work took."""
    work()
    found = []
    for _ in range(times):
        with spent_in_database() as spent:
            work()
        found.append(sum(spent) * 1000)
    return min(found)


@contextmanager
def spent_in_database() -> Iterator[list[float]]:
    """The seconds of each statement of the process meanwhile."""
    began: list[float] = []
    spent: list[float] = []

    def before(*_: Any) -> None:
        began.append(time.perf_counter())

    def after(*_: Any) -> None:
        spent.append(time.perf_counter() - began[-1])

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield spent
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


if __name__ == "__main__":
    main()
