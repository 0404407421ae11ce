"""Reads for changing plans by hand: the plan with all it was made from, what was changed, and what could come into a day."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload, undefer

from gcrm.core.errors import NotFound
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing.models import DayPlan, PlanEdit


def plan_by_id(session: Session, plan_id: int) -> DayPlan:
    """A plan as it stands now with its problem and solution, whatever the session knew of it."""
    query = (
        select(DayPlan)
        .where(DayPlan.id == plan_id)
        .options(
            selectinload(DayPlan.stops), selectinload(DayPlan.left_out), selectinload(DayPlan.rep),
            undefer(DayPlan.problem), undefer(DayPlan.solution),
        )
        .execution_options(populate_existing=True)
    )  # fmt: skip
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


def locked_plan(session: Session, plan_id: int) -> DayPlan:
    """The plan as it stands now, held until the transaction ends: two changes at once come one after the other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"edit {plan_id}", 0))))
    return plan_by_id(session, plan_id)


def plans_of_week(session: Session, rep: User, first: dt.date, days: int) -> dict[dt.date, DayPlan]:
    """The newest standing plan of each day."""
    last = first + dt.timedelta(days=days - 1)
    newest = (
        select(func.max(DayPlan.id))
        .where(DayPlan.rep_id == rep.id, DayPlan.day.between(first, last), DayPlan.status != "replaced")
        .group_by(DayPlan.day)
    )
    query = (
        select(DayPlan)
        .where(DayPlan.id.in_(newest))
        .options(selectinload(DayPlan.stops), selectinload(DayPlan.left_out), selectinload(DayPlan.rep))
    )
    return {plan.day: plan for plan in session.scalars(query)}


def latest_edit(session: Session, plan: DayPlan) -> PlanEdit | None:
    """What undo would take back."""
    return session.scalar(_edits(plan).where(PlanEdit.undone_at.is_(None)).limit(1))


def edits_of(session: Session, plan: DayPlan, limit: int = 20) -> list[PlanEdit]:
    """What people changed, the latest first."""
    return list(session.scalars(_edits(plan).options(selectinload(PlanEdit.made_by)).limit(limit)))


def edits_made_together(session: Session, together: uuid.UUID) -> list[PlanEdit]:
    """The changes of both days of one move between days, the latest first."""
    return list(session.scalars(select(PlanEdit).where(PlanEdit.goes_with == together).order_by(PlanEdit.id.desc())))


def _edits(plan: DayPlan) -> Select[PlanEdit]:
    return select(PlanEdit).where(PlanEdit.day_plan_id == plan.id).order_by(PlanEdit.id.desc())


def accounts_for(session: Session, plan: DayPlan, words: str, limit: int) -> Sequence[Account]:
    """Accounts that could come into a day: without words those left out, with them also the rep's own, by name or town."""
    left = [entry.account_id for entry in plan.left_out]
    standing = [stop.account_id for stop in plan.stops]
    query = select(Account).where(Account.location.is_not(None), Account.id.not_in(standing))
    if words:
        like = f"%{words.replace('%', '').replace('_', '')}%"
        query = query.where(Account.name.ilike(like) | Account.city.ilike(like))
        query = query.where((Account.owner_id == plan.rep_id) | Account.id.in_(left))
    else:
        query = query.where(Account.id.in_(left))
    order = (Account.id.in_(left).desc(), Account.name, Account.id)
    return session.scalars(query.order_by(*order).limit(limit)).all()
