"""The managers' figures against plain Python, for each sight."""

from __future__ import annotations

import datetime as dt
import random
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.customers import queries as customers
from gcrm.customers import selection as selection_fields
from gcrm.customers.models import AccountShare
from gcrm.customers.selecting import Selection
from gcrm.maps import manager_queries
from gcrm.maps.standing import Standing, Visits
from gcrm.visits import cadence
from gcrm.visits import selection as visit_fields
from tests import factories as make

assert selection_fields
assert visit_fields

EVERYTHING = tuple(Standing.__dataclass_fields__)
ALL = Selection()
DAY = dt.timedelta(days=1)


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session)
    north, south = make.make_team(session, parent=top), make.make_team(session, parent=top)
    people = {
        "rep": make.make_user(session, "rep", north), "other": make.make_user(session, "rep", south),
        "manager": make.make_user(session, "manager", north), "director": make.make_user(session, "manager", top),
        "planner": make.make_user(session, "planner"), "admin": make.make_user(session, "admin"),
    }  # fmt: skip
    state = make.make_region(session, "01", "state", west=2, south=0, size=2)
    counties = [make.make_region(session, f"0100{k}", "county", west=2 + k, south=0, parent=state) for k in (0, 1)]
    territory = make.make_territory(session, None, (counties[0],))
    return SimpleNamespace(**people, counties=counties, territory=territory)


@pytest.fixture
def accounts(session, company):
    """Forty with a past drawn at random: inside either county, outside both, or without a place."""
    draw = random.Random(7)
    today = session.scalar(text("SELECT gcrm_today()"))
    made = [
        make.make_account(
            session, draw.choice([company.rep, company.other, company.manager, None]),
            at=draw.choice([(2.5, 0.5), (3.5, 0.5), (60.0, -40.0), None]), status=draw.choice(["prospect", "customer", "former"]),
            tier=draw.choice(["A", "B", None]), currency=draw.choice(["USD", "USD", "KRW"]), annual_value_minor=draw.choice([None, draw.randrange(10**6)]),
            potential_minor=draw.choice([None, draw.randrange(10**7)]), cadence_days=draw.choice([None, 30, 60]),
            last_visited_on=draw.choice([None, *(today - days * DAY for days in (0, 29, 30, 31, 60, 61, 200))]),
        )
        for _ in range(40)
    ]  # fmt: skip
    session.add(AccountShare(account_id=made[0].id, user_id=company.manager.id))
    session.flush()
    return made


def in_python(accounts, today) -> Standing:
    total = Standing()
    for one in accounts:
        ours, promised = one.currency == "USD", one.cadence_days is not None and one.status != "former"
        due_on = cadence.due(one.last_visited_on, one.cadence_days, today).due_on if promised else None
        overdue = promised and (due_on is None or due_on < today)
        known = ours and one.potential_minor is not None
        value = (one.annual_value_minor or 0) if ours else 0
        total += Standing(
            accounts=1, customers=one.status == "customer", prospects=one.status == "prospect", value_minor=value,
            potential_minor=one.potential_minor if known else 0, sold_minor=value if known else 0,
            prospects_minor=one.potential_minor if known and one.status == "prospect" else 0,
            promised=promised, in_time=promised and not overdue, overdue=overdue, never=overdue and one.last_visited_on is None,
            overdue_minor=value if overdue else 0,
            other_currencies=not ours and (one.annual_value_minor, one.potential_minor) != (None, None),
        )  # fmt: skip
    return total


def seen_by(company, accounts, who):
    """What each may see: a manager the team's and what was shared, a director both teams', others all."""
    owners = {
        "manager": {company.rep.id, company.manager.id},
        "director": {company.rep.id, company.other.id, company.manager.id, company.director.id},
    }
    if who not in owners:
        return accounts
    shared = {accounts[0].id} if who == "manager" else set()
    return [one for one in accounts if one.owner_id in owners[who] or one.id in shared]


@pytest.mark.parametrize("who", ["manager", "director", "planner", "admin"])
def test_every_figure_is_what_python_adds_up_for_that_person(session, company, accounts, as_user, who):
    today = session.scalar(text("SELECT gcrm_today()"))
    mine = seen_by(company, accounts, who)
    with as_user(getattr(company, who)) as seen:
        found = manager_queries.standings(seen, ALL, "county", "USD", EVERYTHING, ("owner", "tier"))
    assert found.total == in_python(mine, today)
    for table, key in ((found.regions, "county_id"), (found.owners, "owner_id"), (found.tiers, "tier")):
        keys = {getattr(one, key) for one in mine}
        assert table == {k: in_python([one for one in mine if getattr(one, key) == k], today) for k in keys}


