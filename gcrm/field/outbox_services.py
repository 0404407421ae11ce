"""The server's end of the outbox: a batch is kept durably first, then applied in order, once, whatever happens between.

Keeping is one statement and one commit. Applying runs under a lock of the person, an act in a savepoint, and writes what
came of it in the same transaction as its effect: what was undone by a crash is still kept, and applied again.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from gcrm.core import clock, db
from gcrm.core.db import Principal, PrincipalSession
from gcrm.core.errors import GcrmError
from gcrm.field import act_queries, acts
from gcrm.field.act_services import ACTIONS, Given
from gcrm.field.acts import Act, Outcome, Place, Waits, words_of
from gcrm.field.models import FieldAct
from gcrm.people.models import User

APPLIERS = 3
"""Persons whose acts are applied at once, in all processes; the others' are kept meanwhile."""
AT_ONCE = 20
"""Acts applied in one transaction."""
MOST_TRIES = 20
OUR_FAULT = "our_fault"
LONGEST_WAIT = dt.timedelta(days=1)
"""How long an act waits for what it needs."""

_KEEP = text("""
    INSERT INTO field_acts (
      id, user_id, phone, tab, seq, kind, said_at, at, lon, lat, accuracy_metres, place_taken_at, no_place, body,
      fingerprint, amends, state, why, words, fault, applied_at
    )
    SELECT id, :user_id, :phone, tab, seq, kind, said_at, at, lon, lat, accuracy_metres, place_taken_at, no_place, body,
      fingerprint, amends, state, why, words, fault, CASE WHEN state = 'refused' THEN clock_timestamp() END
    FROM jsonb_to_recordset(CAST(:acts AS jsonb)) AS given (
      id uuid, tab uuid, seq bigint, kind text, said_at timestamptz, at timestamptz, lon float8, lat float8,
      accuracy_metres float8, place_taken_at timestamptz, no_place text, body jsonb, fingerprint text, amends uuid,
      state text, why text, words jsonb, fault text
    )
    ON CONFLICT (id) DO NOTHING
""")


def keep(session: Session, user_id: int, phone: UUID, given: Sequence[Act]) -> None:
    """Keep acts that are not kept yet; the commit that follows waits for the disk, whatever the database's setting."""
    session.execute(text("SET LOCAL synchronous_commit = on"))
    rows = json.dumps([_row(act) for act in given])
    session.execute(_KEEP, {"user_id": user_id, "phone": phone, "acts": rows})


def _row(act: Act) -> dict[str, Any]:
    place = act.place
    return {
        "id": str(act.id), "tab": _text(act.tab), "seq": act.seq, "kind": act.kind, "said_at": act.said_at.isoformat(),
        "at": act.at.isoformat(), "lon": place and place.lon, "lat": place and place.lat,
        "accuracy_metres": place and place.accuracy,
        "place_taken_at": place.taken_at.isoformat() if place and place.taken_at else None, "no_place": act.no_place,
        "body": act.body, "fingerprint": act.fingerprint, "amends": _text(act.amends),
        "state": "refused" if act.wrong else "kept", "why": act.wrong and act.wrong.template,
        "words": act.wrong and words_of(act.wrong), "fault": act.wrong and act.wrong.details["fault"],
    }  # fmt: skip


def _text(public: UUID | None) -> str | None:
    return None if public is None else str(public)


# -- applying ------------------------------------------------------------------------------------------------------------


def apply_kept(principal: Principal, seconds: float) -> bool:
    """Apply what a person's phones left here, for about so long; False where others are at work already.

    Each transaction takes a place among the appliers and the person's lock, so that however many try, few do.
    """
    until = time.monotonic() + seconds
    is_more = True
    while is_more:
        with db.transaction(principal) as session:
            if not _may_apply(session, principal.id):
                return False
            is_more = _apply_some(session, principal)
        if time.monotonic() > until:
            break
    return True


def _may_apply(session: Session, user_id: int) -> bool:
    slots = (func.pg_try_advisory_xact_lock(func.hashtextextended(f"field applier {n}", 0)) for n in range(APPLIERS))
    if not any(session.scalar(select(slot)) for slot in slots):
        return False
    own = func.pg_try_advisory_xact_lock(func.hashtextextended(f"field acts of {user_id}", 0))
    return bool(session.scalar(select(own)))


