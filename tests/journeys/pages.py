"""Every page with an example address and a person who may see it, taken from the URL map so that none is forgotten.

`python -m tests.journeys.pages` prints them as JSON for the database of the settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from gcrm.core.db import Principal

NOT_PAGES = ("/api/", "/tiles/", "/static/", "/ogc", "/healthz", "/readyz", "/metrics")
"""Answered to programs; what else answers no whole page is seen when it is asked."""

VIEWERS = {
    "admin": "admin", "people": "admin", "field": "rep1", "reports": "manager1", "customers": "rep1", "visits": "rep1",
    "pipeline": "manager1", "visits.pins": "planner", "visits.questions": "planner",
}  # fmt: skip
"""Who looks at the pages of a blueprint; the planner at those of others."""
STRANGERS_PAGES = ("security.login", "security.forgot_password", "security.reset_password", "people.join")
"""Seen before anybody signed in."""
NO_PAGES = {
    "pipeline.cards": "a part of the board, asked for with the last card it shows",
    "admin.setup": "gone once the organisation is founded; journeys and pictures see it on an empty site",
    "security.reset_password": "its link comes by mail",
    "exchange.export_accounts": "a file",
    "exchange.show_export": "its own test asks for one",
    "exchange.export_progress": "JSON for a bar",
    "exchange.export_file": "a file",
    "field.acts.hello": "for phones, which say which one they are",
    "geography.attributes.preview": "for a file that was taken in; its own journey takes one in",
    "maps.regions.table": "a file",
    "exchange.rejected_rows": "a file",
    "exchange.progress": "JSON for a bar",
    "maps.here": "a part of the map, for one cell",
    "maps.manager.today_part": "a part of the page of the team’s day",
    "maps.sheets.account_sheet": "a file",
    "maps.take.export_regions": "a file",
    "maps.background.pmtiles": "a file, where one is set",
    "maps.shares.background_archive": "the same for a link",
    "maps.shares.show": "its journey makes a link",
    "maps.shares.layer_tile": "a tile",
    "maps.shares.region_tile": "a tile",
    "maps.shares.territory_tile": "a tile",
    "maps.sheets.region_sheet": "a file",
    "maps.layers.features": "GeoJSON for the map",
    "field.snapshot.day": "JSON for the phone",
    "field.acts.ask": "JSON for the phone",
    "field.shell.shell": "an empty page that the worker keeps; the phone's own journeys fill it",
    "field.shell.worker": "a script",
    "field.shell.manifest": "JSON for the browser",
    "field.shell.picture": "a picture",
    "geography.placing": "JSON for a bar",
    "field.evening.month_file": "a file",
    "field.about.about_me_file": "a file",
    "routing.progress": "JSON for a bar",
    "routing.plan.run_progress": "JSON for a bar",
    "routing.plan.addable": "JSON for a search",
    "routing.plan.trial": "a part of a page",
    "routing.plan.run": "its own journey makes one",
    "routing.live.file": "a file",
    "routing.live.problem": "a file, where the problem was kept",
    "routing.live.price": "a part of the receipt, for one of its accounts",
    "routing.live.feed": "for calendar programs, with a secret in its address",
    "territories.placing": "JSON for a bar",
    "visits.photos.show": "a picture",
    "field.orders.new": "for an account; its own journey orders",
}
"""Routes that answer no page and want a row or a cell in their address."""

OWN = "a.owner_id = (SELECT id FROM users WHERE email LIKE 'rep1@%')"
BUSY_ACCOUNT = (
    f"SELECT a.uuid FROM accounts a WHERE {OWN} ORDER BY (SELECT count(*) FROM touches t WHERE t.account_id = a.id)"
    " + 20 * (SELECT count(*) FROM opportunities o WHERE o.account_id = a.id) DESC, a.id LIMIT 1"
)
EXAMPLES = {
    "account_id": BUSY_ACCOUNT,
    "contact_id": f"SELECT c.uuid FROM contacts c JOIN accounts a ON a.id = c.account_id WHERE {OWN} ORDER BY c.id LIMIT 1",
    "opportunity_id": "SELECT o.uuid FROM opportunities o JOIN stages s ON s.id = o.stage_id"
    f" JOIN accounts a ON a.id = o.account_id WHERE s.kind = 'open' AND {OWN} ORDER BY o.amount_minor DESC LIMIT 1",
    "visit_id": f"SELECT v.uuid FROM visits v JOIN accounts a ON a.id = v.account_id WHERE v.status = 'done' AND {OWN}"
    " ORDER BY v.note IS NULL, v.id DESC LIMIT 1",
    "task_id": f"SELECT t.uuid FROM tasks t JOIN accounts a ON a.id = t.account_id WHERE t.done_at IS NULL AND {OWN}"
    " ORDER BY t.id LIMIT 1",
    "plan_id": "SELECT d.uuid FROM day_plans d JOIN users u ON u.id = d.rep_id WHERE d.status = 'published'"
    " AND u.email LIKE 'rep1@%' ORDER BY d.day DESC LIMIT 1",
    "stop_id": "SELECT s.uuid FROM stops s JOIN day_plans d ON d.id = s.day_plan_id JOIN users u ON u.id = d.rep_id"
    " WHERE d.status = 'published' AND s.status = 'ahead' AND u.email LIKE 'rep1@%' ORDER BY s.id LIMIT 1",
    "territory_id": "SELECT t.uuid FROM territories t WHERE EXISTS (SELECT 1 FROM territory_regions r"
    " WHERE r.territory_id = t.id) ORDER BY t.id LIMIT 1",
    "batch_id": "SELECT uuid FROM import_batches WHERE status = 'settled' ORDER BY rejected DESC, id DESC LIMIT 1",
    "user_id": "SELECT uuid FROM users WHERE email LIKE 'rep1@%'",
    "type_id": "SELECT uuid FROM visit_types ORDER BY id LIMIT 1",
    "question_id": "SELECT uuid FROM visit_questions ORDER BY id LIMIT 1",
    "order_id": "SELECT uuid FROM orders ORDER BY id DESC LIMIT 1",
    "product_id": "SELECT uuid FROM products ORDER BY id LIMIT 1",
    "hotel_id": "SELECT uuid FROM hotels ORDER BY id LIMIT 1",
}  # fmt: skip
"""For each name in an address, the row that shows most."""
EXAMPLES_OF = {
    (
        "field.visit",
        "visit_id",
    ): "SELECT v.uuid FROM visits v JOIN users u ON u.id = v.user_id WHERE v.status = 'arrived'"
    " AND u.email LIKE 'rep1@%' ORDER BY v.id DESC LIMIT 1",
    (
        "exchange.mapping",
        "batch_id",
    ): "SELECT uuid FROM import_batches WHERE status = 'uploaded' ORDER BY id DESC LIMIT 1",
}
FIXED = {"name": "owner", "ext": "csv"}
"""Words of an address that are no row."""


@dataclass(frozen=True)
class Page:
    """An address to look at."""

    name: str
    path: str
    viewer: str | None
    """The part of the e-mail before its @; None for a stranger."""


class NoExample(LookupError):
    """A route whose address cannot be made up: it wants an entry in EXAMPLES."""


def pages_of(app: Flask, session: Session) -> list[Page]:
    """A page for each GET route that is not for programs alone, by its address."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    return [page for rule in rules if _is_page(rule) for page in _pages(rule, session)]


