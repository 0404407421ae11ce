"""Loading regions and placing accounts again, in chunks that each commit, with how far it is written down."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from gcrm.core import db, jobs
from gcrm.core.db import Principal
from gcrm.core.errors import GcrmError
from gcrm.geography import services
from gcrm.geography.models import Placing
from gcrm.geography.services import SavedRegions

Advance = Callable[[int, int, str], None]
"""done, total, what is being done"""

ATTEMPTS = 3


@jobs.task("geography.load", queue="later", retries=ATTEMPTS)
def load(principal: Principal, placing_id: int) -> None:
    """Load a shipped country, then place the accounts in it."""
    with _noting_failure(principal, placing_id):
        country = _step(principal, placing_id, "read").what
        levels = services.read_shipped(country)
        _step(principal, placing_id, "save")
        with db.transaction(principal) as session:
            saved = services.load_regions(session, country, levels)
            placing = session.get_one(Placing, placing_id)
            placing.region_ids = sorted({*placing.region_ids, *(i for level in saved for i in level.region_ids)})
        finish(principal, placing_id)


@jobs.task("geography.place", queue="later", retries=ATTEMPTS)
def place(principal: Principal, placing_id: int) -> None:
    """Place or assign the accounts that a change concerns."""
    with _noting_failure(principal, placing_id):
        finish(principal, placing_id)


def save_and_place(
    principal: Principal, what: str, save: Callable[[db.PrincipalSession], list[SavedRegions]], advance: Advance
) -> tuple[list[SavedRegions], int]:
    """Save regions and place their accounts, here and now: for commands that wait. Returns what was saved and placed."""
    with db.transaction(principal) as session:
        saved = save(session)
        changed = [i for level in saved for i in level.region_ids]
        placing_id = services.open_placing(session, "regions", what, changed).id
    with _noting_failure(principal, placing_id):
        return saved, finish(principal, placing_id, advance)


def finish(principal: Principal, placing_id: int, advance: Advance = lambda done, total, what: None) -> int:
    """Place chunk by chunk until none is left; returns how many accounts were placed."""
    with db.transaction(principal) as session:
        services.begin_placing(session, session.get_one(Placing, placing_id))
    while True:
        with db.transaction(principal) as session:
            placing = session.get_one(Placing, placing_id, with_for_update=True)
            more = services.place_chunk(session, placing)
            done, total = placing.done, placing.total or placing.done
        advance(done, total, "Placing accounts")
        if not more:
            return done


def _step(principal: Principal, placing_id: int, step: str) -> Placing:
    with db.transaction(principal) as session:
        placing = session.get_one(Placing, placing_id)
        placing.status, placing.step, placing.fault = "running", step, None
        return placing


@contextlib.contextmanager
def _noting_failure(principal: Principal, placing_id: int) -> Iterator[None]:
    """Write down that work failed, and let the failure pass on to whoever retries or reports it."""
    try:
        yield
    except BaseException as error:
        fault = error.message if isinstance(error, GcrmError) else "Something went wrong; an admin finds it in the log."
        with db.transaction(principal) as session:
            services.fail_placing(session, placing_id, fault)
        raise
