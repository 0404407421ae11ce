"""Role words and people as they are read, and chosen from a list."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

from gcrm.people.models import User

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


def choices(users: Iterable[User]) -> list[tuple[str, str]]:
    """People as what a list sends and what it shows."""
    return [(str(user.uuid), user.name) for user in users]


MAP_APP_LABELS = {
    "google": "Google Maps", "apple": "Apple Maps", "waze": "Waze", "kakao": "KakaoMap", "naver": "NAVER Map",
}  # fmt: skip
"""What the phone navigates with; names that nobody translates."""
