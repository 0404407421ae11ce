"""The verbs of the pipeline: what they write, what they refuse, and the line each leaves on the timeline."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from gcrm.core.errors import Conflict, Invalid
from gcrm.customers.models import Touch
from gcrm.pipeline import queries, services
from gcrm.pipeline.models import Opportunity
from tests import factories as make


def lines(session, deal):
    touches = session.scalars(select(Touch).where(Touch.subject == deal.uuid).order_by(Touch.id))
    return [(touch.kind, touch.summary, touch.detail) for touch in touches]


def order(session, stage):
    query = select(Opportunity.name).where(Opportunity.stage_id == stage.id).order_by(Opportunity.rank, Opportunity.id)
    return list(session.scalars(query))


def test_a_new_sale_takes_the_currency_and_the_owner_of_its_account(session, company):
    account = make.make_account(session, company.rep, currency="KRW")
    made = services.open_opportunity(
        session, account=account, name=" Trucks ", amount_minor=5000, user_id=company.rep.id
    )
    assert (made.name, made.currency, made.owner_id, made.stage.name) == ("Trucks", "KRW", company.rep.id, "Lead")
    assert lines(session, made) == [("opportunity", "Trucks", "5000 KRW")]


def test_nobody_owns_it_when_that_is_said(session, company):
    made = services.open_opportunity(
        session, account=company.account, name="Trucks", amount_minor=1, user_id=company.rep.id, owner=None
    )
    assert made.owner_id is None


def test_a_new_sale_stands_on_top_of_its_stage(session, company, deal):
    deal("Older")
    services.open_opportunity(session, account=company.account, name="Newer", amount_minor=1, user_id=company.rep.id)
    assert order(session, company.stages["Lead"]) == ["Newer", "Older"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"name": "  "}, "name"), ({"amount_minor": -1}, "amount"), ({"amount_minor": 10**17}, "amount"),
        ({"currency": "XYZ"}, "currency"), ({"expected_close": dt.date(1800, 1, 1)}, "1800"),
        ({"next_step": "x" * 301}, "next step"), ({"note": "x" * 20_001}, "note"), ({"stage_id": 3}, "stage_id"),
    ],
)  # fmt: skip
def test_what_fits_no_sale_is_refused_by_name(session, company, fields, word):
    usual = {"account": company.account, "name": "Trucks", "amount_minor": 1, "user_id": company.rep.id}
    with pytest.raises(Invalid, match=word):
        services.open_opportunity(session, **(usual | fields))


def test_a_marketer_owns_no_sale(session, company, deal):
    with pytest.raises(Invalid, match="cannot own"):
        services.change(session, deal(), owner=company.marketer)


def test_a_new_sale_does_not_begin_settled(session, company):
    with pytest.raises(Invalid, match="open stage"):
        services.open_opportunity(
            session,
            account=company.account,
            name="Trucks",
            amount_minor=1,
            user_id=company.rep.id,
            stage=company.stages["Won"],
        )


def test_moving_between_two_cards_keeps_their_order(session, company, deal):
    proposal = company.stages["Proposal"]
    first, second = deal("First", stage="Proposal", rank=1.0), deal("Second", stage="Proposal", rank=2.0)
    moved = deal("Moved")
    services.move(session, moved, proposal, company.rep.id, above=first)
    assert order(session, proposal) == ["First", "Moved", "Second"]
    services.move(session, moved, proposal, company.rep.id, above=second)
    assert order(session, proposal) == ["First", "Second", "Moved"]
    services.move(session, moved, proposal, company.rep.id)
    assert order(session, proposal) == ["Moved", "First", "Second"]
    assert lines(session, moved) == [("opportunity_moved", "Moved", "Lead → Proposal")]


def test_cards_of_one_rank_are_spread_out_when_there_is_no_room(session, company, deal):
    lead = company.stages["Lead"]
    cards = [deal(name, rank=0.0) for name in "ABC"]
    services.move(session, cards[2], lead, company.rep.id, above=cards[0])
    assert order(session, lead) == ["A", "C", "B"]


def test_a_hundred_moves_to_the_same_place_keep_the_order(session, company, deal):
    lead = company.stages["Lead"]
    top = deal("Top", rank=0.0)
    deal("Bottom", rank=1.0)
    for number in range(60):
        services.move(session, deal(f"{number:02}", rank=5.0), lead, company.rep.id, above=top)
    assert order(session, lead) == ["Top", *(f"{number:02}" for number in reversed(range(60))), "Bottom"]


def test_a_move_raises_the_version_only_when_the_stage_changes(session, company, deal):
    card, other = deal("A", rank=1.0), deal("B", rank=2.0)
    services.move(session, card, company.stages["Lead"], company.rep.id, above=other)
    session.refresh(card)
    assert card.version == 1
    services.move(session, card, company.stages["Proposal"], company.rep.id)
    session.refresh(card)
    assert card.version == 2


def test_the_card_above_must_stand_in_the_stage(session, company, deal):
    with pytest.raises(Conflict, match="moved on"):
        services.move(session, deal("A"), company.stages["Proposal"], company.rep.id, above=deal("B", stage="Lead"))


def test_losing_needs_a_reason_and_winning_does_not(session, company, deal):
    sale = deal()
    with pytest.raises(Invalid, match="reason"):
        services.lose(session, sale, company.rep.id, "  ")
    with pytest.raises(Invalid, match="reason"):
        services.move(session, sale, company.stages["Lost"], company.rep.id)
    services.win(session, sale, company.rep.id)
    assert (sale.stage.kind, sale.close_reason, sale.closed_at is not None) == ("won", None, True)
    assert lines(session, sale) == [("opportunity_won", "Deal", None)]


def test_what_is_lost_keeps_its_reason(session, company, deal):
    sale = deal()
    services.lose(session, sale, company.rep.id, "Price")
    assert (sale.stage.kind, sale.close_reason) == ("lost", "Price")
    assert lines(session, sale) == [("opportunity_lost", "Deal", "Price")]


def test_settling_twice_is_refused(session, company, deal):
    sale = deal()
    services.win(session, sale, company.rep.id)
    with pytest.raises(Conflict, match="settled"):
        services.lose(session, sale, company.rep.id, "Price")


def test_reopening_takes_back_the_settling(session, company, deal):
    sale = deal()
    services.lose(session, sale, company.rep.id, "Price")
    services.reopen(session, sale, company.rep.id, company.stages["Proposal"])
    assert (sale.stage.name, sale.closed_at, sale.close_reason) == ("Proposal", None, None)
    with pytest.raises(Conflict, match="open already"):
        services.reopen(session, sale, company.rep.id)
    assert [kind for kind, *_rest in lines(session, sale)] == ["opportunity_lost", "opportunity_reopened"]


def test_the_amount_of_a_settled_sale_stands(session, company, deal):
    sale = deal()
    services.win(session, sale, company.rep.id)
    with pytest.raises(Conflict, match="Reopen"):
        services.change(session, sale, amount_minor=1)
    services.change(session, sale, note="They liked the price.", amount_minor=sale.amount_minor)
    assert sale.note == "They liked the price."


def test_the_timeline_shows_what_happened_in_its_order(session, company, deal):
    from gcrm.customers import queries as customers

    made = services.open_opportunity(
        session, account=company.account, name="Trucks", amount_minor=100, user_id=company.rep.id
    )
    services.move(session, made, company.stages["Proposal"], company.rep.id)
    services.win(session, made, company.rep.id, "Fast delivery")
    page = customers.timeline(session, company.account)
    assert [touch.kind for touch in page.rows] == ["opportunity_won", "opportunity_moved", "opportunity"]


def test_a_rep_opens_no_sale_at_a_hidden_account(company, as_user):
    with as_user(company.rep) as acting, pytest.raises(DBAPIError, match="row-level security"), acting.begin_nested():
        services.open_opportunity(acting, account=company.hidden, name="Spy", amount_minor=1, user_id=company.rep.id)


def test_a_rep_sees_the_sales_of_visible_accounts_only(company, as_user, deal, everything):
    deal("Mine")
    deal("Theirs", account=company.hidden, owner=company.other)
    with as_user(company.rep) as acting:
        assert [row.name for row in queries.page(acting, everything).rows] == ["Mine"]
        assert [each.count for each in queries.totals(acting, everything)] == [1]
    with as_user(company.manager) as acting:
        assert [row.name for row in queries.page(acting, everything).rows] == ["Mine"]
    with as_user(company.planner) as acting:
        assert len(queries.page(acting, everything).rows) == 2
