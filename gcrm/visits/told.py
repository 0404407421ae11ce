"""What the form of a visit says beside outcome, note and next step: the controls by their names, read. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from gcrm.core.errors import Invalid
from gcrm.visits.answers import Question

ANSWER = "answers."
"""Before the id of the question in a control's name."""


class Given(Protocol):
    """A form as it was sent."""

    def get(self, key: str, /) -> str | None: ...

    def getlist(self, key: str, /) -> list[str]: ...


def read(given: Given, questions: Sequence[Question]) -> dict[str, Any]:
    """What `visits.services.tell` takes, and the day of the next visit; `questions` are those that were put."""
    return {
        "next_visit_on": _day(given.get("next_visit_on")), "contact": _one(given.get("contact"), "contact"),
        "visit_type": _one(given.get("visit_type"), "visit_type"),
        "products": [found for found in (_one(each, "products") for each in given.getlist("products")) if found],
        "competitor": given.get("competitor"), "satisfaction": _satisfaction(given.get("satisfaction")),
        "answers": {str(each.id): given.get(f"{ANSWER}{each.id}") or None for each in questions},
    }  # fmt: skip


def chosen_type(given: Given) -> UUID | None:
    """The visit type that the form names; it decides which questions were put."""
    return _one(given.get("visit_type"), "visit_type")


def _one(text: str | None, field: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("“%(text)s” names nothing that can be chosen here.", text=text[:40], field=field) from None


def _day(text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid("“%(text)s” is no date such as 2026-11-23.", text=text[:40], field="next_visit_on") from None


def _satisfaction(text: str | None) -> int | None:
    if not text:
        return None
    if text not in ("1", "2", "3", "4", "5"):
        raise Invalid("Satisfaction is a whole number from 1 to 5.", field="satisfaction")
    return int(text)
