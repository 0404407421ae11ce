"""Work on visits that nobody waits for: pins that check-ins would move, positions that fade, files of deleted pictures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog

from gcrm.core import clock, db, events, files, held_places, jobs
from gcrm.visits import pin_services, place_queries, place_services
from gcrm.visits.proof import EXACT_DAYS

held_places.register("visits", held_places.Source(place_queries.check_ins, place_services.fade_check_ins))
held_places.register("photos", held_places.Source(place_queries.photos, place_services.fade_photos))


def drop_pictures(payload: dict[str, Any], user_id: int | None) -> None:
    """Take the files of pictures that were deleted, with their visits or accounts, off the disk."""
    for name in payload["files"]:
        files.drop(name)


events.listen("pictures.gone", drop_pictures)


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
