"""Work behind the accounts: folding what was written into the sums for maps."""

from __future__ import annotations

import structlog

from gcrm.core import db, jobs
from gcrm.customers import picture_services, sum_queries, sum_services


@jobs.chore(seconds=2)
def fold_sums() -> None:
    """Fold the sums for maps, when something was written."""
    with db.transaction(jobs.system_principal()) as session:
        if sum_services.has_changes(session):
            sum_services.fold(session)


@jobs.chore(seconds=5)
def fold_writes() -> None:
    """Fold what tells whether a map changed, when there is much of it."""
    with db.transaction(None) as session:
        picture_services.fold_writes(session)


@jobs.app.periodic(cron="41 3 * * *")
@jobs.app.task(name="customers.check_sums", queue="later", queueing_lock="customers.check_sums")
def check_sums(timestamp: int) -> None:
    """Compare the sums with the accounts every night; a difference is a fault of ours, which is told and mended."""
    principal = jobs.system_principal()
    with db.transaction(principal) as session:
        wrong = sum_queries.wrong_counties(session)
    if wrong:
        structlog.get_logger().warning("sums_were_wrong", counties=wrong)
        with db.transaction(principal) as session:
            sum_services.recount(session)
