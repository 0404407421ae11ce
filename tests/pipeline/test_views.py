"""The pipeline's pages as people use them."""

from __future__ import annotations

import re

import pytest

from gcrm.pipeline.models import Opportunity
from tests import factories as make


@pytest.fixture
def rep(company, login_as):
    return login_as(company.rep)


def url(deal, act=""):
    return f"/pipeline/{deal.uuid}{act and '/' + act}"


def form(company, **fields):
    return {
        "account": str(company.account.uuid),
        "name": "Trucks",
        "amount": "12,000.50",
        "stage": str(company.stages["Lead"].uuid),
        "owner": "",
    } | fields


def said(answer) -> str:
    return re.sub(r"\s+", " ", answer.text)


def test_the_board_shows_every_stage_with_its_sum(rep, company, deal):
    deal("First sale", 1_234_500, "Proposal")
    page = said(rep.get("/pipeline"))
    assert "First sale" in page
    assert "$12.3K" in page
    assert "$6,172.50" in page  # Half of it: the stage wins one in two.
    assert page.count('class="board-column') == 6


def test_an_empty_board_says_what_to_do(rep, company):
    assert "Nothing under way yet" in rep.get("/pipeline").text


def test_the_first_cards_come_with_the_page_and_the_next_when_asked(rep, company, deal):
    for number in range(23):
        deal(f"Deal {number:02}", rank=float(number))
    page = rep.get("/pipeline").text
    assert ("Deal 19" in page, "Deal 20" in page) == (True, False)
    more = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    rest = rep.get(more).text
    assert ("Deal 19" in rest, "Deal 20" in rest, "Deal 22" in rest) == (False, True, True)
    assert "hx-get" not in rest


def test_a_sale_is_entered_from_an_account(rep, company, session):
    assert "Which account" in rep.get("/pipeline/new").text
    assert "Mine &amp; Co" in rep.get("/pipeline/new?q=mine").text
    assert "Theirs" not in rep.get("/pipeline/new?q=theirs").text.replace('value="theirs"', "")
    assert rep.get(f"/pipeline/new?account={company.account.uuid}").status_code == 200
    answer = rep.post("/pipeline/new", data=form(company, owner=str(company.rep.uuid), expected_close="2026-12-24"))
    assert answer.status_code == 302
    made = session.query(Opportunity).one()
    assert (made.amount_minor, made.owner_id, made.expected_close.isoformat()) == (
        1_200_050,
        company.rep.id,
        "2026-12-24",
    )
    page = said(rep.get(answer.headers["Location"]))
    assert "$12,000.50" in page
    assert "Trucks" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Give it a name"), ({"amount": "much"}, "is not a plain amount"), ({"amount": "-5"}, "not below zero"),
        ({"amount": ""}, "How much"), ({"stage": "x"}, "Not a valid choice"), ({"owner": "x"}, "Not a valid choice"),
        ({"expected_close": "soon"}, "Not a valid date"), ({"expected_close": "1800-01-01"}, "no day"),
    ],
)  # fmt: skip
def test_a_fault_is_said_at_its_field_and_nothing_typed_is_lost(rep, company, session, fields, sentence):
    answer = rep.post("/pipeline/new", data=form(company, note="Long thought", **fields))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Long thought" in answer.text
    assert session.query(Opportunity).count() == 0


def test_a_sale_is_edited_unless_somebody_else_was_faster(rep, company, deal, session):
    sale = deal()
    fields = form(company, name="Lorries", version="1", owner=str(company.rep.uuid))
    assert rep.post(url(sale, "edit"), data=fields).status_code == 302
    session.refresh(sale)
    assert (sale.name, sale.version) == ("Lorries", 2)
    again = rep.post(url(sale, "edit"), data=fields)
    assert again.status_code == 409
    assert "Somebody else saved" in again.text


def test_a_form_moves_a_sale_and_offers_to_undo_it(rep, company, deal, session):
    sale = deal()
    answer = rep.post(
        url(sale, "move"), data={"stage": str(company.stages["Proposal"].uuid), "next": "/pipeline?owner=me"}
    )
    assert answer.headers["Location"] == "/pipeline?owner=me"
    page = rep.get("/pipeline").text
    undo = re.search(
        r'<form method="post" action="([^"]+)">\s*<input[^>]+>\s*<button class="btn btn-sm btn-quiet">Undo', page
    )[1]
    assert rep.post(undo.replace("&amp;", "&")).headers["Location"] == "/pipeline?owner=me"
    session.refresh(sale)
    assert sale.stage_id == company.stages["Lead"].id


def test_a_script_moves_a_sale_and_gets_the_new_sums(rep, company, deal):
    first, moved = deal("First", 100_000, "Proposal", rank=1.0), deal("Moved", 50_000)
    answer = rep.post(
        url(moved, "move"), data={"stage": str(company.stages["Proposal"].uuid), "above": str(first.uuid)},
        headers={"X-Requested-With": "board"},
    ).get_json()  # fmt: skip
    assert answer["columns"][str(company.stages["Proposal"].uuid)] == {"count": "2", "sums": ["$1.5K"]}
    assert answer["columns"][str(company.stages["Lead"].uuid)] == {"count": "0", "sums": []}
    assert answer["open"] == ["$750.00"]


