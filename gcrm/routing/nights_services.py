"""Writes for nights away: hotels, and who may stay in them when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Forbidden, Invalid
from gcrm.core.geo import ewkt
from gcrm.people.models import User
from gcrm.routing import nights_queries
from gcrm.routing.models import Hotel, NightRule
from gcrm.routing.nights import MOST_SAVING_MINUTES, Rule

LONGEST_NAME = 200


@dataclass(frozen=True)
class HotelValues:
    """A hotel as somebody typed it; `user_id` None: everybody's."""

    name: str
    lon: float
    lat: float
    user_id: int | None = None
    address: str | None = None
    phone: str | None = None
    extra_minutes: int = 0


def keeps_hotel(person: User, hotel: Hotel) -> bool:
    """Whether a person may change a hotel in sight: who leads any, a rep the own ones."""
    return person.may("lead") or hotel.user_id == person.id


def keeps_rule(person: User, rep: User | None) -> bool:
    """Whether a person may say when a rep in sight stays away; everybody's rule is no manager's to change."""
    if rep is None:
        return person.may("lead") and person.role != "manager"
    return person.may("lead") or rep.id == person.id


def keep_hotel(session: Session, person: User, values: HotelValues, hotel: Hotel | None = None) -> Hotel:
    """Add a hotel, or change one."""
    if hotel is not None:
        _must_keep(person, hotel.user_id)
    _must_keep(person, values.user_id)
    name, location = values.name.strip(), ewkt(values.lon, values.lat)
    if not name:
        raise Invalid("Say what the hotel is called.")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.")
    if not 0 <= values.extra_minutes <= MOST_SAVING_MINUTES:
        raise Invalid(f"Choose between 0 and {MOST_SAVING_MINUTES} minutes.")
    if hotel is None:
        hotel = Hotel(made_by_id=person.id)
        session.add(hotel)
    hotel.name, hotel.address, hotel.phone = name, values.address, values.phone
    hotel.user_id, hotel.extra_minutes = values.user_id, values.extra_minutes
    hotel.location = location  # type: ignore[assignment] # read back as an element
    session.flush()
    session.refresh(hotel)
    return hotel


def remove_hotel(session: Session, person: User, hotel: Hotel) -> None:
    """Send nobody there any more; plans that stand keep their nights."""
    _put(session, person, hotel, is_removed=True)


def restore_hotel(session: Session, person: User, hotel: Hotel) -> None:
    _put(session, person, hotel, is_removed=False)


def _put(session: Session, person: User, hotel: Hotel, is_removed: bool) -> None:
    _must_keep(person, hotel.user_id)
    hotel.removed_at = clock.now() if is_removed else None
    session.flush()


def _must_keep(person: User, owner_id: int | None) -> None:
    if not person.may("lead") and owner_id != person.id:
        raise Forbidden("You may change your own hotels; everybody's are kept by who leads.")


def set_rule(session: Session, person: User, rep: User | None, rule: Rule | None) -> None:
    """From the next plan on this holds for the rep, or for everybody; None takes the rep's own rule back."""
    if not keeps_rule(person, rep):
        raise Forbidden("Only a planner or an admin says what holds for everybody.")
    row = nights_queries.rule_row(session, rep.id if rep is not None else None)
    if rule is None:
        if row is not None:
            session.delete(row)
    else:
        if row is None:
            row = NightRule(user_id=rep.id if rep is not None else None)
            session.add(row)
        row.weekdays, row.saving_minutes = sorted(set(rule.weekdays)), rule.saving_minutes
        row.changed_by_id = person.id
    session.flush()
