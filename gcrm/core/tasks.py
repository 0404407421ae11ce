"""Housekeeping jobs: telling events, sweeping old keys and attempts, and retrying what a dead worker held."""

from __future__ import annotations

from procrastinate import JobContext
from sqlalchemy import text

from gcrm.core import db, events, jobs
from gcrm.core.db import Principal


@jobs.task("core.tell_events", queue="later", retries=5)
def tell_events(principal: Principal) -> None:
    del principal  # Listeners run for everybody; each queues its work in the name of the event's user.
    with db.transaction(jobs.system_principal()) as session:
        events.tell(session)


@jobs.app.periodic(cron="17 * * * *")
@jobs.app.task(name="core.tell_late", queue="later", queueing_lock="core.tell_late")
def tell_late(timestamp: int) -> None:
    """Tell what the database itself said happened: no job was queued for it."""
    with db.transaction(jobs.system_principal()) as session:
        while events.tell(session):
            pass


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="core.retry_stalled", queue="later", pass_context=True, queueing_lock="core.retry_stalled")
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job)


@jobs.app.periodic(cron="17 3 * * *")
@jobs.app.task(name="core.sweep", queue="later", queueing_lock="core.sweep")
def sweep(timestamp: int) -> None:
    with db.transaction(None) as session:
        session.execute(text("DELETE FROM sign_in_attempts WHERE at < now() - interval '1 day'"))
        session.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'succeeded' AND id NOT IN"
                             " (SELECT job_id FROM procrastinate_events WHERE at > now() - interval '7 days')"))  # fmt: skip
