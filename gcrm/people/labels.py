"""The role words as people read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

ROLE_LABELS = {
    "rep": _l("Sales rep"),
    "manager": _l("Manager"),
    "planner": _l("Planner"),
    "marketer": _l("Marketer"),
    "service": _l("Service agent"),
    "admin": _l("Admin"),
}

ROLE_TEXTS = {
    "rep": _l("Visits customers; sees the own ones and those shared."),
    "manager": _l("Leads a team; sees the customers of the team and of the teams below."),
    "planner": _l("Draws territories, imports and plans; sees all."),
    "marketer": _l("Sees all customers, logs activities."),
    "service": _l("Sees all customers, logs activities."),
    "admin": _l("Everything, and people and settings."),
}
