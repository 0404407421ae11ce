"""The board's, list's and forecast's figures against plain SQL and sums by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from gcrm.core import clock
from gcrm.core.errors import Invalid, NotFound
from gcrm.pipeline import forecast, queries, services
from tests import factories as make
from tests.pipeline.conftest import TODAY

AGO = dt.timedelta(days=1)


def since():
    return clock.now() - dt.timedelta(days=30)


def test_the_boards_sums_are_those_of_the_table(session, company, deal, everything):
    for number, stage in enumerate(["Lead", "Lead", "Qualified", "Proposal", "Negotiation"]):
        deal(f"Deal {number}", 1_001 + 7 * number, stage)
    deal("In won", 333, "Proposal", currency="KRW")
    services.win(session, deal("Won", 5_000), company.rep.id)
    session.flush()
    plain = text(
        "SELECT s.name, o.currency, count(*), sum(o.amount_minor)::bigint,"
        " sum(round(o.amount_minor * s.probability / 100.0))::bigint"
        " FROM opportunities o JOIN stages s ON s.id = o.stage_id GROUP BY 1, 2 ORDER BY 1, 2"
    )
    columns = queries.board(session, everything, since())
    said = sorted(
        (column.stage.name, each.currency, each.count, each.amount_minor, each.weighted_minor)
        for column in columns for each in column.sums
    )  # fmt: skip
    assert said == [tuple(row) for row in session.execute(plain)]
    assert [column.stage.name for column in columns] == ["Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]


def test_weights_in_sql_and_in_python_agree_to_the_cent(session, company, deal, everything):
    sales = [deal(f"Deal {amount}", amount, "Qualified") for amount in (1, 2, 3, 1_999, 10**14 + 1)]
    expected = sum(forecast.weighted(sale.amount_minor, 25) for sale in sales)
    assert queries.totals(session, everything)[0].weighted_minor == expected


def test_a_column_shows_its_first_cards_and_then_the_next(session, company, deal, everything):
    for number in range(7):
        deal(f"{number}", rank=float(number // 2))
    column = queries.board(session, everything, since(), cards=3)[0]
    assert ([card.name for card in column.cards], column.count, column.rest) == (["0", "1", "2"], 7, 4)
    more = queries.more_cards(session, everything, column.stage, since(), queries.mark(column.cards[-1]), 3)
    assert [card.name for card in more] == ["3", "4", "5"]
    more = queries.more_cards(session, everything, column.stage, since(), queries.mark(more[-1]), 3)
    assert [card.name for card in more] == ["6"]


def test_the_board_shows_the_last_settled_first_and_forgets_the_old(session, company, deal, everything):
    for name, days in (("Old", 40), ("Earlier", 9), ("Latest", 1)):
        deal(name, stage="Won", closed_at=clock.now() - days * AGO)
    won = next(column for column in queries.board(session, everything, since()) if column.stage.kind == "won")
    assert [card.name for card in won.cards] == ["Latest", "Earlier"]
    more = queries.more_cards(session, everything, won.stage, since(), queries.mark(won.cards[0]))
    assert [card.name for card in more] == ["Earlier"]


def test_the_list_narrows_by_each_word(session, company, deal, everything):
    other = make.make_account(session, company.rep, name="Harbour Café", at=(10.5, 10.5))
    state = make.make_region(session, "48", level="state", west=10, south=10)
    session.execute(text("SELECT set_config('gcrm.place_again', 'on', true)"))
    session.execute(text("UPDATE accounts SET location = location"))
    deal("Alpha", 100, "Lead", expected_close=dt.date(2026, 12, 3), next_step="Call the buyer")
    deal("Beta", 200, "Proposal", account=other, owner=company.other, expected_close=dt.date(2026, 10, 3))
    deal("Gamma", 300, "Proposal", currency="KRW")
    services.lose(session, deal("Delta"), company.rep.id, "Price")

    def names(**words):
        return [row.name for row in queries.page(session, replace(everything, **words), "name").rows]

    assert names() == ["Alpha", "Beta", "Delta", "Gamma"]
    assert names(words="buyer") == ["Alpha"]
    assert names(words="harbour CAFÉ") == ["Beta"]
    assert names(words="100%") == []
    assert names(owner=str(company.other.uuid)) == ["Beta"]
    assert names(owner="none") == []
    assert names(stage=company.stages["Proposal"].uuid) == ["Beta", "Gamma"]
    assert names(state="lost") == ["Delta"]
    assert names(close="2026-12") == ["Alpha"]
    assert names(close="earlier") == ["Beta"]
    assert names(close="none") == ["Delta", "Gamma"]
    assert names(account=other.uuid) == ["Beta"]
    assert names(currency="KRW") == ["Gamma"]
    assert names(region=f"us:{state.code}") == ["Beta"]


def test_mine_are_those_of_whoever_asks(company, as_user, deal, everything):
    deal("Mine")
    deal("Of nobody", owner=company.manager)
    with as_user(company.rep) as acting:
        assert [row.name for row in queries.page(acting, replace(everything, owner="me")).rows] == ["Mine"]


@pytest.mark.parametrize("words", [{"owner": "somebody"}, {"close": "2026-13"}, {"close": "soon"}, {"region": "texas"}])
def test_a_word_that_means_nothing_is_refused(session, company, everything, words):
    with pytest.raises(Invalid):
        queries.page(session, replace(everything, **words))


def test_an_unknown_order_is_refused(session, company, everything):
    with pytest.raises(Invalid, match="no order"):
        queries.page(session, everything, "owner; DROP TABLE users")


@pytest.mark.parametrize("sort", [word for name in queries.ORDERS for word in (name, f"-{name}")])
def test_pages_in_every_order_hold_each_sale_once(session, company, deal, everything, sort):
    for number in range(5):
        deal(f"{number}", 100 * (number % 2), expected_close=dt.date(2026, 12, 1) if number % 3 else None)
    seen, marker = [], None
    while True:
        page = queries.page(session, everything, sort, marker, per_page=2)
        seen += [row.name for row in page.rows]
        if page.next is None:
            break
        marker = page.next
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


def test_what_may_come_is_summed_by_month_with_the_earlier_and_the_dayless(session, company, deal, everything):
    deal("Late", 1_000, "Lead", expected_close=dt.date(2026, 10, 31))
    deal("Begun month", 1_000, "Proposal", expected_close=dt.date(2026, 11, 1))
    deal("This month", 3_000, "Proposal", expected_close=dt.date(2026, 11, 30))
    deal("Far", 1_000, "Lead", expected_close=dt.date(2028, 2, 1))
    deal("Dayless", 1_000, "Lead")
    services.win(session, deal("Won", 9_000, expected_close=dt.date(2026, 11, 30)), company.rep.id)
    rows = queries.by_month(session, everything)
    found = {row.month: row.sums[0].weighted_minor for row in rows if row.sums}
    assert found == {"earlier": 100, dt.date(2026, 11, 1): 2_000, dt.date(2028, 2, 1): 100, "none": 100}
    assert rows[0].month == "earlier"
    assert rows[-1].month == "none"
    assert [row.month for row in rows[1:13]] == forecast.months_from(TODAY)  # Something closes later: the whole year.


def test_what_may_come_is_summed_by_region_and_what_lies_in_none_is_counted(session, company, deal, everything):
    make.make_region(session, "42", level="state", west=-80, south=39, size=6, name="Pennsylvania")
    make.make_region(session, "42043", level="county", west=-77, south=40, name="Dauphin")
    session.execute(text("SELECT set_config('gcrm.place_again', 'on', true)"))
    session.execute(text("UPDATE accounts SET location = location"))
    nowhere = make.make_account(session, company.rep, at=None)
    deal("Here", 1_000, "Proposal")
    deal("Nowhere", 400, "Proposal", account=nowhere)
    rows = queries.by_region(session, everything, "state")
    assert [(row.name, row.code, row.sums[0].weighted_minor) for row in rows] == [
        ("Pennsylvania", "us:42", 500),
        (None, None, 200),
    ]
    rows = queries.by_region(session, everything, "county")
    assert [(row.name, row.code) for row in rows] == [("Dauphin", "us:42043"), (None, None)]
    whole = queries.totals(session, replace(everything, state="open"))[0].weighted_minor
    assert sum(each.weighted_minor for row in rows for each in row.sums) == whole


def test_the_win_rate_counts_what_was_settled_of_late(session, company, deal, everything):
    for stage, days in (("Won", 1), ("Won", 2), ("Won", 3), ("Lost", 4), ("Lost", 400)):
        deal(stage=stage, amount=100, closed_at=clock.now() - days * AGO)
    (found,) = queries.settled(session, everything, clock.now() - 365 * AGO)
    assert (found.won, found.lost, found.won_minor, found.lost_minor, found.win_rate) == (3, 1, 300, 100, 0.75)


def test_a_scoped_person_names_owners_in_sight_only(company, as_user):
    with as_user(company.rep) as acting:
        assert [user.name for user in queries.owners(acting)] == ["Ann Rep"]
    with as_user(company.manager) as acting:
        assert company.rep.uuid in [user.uuid for user in queries.owners(acting)]
        assert company.other.uuid not in [user.uuid for user in queries.owners(acting)]


def test_an_unknown_sale_and_a_hidden_one_look_alike(company, as_user, deal):
    hidden = deal("Theirs", account=company.hidden, owner=company.other)
    with as_user(company.rep) as acting:
        for public in (hidden.uuid, uuid.uuid4()):
            with pytest.raises(NotFound, match="no such opportunity"):
                queries.opportunity(acting, public)


def test_the_board_asks_as_much_for_many_cards_as_for_one(session, company, deal, everything, count_queries):
    deal()
    count_queries.clear()
    queries.board(session, everything, since())
    few = len(count_queries)
    for stage in company.stages:
        for _ in range(4):
            deal(stage=stage, closed_at=clock.now() if stage in ("Won", "Lost") else None)
    session.expire_all()
    count_queries.clear()
    queries.board(session, everything, since())
    assert len(count_queries) == few == 3
