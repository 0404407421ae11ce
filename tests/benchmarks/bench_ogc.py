"""Pages of the OGC API by bbox and by paging, as admin, as a manager of 8 % and as a rep of 200, beside tipg.

    python -m tests.benchmarks.bench_ogc [--accounts 100000] [--boxes 12]

The database is that of `bench_maps`. Both answer in this process, without a socket: gcrm through Flask's test client, tipg
through httpx. tipg knows no policies, so it is measured as the owner, who sees everything, beside our admin.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from gcrm.core import db
from tests.benchmarks.bench_maps import people, prepare, rows, spread

LIMIT = 100
PAGES = 10
SIZES = (0.05, 0.5, 5.0)
"""Degrees from edge to edge: a quarter of a town, a county, a state."""


def boxes(principal: db.Principal, size: float, number: int) -> list[str]:
    """Boxes round accounts of this person, so that denser places are drawn more often."""
    place = "SELECT ST_X(location), ST_Y(location) FROM accounts"
    with db.transaction(principal) as session:
        found = rows(session, f"{place} TABLESAMPLE SYSTEM (2) LIMIT 20000") or rows(session, f"{place} LIMIT 200")
    draw = random.Random(size)
    middles = [draw.choice(found) for _ in range(number)]
    return [f"{x - size / 2},{y - size / 2},{x + size / 2},{y + size / 2}" for x, y in middles]


def gcrm_client(app: Any, principal: db.Principal) -> Callable[[str], dict[str, Any]]:
    """Asks in somebody's name, signed in as a browser would be."""
    with db.transaction(None) as session:
        mark = session.scalar(text("SELECT fs_uniquifier FROM users WHERE id = :id"), {"id": principal.id})
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=mark, _fresh=True, fs_cc="set", fs_paa=4e9, identity=mark)

    def ask(query: str) -> dict[str, Any]:
        answer = client.get(f"/ogc/collections/accounts/items?limit={LIMIT}&{query}")
        assert answer.status_code == 200, answer.text[:300]
        return answer.json  # type: ignore[no-any-return]

    return ask


def following(page: dict[str, Any]) -> str | None:
    """What the link to the next page asks beside the limit, which is asked of every page."""
    links = [link["href"] for link in page["links"] if link["rel"] == "next"]
    asked = links[0].partition("?")[2].split("&") if links else []
    return "&".join(part for part in asked if not part.startswith("limit=")) or None


def measured(ask: Callable[[str], dict[str, Any]], queries: list[str]) -> list[float]:
    took = []
    for query in queries:
        began = time.perf_counter()
        ask(query)
        took.append((time.perf_counter() - began) * 1000)
    return took


def paged(ask: Callable[[str], dict[str, Any]]) -> list[float]:
    """Milliseconds of each page of a walk."""
    took: list[float] = []
    query: str | None = ""
    while query is not None and len(took) < PAGES:
        began = time.perf_counter()
        page = ask(query)
        took.append((time.perf_counter() - began) * 1000)
        query = following(page)
    return took


def measure(who: str, ask: Callable[[str], dict[str, Any]], principal: db.Principal, number: int) -> dict[str, float]:
    ask("bbox=0,0,1,1")
    medians = {}
    for size in SIZES:
        took = measured(ask, [f"bbox={box}" for box in boxes(principal, size, number)])
        medians[f"{size}"] = statistics.median(took)
        print(f"{who:10} bbox of {size:5} degrees   {spread(took)}", flush=True)
    took = paged(ask)
    medians["pages"] = statistics.median(took)
    print(f"{who:10} {len(took):2} pages of {LIMIT}          {spread(took)}", flush=True)
    return medians


def tipg_client() -> Callable[[str], dict[str, Any]]:
    """tipg on the same database, as its owner."""
    import httpx
    from sqlalchemy.engine import make_url

    found = make_url(db.url(db.OWNER))
    where = found.query.get("host", found.host)
    os.environ["DATABASE_URL"] = f"postgresql://{found.username}@/{found.database}?host={where}"
    os.environ["TIPG_DB_TABLES"] = '["public.accounts"]'
    from tipg.collections import register_collection_catalog
    from tipg.database import connect_to_db
    from tipg.main import app
    from tipg.settings import DatabaseSettings, PostgresSettings

    loop = asyncio.new_event_loop()
    settings = PostgresSettings.model_construct(
        database_url=os.environ["DATABASE_URL"], db_min_conn_size=1, db_max_conn_size=2, db_max_queries=50_000,
        db_max_inactive_conn_lifetime=300.0,
    )  # fmt: skip
    tables = DatabaseSettings(tables=["public.accounts"], schemas=["public"])
    loop.run_until_complete(connect_to_db(app, schemas=["public"], settings=settings))
    loop.run_until_complete(register_collection_catalog(app, db_settings=tables))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tipg", timeout=120)

    def ask(query: str) -> dict[str, Any]:
        answer = loop.run_until_complete(client.get(f"/collections/public.accounts/items?limit={LIMIT}&{query}"))
        assert answer.status_code == 200, answer.text[:300]
        return answer.json()  # type: ignore[no-any-return]

    return ask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--boxes", type=int, default=12, help="boxes of each size")
    options = parser.parse_args()
    prepare(options.accounts)
    from gcrm.app import create_app

    app = create_app(TESTING=True)
    print(f"{'who':10} {'what':22} {'p50 ms':>7} {'p95':>7}", flush=True)
    everybody = people()
    ours = {who: measure(who, gcrm_client(app, each), each, options.boxes) for who, each in everybody.items()}
    theirs = measure("tipg", tipg_client(), everybody["admin"], options.boxes)
    for what, median in theirs.items():
        print(f"tipg takes {median / ours['admin'][what]:.1f} times as long as gcrm as admin: {what}")


if __name__ == "__main__":
    main()
