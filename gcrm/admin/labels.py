"""The words of the audit trail as people read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

TABLE_LABELS = {
    "accounts": _l("Accounts"),
    "contacts": _l("Contacts"),
    "opportunities": _l("Opportunities"),
    "visits": _l("Visits"),
    "activities": _l("Activities"),
    "tasks": _l("Tasks"),
    "territories": _l("Territories"),
    "territory_regions": _l("Regions of territories"),
    "account_shares": _l("Shared accounts"),
    "users": _l("People"),
    "teams": _l("Teams"),
    "stages": _l("Stages"),
    "products": _l("Products"),
    "prices": _l("Prices"),
    "orders": _l("Orders"),
    "visit_types": _l("Visit types"),
    "visit_questions": _l("Questions of visits"),
    "visit_photos": _l("Photos of visits"),
    "organisation": _l("Organisation"),
}
OPERATION_LABELS = {"insert": _l("added"), "update": _l("changed"), "delete": _l("removed")}
OPERATION_TONES = {"insert": "good", "update": "accent", "delete": "bad"}
