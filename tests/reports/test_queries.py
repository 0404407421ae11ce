"""The manager's figures against plain SQL, for each sight."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text

from gcrm.core import clock
from gcrm.reports import queries, tally
from gcrm.reports.tally import Tally
from gcrm.routing.models import DayPlan, Stop
from tests.reports.conftest import DAY

NOW = clock.now()


def by_territory(session, company, parts):
    names = {territory.id: name for name, territory in company.territories.items()}
    return {names.get(key): found for key, found in tally.by(parts, lambda part: part.territory).items()}


def test_accounts_are_summed_by_territory_and_owner(session, company, account):
    account("a", 1_000, potential_minor=5_000, cadence_days=30)
    account("a", 500, cadence_days=30, last_visited_on=session.scalar(text("SELECT gcrm_today()")))
    account("a", 70_000, currency="KRW", cadence_days=30)
    account("b", 200)
    account(None, 10, owner=company.rep)
    found = by_territory(session, company, queries.account_parts(session, "USD"))
    assert found == {
        "a": Tally(
            accounts=3,
            value_minor=1_500,
            potential_minor=5_000,
            overdue=2,
            overdue_value_minor=1_000,
            in_other_currency=1,
        ),
        "b": Tally(accounts=1, value_minor=200),
        None: Tally(accounts=1, value_minor=10),
    }
    plain = session.execute(
        text("SELECT count(*), sum(annual_value_minor) FILTER (WHERE currency = 'USD') FROM accounts")
    ).one()
    whole = tally.total(queries.account_parts(session, "USD"))
    assert (whole.accounts, whole.value_minor) == tuple(plain)


def test_visits_are_counted_for_the_last_30_days_and_the_30_before(session, company, account, visited):
    first, second = account("a"), account("b")
    for days in (0.1, 29, 31, 59, 61):
        visited(first, company.rep, days)
    visited(second, company.other, 1)
    visited(second, company.other, 1, status="cancelled", outcome=None, finished_at=None)
    now = clock.now()
    found = by_territory(session, company, queries.visit_parts(session, now, now - 2 * DAY))
    assert found == {"a": Tally(visits=2, visits_before=2, visits_week=1), "b": Tally(visits=1, visits_week=1)}


def test_a_territory_alone_counts_its_own(session, company, account, visited):
    visited(account("a", 5), company.rep, 1)
    visited(account("b", 7), company.other, 1)
    now = clock.now()
    only = [company.territories["b"].id]
    parts = queries.account_parts(session, "USD", only) + queries.visit_parts(session, now, now, only)
    assert tally.total(parts) == Tally(accounts=1, value_minor=7, visits=1)


def test_a_manager_counts_the_subtree(company, account, visited, as_user):
    visited(account("a", 5), company.rep, 1)
    visited(account("b", 7), company.other, 1)
    account(None, 100)
    now = clock.now()
    for user, value, visits in ((company.manager, 5, 1), (company.director, 12, 2), (company.planner, 112, 2)):
        with as_user(user) as acting:
            whole = tally.total(queries.account_parts(acting, "USD") + queries.visit_parts(acting, now, now))
            assert (whole.value_minor, whole.visits) == (value, visits)


def test_an_own_visit_to_an_account_out_of_sight_counts_without_a_territory(
    session, company, account, visited, as_user
):
    gone = account("a")
    visited(gone, company.rep, 1)
    gone.owner_id, gone.owner_named = company.other.id, True
    session.flush()
    now = clock.now()
    with as_user(company.rep) as acting:
        (part,) = queries.visit_parts(acting, now, now)
        assert (part.territory, part.person, part.tally.visits) == (None, company.rep.id, 1)


def test_a_days_stops_are_made_or_ahead(session, company, account):
    today = dt.date(2026, 11, 18)
    plan = DayPlan(rep_id=company.rep.id, day=today, status="published", published_at=NOW)
    session.add_all([plan, DayPlan(rep_id=company.other.id, day=today, status="ready")])
    session.flush()
    where = account("a")
    for position, status in enumerate(["done", "skipped", "arrived", "ahead", "ahead"], start=1):
        moments = dict.fromkeys(("arrive_at", "start_at", "depart_at"), NOW)
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=where.id, account_name="x", location=where.location,
                travel_seconds=0, travel_metres=0, why={}, status=status, **moments,
            )
        )  # fmt: skip
    session.flush()
    assert queries.days_today(session, today) == {company.rep.id: queries.Today(2, 3)}
