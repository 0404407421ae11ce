"""What the form of a visit tells beside its outcome, and who may edit what it asks."""

from __future__ import annotations

import datetime as dt
import uuid
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.visits import question_queries, question_services, services
from gcrm.visits.models import Task, Visit
from tests import factories as make
from tests.visits.conftest import ZONE


@pytest.fixture
def asked(session):
    """A type with two questions of its own, and one for every visit."""
    stock = question_services.save_type(session, name="Stock check")
    ask = question_services.save_question
    return SimpleNamespace(
        stock=stock,
        always=ask(session, label="Poster hung?", kind="yes_no", visit_type=None),
        shelf=ask(session, label="Shelf", kind="choice", choices=["full", "half", "empty"], is_required=True, visit_type=stock),
        metres=ask(session, label="Metres", kind="number", visit_type=stock),
    )  # fmt: skip


@pytest.fixture
def log(session, company):
    def made(**form):
        return services.log_visit(
            session, account=company.account, user_id=company.rep.id, zone=ZONE, **({"outcome": "interested"} | form)
        )

    return made


def test_everything_of_the_form_is_kept(session, company, asked, log):
    contact, product = make.make_contact(session, company.account), make.make_product(session)
    visit = log(
        contact=contact.uuid, visit_type=asked.stock.uuid, products=[product.uuid], competitor=" Northgate ", satisfaction=4,
        answers={str(asked.always.uuid): "yes", str(asked.shelf.uuid): "half", str(asked.metres.uuid): "2.5"},
    )  # fmt: skip
    session.refresh(visit)
    assert (visit.contact.uuid, visit.visit_type.name, visit.competitor, visit.satisfaction) == (
        contact.uuid, "Stock check", "Northgate", 4,
    )  # fmt: skip
    assert [each.uuid for each in visit.products] == [product.uuid]
    assert question_queries.answered(session, visit) == [("Poster hung?", True), ("Shelf", "half"), ("Metres", 2.5)]


