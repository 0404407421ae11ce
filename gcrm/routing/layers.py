"""What an account's page offers for planning: a time for a visit."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user

from gcrm.customers import panels


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
