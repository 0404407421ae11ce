"""The selection's fields that accounts answer by themselves."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import has_app_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Text, and_, cast, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from gcrm.core import db, money
from gcrm.core.errors import Invalid
from gcrm.core.models import Organisation
from gcrm.customers import area_queries, shapes
from gcrm.customers.models import Account
from gcrm.customers.selecting import Compile, Field, register
from gcrm.customers.values import STATUSES, TIERS
from gcrm.geography.levels import HEXAGON_AREAS_KM2
from gcrm.geography.models import Region
from gcrm.people.models import Team, User
from gcrm.territories.models import Territory

NONE = "none"
METRES_PER_KM = 1000
Column = Any
"""A column of accounts: SQLAlchemy's types for it differ by how it is declared."""

STATUS_LABELS = {"prospect": _l("Prospect"), "customer": _l("Customer"), "former": _l("Former")}
PLACE_LABELS = {
    "located": _l("On the map"),
    "unplaced": _l("Without a place"),
    "outside": _l("Outside every region"),
}
LEVEL_COLUMNS = {"state": Account.state_id, "county": Account.county_id, "municipality": Account.municipality_id}
HEXAGON_COLUMNS = {"hex10": Account.hex10, "hex100": Account.hex100, "hex1000": Account.hex1000}


def like(words: str) -> str:
    """A pattern that finds the words anywhere; the pattern's own signs stand for themselves."""
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


SEARCH_TEXT = func.gcrm_search_text(Account.name, Account.city, Account.street, Account.postcode, Account.external_id)
"""One text with one trigram index: a choice of columns by OR would need one for each."""


def _text(values: tuple[str, ...]) -> ColumnElement[bool]:
    """Every word stands in the name, the town, the street, the postcode or the external id."""
    return and_(*(SEARCH_TEXT.ilike(like(word)) for word in values[0].split()))


def _among(column: Column, words: tuple[str, ...], name: str) -> Compile:
    def condition(values: tuple[str, ...]) -> ColumnElement[bool]:
        for value in values:
            if value not in words and value != NONE:
                raise Invalid(f"“{value}” is no {name}. It is one of {', '.join(words)}.")
        return _or_none(column, values)

    return condition


def _or_none(column: Column, values: tuple[str, ...]) -> ColumnElement[bool]:
    wanted = [value for value in values if value != NONE]
    conditions = [column.in_(wanted)] if wanted else []
    if NONE in values:
        conditions.append(column.is_(None))
    return or_(*conditions)


def _owner(values: tuple[str, ...]) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    for value in values:
        if value == NONE:
            conditions.append(Account.owner_id.is_(None))
        elif value == "me":
            conditions.append(Account.owner_id == func.gcrm_principal())
        elif "@" in value:
            conditions.append(Account.owner_id == select(User.id).where(User.email == value.lower()).scalar_subquery())
        else:
            conditions.append(
                Account.owner_id == select(User.id).where(User.uuid == _uuid(value, "owner")).scalar_subquery()
            )
    return or_(*conditions)


def _team(values: tuple[str, ...]) -> ColumnElement[bool]:
    tree = select(Team.id).where(Team.uuid == _uuid(values[0], "team")).cte("wanted_teams", recursive=True)
    tree = tree.union(select(Team.id).where(Team.parent_id == tree.c.id))
    return Account.owner_id.in_(select(User.id).where(User.team_id.in_(select(tree.c.id))))


