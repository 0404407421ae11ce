"""The visit's form on the phone: what it offers, what it takes without scripts and as an act, and what it refuses."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.customers.models import Contact
from gcrm.visits import question_services
from gcrm.visits.models import Task
from gcrm.visits.services import log_of
from tests import factories as make
from tests.field.conftest import make_day
from tests.field.phone import Phone


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


@pytest.fixture
def told(session, visit, stock, shelf):
    """A visit's log with all that the form asks."""
    product = make.make_product(session, name="Paper cups")
    contact = session.scalar(select(Contact).where(Contact.account_id == visit.account_id))
    return {
        "visit": visit.uuid, "account": visit.account.uuid, "outcome": "interested", "next_visit_on": "2027-01-04",
        "contact": contact.uuid, "visit_type": stock.uuid, "answers": {str(shelf.uuid): "full"}, "products": [str(product.uuid)],
        "competitor": "Bayline", "satisfaction": 4,
    }  # fmt: skip


@pytest.fixture
def other(session, visit, stock, shelf):
    """What else each part of it could say."""
    always = question_services.save_question(session, label="Poster hung?", kind="yes_no")
    return {
        "next_visit_on": "2027-01-11", "contact": make.make_contact(session, visit.account, name="Lee Jun").uuid,
        "visit_type": question_services.save_type(session, name="Delivery").uuid,
        "answers": {str(shelf.uuid): "empty", str(always.uuid): True},
        "products": [str(make.make_product(session, name="Lids").uuid)], "competitor": "Northgate", "satisfaction": 1,
    }  # fmt: skip


PARTS = ("next_visit_on", "contact", "visit_type", "answers", "products", "competitor", "satisfaction")


def test_the_same_log_from_another_phone_is_merged_whatever_its_order(phone, session, visit, told):
    second = str(make.make_product(session).uuid)
    both = told | {"products": [*told["products"], second]}
    phone.send(phone.act("finished", **both))
    twin = Phone(phone.client, phone.person)
    again = both | {"products": [second, *told["products"], second], "competitor": " Bayline "}
    assert twin.states(twin.act("finished", **again)) == ["merged"]


@pytest.mark.parametrize("part", PARTS)
def test_another_log_is_a_conflict_with_what_was_told(phone, told, other, part):
    phone.send(phone.act("finished", **told))
    differing = told | {part: other[part]}
    if part == "visit_type":
        differing.pop("answers")
    (answer,) = phone.send(phone.act("finished", **differing))
    assert answer["state"] == "conflict"
    assert answer["current"][part] == json.loads(json.dumps(told[part], default=str))


@pytest.mark.parametrize("part", PARTS)
def test_who_keeps_the_own_version_has_it_written(phone, session, visit, told, other, part):
    phone.send(phone.act("finished", **told))
    again = phone.act("finished", **{name: value for name, value in told.items() if name != part})
    assert phone.states(again) == ["conflict"]
    mine = told | {part: other[part]}
    if part == "visit_type":
        mine.pop("answers")
    assert phone.states(phone.act("finished", amends=again["id"], **mine)) == ["applied"]
    session.refresh(visit)
    assert log_of(visit)[part] == json.loads(json.dumps(other[part], default=str))
    assert phone.states(phone.act("finished", **mine)) == ["merged"]


def test_both_versions_name_what_they_are_about(phone, told, other, shelf):
    phone.send(phone.act("finished", **told))
    (answer,) = phone.send(phone.act("finished", **told | {name: other[name] for name in ("contact", "products")}))
    assert set(answer["current"]["names"].values()) == {
        "Kim Seo-yeon", "Lee Jun", "Stock check", "Paper cups", "Lids", "Shelf",
    }  # fmt: skip


def test_a_strange_answer_in_a_second_log_is_a_conflict_not_a_fault(phone, told):
    phone.send(phone.act("finished", **told))
    assert phone.states(phone.act("finished", **told | {"answers": {"x": "y"}})) == ["conflict"]


def test_another_day_for_the_next_visit_moves_its_task(phone, session, told, other):
    phone.send(phone.act("finished", **told))
    again = phone.act("finished", **told | {"next_visit_on": other["next_visit_on"]})
    phone.send(again, phone.act("finished", amends=again["id"], **again["body"]))
    (task,) = session.scalars(select(Task))
    assert (task.due_on.isoformat(), task.needs_visit) == ("2027-01-11", True)


def test_a_log_that_names_somebody_out_of_sight_is_the_same_again(phone, session, visit, rep, told):
    make_day(session, rep, ("Alpha",)).stops[0].account_id = visit.account_id
    visit.account.owner_id = make.make_user(session).id
    session.flush()
    assert phone.states(phone.act("finished", **told), phone.act("finished", **told)) == ["applied", "merged"]


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