@pytest.mark.parametrize("level", ["state", "county", "municipality", "territory"])
def test_the_parts_of_every_level_add_up_to_the_same(session, company, accounts, level):
    found = manager_queries.standings(session, ALL, level, "USD", EVERYTHING)
    assert found.total == in_python(accounts, session.scalar(text("SELECT gcrm_today()")))
    assert (found.owners, found.tiers) == ({}, {})


@pytest.mark.parametrize(
    ("words", "figure"),
    [({}, "accounts"), ({"status": "customer"}, "customers"), ({"status": "prospect"}, "prospects"), ({"due": "overdue"}, "overdue"),
     ({"due": "in_time"}, "in_time"), ({"due": "never"}, "never")],
)  # fmt: skip
@pytest.mark.parametrize("who", ["manager", "admin"])
def test_the_list_behind_a_number_has_as_many_rows(session, company, accounts, as_user, words, figure, who):
    with as_user(getattr(company, who)) as seen:
        total = manager_queries.standings(seen, ALL, "county", "USD", EVERYTHING).total
        assert customers.figures(seen, Selection.parse(words)).count == getattr(total, figure)


def test_only_what_is_asked_for_is_added_up(session, company, accounts):
    found = manager_queries.standings(session, ALL, "county", "USD", ("accounts",))
    assert found.total == Standing(accounts=len(accounts))


def test_a_selection_narrows_the_figures(session, company, accounts):
    found = manager_queries.standings(
        session, Selection.parse({"tier": "A"}), "county", "USD", ("accounts",), ("tier",)
    )
    assert set(found.tiers) == {"A"}


def test_a_level_that_is_none_is_refused(session, company):
    with pytest.raises(Invalid, match=r"“street” is no level\. It is one of county"):
        manager_queries.standings(session, ALL, "street", "USD", EVERYTHING)


def test_visits_are_counted_for_30_days_and_the_30_before(session, company, as_user):
    inside = make.make_account(session, company.rep, at=(2.5, 0.5))
    elsewhere = make.make_account(session, company.other, at=(3.5, 0.5))
    now = clock.now()
    for account, user, days in ((inside, company.rep, 1), (inside, company.rep, 29), (inside, company.rep, 31), (elsewhere, company.other, 59),
                                (inside, company.rep, 61)):  # fmt: skip
        make.make_visit(session, account, user, status="done", outcome="order", finished_at=now - days * DAY)
    first, second = (county.id for county in company.counties)
    assert manager_queries.visits(session, ALL, "county", now) == {first: Visits(2, 1), second: Visits(0, 1)}
    assert manager_queries.visits(session, ALL, "owner", now) == {
        company.rep.id: Visits(2, 1),
        company.other.id: Visits(0, 1),
    }
    with as_user(company.manager) as seen:
        assert manager_queries.visits(seen, ALL, "county", now) == {first: Visits(2, 1)}


def test_the_pipeline_is_what_is_open_with_the_accounts_in_sight(session, company, as_user):
    mine, theirs = make.make_account(session, company.rep), make.make_account(session, company.other)
    make.make_opportunity(session, mine, company.rep, amount_minor=1_000)
    make.make_opportunity(session, theirs, company.other, amount_minor=500)
    make.make_opportunity(session, mine, company.rep, amount_minor=7, stage_id=make.make_stage(session, "won").id)
    make.make_opportunity(session, mine, company.rep, amount_minor=7, currency="KRW")
    whole = manager_queries.pipeline(session, ALL, "USD")
    assert (whole.count, whole.amount_minor) == (2, 1_500)
    with as_user(company.manager) as seen:
        own = manager_queries.pipeline(seen, ALL, "USD")
    assert (own.count, own.amount_minor) == (1, 1_000)


def test_the_longest_unvisited_is_overdue_and_was_visited_once(session, company, as_user):
    today = session.scalar(text("SELECT gcrm_today()"))
    late = {"cadence_days": 30}
    make.make_account(session, company.rep, name="Never", **late)
    make.make_account(session, company.rep, name="Without an interval", last_visited_on=today - 900 * DAY)
    make.make_account(session, company.other, name="Oldest", last_visited_on=today - 400 * DAY, **late)
    make.make_account(session, company.rep, name="Old", last_visited_on=today - 300 * DAY, **late)
    assert manager_queries.longest_unvisited(session, ALL).name == "Oldest"
    with as_user(company.manager) as seen:
        assert manager_queries.longest_unvisited(seen, ALL).name == "Old"
    assert manager_queries.longest_unvisited(session, Selection.parse({"tier": "A"})) is None


def test_what_is_ranked_is_called_by_the_words_of_a_selection(session, company):
    county = company.counties[0]
    assert manager_queries.named(session, "county", [county.id, None])[county.id].word == "us:01000"
    assert manager_queries.named(session, "owner", [company.rep.id])[company.rep.id].word == str(company.rep.uuid)
    assert manager_queries.named(session, "territory", [company.territory.id])[company.territory.id].word == str(
        company.territory.uuid
    )
