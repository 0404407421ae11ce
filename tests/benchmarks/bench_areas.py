"""Selections by area and by distance, as admin, as a manager of 8 % and as a rep of 200.

    python -m tests.benchmarks.bench_areas [--accounts 1000000] [--explain]

For each shape the milliseconds of the figures (count and sums), of a list's first page and of the bounds; beside them the
same count by the exact test alone, as a plain query with the geometry's index would ask it.
"""

from __future__ import annotations

import argparse
import math
from functools import partial

from sqlalchemy import func, select, text

from gcrm.core import db
from gcrm.customers import queries, shapes
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps import place_queries
from tests.benchmarks.bench_maps import people, prepare, timed

Words = dict[str, str]
NEW_YORK = (-73.98, 40.75)
"""Where most accounts lie for somebody who sees all; the others are asked among their own."""


def star(lon: float, lat: float, size: float, corners: int = 200) -> str:
    """A drawn area of 200 corners, none of its edges along a tile."""
    turns = [2 * math.pi * number / corners for number in range(corners)]
    return shapes.encoded(
        [
            (
                lon + size * math.cos(turn) * (1 + 0.4 * math.sin(5 * turn)),
                lat + 0.75 * size * math.sin(turn) * (1 + 0.4 * math.sin(5 * turn)),
            )
            for turn in turns
        ]
    )


def wanted(lon: float, lat: float) -> dict[str, Words]:
    """Shapes round a place: from a neighbourhood to half the country."""
    return {
        "near 2 km": {"near": f"{lon},{lat},2000"},
        "near 25 km": {"near": f"{lon},{lat},25000"},
        "near 200 km": {"near": f"{lon},{lat},200000"},
        "area 5 km": {"area": star(lon, lat, 0.05)},
        "area 50 km": {"area": star(lon, lat, 0.5)},
        "area 500 km": {"area": star(lon, lat, 5)},
        "area 500 km, tier A": {"area": star(lon, lat, 5), "tier": "A"},
        "half the country": {"area": star(-98, 39, 14)},
    }


def exactly(session: db.PrincipalSession, words: Words) -> int:
    """The same count without any range of keys."""
    if "near" in words:
        lon, lat, metres = words["near"].split(",")
        point = func.Geography(func.ST_SetSRID(func.ST_MakePoint(float(lon), float(lat)), 4326))
        inside = func.ST_DWithin(func.Geography(Account.location), point, float(metres))
    else:
        inside = func.ST_Covers(func.ST_GeomFromWKB(shapes.drawn(words["area"]).wkb, 4326), Account.location)
    query = select(func.count()).select_from(Account).where(inside)
    if "tier" in words:
        query = query.where(Account.tier == words["tier"])
    return session.scalar(query) or 0


def explained(session: db.PrincipalSession, selection: Selection) -> None:
    query = selection.narrow(select(func.count()).select_from(Account))
    compiled = query.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {compiled}", compiled.params)
    print("\n".join(row[0][:180] for row in plan if "Index Cond" not in row[0] and "Filter" not in row[0]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--explain", action="store_true")
    options = parser.parse_args()
    prepare(options.accounts)
    print(f"{'':8} {'':20} {'accounts':>9} {'figures':>9} {'page':>8} {'bounds':>8} {'exact test':>11}  ms")
    for who, principal in people().items():
        with db.transaction(principal) as session:
            place = session.execute(
                text("SELECT ST_X(location), ST_Y(location) FROM accounts LIMIT 1 OFFSET 100")
            ).one()
        for name, words in wanted(*place).items():
            measure(who, principal, name, words, options.explain)


def measure(who: str, principal: db.Principal, name: str, words: Words, explain: bool) -> None:
    selection = Selection.parse(words)
    selection.conditions()  # The cover of a shape is remembered from its first use on.
    with db.transaction(principal) as session:
        figures_took, figures = timed(partial(queries.figures, session, selection))
        page_took, _page = timed(partial(queries.accounts_page, session, selection))
        bounds_took, _bounds = timed(partial(place_queries.bounds, session, selection))
        exact_took, count = timed(partial(exactly, session, words))
        assert count == figures.count, (name, count, figures.count)
        print(
            f"{who:8} {name:20} {figures.count:9,} {figures_took:9.1f} {page_took:8.1f} {bounds_took:8.1f} {exact_took:11.1f}",
            flush=True,
        )
        if explain:
            explained(session, selection)


if __name__ == "__main__":
    main()
