"""Reads of visits, activities and tasks.

An account may be out of the reader's sight while the own visit to it is not: `visit.account` is None then.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select, text, true
from sqlalchemy.orm import Session, joinedload, selectinload

from gcrm.core import db
from gcrm.core.errors import NotFound
from gcrm.customers.models import Account
from gcrm.people.models import User
from gcrm.visits.models import Activity, Task, Visit

T = TypeVar("T")
Row = TypeVar("Row", Visit, Activity, Task)

DONE_SHOWN = 20
SOON_DAYS = 7


@dataclass(frozen=True)
class TaskGroups:
    """A person's tasks by when they are due."""

    overdue: list[Task]
    today: list[Task]
    soon: list[Task]
    """Within the next seven days."""
    later: list[Task]
    undated: list[Task]
    done: list[Task]
    """The latest ones."""

    @property
    def open(self) -> int:
        return sum(len(group) for group in (self.overdue, self.today, self.soon, self.later, self.undated))


_OWN_PEOPLE = "(SELECT gcrm_visible_owners())::int[]"
_GONE = "There is nothing at this address, or nothing that you may see."


def known_visit(session: Session, public: uuid.UUID) -> Visit | None:
    return session.scalar(_visits().options(*WITH_FORM).where(Visit.uuid == public))


def visit(session: Session, public: uuid.UUID) -> Visit:
    return _found(known_visit(session, public))


def known_activity(session: Session, public: uuid.UUID) -> Activity | None:
    return session.scalar(_activities().where(Activity.uuid == public))


def activity(session: Session, public: uuid.UUID) -> Activity:
    return _found(known_activity(session, public))


def known_task(session: Session, public: uuid.UUID, lock: bool = False) -> Task | None:
    query = _tasks().where(Task.uuid == public)
    if lock:
        query = query.with_for_update(of=Task).execution_options(populate_existing=True)
    return session.scalar(query)


def task(session: Session, public: uuid.UUID, lock: bool = False) -> Task:
    return _found(known_task(session, public, lock))


def _found(thing: T | None) -> T:
    if thing is None:
        raise NotFound(_GONE)
    return thing


def visits_of(session: Session, account_id: int, limit: int = 10) -> list[Visit]:
    """The finished visits to an account, the latest first."""
    query = _visits().where(Visit.account_id == account_id, Visit.finished_at.is_not(None))
    return list(session.scalars(query.order_by(Visit.finished_at.desc(), Visit.id.desc()).limit(limit)))


def last_services(session: Session, account_ids: Sequence[int], since: dt.datetime) -> list[Visit]:
    """The last service visit to each of some accounts since an instant."""
    ranked = func.row_number().over(partition_by=Visit.account_id, order_by=(Visit.finished_at.desc(), Visit.id.desc()))
    made = select(Visit.id, ranked.label("place")).where(
        Visit.account_id.in_(account_ids), Visit.finished_at >= since, Visit.outcome == "service"
    )
    last = made.subquery()
    return list(session.scalars(select(Visit).join(last, last.c.id == Visit.id).where(last.c.place == 1)))


def appointments_of(session: Session, account_id: int, since: dt.datetime, limit: int = 5) -> list[Visit]:
    """Planned visits to an account from an instant on, the next first."""
    query = _visits().where(
        Visit.account_id == account_id, Visit.status.in_(("planned", "arrived")), Visit.starts_at >= since
    )
    return list(session.scalars(query.order_by(Visit.starts_at, Visit.id).limit(limit)))


def appointments_between(session: Session, user_id: int, begin: dt.datetime, end: dt.datetime) -> list[Visit]:
    """A person's fixed appointments in a span, in their order."""
    query = _visits().where(
        Visit.user_id == user_id, Visit.starts_at >= begin, Visit.starts_at < end, Visit.status != "cancelled"
    )
    return list(session.scalars(query.order_by(Visit.starts_at, Visit.id)))


def tasks_of(session: Session, account_id: int, limit: int = 20) -> list[Task]:
    """The open tasks for an account, the most urgent first."""
    query = _tasks().where(Task.account_id == account_id, Task.done_at.is_(None))
    return list(session.scalars(query.order_by(Task.due_on.nulls_last(), Task.id).limit(limit)))


def task_groups(session: Session, user_id: int, today: dt.date) -> TaskGroups:
    """A person's open tasks by urgency, and the latest done."""
    mine = _tasks().where(Task.user_id == user_id)
    waiting = list(session.scalars(mine.where(Task.done_at.is_(None)).order_by(Task.due_on.nulls_last(), Task.id)))
    done = mine.where(Task.done_at.is_not(None)).order_by(Task.done_at.desc(), Task.id.desc()).limit(DONE_SHOWN)
    dated = [(each.due_on, each) for each in waiting if each.due_on is not None]
    soon_ends = today + dt.timedelta(days=SOON_DAYS)
    return TaskGroups(
        overdue=[each for due, each in dated if due < today],
        today=[each for due, each in dated if due == today],
        soon=[each for due, each in dated if today < due <= soon_ends],
        later=[each for due, each in dated if due > soon_ends],
        undated=[each for each in waiting if each.due_on is None],
        done=list(session.scalars(done)),
    )


