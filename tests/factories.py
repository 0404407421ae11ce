"""A factory per model: what a test does not care about is filled in."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from sqlalchemy import func, select

from gcrm.core import clock
from gcrm.core.geo import ewkt, lon_lat
from gcrm.core.models import Organisation
from gcrm.customers.models import Account, Contact, Touch
from gcrm.geography.models import Region
from gcrm.orders.models import Price, Product
from gcrm.people.models import Team, User
from gcrm.pipeline.models import Opportunity, Stage
from gcrm.pipeline.services import default_stages
from gcrm.territories.models import Territory, TerritoryRegion
from gcrm.visits.models import Activity, PinMove, Task, Visit, VisitQuestion, VisitType

_numbers = itertools.count(1)


def _add(session: Any, thing: Any) -> Any:
    session.add(thing)
    session.flush()
    return thing


def make_organisation(session: Any, **fields: Any) -> Organisation:
    found = session.get(Organisation, 1)
    if found is not None:
        return found
    usual = {"name": "Acme", "country": "us", "currency": "USD", "timezone": "America/New_York"}
    return _add(session, Organisation(id=1, **(usual | fields)))


def make_team(session: Any, name: str | None = None, parent: Team | None = None) -> Team:
    return _add(session, Team(name=name or f"Team {next(_numbers)}", parent_id=parent and parent.id))


def make_user(
    session: Any, role: str = "rep", team: Team | None = None, home: tuple[float, float] | None = None, **fields: Any
) -> User:
    number = next(_numbers)
    usual = {"email": f"person{number}@acme.example", "name": f"Person {number}"}
    point = ewkt(*home) if home else None
    made = _add(session, User(role=role, team_id=team and team.id, home=point, **(usual | fields)))
    session.refresh(made)
    return made


def make_account(
    session: Any, owner: User | None = None, at: tuple[float, float] | None = (-76.88, 40.27), **fields: Any
) -> Account:
    """An account at (lon, lat), in Harrisburg unless said; `at=None` has no place."""
    number = next(_numbers)
    usual: dict[str, Any] = {"name": f"Account {number}", "currency": "USD", "status": "customer"}
    if at is not None:
        usual |= {"location": ewkt(*at), "location_source": "pin", "location_precision": "point"}
    if owner is not None:
        usual |= {"owner_id": owner.id, "owner_named": True}
    made = _add(session, Account(**(usual | fields)))
    session.refresh(made)
    return made


def make_contact(session: Any, account: Account, **fields: Any) -> Contact:
    return _add(session, Contact(account_id=account.id, **({"name": f"Contact {next(_numbers)}"} | fields)))


def square(west: float, south: float, size: float = 1.0) -> str:
    """A square region as EWKT."""
    east, north = west + size, south + size
    ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
    return f"SRID=4326;MULTIPOLYGON((({ring})))"


def make_region(
    session: Any, code: str | None = None, level: str = "county", west: float = -77.0, south: float = 40.0,
    size: float = 1.0, country: str = "us", parent: Region | None = None, **fields: Any,
) -> Region:  # fmt: skip
    boundary = square(west, south, size)
    area = session.scalar(select(func.ST_Area(func.ST_GeogFromText(boundary.split(";")[1])))) / 1e6
    code = code or f"{next(_numbers):05d}"
    usual = {"name": f"Region {code}", "boundary": boundary, "outline": boundary, "area_km2": area}
    return _add(
        session, Region(country=country, level=level, code=code, parent_id=parent and parent.id, **(usual | fields))
    )


def make_territory(
    session: Any,
    owner: User | None = None,
    regions: tuple[Region, ...] = (),
    parent: Territory | None = None,
    **fields: Any,
) -> Territory:
    usual = {"name": f"Territory {next(_numbers)}"}
    made = _add(session, Territory(owner_id=owner and owner.id, parent_id=parent and parent.id, **(usual | fields)))
    for region in regions:
        _add(session, TerritoryRegion(territory_id=made.id, region_id=region.id))
    return made


def make_stage(session: Any, kind: str = "open") -> Stage:
    return next(stage for stage in default_stages(session) if stage.kind == kind)


def make_opportunity(session: Any, account: Account, owner: User | None = None, **fields: Any) -> Opportunity:
    usual = {"name": f"Deal {next(_numbers)}", "amount_minor": 100_000, "currency": "USD"}
    if "stage_id" not in fields:
        usual["stage_id"] = make_stage(session).id
    return _add(session, Opportunity(account_id=account.id, owner_id=owner and owner.id, **(usual | fields)))


def make_visit(session: Any, account: Account, user: User, **fields: Any) -> Visit:
    return _add(session, Visit(account_id=account.id, user_id=user.id, **fields))


def make_pin_move(
    session: Any, account: Account, to: tuple[float, float] = (-76.879, 40.271), **fields: Any
) -> PinMove:
    usual = {
        "place": ewkt(*to), "place_before": ewkt(*lon_lat(account.location)), "check_ins": 3, "spread_metres": 12,
        "moved_metres": 140, "last_on": clock.now().date(), "source_before": "geocoder", "precision_before": "street",
    }  # fmt: skip
    return _add(session, PinMove(account_id=account.id, **(usual | fields)))


def make_activity(session: Any, account: Account, user: User, **fields: Any) -> Activity:
    usual = {"kind": "call", "at": clock.now(), "subject": "Asked about stock"}
    return _add(session, Activity(account_id=account.id, user_id=user.id, **(usual | fields)))


def make_task(session: Any, account: Account, user: User, **fields: Any) -> Task:
    return _add(session, Task(account_id=account.id, user_id=user.id, **({"title": "Send the offer"} | fields)))


def make_product(session: Any, price_minor: int | None = 1050, **fields: Any) -> Product:
    """A product at ten and a half dollars since the year began, unless said."""
    number = next(_numbers)
    made = _add(session, Product(**({"code": f"P-{number}", "name": f"Product {number}"} | fields)))
    if price_minor is not None:
        _add(
            session, Price(product_id=made.id, currency="USD", valid_from=dt.date(2026, 1, 1), price_minor=price_minor)
        )
    return made


def make_question(session: Any, **fields: Any) -> VisitQuestion:
    number = next(_numbers)
    visit_type = _add(session, VisitType(name=f"Type {number}"))
    usual = {"label": f"Question {number}", "kind": "text", "visit_type_id": visit_type.id}
    return _add(session, VisitQuestion(**(usual | fields)))


def make_touch(session: Any, account: Account, user: User, **fields: Any) -> Touch:
    usual = {"at": clock.now(), "kind": "note", "summary": "Talked"}
    return _add(session, Touch(account_id=account.id, user_id=user.id, **(usual | fields)))