@pytest.mark.parametrize(
    ("form", "said", "field"),
    [
        ({"answers": {"shelf": "torn"}}, "“Shelf” wants one of full, half, empty, not “torn”", "answers."),
        ({"answers": {"shelf": None}}, "“Shelf” needs an answer", "answers."),
        ({"answers": {"shelf": "full", "metres": "wide"}}, "“Metres” wants a number", "answers."),
        ({"answers": {"shelf": "full", str(uuid.UUID(int=9)): "x"}}, "is no question of this visit", "answers."),
        ({"satisfaction": 6}, "from 1 to 5", "satisfaction"),
        ({"products": [uuid.UUID(int=9)]}, "no product", "products"),
        ({"contact": uuid.UUID(int=9)}, "no contact of this account", "contact"),
        ({"visit_type": uuid.UUID(int=9)}, "visit type is not known", "visit_type"),
        ({"note": "x" * 1_000_000}, "longer than", None),
        ({"next_visit_on": dt.date(1900, 1, 1)}, "no day", None),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(asked, log, form, said, field):
    ids = {"shelf": str(asked.shelf.uuid), "metres": str(asked.metres.uuid)}
    if "answers" in form:
        form = {"answers": {ids.get(name, name): value for name, value in form["answers"].items()}}
    with pytest.raises(Invalid, match=said) as refused:
        log(**({"visit_type": asked.stock.uuid} | form))
    assert str(refused.value.details.get("field", "")).startswith(field or "")


def test_nothing_is_demanded_where_nobody_was_met_or_nobody_was_asked(asked, log):
    shelf = {str(asked.shelf.uuid): None}
    assert log(outcome="not_met", visit_type=asked.stock.uuid, answers=shelf).answers == {}
    assert log(visit_type=asked.stock.uuid, answers={}).answers == {}


def test_a_question_taken_off_is_still_understood(session, asked, log):
    question_services.save_question(session, asked.always, is_active=False)
    assert log(answers={str(asked.always.uuid): "no"}).answers == {str(asked.always.uuid): False}
    assert asked.always not in question_queries.questions(session)


@pytest.mark.parametrize(("step", "title"), [(None, "Visit again"), ("Bring samples", "Bring samples")])
def test_the_next_visit_is_a_task_that_a_plan_takes_along(session, company, log, step, title):
    day = clock.today(ZONE) + dt.timedelta(days=14)
    log(next_visit_on=day, next_step=step)
    (task,) = session.scalars(select(Task).where(Task.account_id == company.account.id))
    assert (task.title, task.due_on, task.needs_visit) == (title, day, True)


def test_the_same_log_is_known_and_another_told_anew(session, asked, log):
    form = {
        "outcome": "interested",
        "visit_type": asked.stock.uuid,
        "satisfaction": 4,
        "answers": {str(asked.shelf.uuid): "half"},
    }
    visit = log(**form)
    assert services.says_the_same(session, visit, **form)
    assert not services.says_the_same(session, visit, **form | {"satisfaction": 5})
    services.log_anew(session, visit, zone=ZONE, outcome="order", satisfaction=5)
    assert (visit.outcome, visit.satisfaction, visit.answers, visit.visit_type) == ("order", 5, {}, None)


def test_contacts_of_an_account_out_of_sight_are_left_out(session, as_user, company, publish):
    contact = make.make_contact(session, company.account)
    visit = make.make_visit(session, company.account, company.rep, status="arrived", arrived_at=clock.now())
    publish(company.rep, company.account)
    company.account.owner_id = company.other.id
    session.flush()
    with as_user(company.rep) as own:
        found = own.get(Visit, visit.id)
        services.finish_visit(own, found, outcome="order", zone=ZONE, contact=contact.uuid)
        assert found.contact_id is None


# -- editing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"label": " ", "kind": "text"}, "needs its words"),
        ({"label": "x", "kind": "colour"}, "no kind of question"),
        ({"label": "x", "kind": "choice", "choices": ["one"]}, "at least two"),
        ({"label": "x", "kind": "choice", "choices": ["one", "one"]}, "the same"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(session, fields, said):
    with pytest.raises(Invalid, match=said):
        question_services.save_question(session, **fields)


def test_the_kind_of_a_question_stays(session, asked):
    with pytest.raises(Conflict, match="kind of a question stays"):
        question_services.save_question(session, asked.metres, kind="text")


def test_a_planner_edits_what_is_asked(login_as, company, session):
    planner = login_as(company.planner)
    assert planner.post("/visit-form", data={"name": "First visit"}).status_code == 302
    (first,) = question_queries.visit_types(session)
    form = {
        "label": "How many seats?",
        "visit_type": str(first.uuid),
        "kind": "number",
        "is_required": "y",
        "is_active": "y",
    }
    assert planner.post("/visit-form/questions/new", data=form).status_code == 302
    (question,) = question_queries.questions(session)
    assert (question.visit_type, question.kind, question.is_required) == (first, "number", True)
    page = planner.get("/visit-form").text
    assert "First visit" in page
    assert "How many seats?" in page
    for address in ("questions/new", f"questions/{question.uuid}", f"types/{first.uuid}"):
        assert "checked" in planner.get(f"/visit-form/{address}").text
    planner.post(f"/visit-form/questions/{question.uuid}", data={"label": "Seats?"})
    session.refresh(question)
    assert (question.label, question.kind, question.is_active) == ("Seats?", "number", False)
    planner.post(f"/visit-form/types/{first.uuid}", data={"name": "Opening"})
    session.refresh(first)
    assert (first.name, first.is_active) == ("Opening", False)
    assert question_queries.questions(session) == []


@pytest.mark.parametrize("role", ["rep", "manager", "marketer", "service"])
def test_others_do_not(login_as, company, role):
    assert login_as(getattr(company, role)).get("/visit-form").status_code == 403


def test_what_was_told_is_read_by_program_and_page(login_as, company, session, asked, log):
    product = make.make_product(session, name="Napkins")
    visit = log(products=[product.uuid], satisfaction=2, competitor="Bayline", answers={str(asked.always.uuid): "no"})
    rep = login_as(company.rep)
    said = rep.get(f"/api/v1/visits/{visit.uuid}").get_json()
    assert (said["products"], said["satisfaction"], said["answers"]) == (
        [str(product.uuid)],
        2,
        {str(asked.always.uuid): False},
    )
    page = rep.get(f"/visits/{visit.uuid}").text
    assert all(words in page for words in ("Napkins", "2 of 5", "Bayline", "Poster hung?"))


def test_a_program_tells_all_of_it_too(login_as, company, session, asked):
    contact = make.make_contact(session, company.account)
    body = {
        "account": str(company.account.uuid), "outcome": "order", "contact": str(contact.uuid), "satisfaction": 5,
        "visit_type": str(asked.stock.uuid), "answers": {str(asked.shelf.uuid): "empty"}, "next_visit_on": "2026-12-24",
    }  # fmt: skip
    made = login_as(company.rep).post("/api/v1/visits", json=body)
    assert made.status_code == 201, made.text
    assert {name: made.get_json()[name] for name in body} == body
