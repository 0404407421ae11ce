"""Lending accounts to the colleague whose plan visits them, for as long as the plan lies ahead."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gcrm.core.errors import Invalid
from gcrm.customers.models import Account, AccountShare
from gcrm.people.models import User
from gcrm.routing.fair_shares import Wanted
from gcrm.routing.models import DayPlan, Stop


def must_be_shareable(wanted: Wanted, reps: Sequence[User]) -> None:
    """Raise `Invalid` where visits shall go to any rep of the team, but no two of the reps are in one."""
    teams = [rep.team_id for rep in reps if rep.team_id is not None]
    if wanted.is_shared and len(teams) == len(set(teams)):
        raise Invalid("None of these reps is in a team with another, so visits can't go to any rep of the team.")


def lend(session: Session, plan: DayPlan) -> None:
    """Let the rep of a plan see the colleagues' accounts that stand on it, until its day is over.

    What was lent for the same day before, and is not on this plan, goes back.
    """
    query = (
        select(Stop.account_id, AccountShare.until, AccountShare.account_id.is_not(None).label("is_shared"))
        .join(Account, Account.id == Stop.account_id)
        .outerjoin(AccountShare, (AccountShare.account_id == Stop.account_id) & (AccountShare.user_id == plan.rep_id))
        .where(Stop.day_plan_id == plan.id, Account.owner_id.is_distinct_from(plan.rep_id))
        .distinct()
    )
    rows = session.execute(query).all()
    session.execute(
        delete(AccountShare)
        .where(AccountShare.user_id == plan.rep_id, AccountShare.until == plan.day)
        .where(AccountShare.account_id.not_in([row.account_id for row in rows]))
    )
    for row in rows:
        if not row.is_shared:
            session.add(AccountShare(account_id=row.account_id, user_id=plan.rep_id, until=plan.day))
        elif row.until is not None and row.until < plan.day:
            session.get_one(AccountShare, (row.account_id, plan.rep_id)).until = plan.day
    session.flush()
