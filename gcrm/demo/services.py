"""Making the demo: regions, the story, its rows, and plans for the next days."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from gcrm.core import clock, db, jobs, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.core.config import settings
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.demo import queries, write
from gcrm.demo.company import check_size
from gcrm.demo.country import Country
from gcrm.demo.korea import Korea
from gcrm.demo.story import Story, make_story
from gcrm.demo.united_states import UnitedStates
from gcrm.geography import services as geography
from gcrm.people import services as people
from gcrm.people.models import User
from gcrm.routing import services as routing
from gcrm.routing import tasks as _routing_tasks  # noqa: F401 - knows the queue of its jobs
from gcrm.visits import question_services as visits

COUNTRIES: dict[str, type[Country]] = {"us": UnitedStates, "kr": Korea}
STEPS = 27
"""How many things are said while the demo is made, for the bar."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What demo is wanted."""

    country: str = "us"
    accounts: int = 5000
    reps: int = 12
    seed: int = 1
    today: dt.date | None = None
    """The day after the story's last; None: by the clock."""


@dataclass
class Made:
    """What was made."""

    organisation: str
    today: dt.date
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    password: str | None = None
    """Only when it was made up here: the one time that it is shown."""


def reset() -> None:
    """Drop the demo's database; refused for any other, and while somebody works in it."""
    if not settings().is_demo:
        raise Invalid(f"Only the demo's own database can be made anew, not {settings().database}.")
    db.dispose()
    name = settings().database
    with schema.connected(SUPERUSER, "postgres", autocommit=True) as connection:
        quoted = connection.dialect.identifier_preparer.quote(name)
        try:
            connection.execute(text(f"DROP DATABASE IF EXISTS {quoted}"))
        except OperationalError as error:
            raise Conflict(f"Somebody works in {name}. Stop “gcrm serve” first; nothing was dropped.") from error


def make_demo(wish: Wish, say: Say) -> Made:
    """Fill an empty database: the regions in a transaction of their own, all the rest in one."""
    check_size(wish.accounts, wish.reps)
    began = time.monotonic()
    kind = COUNTRIES[wish.country]
    password, hashed, is_random = _password()
    with_regions = _load_regions(kind, say)
    at_regions = time.monotonic()
    story = _tell(kind, wish, say)
    at_story = time.monotonic()
    made = Made(kind.profile.organisation, story.company.calendar.today)
    with db.transaction(jobs.system_principal()) as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('gcrm set up', 0))"))
        found(session, story, hashed, say)
        made.counts = {table: len(rows) for table, rows in story.tables().items()} | queries.count_accounts(session)
        made.counts["plans_queued"] = _ask_for_plans(session, made.today, story)
    say("Counting for the database's planner")
    _analyse()
    made.password = password if is_random else None
    made.seconds = {
        "regions": round(at_regions - began, 1) if with_regions else 0.0,
        "story": round(at_story - at_regions, 1),
        "writing": round(time.monotonic() - at_story, 1),
        "total": round(time.monotonic() - began, 1),
    }
    return made


def found(session: PrincipalSession, story: Story, password_hash: str, say: Say) -> None:
    """Write the organisation and the whole story."""
    profile = story.company.country.profile
    people.found_organisation(
        session, name=profile.organisation, country=profile.code, currency=profile.currency, timezone=profile.timezone
    )
    write.write(session, story, password_hash, lambda table: say(f"Writing {table.replace('_', ' ')}"))
    for name, asked in profile.words.visit_types:
        visit_type = visits.save_type(session, name=name)
        for label, kind, choices, is_required in asked:
            visits.save_question(
                session, visit_type=visit_type, label=label, kind=kind, choices=choices, is_required=is_required
            )


def _password() -> tuple[str, str, bool]:
    """The password of every sign-in, its hash, and whether it was made up now."""
    given = settings().demo_password
    password = given or "-".join(secrets.token_hex(2) for _ in range(3))
    people.check_password(password)
    return password, people.hash_password(password), not given


def _load_regions(kind: type[Country], say: Say) -> bool:
    """Load the country's regions unless they are there; Korea's smallest only where the company is."""
    with db.transaction(jobs.system_principal()) as session:
        if queries.has_regions(session, kind.profile):
            return False
    say("Reading boundaries")
    levels = geography.read_shipped(kind.profile.code, kind.profile.states)
    for level, regions in levels.items():
        say(f"Saving regions: {level}")
        with db.transaction(jobs.system_principal()) as session:
            geography.save_regions(session, kind.profile.code, level, regions)
    return True


def _tell(kind: type[Country], wish: Wish, say: Say) -> Story:
    """Read the ground and make everything up; no transaction is open meanwhile."""
    say("Looking at the ground")
    with db.transaction(jobs.system_principal()) as session:
        ground = queries.ground(session, kind.profile)
    today = wish.today or clock.today(kind.profile.timezone)
    return make_story(kind(ground), wish.accounts, wish.reps, wish.seed, today, say)


def _ask_for_plans(session: PrincipalSession, today: dt.date, story: Story) -> int:
    """Have a worker plan each rep's today and next working day; only for a story that ends now."""
    calendar = story.company.calendar
    if today != clock.today(calendar.timezone):
        return 0
    days = [*([today] if calendar.is_working(today) else []), *calendar.next_working_days(1)]
    reps = session.scalars(select(User).where(User.role == "rep").order_by(User.id)).all()
    wanted = [(rep, day) for day in days for rep in reps if day.isoweekday() in rep.work_days]
    for rep, day in wanted:
        routing.request_plan(session, rep, day, publish=True)
    return len(wanted)


def _analyse() -> None:
    """A fresh database has no figures yet by which to choose its indexes."""
    with schema.connected(db.OWNER, autocommit=True) as connection:
        connection.execute(text("ANALYZE"))
