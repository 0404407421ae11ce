"""What routing offers on an account's page, a time for a visit, and on the map: the plans of a day."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from gcrm.core import map_layers
from gcrm.customers import panels
from gcrm.routing import map_queries


def find_time(account: Any) -> dict[str, Any] | None:
    """The slot desk, for who plans routes and an account with a place."""
    if account.location is None or not current_user.may("plan_routes"):
        return None
    return {
        "label": _("Find a time"),
        "url": url_for("routing.live.offer_slots", account_id=account.uuid),
        "icon": "calendar-plus",
    }


panels.register_action("find_time", 30, find_time)

map_layers.register(
    map_layers.MapLayer(
        "plans", _l("Plans of a day"), "route", 50, offered=lambda: current_user.may("plan_routes"),
        features=map_queries.plans_of_day, asks="day", drawn="plans", counted=_l("plans"),
        note=_l("Stops in their order; straight lines where no way along roads is drawn."),
    )
)  # fmt: skip
