"""What happened, said in the same transaction and told to listeners by a job soon after.

A lower domain publishes; a higher one listens: `listen("regions.changed", task)` in its `tasks.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import insert, select, update

from gcrm.core import clock
from gcrm.core.db import PrincipalSession
from gcrm.core.models import Event

Listener = Callable[[dict[str, Any], int | None], None]
_listeners: dict[str, list[Listener]] = defaultdict(list)


def listen(name: str, listener: Listener) -> None:
    if listener not in _listeners[name]:
        _listeners[name].append(listener)


def publish(session: PrincipalSession, name: str, payload: dict[str, Any]) -> None:
    """Write the event down and queue its telling; both come and go with the transaction."""
    from gcrm.core import jobs

    principal = session.principal
    row = insert(Event).values(name=name, payload=payload, user_id=principal and principal.id)
    session.execute(row.inline())  # Nothing comes back: who may say a thing may not read what others said.
    if _listeners[name]:
        jobs.defer(session, "core.tell_events", queue="later", queueing_lock="core.tell_events")


def waiting(session: PrincipalSession, limit: int = 100) -> list[Event]:
    found = select(Event).where(Event.handled_at.is_(None)).order_by(Event.id).limit(limit)
    return list(session.scalars(found.with_for_update(skip_locked=True)))


def tell(session: PrincipalSession) -> int:
    """Hand each waiting event to its listeners."""
    told = waiting(session)
    for event in told:
        for listener in _listeners[event.name]:
            listener(event.payload, event.user_id)
        session.execute(update(Event).where(Event.id == event.id).values(handled_at=clock.now()))
    return len(told)
