import datetime as dt
import time

import pytest

from gcrm.demo.story import make_story
from tests.demo.conftest import ACCOUNTS, REPS, SEED, TODAY


def test_the_same_seed_and_day_give_the_same_rows(us, us_story):
    assert make_story(us, ACCOUNTS, REPS, SEED, TODAY).digest() == us_story.digest()


def test_another_seed_or_day_gives_others(us, us_story):
    assert make_story(us, ACCOUNTS, REPS, SEED + 1, TODAY).digest() != us_story.digest()
    assert make_story(us, ACCOUNTS, REPS, SEED, TODAY + dt.timedelta(days=1)).digest() != us_story.digest()


def test_no_table_is_empty(story):
    assert all(story.tables().values())


def test_every_uuid_is_given_once(story):
    found = [row.uuid for rows in story.tables().values() for row in rows if hasattr(row, "uuid")]
    assert len(found) == len(set(found))


def test_rows_name_only_rows_that_are_there(story):
    tables = story.tables()
    accounts = {row.uuid for row in tables["accounts"]}
    contacts = {row.uuid for row in tables["contacts"]}
    people = {row.email for row in tables["users"]}
    for name in ("contacts", "account_shares", "opportunities", "visits", "activities", "tasks", "touches"):
        assert {row.account for row in tables[name]} <= accounts
    for name in ("account_shares", "visits", "activities", "tasks", "touches"):
        assert {row.person for row in tables[name]} <= people
    for name in ("visits", "activities"):
        assert {row.contact for row in tables[name]} - {None} <= contacts


def test_the_timeline_has_a_line_for_all_that_happened(story):
    lines = {(touch.kind, touch.subject) for touch in story.touches}
    assert {("visit", v.uuid) for v in story.visits if v.finished_at} <= lines
    assert {(a.kind, a.uuid) for a in story.activities} <= lines
    assert {("task", t.uuid) for t in story.tasks if t.done_at} <= lines
    assert {("opportunity", o.uuid) for o in story.opportunities} <= lines
    assert {("order", o.uuid) for o in story.orders} <= lines
    settled = {subject for kind, subject in lines if kind in ("opportunity_won", "opportunity_lost")}
    assert settled == {o.uuid for o in story.opportunities if o.closed_at}


def test_nothing_happened_after_yesterday(story):
    assert max(touch.at for touch in story.touches).date() < TODAY


@pytest.mark.parametrize(("accounts", "reps"), [(60, 1), (100, 5), (120, 20)])
def test_small_and_odd_companies_can_be_made(us, accounts, reps):
    made = make_story(us, accounts, reps, 3, TODAY)
    assert len(made.company.staff.reps) == reps
    assert len(made.company.businesses) == accounts


@pytest.mark.bench
@pytest.mark.parametrize("which", ["us", "kr"])
def test_five_thousand_accounts(request, which):
    country = request.getfixturevalue(which)
    began = time.perf_counter()
    made = make_story(country, 5000, 12, 1, TODAY)
    print(f"{which}: {len(made.visits):,} visits in {time.perf_counter() - began:.1f} s")
