"""The role matrix: for every route of the app, who gets what, and that nothing of the other half ever shows.

A route for which `EXAMPLES` has no entry fails the first test.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from gcrm.people.roles import may
from tests.company import MARK, ROLES, Company, Half, make_company, make_half

Values = Callable[[Half], dict[str, Any]]
SCOPED_ROLES = ("rep", "manager")


@dataclass(frozen=True)
class Example:
    """How to call a route.

    `values` fills the address from a half of the company: ours is seen by its rep and manager, theirs is not. `act` is
    what the role must be allowed; others get `refusal`. `form` and `json` are a write that would succeed.
    """

    values: Values | None = None
    query: dict[str, str] = field(default_factory=dict)
    act: str | None = None
    refusal: int = 403
    form: Callable[[Half], dict[str, Any]] | None = None
    json: Callable[[Half], Any] | None = None
    is_public: bool = False
    only: tuple[str, ...] | None = None
    """Roles for whom the thing itself exists, where it is somebody's own."""
    reads: tuple[int, ...] = (200, 302)


def of(name: str, attribute: str) -> Values:
    """The UUID of something of a half, as the address names it."""
    return lambda half: {name: getattr(half, attribute).uuid}


PLAN = {"act": "plan_routes", "refusal": 404}
OWN_STOP = Example(of("stop_id", "stop"), form=lambda half: {}, only=("rep",), **PLAN)
PEOPLE = Example(lambda half: {"user_id": half.rep.uuid}, act="administer")
DEAL = of("opportunity_id", "opportunity")

EXAMPLES: dict[str, Example] = {
    "static": Example(lambda half: {"filename": "css/tokens.css"}, is_public=True),
    "core.healthz": Example(is_public=True),
    "core.readyz": Example(is_public=True),
    "core.metrics": Example(is_public=True),
    "security.login": Example(is_public=True),
    "security.logout": Example(is_public=True),
    "security.forgot_password": Example(is_public=True),
    "security.reset_password": Example(lambda half: {"token": "x"}, is_public=True),
    "security.change_password": Example(),
    "security.verify": Example(),
    "api-docs.openapi_json": Example(),
    "admin.setup": Example(is_public=True, reads=(404,)),
    "admin.home": Example(),
    "admin.about": Example(),
    "admin.start": Example(act="import"),
    "admin.audit": Example(act="administer"),
    "people.join": Example(lambda half: {"token": "unknown"}, is_public=True, reads=(404,)),
    "people.me": Example(),
    "people.make_token": Example(form=lambda half: {"name": "x"}),
    "people.index": Example(act="administer"),
    "people.new": Example(act="administer"),
    "people.add_team": Example(act="administer", form=lambda half: {"name": "New team"}),
    "people.edit": PEOPLE,
    "people.invite": PEOPLE,
    "people.activate": PEOPLE,
    "people.deactivate": PEOPLE,
    "field.today": Example(**PLAN),
    "field.plan": Example(form=lambda half: {}, only=("rep",), **PLAN),
    "field.stop": OWN_STOP,
    "field.arrive": OWN_STOP,
    "field.skip": OWN_STOP,
    "field.unskip": OWN_STOP,
    "field.unplanned": Example(of("account_id", "account"), form=lambda half: {}, **PLAN),
    "field.visit": Example(of("visit_id", "arrived"), form=lambda half: {"outcome": "order"}, only=("rep",), **PLAN),
    "routing.index": Example(**PLAN),
    "routing.make": Example(form=lambda half: {"rep": str(half.rep.uuid), "day": "2030-01-07"}, **PLAN),
    "routing.show": Example(of("plan_id", "plan"), **PLAN),
    "routing.progress": Example(of("plan_id", "plan"), **PLAN),
    "routing.publish": Example(of("plan_id", "ready"), form=lambda half: {}, **PLAN),
    "routing.again": Example(of("plan_id", "plan"), form=lambda half: {}, **PLAN),
    "day_plans.DayPlans": Example(
        query={"from": "2026-01-01", "to": "2026-01-31"},
        json=lambda half: {"rep": half.rep.email, "date": "2030-01-08"}, **PLAN,
    ),
    "day_plans.DayPlan": Example(of("plan_id", "plan"), **PLAN),
}  # fmt: skip


