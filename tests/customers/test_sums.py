"""Sums for maps: equal to the accounts after any writes, folded or not, for each role, and by the same bytes on a tile."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest
from sqlalchemy import func, select, text

from gcrm.core import db, jobs, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.core.geo import ewkt
from gcrm.customers import queries, sum_queries, sum_services, tasks
from gcrm.customers.models import Account, AccountChange, AccountShare, CellSum, RegionSum
from gcrm.customers.selecting import Selection
from gcrm.customers.values import STATUSES, TIERS
from gcrm.maps import place_queries, region_queries, tile_queries
from gcrm.maps.metrics import METRICS
from tests import factories as make
from tests.maps import mvt

TOWNS = ((2.2, 0.3), (2.7, 0.8), (4.4, 0.6), (5.5, 0.2), (60.0, -40.0))


@pytest.fixture
def company(session):
    """Two states of a county each, a team with one below it, a territory with one below it."""
    make.make_organisation(session)
    for i in (1, 2):
        state = make.make_region(session, f"0{i}", "state", west=2.0 * i, south=0, size=2.0)
        county = make.make_region(session, f"0{i}001", "county", west=2.0 * i, south=0, size=1.0, parent=state)
        make.make_region(session, f"m{i}", "municipality", west=2.0 * i, south=0, size=0.5, parent=county)
    top = make.make_team(session)
    north, south = make.make_team(session, parent=top), make.make_team(session)
    people = {
        "rep": make.make_user(session, "rep", north),
        "other": make.make_user(session, "rep", south),
        "manager": make.make_user(session, "manager", top),
        "admin": make.make_user(session, "admin"),
    }
    counties = {region.code: region for region in session.scalars(select(region_queries.Region))}
    above = make.make_territory(session)
    below = make.make_territory(session, people["rep"], (counties["01001"],), parent=above)
    return {**people, "top": top, "north": north, "south": south, "above": above, "below": below}


def write(session, company, draw: random.Random) -> None:
    """New accounts, and others moved, given away, revalued or gone."""
    owners = [company[word] for word in ("rep", "other", "manager")] + [None]

    def at() -> tuple[float, float] | None:
        lon, lat = draw.choice(TOWNS)
        return None if draw.random() < 0.1 else (lon + draw.gauss(0, 0.1), lat + draw.gauss(0, 0.1))

    for _ in range(15):
        make.make_account(
            session, draw.choice(owners), at=at(), status=draw.choice(STATUSES), tier=draw.choice([*TIERS, None]),
            annual_value_minor=draw.choice([None, draw.randrange(10**8)]), currency=draw.choice(["USD"] * 9 + ["KRW"]),
            potential_minor=draw.choice([None, draw.randrange(10**8)]),
        )  # fmt: skip
    accounts = list(session.scalars(select(Account).order_by(Account.id)))
    for account in draw.sample(accounts, 4):
        to = at()
        account.location = ewkt(*to) if to else None
    for account in draw.sample(accounts, 4):
        account.owner_id, account.owner_named = getattr(draw.choice(owners), "id", None), True
    for account in draw.sample(accounts, 4):
        account.status, account.tier = draw.choice(STATUSES), draw.choice([*TIERS, None])
        account.annual_value_minor = draw.choice([None, draw.randrange(10**8)])
    session.flush()
    for account in draw.sample(accounts, 2):
        session.delete(account)
    session.flush()


def selections(company) -> list[Selection]:
    words = [
        {}, {"status": ("customer",)}, {"tier": ("A", "none"), "status": ("prospect", "former")},
        {"team": (str(company["top"].uuid),)}, {"team": (str(company["north"].uuid),), "status": ("customer",)},
        {"team": (str(company["south"].uuid),)}, {"territory": (str(company["above"].uuid),)},
        {"territory": (str(company["below"].uuid),), "tier": ("B",)}, {"owner": ("me",)},
        {"tier": ("A", "none")}, {"status": ("prospect", "former"), "team": (str(company["top"].uuid),)},
    ]  # fmt: skip
    return [Selection(each) for each in words]


def answers(session, selection: Selection, seed: int = 0) -> list:
    """What maps ask of the sums: tiles over each town, figures by region, the whole."""
    tiles = {mvt.tile_of(*town, z) for z in (seed % 4, 4 + seed % 6) for town in TOWNS}
    by = ("status", "tier")[seed % 2]
    found = [tile_queries.account_tile(session, *tile, selection, by) for tile in sorted(tiles)]
    for i, metric in enumerate(METRICS):
        level = ("state", "county", "municipality")[(i + seed) % 3]
        found.append({**asdict(region_queries.region_stats(session, level, metric, selection)), "as_of": None})
    return [*found, queries.figures(session, selection)]


def ask_the_accounts(monkeypatch) -> None:
    monkeypatch.setattr(sum_queries, "part_of", lambda *_: None)


@pytest.mark.parametrize("seed", range(5))
def test_sums_answer_what_the_accounts_answer(seed, session, company, as_user, monkeypatch):
    draw = random.Random(seed)
    for _ in range(2):
        write(session, company, draw)
        if draw.random() < 0.7:
            sum_services.fold(session, draw.choice([7, 10_000]))
    if seed % 2:
        sum_services.fold(session)
        write(session, company, draw)
    shared = draw.choice(list(session.scalars(select(Account).where(Account.owner_id == company["other"].id))))
    session.add(AccountShare(account_id=shared.id, user_id=company["manager"].id))
    for role in ("admin", "manager", "rep"):
        with as_user(company[role]) as acting:
            kept = [answers(acting, selection, seed) for selection in selections(company)]
            with monkeypatch.context() as patch:
                ask_the_accounts(patch)
                plain = [answers(acting, selection, seed) for selection in selections(company)]
        assert kept == plain, role


def test_the_sums_are_asked_where_they_can_be(session, company, as_user):
    write(session, company, random.Random(1))
    sum_services.fold(session)
    kinds = {
        role: [part and part.kind for part in _parts(as_user, company, role)] for role in ("admin", "manager", "rep")
    }
    assert kinds == {
        "admin": [0, 0, 0, 1, 1, 1, 2, 2, None, 0, 1],
        "manager": [1, 1, 1, 1, 1, None, None, None, None, 1, 1],
        "rep": [None] * 11,
    }


def _parts(as_user, company, role):
    with as_user(company[role]) as acting:
        return [sum_queries.part_of(acting, selection) for selection in selections(company)]


def test_folding_empties_the_changes_and_leaves_nothing_of_what_is_gone(session, company):
    write(session, company, random.Random(2))
    assert sum_services.fold(session) == 0
    for account in session.scalars(select(Account)):
        session.delete(account)
    session.flush()
    sum_services.fold(session)
    assert session.scalar(select(func.count()).select_from(AccountChange)) == 0
    for table in (CellSum, RegionSum):
        assert session.scalar(select(func.coalesce(func.sum(table.n), 0))) == 0
        assert session.scalar(select(func.coalesce(func.sum(table.value), 0))) == 0


def test_people_who_change_teams_take_their_accounts_along(session, company, as_user, monkeypatch):
    write(session, company, random.Random(3))
    sum_services.fold(session)
    for fold in (False, True):
        company["rep"].team_id, company["other"].team_id = company["south"].id, company["north"].id
        company["south"].parent_id = company["top"].id if fold else None
        session.flush()
        if fold:
            sum_services.fold(session)
        for selection in selections(company)[3:6]:
            kept = answers(session, selection)
            with monkeypatch.context() as patch:
                ask_the_accounts(patch)
                assert kept == answers(session, selection), fold
    assert [part.kind for part in (sum_queries.part_of(session, s) for s in selections(company)[3:6])] == [1, 1, 1]


def test_territories_that_move_in_their_tree_take_their_accounts_along(session, company, monkeypatch):
    write(session, company, random.Random(4))
    sum_services.fold(session)
    company["below"].parent_id = None
    session.flush()
    above = selections(company)[6]
    assert queries.figures(session, above).count == 0
    sum_services.fold(session)
    assert sum_queries.part_of(session, above).kind == sum_queries.TERRITORY
    assert queries.figures(session, above).count == 0


def test_another_currency_of_the_organisation_begins_the_sums_anew(session, company, monkeypatch):
    write(session, company, random.Random(5))
    sum_services.fold(session)
    make.make_organisation(session).currency = "KRW"
    session.flush()
    kept = answers(session, Selection())
    ask_the_accounts(monkeypatch)
    assert kept == answers(session, Selection())


def test_a_manager_reads_no_sums_but_those_of_the_own_teams(session, company, as_user):
    write(session, company, random.Random(6))
    sum_services.fold(session)
    with as_user(company["manager"]) as acting:
        seen = set(
            acting.execute(select(CellSum.kind, CellSum.part_id).union(select(RegionSum.kind, RegionSum.part_id)))
        )
        assert seen == {(1, company["top"].id), (1, company["north"].id)}
    with as_user(company["rep"]) as acting:
        assert acting.scalar(select(func.count()).select_from(CellSum)) == 0
        assert acting.scalar(select(func.count()).select_from(RegionSum)) == 0


def test_the_nightly_check_sees_a_wrong_sum_and_mends_it(own_database):
    principal = jobs.system_principal()
    with db.transaction(principal) as session:
        make.make_organisation(session)
        make.make_region(session, west=-77.0, south=40.0)
        make.make_account(session)
        sum_services.fold(session)
    with schema.connected(SUPERUSER, own_database) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM accounts"))
        connection.commit()
    with db.transaction(principal) as session:
        assert sum_queries.wrong_counties(session) == 1
    tasks.check_sums(timestamp=0)
    with db.transaction(principal) as session:
        assert sum_queries.wrong_counties(session) == 0


def test_the_bounds_of_many_accounts_hold_them_and_little_more(session, company, monkeypatch):
    write(session, company, random.Random(8))
    sum_services.fold(session)
    exact = place_queries.bounds(session, Selection())
    monkeypatch.setattr(place_queries, "MANY", 5)
    rough = place_queries.bounds(session, Selection())
    for near, far, sign in zip(exact, rough, (-1, -1, 1, 1), strict=True):
        assert 0 <= (far - near) * sign <= 2 * sum_queries.MEAN_DEGREES


def test_writers_at_once_lose_no_sum_and_do_not_wait_for_each_other(own_database):
    principal = jobs.system_principal()
    with db.transaction(principal) as session:
        make.make_organisation(session)
        make.make_region(session, west=-77.0, south=40.0)
        ids = [make.make_account(session, annual_value_minor=0).id for _ in range(8)]
    begin = threading.Barrier(5)

    def write(mine: list[int]) -> None:
        for number in mine:
            with db.transaction(principal) as session:
                session.get_one(Account, number).annual_value_minor = 1_000
                session.flush()
                if number == mine[0]:
                    # All four stand in the middle of a write to the same cell, and the fold goes through between them.
                    begin.wait(30)
            with db.transaction(principal) as session:
                sum_services.fold(session)

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(write, ids[i::4]) for i in range(4)]
        with db.transaction(principal) as session:
            sum_services.fold(session)
        begin.wait(30)
        for writer in writers:
            writer.result(60)
    with db.transaction(principal) as session:
        sum_services.fold(session)
        assert session.scalar(select(func.count()).select_from(AccountChange)) == 0
        (figures,) = queries.figures(session, Selection()).sums
        assert (figures.accounts, figures.value_minor) == (8, 8_000)
        assert sum_queries.wrong_counties(session) == 0