def _apply_some(session: PrincipalSession, principal: Principal) -> bool:
    """Apply the next acts of a person; whether there may be more of them."""
    user = session.get(User, principal.id)
    waiting: list[tuple[FieldAct, Waits]] = []
    applied = 0
    for act in _in_order(session, principal.id):
        if applied >= AT_ONCE:
            return True
        missing = _apply(session, act, user)
        if missing is None:
            applied += 1
        else:
            waiting.append((act, missing))
    if applied and waiting:
        # Something that came behind may be what these wait for.
        return True
    for act, missing in waiting:
        _let_wait(session, act, missing)
    return False


def _in_order(session: Session, user_id: int) -> Iterator[FieldAct]:
    """Kept acts as they were done, read a few at a time."""
    behind = None
    while True:
        found = act_queries.kept(session, user_id, AT_ONCE, behind)
        yield from found
        if len(found) < AT_ONCE:
            return
        behind = (found[-1].at, found[-1].seq)


def _apply(session: PrincipalSession, act: FieldAct, user: User | None) -> Waits | None:
    """Do what an act says, in a savepoint; what it waits for where it cannot be done yet."""
    try:
        with session.begin_nested():
            outcome = _done(session, act, user)
            session.flush()
    except Waits as missing:
        return missing
    except GcrmError as error:
        outcome = Outcome("refused", error.template, None, error.details.get("current"), words_of(error), _fault(error))
    except OperationalError:
        raise  # The database went away: all is as it was.
    except Exception as error:
        refused = _refused_by_database(error)
        if refused is None:
            return _our_fault(session, act)
        outcome = refused
    _note(session, act, outcome)
    return None


def _note(session: Session, act: FieldAct, outcome: Outcome) -> None:
    act.state, act.why, act.fault = outcome.state, outcome.why, outcome.fault
    act.words = dict(outcome.words) if outcome.words else None
    act.result = None if outcome.result is None else dict(outcome.result)
    act.current = None if outcome.current is None else dict(outcome.current)
    act.applied_at = clock.now()
    session.flush()


def _fault(error: GcrmError) -> str | None:
    """The field that an error names: a phone's path, a verb's own word for it, or the first of several."""
    details = error.details
    name = details.get("field") or next(iter(details.get("faults") or ()), None)
    fault: str | None = details.get("fault") or (f"body.{name}" if name else None)
    return fault


def _our_fault(session: Session, act: FieldAct) -> Waits | None:
    """An act that broke our code is tried again later: the fault may be mended by then."""
    structlog.get_logger().exception("act_failed", kind=act.kind, act=str(act.id))
    act.tries += 1
    if act.tries >= MOST_TRIES:
        _note(session, act, Outcome("refused", OUR_FAULT))
        return None
    act.why = "waits"
    session.flush()
    return Waits(OUR_FAULT)


def _done(session: PrincipalSession, act: FieldAct, user: User | None) -> Outcome:
    if user is None or not user.active:
        return Outcome("refused", "left")
    if act.kind not in ACTIONS:
        return Outcome("refused", "not_here")
    place = None
    if act.lon is not None and act.lat is not None:
        # The phone took the position by the same clock that is corrected for the act.
        taken = act.place_taken_at + (act.at - act.said_at) if act.place_taken_at is not None else None
        place = Place(act.lon, act.lat, act.accuracy_metres, taken)
    given = Given(act.id, user, act.at, act.seq, place, act.no_place, act.amends, acts.read_body(act.kind, act.body))
    return ACTIONS[act.kind](session, given) or Outcome()


def _refused_by_database(error: Exception) -> Outcome | None:
    """What a constraint or the gate says; None for a fault of ours."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    if state == "23505":
        return Outcome("refused", "id_taken")
    if state in ("23503", "42501"):
        return Outcome("refused", "out_of_sight")
    return None


def _let_wait(session: Session, act: FieldAct, missing: Waits) -> None:
    """Leave an act until what it needs comes; refuse it when that cannot come any more."""
    if missing.template == OUR_FAULT:
        return
    may_come = act_queries.is_something_under_way(session, act) or (
        missing.need is not None and act_queries.refused_need(session, act, missing.need)
    )
    if may_come and act.received_at > clock.now() - LONGEST_WAIT:
        if act.why != "waits":
            act.why = "waits"
            session.flush()
        return
    act.state, act.why, act.applied_at = "refused", missing.template, clock.now()
    session.flush()