@pytest.fixture
def company(session) -> Company:
    return make_company(session)


def routes(app) -> list[tuple[str, str]]:
    """Every endpoint with every method, HEAD and OPTIONS aside; the first test sees that none lacks its example."""
    return [
        (rule.endpoint, method)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
        if rule.endpoint in EXAMPLES
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def call(app, client, endpoint: str, method: str, half: Half, **headers: str):
    example = EXAMPLES[endpoint]
    with app.test_request_context():
        from flask import url_for

        values = example.values(half) if example.values else {}
        address = url_for(endpoint, **values, **(example.query if method == "GET" else {}))
    options: dict[str, Any] = {"headers": headers}
    if method != "GET":
        if example.json:
            options["json"] = example.json(half)
        elif example.form:
            options["data"] = example.form(half)
    return client.open(address, method=method, **options)


def text_of(answer) -> str:
    """The answer without what differs each time: nonces, form tokens, request ids."""
    body = answer.get_data(as_text=True) if answer.mimetype != "application/vnd.mapbox-vector-tile" else repr(answer.data)
    body = re.sub(r'(nonce|csrf[-_]token|name="csrf_token" value|content)="[^"]*"', "", body)
    body = re.sub(r"Bearer [\w.-]+|\d+ (seconds?|minutes?)( ago)?|gcrm_\w+", "", body)
    return body + str(answer.headers.get("ETag", "")) * (answer.mimetype != "text/html")


def test_every_route_has_an_example(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(EXAMPLES) == set(), "routes without an example in the matrix"
    assert set(EXAMPLES) - endpoints == set(), "examples of routes that are gone"


def test_a_stranger_gets_no_byte_of_data(app, client, company):
    faults = []
    for endpoint, method in routes(app):
        answer = call(app, client, endpoint, method, company.ours)
        allowed = {200, 302, 404, 422} if EXAMPLES[endpoint].is_public else {401}
        if answer.status_code not in allowed or company.ours.account.name in text_of(answer) or MARK in text_of(answer):
            faults.append((endpoint, method, answer.status_code))
    assert faults == []


def test_a_forged_token_is_a_stranger(app, client, company):
    for endpoint, method in routes(app):
        if not EXAMPLES[endpoint].is_public:
            answer = call(app, client, endpoint, method, company.ours, Authorization="Bearer gcrm_deadbeef_forged")
            assert answer.status_code == 401, (endpoint, method)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reads_what_it_may_and_is_refused_the_rest(app, login_as, company, role):
    client = login_as(company.user(role))
    faults = []
    for endpoint, method in routes(app):
        example = EXAMPLES[endpoint]
        if method != "GET":
            continue
        answer = call(app, client, endpoint, method, company.ours)
        if example.act and not may(role, example.act):
            wanted = (example.refusal,)
        elif example.only and role not in example.only:
            wanted = (404,)
        else:
            wanted = example.reads
        if answer.status_code not in wanted:
            faults.append((endpoint, answer.status_code, wanted))
    assert faults == []


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_the_other_half_never_shows(app, login_as, company, role):
    client = login_as(company.user(role))
    shown = [
        endpoint
        for endpoint, method in routes(app)
        if method == "GET" and MARK in text_of(call(app, client, endpoint, method, company.ours))
    ]
    assert shown == []


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_more_hidden_rows_change_nothing_that_is_answered(app, login_as, company, role):
    """Neither counts nor totals nor ETags tell of them."""
    client = login_as(company.user(role))
    readable = [endpoint for endpoint, method in routes(app) if method == "GET" and endpoint not in ("core.metrics", "admin.setup")]
    before = {endpoint: text_of(call(app, client, endpoint, "GET", company.ours)) for endpoint in readable}
    make_half(company.session, MARK)
    company.session.flush()
    changed = [endpoint for endpoint in readable if text_of(call(app, client, endpoint, "GET", company.ours)) != before[endpoint]]
    assert changed == []


def addressed(app) -> list[tuple[str, str]]:
    """Routes whose address names a row that the other half has too."""
    return [
        (endpoint, method)
        for endpoint, method in routes(app)
        if EXAMPLES[endpoint].values is not None and not EXAMPLES[endpoint].is_public and EXAMPLES[endpoint] is not PEOPLE
    ]


class Forged:
    """A half in which every id is one that nobody has."""

    def __init__(self, half: Half) -> None:
        self._half = half

    def __getattr__(self, name: str) -> Any:
        thing = getattr(self._half, name)

        class Unknown:
            uuid = uuid.UUID(int=4711)

            def __getattr__(self, attribute: str) -> Any:
                return getattr(thing, attribute)

        return Unknown()


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_hidden_and_unknown_ids_answer_alike_with_the_same_statements(app, login_as, company, role, count_queries):
    client = login_as(company.user(role))
    faults = []
    for endpoint, method in addressed(app):
        told = []
        for half in (company.theirs, Forged(company.theirs)):
            count_queries.clear()
            answer = call(app, client, endpoint, method, half)
            told.append((answer.status_code, len(count_queries), MARK in text_of(answer)))
        if told[0] != told[1] or told[0][0] not in (403, 404) or told[0][2]:
            faults.append((endpoint, method, told))
    assert faults == []


def rows_of(connection) -> dict[str, str]:
    tables = ("accounts", "contacts", "opportunities", "visits", "activities", "tasks", "touches", "day_plans", "stops",
              "left_out", "territories", "territory_regions", "import_batches", "import_rows", "users", "teams")  # fmt: skip
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        return {
            table: session.scalar(
                text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM (SELECT {_columns(table)} FROM {table}) AS t")
            )
            for table in tables
        }


def _columns(table: str) -> str:
    return "id, email, name, role, team_id, active" if table == "users" else "*"


@pytest.mark.parametrize("role", SCOPED_ROLES)
def test_the_other_half_cannot_be_written(app, login_as, company, connection, role):
    client = login_as(company.user(role))
    before = rows_of(connection)
    faults = []
    for endpoint, method in routes(app):
        example = EXAMPLES[endpoint]
        if method == "GET" or example.is_public or endpoint in ("people.make_token", "people.me"):
            continue
        if example.values is None and not _names_theirs(example, company):
            continue
        answer = call(app, client, endpoint, method, company.theirs, **{"If-Match": "*"})
        if answer.status_code < 400:
            faults.append((endpoint, method, answer.status_code))
        after = rows_of(connection)
        if after != before:
            faults.append((endpoint, method, [t for t in after if after[t] != before[t]]))
            before = after
    assert faults == []


def _names_theirs(example: Example, company: Company) -> bool:
    """Whether the body names something that the other half alone has."""
    said = str(example.json(company.theirs) if example.json else example.form(company.theirs) if example.form else "")
    ours = str(example.json(company.ours) if example.json else example.form(company.ours) if example.form else "")
    return said != ours


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_act_cannot_write(app, login_as, company, connection, role):
    client = login_as(company.user(role))
    before = rows_of(connection)
    faults = []
    for endpoint, method in routes(app):
        example = EXAMPLES[endpoint]
        if method == "GET" or not example.act or may(role, example.act):
            continue
        answer = call(app, client, endpoint, method, company.ours, **{"If-Match": "*"})
        if answer.status_code != example.refusal:
            faults.append((endpoint, method, answer.status_code))
    assert faults == []
    assert rows_of(connection) == before


def test_factories_and_matrix_agree_on_who_sees_what(company, as_user):
    """The halves are what the tests above believe: our rep sees ours alone."""
    from sqlalchemy import select

    from gcrm.customers.models import Account

    with as_user(company.ours.rep) as session:
        names = set(session.scalars(select(Account.name)))
    assert names == {company.ours.account.name, company.ours.parent.name}
