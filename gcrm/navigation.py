"""What the rail offers each role: the places people work in, in the order of their day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, has_request_context, request, url_for
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Place:
    endpoint: str
    label: Any
    icon: str
    act: str | None = None
    roles: frozenset[str] | None = None


PLACES = (
    Place("field.today", _l("Today"), "route", roles=frozenset({"rep"})),
    Place("reports.team", _l("Team"), "users-group", act="lead"),
    Place("maps.manager.region", _l("My region"), "gauge", act="lead"),
    Place("maps.accounts", _l("Map"), "map-2"),
    Place("customers.index", _l("Accounts"), "building-store"),
    Place("pipeline.board", _l("Pipeline"), "layout-kanban"),
    Place("visits.tasks", _l("Tasks"), "checkbox"),
    Place("routing.index", _l("Plans"), "calendar-event", act="plan_routes"),
    Place("orders.index", _l("Orders"), "shopping-cart"),
    Place("maps.regions.choropleth", _l("Regions"), "chart-dots-2"),
    Place("territories.index", _l("Territories"), "polygon"),
    Place("exchange.index", _l("Imports"), "file-import", act="import"),
    Place("people.index", _l("People"), "users", act="administer"),
    Place("admin.start", _l("Settings"), "settings", act="administer"),
)


@dataclass(frozen=True)
class Entry:
    endpoint: str
    url: str
    label: str
    icon: str
    active: bool


def entries(user: Any) -> list[Entry]:
    if not has_request_context() or not user.is_authenticated:
        return []
    here = (request.endpoint or "").partition(".")[0]
    return [
        Entry(place.endpoint, url_for(place.endpoint), str(place.label), place.icon, _is_here(place, here))
        for place in PLACES
        if place.endpoint in current_app.view_functions
        and (place.act is None or user.may(place.act))
        and (place.roles is None or user.role in place.roles)
    ]


def _is_here(place: Place, blueprint: str) -> bool:
    if request.endpoint == place.endpoint:
        return True
    if "." in place.endpoint.partition(".")[2] and (request.endpoint or "").startswith(
        place.endpoint.rpartition(".")[0] + "."
    ):
        return True
    rivals = [p for p in PLACES if p.endpoint.partition(".")[0] == blueprint]
    return len(rivals) == 1 and rivals[0] is place
