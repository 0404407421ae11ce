"""Merging the staged rows of a file into people, one by one: a file of people is short, and each may bring a team."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from gcrm.core.db import PrincipalSession
from gcrm.core.errors import GcrmError, Invalid
from gcrm.core.geo import ewkt
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.services.accounts import Usual
from gcrm.exchange.services.staging import Advance, explained, mark_of
from gcrm.people import queries
from gcrm.people import services as people
from gcrm.people.models import User

RESTORED = ("name", "role", "team_id", "phone", "timezone", "home_address", "home")

MARK = mark_of(*(f"users.{name}::text" for name in (*RESTORED, "active")))
"""What stands for a version, which people have not: another number means that somebody changed the person."""

_FATE = """
CREATE TEMPORARY TABLE fate ON COMMIT DROP AS
SELECT number, NULL::bigint AS account_id, NULL::text AS source, NULL::jsonb AS before,
  coalesce(reason, CASE WHEN number > first THEN 'The row repeats row ' || first || '.' END) AS reason,
  CASE WHEN reason IS NOT NULL OR number > first THEN 'rejected' END AS outcome
FROM (SELECT number, reason, min(number) FILTER (WHERE reason IS NULL) OVER (PARTITION BY email) AS first
      FROM incoming) AS ranked
"""
_WRITE = "UPDATE fate SET outcome = :outcome, account_id = :id, before = CAST(:before AS jsonb) WHERE number = :number"
_REJECT = "UPDATE fate SET outcome = 'rejected', reason = :reason WHERE number = :number"


def merge(session: PrincipalSession, mapping: Mapping, usual: Usual, count: int, advance: Advance) -> None:
    """Add who is new, without a password: they are to be invited. Change who is known by the address."""
    del mapping, usual
    session.execute(text(_FATE))
    rows = session.execute(
        text("SELECT incoming.* FROM incoming JOIN fate USING (number) WHERE fate.outcome IS NULL ORDER BY number")
    ).mappings()
    for done, row in enumerate(rows.all()):
        try:
            with session.begin_nested():
                outcome, person, before = _merge_row(session, dict(row))
        except GcrmError as error:
            session.execute(text(_REJECT), {"number": row["number"], "reason": error.message})
        except (IntegrityError, DataError) as error:
            session.execute(text(_REJECT), {"number": row["number"], "reason": explained(error)})
        else:
            session.execute(
                text(_WRITE), {"number": row["number"], "outcome": outcome, "id": person.id, "before": before}
            )
        if done % 100 == 0:
            advance(done, count, "Writing")
    session.flush()


def _merge_row(session: PrincipalSession, row: dict[str, Any]) -> tuple[str, User, str | None]:
    person = queries.user_by_email(session, row["email"])
    values = _values(session, row)
    if person is None:
        if not values.get("role"):
            raise Invalid("The person is new and has no role; add a column for it, or set one role for all.")
        role, name, team = values.pop("role"), values.pop("name", None), values.pop("team", None)
        return "created", people.add_user(session, email=row["email"], role=role, name=name, team=team, **values), None
    if not person.active:
        raise Invalid(f"{person.name} is not active any more; make the person active again under People.")
    _refuse_losing_admin(session, person, values)
    team = values.pop("team", None)
    if team is not None:
        values["team_id"] = team.id
    home = values.pop("home", None)
    changed = {name: value for name, value in values.items() if getattr(person, name) != value}
    before = {name: getattr(person, name) for name in changed}
    if home is not None and not _is_home(session, person, home):
        before["home"] = session.scalar(text("SELECT home::text FROM users WHERE id = :id"), {"id": person.id})
        changed["home"] = home
    for name, value in changed.items():
        setattr(person, name, value)
    session.flush()
    return ("updated", person, json.dumps(before)) if changed else ("unchanged", person, None)


def _values(session: PrincipalSession, row: dict[str, Any]) -> dict[str, Any]:
    found = {name: row[name] for name in ("name", "role", "phone", "timezone", "home_address") if row[name]}
    if row["team"]:
        found["team"] = people.find_or_add_team(session, row["team"])
    if row["home_lon"] is not None:
        found["home"] = ewkt(row["home_lon"], row["home_lat"])
    return found


def _is_home(session: PrincipalSession, person: User, home: str) -> bool:
    return bool(
        session.scalar(
            text("SELECT home = ST_GeomFromEWKT(:home) FROM users WHERE id = :id"), {"home": home, "id": person.id}
        )
    )


def _refuse_losing_admin(session: PrincipalSession, person: User, values: dict[str, Any]) -> None:
    if person.role != "admin" or values.get("role", "admin") == "admin":
        return
    others = [admin for admin in queries.users_of(session, ("admin",)) if admin.id != person.id]
    if not others or (session.principal is not None and session.principal.id == person.id):
        raise Invalid(f"{person.name} would lose the role of admin; change that under People.")
