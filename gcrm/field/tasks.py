"""Work behind the phones: applying what was kept while others were at work, or when the server was killed."""

from __future__ import annotations

import structlog

from gcrm.core import db, held_places, jobs
from gcrm.field import act_queries, outbox_services, place_queries, place_services

SECONDS_A_PERSON = 2.0

held_places.register("acts", held_places.Source(place_queries.places_of_acts, place_services.fade_acts))


@jobs.chore(seconds=1)
def apply_kept_acts() -> None:
    """Apply what phones left here."""
    _apply_of_all(waiting=False)


@jobs.chore(seconds=300)
def try_waiting_acts() -> None:
    """Try acts again that waited for something, or that broke our code."""
    _apply_of_all(waiting=True)


def _apply_of_all(waiting: bool) -> None:
    with db.transaction(jobs.system_principal()) as session:
        people = act_queries.people_with_kept_acts(session, waiting)
    for principal in people:
        try:
            outbox_services.apply_kept(principal, SECONDS_A_PERSON)
        except Exception:
            # One person's trouble is not the others'.
            structlog.get_logger().exception("acts_not_applied", user=principal.id)
