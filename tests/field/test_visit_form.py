"""The visit's form on the phone: what it offers, what it takes without scripts and as an act, and what it refuses."""

from __future__ import annotations

import pytest

from gcrm.core import clock
from gcrm.visits import question_services
from tests import factories as make


@pytest.fixture
def visit(session, rep):
    account = make.make_account(session, rep, name="Corner Shop")
    make.make_contact(session, account, name="Kim Seo-yeon")
    return make.make_visit(session, account, rep, status="arrived", arrived_at=clock.now())


@pytest.fixture
def stock(session, rep):
    return question_services.save_type(session, name="Stock check")


@pytest.fixture
def shelf(session, stock):
    return question_services.save_question(
        session, label="Shelf", kind="choice", choices=["full", "empty"], is_required=True, visit_type=stock
    )


def test_the_form_offers_what_the_company_asks(phone, session, visit, stock, shelf):
    make.make_product(session, name="Paper cups")
    page = phone.client.get(f"/field/visits/{visit.uuid}").text
    assert all(
        words in page
        for words in ("Stock check", "Shelf", "Kim Seo-yeon", "Paper cups", "Take an order", "Add a photo")
    )
    assert f'name="answers.{shelf.uuid}"' in page


def test_a_form_without_scripts_tells_all_of_it(phone, session, visit, stock, shelf):
    product = make.make_product(session)
    form = {
        "outcome": "interested", "visit_type": str(stock.uuid), f"answers.{shelf.uuid}": "empty", "satisfaction": "2",
        "competitor": "Bayline", "products": str(product.uuid), "next_visit_on": "2027-01-04", "contact": "",
    }  # fmt: skip
    assert phone.client.post(f"/field/visits/{visit.uuid}", data=form).status_code == 302
    session.refresh(visit)
    assert (visit.answers, visit.satisfaction, visit.competitor) == ({str(shelf.uuid): "empty"}, 2, "Bayline")
    page = phone.client.get(f"/field/visits/{visit.uuid}").text
    assert all(words in page for words in ("Stock check", "2 of 5", "Bayline", product.name))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose what came of it."),
        ({"outcome": "order", "note": "x" * 1_000_000}, "longer than 20000 characters"),
        ({"outcome": "order", "satisfaction": "9"}, "from 1 to 5"),
        ({"outcome": "order", "contact": "me"}, "names nothing that can be chosen"),
        ({"outcome": "order", "next_visit_on": "soon"}, "no date"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_logged(phone, session, visit, form, said):
    answer = phone.client.post(f"/field/visits/{visit.uuid}", data=form | {"competitor": "Typed with care"})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed with care" in answer.text
    session.refresh(visit)
    assert visit.status == "arrived"


def test_a_question_of_the_chosen_type_needs_its_answer(phone, session, visit, stock, shelf):
    address = f"/field/visits/{visit.uuid}"
    refused = phone.client.post(address, data={"outcome": "order", "visit_type": str(stock.uuid)})
    assert refused.status_code == 422
    assert "“Shelf” needs an answer" in refused.text
    assert phone.client.post(address, data={"outcome": "order"}).status_code == 302


def test_an_act_tells_all_of_it_and_the_same_again_is_merged(phone, session, visit, stock, shelf):
    product = make.make_product(session)
    said = {
        "visit": visit.uuid, "account": visit.account.uuid, "outcome": "interested", "visit_type": stock.uuid, "satisfaction": 4,
        "answers": {str(shelf.uuid): "full"}, "products": [str(product.uuid)], "competitor": "Bayline", "next_visit_on": "2027-01-04",
    }  # fmt: skip
    assert phone.states(phone.act("finished", **said), phone.act("finished", **said)) == ["applied", "merged"]
    session.refresh(visit)
    assert (visit.satisfaction, visit.products, visit.answers) == (4, [product], {str(shelf.uuid): "full"})


def test_another_log_is_a_conflict_with_what_was_told(phone, visit):
    said = {"visit": visit.uuid, "account": visit.account.uuid, "outcome": "interested", "satisfaction": 4}
    _first, (second,) = (
        phone.send(phone.act("finished", **said)),
        phone.send(phone.act("finished", **said | {"satisfaction": 1})),
    )
    assert (second["state"], second["current"]["satisfaction"]) == ("conflict", 4)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"note": "x" * 1_000_000}, "body"),
        ({"satisfaction": 9}, "body.satisfaction"),
        ({"answers": {"x": "y"}}, "body.answers.x"),
        ({"products": ["x"]}, "body.products.0"),
    ],
)
def test_an_act_that_does_not_fit_is_refused_with_its_field(phone, visit, more, fault):
    act = phone.act("finished", visit=visit.uuid, account=visit.account.uuid, outcome="order", **more)
    (answer,) = phone.send(act)
    assert (answer["state"], answer["fault"]) == ("refused", fault)
