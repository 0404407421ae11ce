"""The selection's fields that visits answer: what is due, and when somebody was last there."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Date, Integer, and_, cast, func, select

from gcrm.core.errors import Invalid
from gcrm.customers.models import Account
from gcrm.customers.selecting import Field, register

TODAY = select(func.gcrm_today(type_=Date)).scalar_subquery()
"""By the organisation's calendar; a subquery, so that it is asked once a statement."""
DUE_ON = Account.last_visited_on + func.coalesce(Account.cadence_days, 0)

DUE_LABELS = {
    "overdue": _l("Overdue"),
    "week": _l("Due within 7 days"),
    "never": _l("Never visited"),
    "in_time": _l("In time"),
}


def has_cadence() -> ColumnElement[bool]:
    """Is to be visited again and again; former accounts are not, whatever cadence they had."""
    return and_(Account.cadence_days.is_not(None), Account.status != "former")


def is_overdue() -> ColumnElement[bool]:
    """Is visited in a cadence, and its day has passed or there was never a visit."""
    return and_(
        has_cadence(),
        func.coalesce(Account.last_visited_on + Account.cadence_days, TODAY - 1) < TODAY,
    )


def _due(values: tuple[str, ...]) -> ColumnElement[bool]:
    word = values[0]
    if word not in DUE_LABELS:
        raise Invalid(f"“{word}” is no state of visits. It is one of {', '.join(DUE_LABELS)}.")
    return {
        "overdue": is_overdue(),
        "week": and_(has_cadence(), DUE_ON >= TODAY, DUE_ON <= TODAY + 7),
        "never": and_(has_cadence(), Account.last_visited_on.is_(None)),
        "in_time": and_(has_cadence(), DUE_ON >= TODAY),
    }[word]


def _not_visited_for(values: tuple[str, ...]) -> ColumnElement[bool]:
    if not values[0].isdigit() or not 0 < int(values[0]) < 10_000:
        raise Invalid(f"“{values[0]}” is no number of days.")
    days = cast(int(values[0]), Integer)
    return func.coalesce(Account.last_visited_on, TODAY - 100_000) < TODAY - days


register(Field("due", _l("Visits"), _due, choices=lambda: [(word, str(label)) for word, label in DUE_LABELS.items()]))
register(Field("unvisited_days", _l("Not visited for days"), _not_visited_for))