def people_in_sight(session: Session) -> list[User]:
    """Whose tasks the principal may look at and for whom facts are written: a manager's people, or everybody."""
    found = select(User).where(User.active, User.role != "system").order_by(User.name, User.id)
    if db.is_scoped(session):
        found = found.where(User.id == func.any(text(_OWN_PEOPLE)))
    return list(session.scalars(found))


def of_own_people(session: Session) -> ColumnElement[bool]:
    """Visits that the principal's people made: a condition that lets the index by person drive a scoped query."""
    return Visit.user_id == func.any(text(_OWN_PEOPLE)) if db.is_scoped(session) else true()


def latest_visits(session: Session, limit: int = 12, territory_ids: Sequence[int] | None = None) -> list[Visit]:
    """The visits finished last by one's own people, or by anybody, to all accounts or to those of some territories."""
    last = select(Visit.id).where(Visit.finished_at.is_not(None))
    if territory_ids is not None:
        held = select(Account.id).where(Account.territory_id.in_(territory_ids))
        last = last.where(Visit.account_id.in_(held))
    order = (Visit.finished_at.desc(), Visit.id.desc())
    if db.is_scoped(session):
        person = select(func.unnest(text(_OWN_PEOPLE)).label("id")).subquery()
        each = last.where(Visit.user_id == person.c.id).order_by(*order).limit(limit).lateral()
        last = select(each.c.id).select_from(person).join(each, true())
    else:
        last = last.order_by(*order).limit(limit)
    return list(session.scalars(_visits().where(Visit.id.in_(last)).order_by(*order).limit(limit)))


# -- lists for other programs ----------------------------------------------------------------------------------------

_moment = func.coalesce(Visit.finished_at, Visit.arrived_at, Visit.starts_at, Visit.created_at)
"""When a visit was, or will be."""


def visits_listing(
    account: uuid.UUID | None = None, user: uuid.UUID | None = None, status: str | None = None,
    since: dt.datetime | None = None, until: dt.datetime | None = None,
) -> Select[Visit]:  # fmt: skip
    """Visits in the order in which they were written down, which never changes under a reader."""
    query = _about(_visits().options(*WITH_FORM), Visit, account, user)
    if status:
        query = query.where(Visit.status == status)
    if since:
        query = query.where(_moment >= since)
    if until:
        query = query.where(_moment < until)
    return query.order_by(Visit.id)


def activities_listing(
    account: uuid.UUID | None = None, user: uuid.UUID | None = None, kind: str | None = None,
    since: dt.datetime | None = None, until: dt.datetime | None = None,
) -> Select[Activity]:  # fmt: skip
    query = _about(_activities(), Activity, account, user)
    if kind:
        query = query.where(Activity.kind == kind)
    if since:
        query = query.where(Activity.at >= since)
    if until:
        query = query.where(Activity.at < until)
    return query.order_by(Activity.id)


def tasks_listing(
    account: uuid.UUID | None = None, user: uuid.UUID | None = None, done: bool | None = None,
    due_until: dt.date | None = None,
) -> Select[Task]:  # fmt: skip
    query = _about(_tasks(), Task, account, user)
    if done is not None:
        query = query.where(Task.done_at.is_not(None) if done else Task.done_at.is_(None))
    if due_until:
        query = query.where(Task.due_on <= due_until)
    return query.order_by(Task.id)


def _about(query: Select[Row], model: Any, account: uuid.UUID | None, user: uuid.UUID | None) -> Select[Row]:
    if account is not None:
        query = query.where(model.account_id == select(Account.id).where(Account.uuid == account).scalar_subquery())
    if user is not None:
        query = query.where(model.user_id == select(User.id).where(User.uuid == user).scalar_subquery())
    return query


_PLACE = (Account.uuid, Account.name, Account.city, Account.street, Account.tier, Account.timezone)


WITH_FORM = (
    joinedload(Visit.contact),
    joinedload(Visit.visit_type),
    selectinload(Visit.products),
    selectinload(Visit.photos),
)
"""What the form of a visit adds to it."""


def _visits() -> Select[Visit]:
    return select(Visit).options(joinedload(Visit.account).load_only(*_PLACE, Account.location), joinedload(Visit.user))


def _activities() -> Select[Activity]:
    return select(Activity).options(
        joinedload(Activity.account).load_only(*_PLACE), joinedload(Activity.user), joinedload(Activity.contact)
    )


def _tasks() -> Select[Task]:
    return select(Task).options(joinedload(Task.account).load_only(*_PLACE), joinedload(Task.user))
