"""Writes that move pins to where reps check in: proposed by a job, decided by a planner, undone again."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import ewkt, lon_lat, metres_between
from gcrm.customers import services as customers
from gcrm.customers import values
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.visits import pin_queries, pins
from gcrm.visits.models import PinMove
from gcrm.visits.proof import EXACT_DAYS

SOURCE = "check_in"


def propose(session: Session) -> int:
    """Write down each account whose exact check-ins agree on another spot than its pin; how many are new."""
    since = clock.now() - dt.timedelta(days=EXACT_DAYS)
    made = 0
    for account, check_ins in list(pin_queries.accounts_off_pin(session, since)):
        found = pins.agreed(lon_lat(account.location), check_ins)
        if found is not None and _is_new(session, account, found):
            session.add(_move(account, found))
            made += 1
    session.flush()
    return made


def _is_new(session: Session, account: Account, found: pins.Agreed) -> bool:
    """Whether it was not proposed yet: what waits is not doubled, and what was dismissed does not come back unchanged."""
    last = pin_queries.latest_move(session, account.id)
    if last is None or last.status == "accepted":
        return True
    return last.status == "dismissed" and metres_between(lon_lat(last.place), found.place) > pins.AGREE_METRES


def _move(account: Account, found: pins.Agreed) -> PinMove:
    return PinMove(
        account_id=account.id, place=ewkt(*found.place), check_ins=found.check_ins, spread_metres=round(found.spread_metres),
        moved_metres=round(found.moved_metres), last_on=found.last_on, place_before=ewkt(*lon_lat(account.location)),
        source_before=account.location_source, precision_before=account.location_precision,
    )  # fmt: skip


def accept(session: Session, move: PinMove, user_id: int, by_hand_too: bool = False) -> None:
    """Move the pin; one that a person placed only where that is said."""
    _must_be(move, "open")
    if move.was_by_hand and not by_hand_too:
        raise Invalid(
            "Somebody placed the pin of %(name)s by hand. Say that it is to move all the same.", name=move.account.name
        )
    if lon_lat(move.account.location) != lon_lat(move.place_before):
        raise Conflict("The pin of %(name)s was moved since. Dismiss this.", name=move.account.name)
    lon, lat = lon_lat(move.place)
    _put(session, move.account, (lon, lat), SOURCE, "point")
    _decide(session, move, "accepted", user_id)


def dismiss(session: Session, move: PinMove, user_id: int) -> None:
    """Leave the pin where it is; the same spot is not proposed again."""
    _must_be(move, "open")
    _decide(session, move, "dismissed", user_id)


def reopen(session: Session, move: PinMove) -> None:
    """Undo: the pin is where it was, and the proposal waits again."""
    if move.status == "open":
        raise Conflict("Nobody has decided this yet.")
    if move.status == "accepted":
        here = lon_lat(move.account.location)
        if metres_between(here, lon_lat(move.place)) > 1:
            raise Conflict("The pin of %(name)s was moved since; it stays there.", name=move.account.name)
        _put(session, move.account, lon_lat(move.place_before), move.source_before, move.precision_before)
    move.status, move.decided_at, move.decided_by_id = "open", None, None
    session.flush()


def set_radius(session: Session, metres: object) -> None:
    """Change the radius of accounts that have none of their own."""
    found = values.check_in_metres(metres)
    if found is None:
        raise Invalid("Say within how many metres a check-in counts.")
    people.the_organisation(session).check_in_metres = found
    session.flush()


def _put(
    session: Session, account: Account, place: tuple[float, float], source: str | None, precision: str | None
) -> None:
    given = {"lon": place[0], "lat": place[1], "location_source": source, "location_precision": precision}
    customers.update_account(session, account, given)


def _must_be(move: PinMove, status: str) -> None:
    if move.status != status:
        raise Conflict("Somebody has decided this already.")


def _decide(session: Session, move: PinMove, status: str, user_id: int) -> None:
    move.status, move.decided_at, move.decided_by_id = status, clock.now(), user_id
    session.flush()
