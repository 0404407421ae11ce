"""Reads: pages, figures, neighbours, and who holds what."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select, text

from gcrm.core.errors import Invalid, NotFound
from gcrm.core.geo import metres_between
from gcrm.customers import contact_queries, queries, services
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from tests import factories as make

EVERY = Selection()


@pytest.fixture
def many(session, company):
    """Twelve accounts of one rep, with gaps in what they are sorted by."""
    for i in range(12):
        make.make_account(
            session, company.rep, name=f"Shop {i % 4}", annual_value_minor=None if i % 3 == 0 else i * 100, tier="ABCD"[i % 4] if i % 2 else None,
            potential_minor=i or None, city=None if i % 5 == 0 else f"Town {i % 3}", last_visited_on=None if i % 4 == 0 else dt.date(2026, 1, 1 + i),
        )  # fmt: skip
    return company


@pytest.mark.parametrize("is_large", [True, False])
@pytest.mark.parametrize("sort", [f"{sign}{key}" for key in queries.ORDERS for sign in ("", "-")])
@pytest.mark.parametrize("role", ["planner", "rep"])
def test_pages_joined_are_the_whole_list_in_order(as_user, many, sort, is_large, role):
    with as_user(getattr(many, role)) as session:
        walked, marker, pages = [], None, 0
        while pages < 9:
            page = queries.accounts_page(session, EVERY, sort, marker, per_page=4, is_large=is_large)
            walked += [account.id for account, _owner in page.rows]
            pages, marker = pages + 1, page.next
            if marker is None:
                break
        whole = list(session.scalars(select(Account.id).order_by(*queries.order_by(sort))))
        assert walked == whole
        assert len(walked) == (15 if role == "planner" else 13)


def test_the_page_before_leads_back(as_user, many):
    with as_user(many.planner) as session:
        first = queries.accounts_page(session, EVERY, "name", None, 5)
        second = queries.accounts_page(session, EVERY, "name", first.next, 5)
        back = queries.accounts_page(session, EVERY, "name", second.previous, 5)
        assert [a.id for a, _ in back.rows] == [a.id for a, _ in first.rows]
        assert first.previous is None


def test_a_page_goes_on_where_it_was_although_rows_came_in_before_it(session, many):
    first = queries.accounts_page(session, EVERY, "name", None, 5)
    make.make_account(session, many.rep, name="AAA")
    second = queries.accounts_page(session, EVERY, "name", first.next, 5)
    assert not {a.id for a, _ in first.rows} & {a.id for a, _ in second.rows}
    assert len(first.rows) + len(second.rows) == 10


@pytest.mark.parametrize(
    "marker", ["x", ">i:1~i:2", ">s:a~s:b", ">s:a", ">x", "<q:1", ">i:99999999999999999999999", ">d:nope"]
)
def test_a_forged_page_marker_is_refused(session, many, marker):
    with pytest.raises(Invalid):
        queries.accounts_page(session, EVERY, "created", marker, 5)
    assert queries.accounts_page(session, EVERY, "created", None, 5).rows


def test_an_unknown_order_is_told(session):
    with pytest.raises(Invalid, match="no order"):
        queries.order_by("size")


def test_sorting_puts_back_what_it_switched_off(session, many):
    queries.accounts_page(session, EVERY, "name", None, 5, is_large=True)
    assert session.scalar(text("SHOW enable_sort")) == "on"


@pytest.mark.parametrize("role", ["planner", "manager", "rep", "other"])
def test_figures_are_what_plain_sql_says(as_user, session, company, role):
    make.make_account(session, company.rep, at=None, name="Lost", annual_value_minor=5, potential_minor=7)
    make.make_account(session, company.rep, name="Won", currency="KRW", annual_value_minor=900)
    services.share_account(session, make.make_account(session, company.other, name="Shared"), company.rep)
    with as_user(getattr(company, role)) as acting:
        rows = acting.execute(select(Account)).scalars().all()
        found = queries.figures(acting, EVERY)
        assert (found.count, found.located, found.outside) == (
            len(rows), sum(r.location is not None for r in rows), sum(r.placed == "outside" for r in rows),
        )  # fmt: skip
        assert found.unplaced == found.count - found.located
        sums = {s.currency: (s.accounts, s.value_minor, s.potential_minor) for s in found.sums}
        assert sums == {
            currency: (
                len(own), sum(r.annual_value_minor or 0 for r in own), sum(r.potential_minor or 0 for r in own),
            )
            for currency in {r.currency for r in rows} for own in [[r for r in rows if r.currency == currency]]
        }  # fmt: skip
        assert queries.figures_up_to(acting, EVERY, found.count) == found
        assert queries.figures_up_to(acting, EVERY, found.count - 1) is None


def test_a_shared_account_of_ones_own_is_counted_once(as_user, session, company):
    services.share_account(session, company.mine, company.rep)
    with as_user(company.rep) as acting:
        assert queries.figures(acting, EVERY).count == 1
        assert len(queries.accounts_page(acting, EVERY, is_large=False).rows) == 1


@pytest.mark.parametrize("words", ["mine", "Hersh", "zz", "ne", "the"])
def test_a_managers_search_finds_what_plain_sql_finds(as_user, company, words):
    chosen = Selection.parse({"q": words})
    with as_user(company.manager) as session:
        plain = set(session.scalars(chosen.narrow(select(Account.name))))
        assert {a.name for a, _ in queries.accounts_page(session, chosen, is_large=False).rows} == plain
        assert queries.figures(session, chosen).count == len(plain)


def test_unknown_and_hidden_accounts_run_the_same_statements(as_user, company, count_queries):
    with as_user(company.rep) as session:
        told = []
        for public in (company.theirs.uuid, uuid.uuid4()):
            del count_queries[:]
            with pytest.raises(NotFound) as caught:
                queries.account_by_uuid(session, public)
            told.append((caught.value.message, list(count_queries)))
        assert told[0] == told[1]


def test_a_text_that_is_no_uuid_names_nothing(session):
    with pytest.raises(NotFound):
        queries.account_by_uuid(session, "1 OR 1=1")


@pytest.mark.parametrize("role", ["planner", "manager", "rep"])
@pytest.mark.parametrize("radius", [500, 20_000, 400_000])
def test_near_is_what_the_distances_say(as_user, session, company, role, radius):
    here = (-76.9, 40.3)
    for i in range(40):
        make.make_account(
            session,
            (company.rep, company.other)[i % 2],
            at=(-76.9 + (i % 7) * 0.31 - 0.9, 40.3 + (i % 5) * 0.4 - 0.8),
            name=f"N{i}",
        )
    make.make_account(session, company.rep, at=None)
    with as_user(getattr(company, role)) as acting:
        found = queries.accounts_near(acting, EVERY, *here, radius, 100)
        plain = acting.execute(
            text(
                "SELECT name, ST_Distance(location::geography, ST_MakePoint(-76.9, 40.3)::geography) AS metres FROM accounts"
                " WHERE ST_DWithin(location::geography, ST_MakePoint(-76.9, 40.3)::geography, :radius) ORDER BY metres, id"
            ),
            {"radius": radius},
        ).all()
        assert [(row.account.name, row.distance_metres) for row in found] == [
            (name, round(metres, 1)) for name, metres in plain
        ]


def test_near_reaches_over_the_antimeridian(session, company):
    make.make_account(session, company.rep, at=(-179.99, -16.5), name="Fiji east")
    found = queries.accounts_near(session, EVERY, 179.99, -16.5, 5_000)
    assert [row.account.name for row in found] == ["Fiji east"]
    assert abs(found[0].distance_metres - metres_between((179.99, -16.5), (-179.99, -16.5))) < 20


def test_near_stops_at_the_limit_with_the_nearest(session, company):
    for i in range(6):
        make.make_account(session, company.rep, at=(-76.0 - i / 100, 41.0), name=f"N{i}")
    assert [r.account.name for r in queries.accounts_near(session, EVERY, -76.0, 41.0, 50_000, 3)] == ["N0", "N1", "N2"]


def test_the_primary_contact_comes_first(session, company):
    make.make_contact(session, company.mine, name="Ada")
    make.make_contact(session, company.mine, name="Zoe", is_primary=True)
    assert [c.name for c in contact_queries.contacts_of(session, company.mine)] == ["Zoe", "Ada"]


@pytest.mark.parametrize("role", ["planner", "manager", "rep"])
def test_contacts_are_found_by_words_within_ones_sight(as_user, session, company, role):
    make.make_contact(session, company.mine, name="Ada Park", email="ada@mine.example", job_title="Buyer")
    make.make_contact(session, company.theirs, name="Ada Lee", phone="717 555 0100")
    with as_user(getattr(company, role)) as acting:
        names = lambda words: {c.name for c, _account in contact_queries.contacts_page(acting, words).rows}  # noqa: E731
        sees_all = role == "planner"
        assert names("ada") == ({"Ada Park", "Ada Lee"} if sees_all else {"Ada Park"})
        assert names("buyer ada") == {"Ada Park"}
        assert names("0100") == ({"Ada Lee"} if sees_all else set())
        assert names("") == names("ada")


def test_many_contacts_are_paged_like_few(session, company, monkeypatch):
    for i in range(9):
        make.make_contact(session, company.mine, name=f"C{i % 3}")
    few = contact_queries.contacts_page(session, "c", per_page=4)
    monkeypatch.setattr(contact_queries, "MANY_CONTACTS", 3)
    many = contact_queries.contacts_page(session, "c", per_page=4)
    assert [c.id for c, _ in few.rows] == [c.id for c, _ in many.rows]
    assert few.next == many.next
    after = contact_queries.contacts_page(session, "c", many.next, per_page=9)
    assert len(after.rows) == 5


def test_the_timeline_is_newest_first_and_goes_on(session, company):
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for i in range(25):
        make.make_touch(session, company.mine, company.rep, at=start + dt.timedelta(hours=i % 5), summary=str(i))
    first = queries.timeline(session, company.mine)
    second = queries.timeline(session, company.mine, first.next)
    times = [(t.at, t.id) for t in first.rows + second.rows]
    assert times == sorted(times, reverse=True)
    assert len(times) == 25
    assert second.next is None


def test_the_next_visit_is_due_a_cadence_after_the_last(session, company):
    account = company.mine
    assert queries.next_due_on(account) is None
    account.cadence_days, account.last_visited_on = 28, dt.date(2026, 2, 1)
    assert queries.next_due_on(account) == dt.date(2026, 3, 1)


def test_what_hangs_on_an_account_is_found_by_the_foreign_keys(app, session, company):
    assert queries.things_on(session, company.mine) == []
    make.make_contact(session, company.mine)
    assert queries.things_on(session, company.mine) == []
    make.make_task(session, company.mine, company.rep)
    make.make_account(session, parent_id=company.mine.id)
    assert set(queries.things_on(session, company.mine)) == {"accounts", "tasks"}


def test_people_are_found_by_name_or_address_without_the_machine(session, company):
    assert {u.name for u in queries.people_named(session, "an")} >= {"Ana"}
    assert queries.people_named(session, "gcrm.invalid") == []
    assert {u.name for u in queries.people_named(session, "100%_")} == set()
