"""What the map shows of visits: how accounts stand against their cadence, and the visits of a period."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Text, case, cast, func, literal_column, select
from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.map_layers import LayerKind, LayerRows, LayerWords
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.visits.labels import OUTCOME_LABELS
from gcrm.visits.models import Visit
from gcrm.visits.selection import DUE_ON, TODAY, has_cadence

SOON_DAYS = 7
NONE = "none"


def coverage_kind() -> ColumnElement[str]:
    """How an account stands against its cadence today: a word of `coverage_kinds`."""
    return case(
        (has_cadence().is_not(True), NONE),
        (Account.last_visited_on.is_(None), "never"),
        (DUE_ON < TODAY, "overdue"),
        (DUE_ON <= TODAY + SOON_DAYS, "due"),
        else_="in_time",
    )


def coverage_kinds() -> list[LayerKind]:
    return [
        LayerKind("overdue", _("Overdue")),
        LayerKind("never", _("Never visited"), ("due", "never")),
        LayerKind("due", _("Due within %(n)s days", n=SOON_DAYS), ("due", "week")),
        LayerKind("in_time", _("In time, later than that")),
        LayerKind(NONE, _("No cadence")),
    ]


def lateness() -> ColumnElement[dt.date]:
    """The day on which a visit is due, for an order in which the latest comes first; null without a cadence or a visit."""
    return case((has_cadence(), DUE_ON), else_=None)


def visits(_session: Session, words: LayerWords) -> LayerRows:
    """The visits finished in a period, each where its account is."""
    begin = clock.at(words.since, dt.time.min, words.zone)
    end = clock.at(words.until + dt.timedelta(days=1), dt.time.min, words.zone)
    query: Any = (
        select(
            func.coalesce(Visit.outcome, NONE).label("kind"),
            literal_column("0").label("amount"),
            Account.currency.label("currency"),
            cast(Visit.uuid, Text).label("id"),
            Account.name.label("name"),
            func.concat_ws(
                ", ", func.to_char(func.timezone(words.zone, Visit.finished_at), "YYYY-MM-DD"), User.name
            ).label("said"),
        )
        .select_from(Account)
        .join(Visit, Visit.account_id == Account.id)
        .join(User, User.id == Visit.user_id)
        .where(Visit.status == "done", Visit.finished_at >= begin, Visit.finished_at < end)
    )
    kinds = [LayerKind(word, str(label)) for word, label in OUTCOME_LABELS.items()]
    return LayerRows(query, [*kinds, LayerKind(NONE, _("Nothing noted"))], [Visit.finished_at.desc(), Visit.id])