def test_a_sale_is_won_lost_and_reopened(rep, company, deal, session):
    sale = deal("Sale")
    assert rep.post(url(sale, "win"), data={}).status_code == 302
    assert re.search(r"Won \d+ seconds? ago", said(rep.get(url(sale))))
    assert rep.post(url(sale, "lose"), data={"reason": "Price"}).status_code == 409
    assert rep.post(url(sale, "reopen")).status_code == 302
    refused = rep.post(url(sale, "lose"), data={"reason": " "})
    assert refused.status_code == 422
    assert "needs its reason" in refused.text
    assert rep.post(url(sale, "lose"), data={"reason": "Price"}).status_code == 302
    session.refresh(sale)
    assert (sale.close_reason, sale.closed_at is not None) == ("Price", True)


def test_no_foreign_address_is_followed(rep, company, deal):
    for wanted in ("//evil.example", "https://evil.example", "/pipeline.evil", "/\\evil"):
        sale = deal()
        answer = rep.post(url(sale, "win"), data={"next": wanted})
        assert answer.headers["Location"] == url(sale)


def test_the_list_is_of_what_is_open_unless_asked(rep, company, deal):
    deal("Open sale")
    deal("Won sale", stage="Won")
    page = rep.get("/pipeline/list").text
    assert ("Open sale" in page, "Won sale" in page) == (True, False)
    page = rep.get("/pipeline/list?state=all").text
    assert ("Open sale" in page, "Won sale" in page) == (True, True)
    assert rep.get("/pipeline/list?state=maybe").status_code == 422
    assert rep.get("/pipeline/list?sort=colour").status_code == 422
    assert rep.get("/pipeline/list?after=nonsense").status_code == 422


@pytest.mark.parametrize("role", ["rep", "manager", "planner", "admin"])
def test_who_sells_sees_the_forecast(company, login_as, deal, role):
    deal("Sale", 100_000, "Proposal")
    page = said(login_as(getattr(company, role)).get("/pipeline/forecast"))
    assert "$500.00" in page
    assert "In no region" in page


@pytest.mark.parametrize("role", ["marketer", "service"])
def test_the_forecast_is_not_even_known_to_who_does_not_sell(company, login_as, role):
    client = login_as(getattr(company, role))
    assert client.get("/pipeline/forecast").status_code == 404
    assert "/pipeline/forecast" not in client.get("/pipeline").text


@pytest.mark.parametrize("role", ["marketer", "service"])
def test_who_does_not_sell_looks_and_writes_nothing(company, login_as, deal, role):
    client, sale = login_as(getattr(company, role)), deal("Sale")
    assert "Sale" in client.get("/pipeline").text
    assert "data-movable" not in client.get("/pipeline").text
    for path in (
        url(sale, "move"),
        url(sale, "win"),
        url(sale, "lose"),
        url(sale, "reopen"),
        "/pipeline/new",
        url(sale, "edit"),
    ):
        assert client.post(path, data={"account": str(company.account.uuid)}).status_code == 403, path


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_the_other_half_never_shows(company, login_as, deal, role):
    theirs = deal("Secret sale", account=company.hidden, owner=company.other)
    client = login_as(getattr(company, role))
    for path in ("/pipeline", "/pipeline/list?state=all", "/pipeline/forecast"):
        assert "Secret" not in client.get(path).text
        assert "Bob Other" not in client.get(path).text
    for act in ("", "edit"):
        assert client.get(url(theirs, act)).status_code == 404
    for act in ("move", "win", "lose", "reopen", "edit"):
        assert client.post(url(theirs, act), data={"reason": "x"}).status_code == 404
    assert client.get(f"/pipeline/new?account={company.hidden.uuid}").status_code == 404


def test_what_people_type_is_never_markup(rep, company, deal, session):
    evil = '<script>alert("x")</script>'
    account = make.make_account(session, company.rep, name=f"{evil}account")
    sale = deal(f"{evil}name", account=account, next_step=f"{evil}step", note=f"{evil}note")
    lost = deal(f"{evil}lost", account=account)
    rep.post(url(lost, "lose"), data={"reason": f"{evil}reason"})
    for path in ("/pipeline", "/pipeline/list?state=all", url(sale), url(lost), url(sale, "edit"), "/pipeline/forecast",
                 f"/pipeline/list?q={evil}", f"/pipeline/new?q={evil}"):  # fmt: skip
        page = rep.get(path).text
        assert "<script>alert" not in page, path


def test_the_board_asks_as_much_for_many_cards_as_for_one(rep, company, deal, count_queries, session):
    deal()
    rep.get("/pipeline")
    count_queries.clear()
    rep.get("/pipeline")
    few = len(count_queries)
    for stage in company.stages:
        for _ in range(4):
            deal(stage=stage)
    session.expire_all()
    count_queries.clear()
    rep.get("/pipeline")
    assert len(count_queries) == few <= 10
