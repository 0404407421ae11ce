"""Reads of acts: what came of them, whose wait, and what they are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session, selectinload

from gcrm.core.db import Principal
from gcrm.customers.models import Account, Contact
from gcrm.field.models import FieldAct
from gcrm.orders.models import Product
from gcrm.people.models import User
from gcrm.routing import live_queries, queries
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Activity, Task, Visit, VisitQuestion, VisitType

_ANSWER = (FieldAct.id, FieldAct.state, FieldAct.why, FieldAct.words, FieldAct.fault, FieldAct.result, FieldAct.current, FieldAct.fingerprint)  # fmt: skip


def answers(session: Session, user_id: int, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """What came of these acts of a person so far."""
    rows = session.execute(select(*_ANSWER).where(FieldAct.user_id == user_id, FieldAct.id.in_(ids)))
    return {row.id: row for row in rows}


def kept(session: Session, user_id: int, limit: int, behind: tuple[dt.datetime, int] | None = None) -> list[FieldAct]:
    """Acts of a person that wait to be applied, in the order of doing; `behind` the last one looked at."""
    query = select(FieldAct).where(FieldAct.user_id == user_id, FieldAct.state == "kept")
    if behind is not None:
        query = query.where(func.row(FieldAct.at, FieldAct.seq) > func.row(*behind))
    return list(session.scalars(query.order_by(FieldAct.at, FieldAct.seq, FieldAct.id).limit(limit)))


def people_with_kept_acts(session: Session, waiting: bool) -> list[Principal]:
    """Who has acts to be applied, the earliest first: those that wait for something, or those that nobody tried."""
    rows = session.execute(text("SELECT user_id, role FROM gcrm_people_with_kept_acts(:waiting)"), {"waiting": waiting})
    return [Principal(row.user_id, row.role) for row in rows]


def is_something_under_way(session: Session, act: FieldAct) -> bool:
    """Whether an earlier act of the phone has not come yet, or was applied by nobody yet."""
    earlier = (FieldAct.user_id == act.user_id, FieldAct.phone == act.phone, FieldAct.seq < act.seq)
    came = session.scalar(select(func.count(FieldAct.seq.distinct())).where(*earlier)) or 0
    return came < act.seq - 1


def refused_need(session: Session, act: FieldAct, need: UUID) -> bool:
    """Whether the act that would have made what is needed was refused, so that another may amend it."""
    made = FieldAct.body.contains
    query = select(FieldAct.id).where(
        FieldAct.user_id == act.user_id, FieldAct.state == "refused", FieldAct.kind.in_(MAKERS),
        or_(*(made({name: str(need)}) for name in ("account", "task", "stop", "visit"))),
    )  # fmt: skip
    return session.scalar(query.limit(1)) is not None


class Done(Protocol):
    """What of an act tells which of two came later."""

    @property
    def user(self) -> User: ...
    @property
    def at(self) -> dt.datetime: ...
    @property
    def seq(self) -> int: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


def is_overtaken(session: Session, given: Done, name: str, kinds: Sequence[str]) -> bool:
    """Whether a later act of one of these kinds about the same thing was applied already, so that this one came too late."""
    query = select(FieldAct.id).where(
        FieldAct.user_id == given.user.id, FieldAct.at >= given.at, FieldAct.kind.in_(kinds),
        FieldAct.state.in_(("applied", "merged")), FieldAct.body.contains({name: str(given.body.get(name))}),
        or_(FieldAct.at > given.at, FieldAct.seq > given.seq),
    )  # fmt: skip
    return session.scalar(query.limit(1)) is not None


MAKERS = ("prospect_added", "task_added", "added", "arrived", "finished")
"""Acts that make what others are about."""


# -- what acts are about -------------------------------------------------------------------------------------------------


def account_id_of(session: Session, public: UUID | None, stop: Stop | None) -> tuple[int | None, Account | None]:
    """The account's number, and the account itself where it is in sight.

    One that is out of sight by now still has its number for who stood before it with a plan of the last 14 days.
    """
    if stop is not None:
        return stop.account_id, queries.visible_account(session, stop.account_id)
    found = session.scalar(select(Account).where(Account.uuid == public))
    if found is not None:
        return found.id, found
    return session.scalar(select(func.gcrm_planned_account(public))), None


def account_of(session: Session, public: UUID) -> Account | None:
    return session.scalar(select(Account).where(Account.uuid == public))


def name_of(session: Session, user_id: int | None) -> str | None:
    return session.scalar(select(User.name).where(User.id == user_id))


def stop_for(session: Session, plan: DayPlan, account: Account) -> Stop | None:
    """The stop of a plan at an account."""
    return session.scalar(select(Stop).where(Stop.day_plan_id == plan.id, Stop.account_id == account.id).limit(1))


def stop_of(session: Session, user_id: int, public: UUID | None) -> Stop | None:
    """A stop of the own plans, on the version worked by."""
    if public is None:
        return None
    found = session.scalar(
        select(Stop)
        .where(Stop.uuid == public)
        .options(selectinload(Stop.day_plan), selectinload(Stop.visit))
        .execution_options(populate_existing=True)
    )
    if found is None or found.day_plan.rep_id != user_id:
        return None
    return live_queries.current_stop(session, found)


def visit_of(session: Session, user: User, public: UUID) -> Visit | None:
    """A visit of the own by the UUID that a phone gave it, also where it was merged into another one."""
    own = select(Visit).where(Visit.user_id == user.id)
    found = session.scalar(own.where(Visit.uuid == public))
    if found is not None:
        return found
    merged = (
        select(FieldAct.result["visit"].astext)
        .where(FieldAct.user_id == user.id, FieldAct.kind.in_(("arrived", "finished")))
        .where(FieldAct.body.contains({"visit": str(public)}), FieldAct.result["visit"].astext != str(public))
        .limit(1)
    )
    other = session.scalar(merged)
    return session.scalar(own.where(Visit.uuid == UUID(other))) if other is not None else None


def names_said(session: Session, visit: Visit, log: Mapping[str, Any]) -> dict[str, str]:
    """What the ids are called that a visit's log and another one of it name: contacts, its kind, products, questions."""
    rows = [
        (Contact.uuid, Contact.name, [log.get("contact"), visit.contact and visit.contact.uuid]),
        (VisitType.uuid, VisitType.name, [log.get("visit_type"), visit.visit_type and visit.visit_type.uuid]),
        (Product.uuid, Product.name, [*log.get("products", ()), *(each.uuid for each in visit.products)]),
        (VisitQuestion.uuid, VisitQuestion.label, _idents(*log.get("answers", ()), *visit.answers)),
    ]
    found: dict[str, str] = {}
    for public, name, ids in rows:
        said = {each for each in ids if each is not None}
        if said:
            found |= {str(own): words for own, words in session.execute(select(public, name).where(public.in_(said)))}
    return found


def _idents(*texts: str) -> list[UUID]:
    """Those of some texts that are ids."""
    found = []
    for each in texts:
        with suppress(ValueError):
            found.append(UUID(each))
    return found


def is_taken(session: Session, public: UUID) -> bool:
    """Whether a visit in sight has this UUID."""
    return session.scalar(select(Visit.id).where(Visit.uuid == public)) is not None


def activity_of(session: Session, public: UUID) -> Activity | None:
    return session.scalar(select(Activity).where(Activity.uuid == public))


def task_of(session: Session, public: UUID) -> Task | None:
    return session.scalar(select(Task).where(Task.uuid == public))
