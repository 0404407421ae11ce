"""Bringing accounts into a rep's day: into its plan where there is one, else as visits that its plan will find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Invalid
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.routing import edit_queries, edits, queries
from gcrm.routing.edits import BrokenRule, Wanted
from gcrm.routing.models import DayPlan
from gcrm.visits import services as visits

MOST_ADDED = 40
"""Accounts at one time: more than a day holds."""


@dataclass
class Brought:
    """What became of the accounts."""

    plan: DayPlan | None
    added: list[str] = field(default_factory=list)
    """Names of those that stand in the plan now, or wait for it."""
    there: list[str] = field(default_factory=list)
    """Those that stood in it, or waited for it, before."""
    left: list[str] = field(default_factory=list)
    """Those that do not fit into the day, or have no place."""


def bring_into_day(
    session: PrincipalSession, rep: User, day: dt.date, account_ids: Sequence[int], title: str
) -> Brought:
    """Put accounts into a rep's day, each where it costs least.

    Without a plan that can be changed, each gets a task with a visit for that day, called `title`: who plans the day next
    finds them.
    """
    if len(account_ids) > MOST_ADDED:
        raise Invalid(f"At most {MOST_ADDED} accounts come into a day at one time; {len(account_ids)} are selected.")
    accounts = list(session.scalars(select(Account).where(Account.id.in_(account_ids)).order_by(Account.id)))
    plan = _plan(session, rep, day)
    if plan is None:
        return _as_tasks(session, rep, day, accounts, title)
    done = Brought(plan)
    standing = {stop.account_id for stop in plan.stops}
    for account in accounts:
        if account.id in standing:
            done.there.append(account.name)
        elif account.location is None or not _fits(session, plan, account):
            done.left.append(account.name)
        else:
            done.added.append(account.name)
    return done


def bring_into_plan(session: PrincipalSession, plan: DayPlan, account: Account) -> Brought:
    """Put one account into a plan where it costs least."""
    is_added = account.location is not None and _fits(session, plan, account)
    return Brought(plan, [account.name] if is_added else [], [], [] if is_added else [account.name])


def _plan(session: PrincipalSession, rep: User, day: dt.date) -> DayPlan | None:
    """The published plan, else the newest ready one, that people can change."""
    query = (
        select(DayPlan)
        .where(DayPlan.rep_id == rep.id, DayPlan.day == day, DayPlan.status.in_(edits.EDITABLE))
        .options(selectinload(DayPlan.stops), selectinload(DayPlan.rep))
        .order_by(DayPlan.status == "published", DayPlan.id)
    )
    plans = list(session.scalars(query))
    if not plans:
        return None
    plan = edit_queries.plan_by_id(session, plans[-1].id)
    return plan if edits.editable(session, plan) else None


def _fits(session: PrincipalSession, plan: DayPlan, account: Account) -> bool:
    try:
        with session.begin_nested():
            edits.change(session, plan, Wanted("added", account=account.uuid))
    except (BrokenRule, Invalid):
        return False
    return True


def _as_tasks(session: PrincipalSession, rep: User, day: dt.date, accounts: Sequence[Account], title: str) -> Brought:
    done = Brought(None)
    waiting = {account.id for _task, account in queries.tasks_until(session, rep, day)}
    for account in accounts:
        if account.id in waiting:
            done.there.append(account.name)
        elif account.location is None:
            done.left.append(account.name)
        else:
            visits.add_task(session, account_id=account.id, user_id=rep.id, title=title, due_on=day, needs_visit=True)
            done.added.append(account.name)
    return done