def _is_page(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and not rule.rule.startswith(NOT_PAGES) and rule.endpoint not in NO_PAGES


def _pages(rule: Rule, session: Session) -> Iterator[Page]:
    values = {argument: _example(rule, argument, session) for argument in rule.arguments}
    _, path = rule.build(values, append_unknown=False) or ("", rule.rule)
    named = VIEWERS.get(rule.endpoint.rpartition(".")[0]) or VIEWERS.get(rule.endpoint.partition(".")[0], "planner")
    viewer = None if rule.endpoint in STRANGERS_PAGES else named
    yield Page(rule.endpoint.replace(".", "-"), str(path), viewer)
    if rule.endpoint == "field.today":
        day = session.scalar(text(EXAMPLES["plan_id"].replace("d.uuid", "d.day")))
        yield Page("field-day", f"{path}?day={day}", viewer)


def _example(rule: Rule, argument: str, session: Session) -> Any:
    if argument == "token":
        return _invitation(session)
    if argument in FIXED:
        return FIXED[argument]
    query = EXAMPLES_OF.get((rule.endpoint, argument)) or EXAMPLES.get(argument)
    found = session.scalar(text(query)) if query else None
    if found is None:
        raise NoExample(
            f"{rule.rule} ({rule.endpoint}) has no example for “{argument}”: add one to tests/journeys/pages.py"
        )
    return found


def _invitation(session: Session) -> str:
    """A link of the kind that somebody gets who is new."""
    from gcrm.people import queries, services

    newcomer = queries.user_by_email(session, "newcomer@demo.example")
    return services.invite(
        session, newcomer or services.add_user(session, email="newcomer@demo.example", role="rep", name="Kim Seo-yeon")
    )


def _planner() -> Principal:
    from gcrm.core import db
    from gcrm.people import queries

    with db.transaction(None) as session:
        person = queries.user_by_email(session, "planner@demo.example") or queries.first_admin(session)
        assert person is not None
        return person.principal


def be_under_way(session: Session) -> None:
    """Have rep1 stand in the door of the last stop of the newest plan, unless a visit is under way already."""
    from gcrm.field import services
    from gcrm.routing.models import Stop

    query = EXAMPLES_OF["field.visit", "visit_id"]
    if session.scalar(text(query)) is not None:
        return
    last = text(EXAMPLES["stop_id"].replace("s.uuid", "s.id, d.rep_id").replace("ORDER BY s.id", "ORDER BY s.id DESC"))
    stop_id, rep_id = session.execute(last).one()
    services.arrive(
        session, session.get_one(Stop, stop_id), rep_id, position=None, accuracy=None, reason="not permitted"
    )


def keep_a_hotel(session: Session) -> None:
    """A hotel for everybody, an hour's drive from rep1's home, unless there is one."""
    from gcrm.core.geo import lon_lat
    from gcrm.people import queries
    from gcrm.routing.nights_services import HotelValues, keep_hotel

    rep, planner = (queries.user_by_email(session, f"{name}@demo.example") for name in ("rep1", "planner"))
    if session.scalar(text(EXAMPLES["hotel_id"])) is not None or rep is None or planner is None:
        return
    lon, lat = lon_lat(rep.home) if rep.home is not None else (0.0, 0.0)
    keep_hotel(
        session, planner, HotelValues("Railway Inn", lon + 0.7, lat, address="Station Road 1", phone="717 555 0100")
    )


def sell_and_ask(session: Session) -> None:
    """Something on the price list that rep1 sold, and something that is asked at visits, unless there is."""
    from decimal import Decimal

    from gcrm.customers.models import Account
    from gcrm.orders import services
    from gcrm.orders.basket import Wish
    from gcrm.people import queries
    from gcrm.visits import question_services

    rep, busy = queries.user_by_email(session, "rep1@demo.example"), session.scalar(text(BUSY_ACCOUNT))
    if session.scalar(text(EXAMPLES["order_id"])) is None and rep is not None and busy is not None:
        account = session.query(Account).filter_by(uuid=busy).one()
        cups = services.save_product(session, code="C-1", name="Paper cups", unit="carton")
        services.set_price(session, cups, 1050, account.currency, queries.today(session).replace(day=1))
        services.place_order(
            session,
            account_id=account.id,
            user_id=rep.id,
            currency=account.currency,
            wishes=[Wish(cups.uuid, Decimal(4))],
        )
    if session.scalar(text(EXAMPLES["type_id"])) is None:
        stock = question_services.save_type(session, name="Stock check")
        question_services.save_question(
            session, label="How full is the shelf?", kind="choice", choices=["Full", "Empty"], visit_type=stock
        )


FILE = """Kundennr;Kunde;Straße;PLZ;Ort;lon;lat
0001;Bäckerei Öhler;Hauptstraße 1;17101;Harrisburg;-76.89;40.26
0002;한빛 카페 2호점;Market Street 2;17101;Harrisburg;-76.88;40.27
0001;Bäckerei Öhler;Hauptstraße 1;17101;Harrisburg;-76.89;40.26
0003;Somewhere else;Ocean Drive 1;17101;Harrisburg;200;95
""".encode()


def bring_files(principal: Principal) -> None:
    """One file read with two rows rejected, and one that waits for somebody to say what its columns are."""
    from gcrm.core import db
    from gcrm.exchange import tasks
    from gcrm.exchange.mapping import Options
    from gcrm.exchange.services import batches

    with db.transaction(principal) as session:
        if session.scalar(text(EXAMPLES_OF["exchange.mapping", "batch_id"])) is not None:
            return
        options = Options(mapping={"Kundennr": "external_id", "Kunde": "name"}, values={"status": "prospect"})
        read = batches.open_batch(
            session, kind="accounts", filename="Kunden.csv", stream=BytesIO(FILE), options=options
        )
        batches.queue(session, read)
        batches.open_batch(session, kind="accounts", filename="Kunden 2.csv", stream=BytesIO(FILE))
    tasks.run_batch(principal, read.id)


def main() -> None:
    from gcrm.app import create_app
    from gcrm.core import db, jobs

    app = create_app()
    planner = _planner()
    with app.app_context():
        bring_files(planner)
        with db.transaction(jobs.system_principal()) as session:
            be_under_way(session)
            keep_a_hotel(session)
            sell_and_ask(session)
            found = pages_of(app, session)
    print(json.dumps([asdict(page) for page in found]))


if __name__ == "__main__":
    main()
