"""Work behind the phones: applying what was kept while others were at work, or when the server was killed, and emptying what is old."""

from __future__ import annotations

import structlog

from gcrm.core import clock, db, held_places, jobs
from gcrm.field import act_queries, outbox_services, place_queries, place_services, retention_services

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


@jobs.app.periodic(cron="41 3 * * *")
@jobs.app.task(name="field.empty_acts", queue="later", queueing_lock="field.empty_acts")
def empty_acts(timestamp: int) -> None:
    """Let go of what old acts said."""
    with db.transaction(jobs.system_principal()) as session:
        emptied = retention_services.empty_acts(session, clock.now())
    structlog.get_logger().info("acts_emptied", count=emptied)