def _uuid(value: str, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Invalid(f"“{value}” names no {name}.") from None


def _territory(values: tuple[str, ...]) -> ColumnElement[bool]:
    """The named territories with everything below them; `none` is what lies in no territory."""
    conditions: list[ColumnElement[bool]] = []
    for value in values:
        if value == NONE:
            conditions.append(Account.territory_id.is_(None))
            continue
        tree = select(Territory.id).where(Territory.uuid == _uuid(value, "territory")).cte(recursive=True)
        tree = tree.union(select(Territory.id).where(Territory.parent_id == tree.c.id))
        conditions.append(Account.territory_id.in_(select(tree.c.id)))
    return or_(*conditions)


def _region(values: tuple[str, ...]) -> ColumnElement[bool]:
    """`us:48121` at the level it is found, or a hexagon as `hex100:1234`."""
    conditions: list[ColumnElement[bool]] = []
    for value in values:
        prefix, _sign, code = value.partition(":")
        if prefix in HEXAGON_AREAS_KM2 and code.isdigit() and len(code) < 19:
            conditions.append(HEXAGON_COLUMNS[prefix] == int(code))
            continue
        if len(prefix) != 2 or not code:
            raise Invalid(f"“{value}” is no region. Write it as us:48121.")
        named = select(Region.id).where(Region.country == prefix.lower(), Region.code == code)
        conditions.extend(
            column == named.where(Region.level == level).scalar_subquery() for level, column in LEVEL_COLUMNS.items()
        )
    return or_(*conditions) if conditions else false()


def _country(values: tuple[str, ...]) -> ColumnElement[bool]:
    """Lies in a state of the countries, whose words are those of regions: us, or us:us as the region map has it."""
    words = [value.partition(":")[0].lower() for value in values]
    if any(len(word) != 2 or not word.isalpha() for word in words):
        raise Invalid(f"“{values[0]}” is no country. Write it as two letters, like us.")
    return Account.state_id.in_(select(Region.id).where(Region.level == "state", Region.country.in_(words)))


def _postcode(values: tuple[str, ...]) -> ColumnElement[bool]:
    """`us:17101`, or 17101 of any country; what follows a hyphen, as in 17101-1234, is finer."""
    conditions: list[ColumnElement[bool]] = []
    for value in values:
        country, sign, code = value.partition(":")
        named = func.split_part(Account.postcode, "-", 1) == (code if sign else value)
        conditions.append(and_(named, Account.country == country.lower()) if sign else named)
    return or_(*conditions)


def _place(values: tuple[str, ...]) -> ColumnElement[bool]:
    if values[0] not in PLACE_LABELS:
        raise Invalid(f"“{values[0]}” is no place. It is one of {', '.join(PLACE_LABELS)}.")
    return {
        "located": Account.grid_key.is_not(None),
        "unplaced": Account.grid_key.is_(None),
        "outside": Account.placed == "outside",
    }[values[0]]


def _tag(values: tuple[str, ...]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = cast(Account.tags, ARRAY(Text)).contains(list(values))
    return found


def _at_least(column: Column) -> Compile:
    """A bound in whole units of the currency that each account has."""

    def condition(values: tuple[str, ...]) -> ColumnElement[bool]:
        try:
            bound = Decimal(values[0])
        except InvalidOperation:
            raise Invalid(f"“{values[0]}” is no amount.") from None
        if not bound.is_finite() or abs(bound) > 10**13:
            raise Invalid(f"“{values[0]}” is no amount that an account could have.")
        reaches: ColumnElement[bool] = column >= int(bound.scaleb(_digits()))
        return reaches

    return condition


def _digits() -> int:
    """Decimals of the organisation's currency; amounts in other currencies are compared as they stand."""
    with db.transaction(None) as session:
        currency = session.scalar(select(Organisation.currency))
    return money.digits(currency) if currency else 2


def _owner_choices() -> list[tuple[str, str]]:
    if not has_app_context():
        return []
    from gcrm.core import web
    from gcrm.people import queries

    people = queries.names_of(web.session(), ("rep", "manager"))
    return [("me", _("Me")), (NONE, _("Nobody")), *((str(person.uuid), person.name) for person in people)]


def _territory_choices() -> list[tuple[str, str]]:
    if not has_app_context():
        return []
    from gcrm.core import web

    rows = web.session().scalars(select(Territory).order_by(Territory.name))
    return [(NONE, _("No territory")), *((str(row.uuid), row.name) for row in rows)]


def _team_choices() -> list[tuple[str, str]]:
    if not has_app_context():
        return []
    from gcrm.core import web

    return [(str(team.uuid), team.name) for team in web.session().scalars(select(Team).order_by(Team.name))]


def _region_name(value: str) -> str:
    if not has_app_context() or ":" not in value:
        return value
    from gcrm.core import web

    country, _sign, code = value.partition(":")
    found = web.session().scalar(select(Region.name).where(Region.country == country, Region.code == code).limit(1))
    return found or value


def _area_name(value: str) -> str:
    return area_queries.area_name(value) or _("a drawn area")


def _distance(value: str) -> str:
    from flask_babel import format_decimal

    metres = shapes.circle(value).metres
    if metres < METRES_PER_KM:
        return _("within %(n)s m", n=format_decimal(round(metres)))
    return _("within %(n)s km", n=format_decimal(round(metres / METRES_PER_KM, 1)))


register(Field("q", _l("Search"), _text))
register(
    Field("status", _l("Status"), _among(Account.status, STATUSES, "status"), is_multiple=True,
          choices=lambda: [(word, str(label)) for word, label in STATUS_LABELS.items()])
)  # fmt: skip
register(
    Field("tier", _l("Tier"), _among(Account.tier, TIERS, "tier"), is_multiple=True,
          choices=lambda: [*((word, word) for word in TIERS), (NONE, _("No tier"))])
)  # fmt: skip
register(Field("owner", _l("Owner"), _owner, is_multiple=True, choices=_owner_choices, is_long=True))
register(Field("team", _l("Team"), _team, choices=_team_choices, is_long=True))
register(Field("territory", _l("Territory"), _territory, is_multiple=True, choices=_territory_choices, is_long=True))
register(Field("region", _l("Region"), _region, is_multiple=True, show=_region_name))
register(Field("country", _l("Country"), _country, is_multiple=True))
register(Field("postcode", _l("Postcode"), _postcode, is_multiple=True))
register(Field("industry", _l("Industry"), lambda values: _or_none(Account.industry, values), is_multiple=True))
register(Field("tag", _l("Tag"), _tag, is_multiple=True))
register(Field("source", _l("Source"), lambda values: _or_none(Account.source, values), is_multiple=True))
register(Field("value_from", _l("Value from"), _at_least(Account.annual_value_minor)))
register(
    Field("place", _l("Place"), _place,
          choices=lambda: [(word, str(label)) for word, label in PLACE_LABELS.items()])
)  # fmt: skip
register(
    Field("area", _l("Inside"), area_queries.area_condition, is_multiple=True, show=_area_name,
          longest=shapes.LONGEST_TEXT)
)  # fmt: skip
register(Field("near", _l("Distance"), area_queries.near_condition, show=_distance))
