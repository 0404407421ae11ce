"""What the rep does on the road: each act goes through visits and moves the day's plan on."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from typing import Any

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.customers.models import Account
from gcrm.routing import queries as plans
from gcrm.routing import services as planning
from gcrm.routing.models import Stop
from gcrm.visits import services as visits
from gcrm.visits.models import Visit

LONGEST_AGE_SECONDS = 31_000_000


def arrive(
    session: Session, stop: Stop, user_id: int, *, position: tuple[float, float] | None, accuracy: float | None,
    reason: str | None, taken_at: dt.datetime | None = None,
) -> Visit:  # fmt: skip
    """Check in at a stop of the day."""
    if stop.status in ("done", "skipped"):
        raise Conflict("This stop is finished already.")
    account = plans.visible_account(session, stop.account_id)
    visit = visits.check_in(
        session, account_id=stop.account_id, account=account, user_id=user_id, position=position,
        accuracy_metres=accuracy, taken_at=taken_at, no_position_reason=reason, visit=stop.visit,
    )  # fmt: skip
    stop.visit_id = visit.id
    planning.mark_stop(session, stop, "arrived")
    return visit


def arrive_unplanned(
    session: Session, account: Account, user_id: int, *, position: tuple[float, float] | None,
    accuracy: float | None, reason: str | None,
    taken_at: dt.datetime | None = None,
) -> Visit:  # fmt: skip
    """Check in at an account that is on no plan today."""
    return visits.check_in(
        session, account_id=account.id, account=account, user_id=user_id, position=position,
        accuracy_metres=accuracy, taken_at=taken_at, no_position_reason=reason, public_id=uuid.uuid4(),
    )  # fmt: skip


def finish(session: Session, visit: Visit, stop: Stop | None, *, outcome: str, **log: Any) -> None:
    """Log the visit, as `visits.finish_visit` takes it; the list moves on."""
    account = plans.visible_account(session, visit.account_id)
    visits.finish_visit(session, visit, outcome=outcome, zone=visits.zone_of(session, account), **log)
    if stop is not None:
        planning.mark_stop(session, stop, "done")


def follow(session: Session, stop: Stop, visit: Visit) -> None:
    """Let a stop stand as its visit does; one that is done stays so."""
    stop.visit_id = visit.id
    if visit.status in ("arrived", "done") and stop.status != "done":
        planning.mark_stop(session, stop, visit.status)


def position_of(
    lon: str | None, lat: str | None, accuracy: str | None
) -> tuple[tuple[float, float] | None, float | None]:
    """The position that a form names, or none; text that is no position is refused."""
    if not lon and not lat:
        return None, None
    try:
        place = (float(lon or ""), float(lat or ""))
        metres = float(accuracy) if accuracy else None
    except ValueError:
        raise Invalid("The position is not a number.") from None
    if not all(map(math.isfinite, place)):
        raise Invalid("The position is not a number.")
    return place, metres


def taken_at(age_seconds: str | None) -> dt.datetime | None:
    """When a position was measured, from how old the phone says it was: phones' clocks go wrong, their stopwatches do not."""
    try:
        age = float(age_seconds or 0)
    except ValueError:
        raise Invalid("The age of the position is not a number.") from None
    if not 0 <= age < LONGEST_AGE_SECONDS:
        raise Invalid("The age of the position is not a number of seconds.")
    return clock.now() - dt.timedelta(seconds=age)
