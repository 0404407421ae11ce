"""Nightly work on visits: pins that check-ins would move, and positions that fade."""

from __future__ import annotations

import datetime as dt

import structlog

from gcrm.core import clock, db, held_places, jobs
from gcrm.visits import pin_services, place_queries, place_services
from gcrm.visits.proof import EXACT_DAYS

held_places.register("visits", held_places.Source(place_queries.check_ins, place_services.fade_check_ins))
held_places.register("photos", held_places.Source(place_queries.photos, place_services.fade_photos))


@jobs.app.periodic(cron="23 2 * * *")
@jobs.app.task(name="visits.propose_pins", queue="later", queueing_lock="visits.propose_pins")
def propose_pins(timestamp: int) -> None:
    """Propose to move pins from which the check-ins of late agree to be away."""
    with db.transaction(jobs.system_principal()) as session:
        found = pin_services.propose(session)
    structlog.get_logger().info("pins_proposed", count=found)


@jobs.app.periodic(cron="11 3 * * *")
@jobs.app.task(name="visits.fade_places", queue="later", queueing_lock="visits.fade_places")
def fade_places(timestamp: int) -> None:
    """Let every exact position of a person that is too old fade, wherever it is kept."""
    with db.transaction(jobs.system_principal()) as session:
        faded = held_places.fade(session, clock.now() - dt.timedelta(days=EXACT_DAYS))
    structlog.get_logger().info("places_faded", **faded)
