"""A rep's planned day: its route problem, its solution, its stops and what was left out."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gcrm.core.db import Model
from gcrm.core.geo import lon_lat
from gcrm.core.models import BigKey, CreatedAt, Instant, PublicId, SmallKey
from gcrm.people.models import User
from gcrm.routing import nights
from gcrm.routing.nights import MOST_SAVING_MINUTES, Night, Point
from gcrm.visits.models import Visit

PLAN_STATUSES = ("queued", "solving", "ready", "published", "failed", "replaced")
STOP_STATUSES = ("ahead", "arrived", "done", "skipped")
RUN_STATUSES = ("queued", "solving", "done", "failed", "cancelled")
RUN_KINDS = ("plan", "trial")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, words))})"


class PlanRun(Model):
    """One solve for the days of one or more reps, or a trial of other weights that saves no plan."""

    __tablename__ = "plan_runs"
    __table_args__ = (
        CheckConstraint(_one_of("status", RUN_STATUSES), name="status"),
        CheckConstraint(_one_of("kind", RUN_KINDS), name="kind"),
        CheckConstraint("days > 0", name="days"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    kind: Mapped[str] = mapped_column(server_default="plan", default="plan")
    status: Mapped[str] = mapped_column(server_default="queued", default="queued")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    rep_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    first_day: Mapped[dt.date]
    days: Mapped[int]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    """Of a trial, `weights` to try; of a plan, what was asked for beside the days."""
    seconds: Mapped[float]
    """How long the search may take."""
    seed: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    cancel_asked: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    created_at: Mapped[CreatedAt]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    steps: Mapped[int | None] = mapped_column(BigInteger)
    """Of the search so far, or at its end: replaying them with the seed gives the same plan."""
    value: Mapped[float | None]
    """What the best plan so far is worth."""
    fault: Mapped[str | None]
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id])
    plans: Mapped[list[DayPlan]] = relationship(back_populates="run", order_by="(DayPlan.rep_id, DayPlan.day)")


class DayPlan(Model):
    """One rep's plan for one day."""

    __tablename__ = "day_plans"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, PLAN_STATUSES))})", name="status"),
        Index("ix_day_plans_rep_day", "rep_id", "day"),
        Index("ix_day_plans_run", "run_id"),
        Index(
            "uq_day_plans_published", "rep_id", "day", unique=True,
            postgresql_where=text("status = 'published'"),
        ),
    )  # fmt: skip

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[dt.date]
    status: Mapped[str] = mapped_column(server_default="queued", default="queued")
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("plan_runs.id", ondelete="SET NULL"))
    """The solve that made this day together with others."""
    created_at: Mapped[CreatedAt]
    solved_at: Mapped[Instant | None]
    published_at: Mapped[Instant | None]
    fault: Mapped[str | None]
    """Why no plan could be made, as a sentence."""
    candidates: Mapped[int | None]
    travel_source: Mapped[str | None]
    """What made the travel times, as "roads + estimate for 2 places"."""
    travel_notes: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Names of the places whose times are estimates, and the factor of the shift's hours with the trips it stands on."""
    drawn_return: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The drive home along roads, as `Stop.drawn`."""
    starts_at: Mapped[Instant | None]
    leaves_at: Mapped[Instant | None]
    returns_at: Mapped[Instant | None]
    travel_seconds: Mapped[int | None]
    travel_metres: Mapped[int | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    solution: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("day_plans.id", ondelete="SET NULL"), index=True)
    """The version of the same day that this one was made from."""
    cause: Mapped[str | None]
    """Why the day was planned anew while it ran: a word of `replan.CAUSES`."""
    changes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """What is other than in the version before: `replan.Change` as mappings."""
    late_minutes: Mapped[int | None]
    """How late the rep last said to be, and `late_at` when."""
    late_at: Mapped[Instant | None]
    accepted_at: Mapped[Instant | None]
    """When the rep looked at the plan the evening before and took it."""
    start_faded_at: Mapped[Instant | None]
    """Since then the problem of a replanned day knows only the square of a kilometre from which it went on."""
    night_before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The hotel where the day begins, as `nights.Night`; None: at home."""
    night_after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The hotel where it ends."""

    rep: Mapped[User] = relationship(foreign_keys=[rep_id])
    run: Mapped[PlanRun | None] = relationship(back_populates="plans")
    stops: Mapped[list[Stop]] = relationship(back_populates="day_plan", order_by="Stop.position")
    left_out: Mapped[list[LeftOut]] = relationship(order_by="LeftOut.id")

    @property
    def morning(self) -> Night | None:
        """Where the rep wakes up, if not at home."""
        return nights.read(self.night_before)

    @property
    def evening(self) -> Night | None:
        """Where the rep goes to sleep, if not at home."""
        return nights.read(self.night_after)

    @property
    def begin(self) -> Point | None:
        """Where the day begins, (lon, lat)."""
        return self.morning.point if self.morning else self._home

    @property
    def end(self) -> Point | None:
        """Where the day ends."""
        return self.evening.point if self.evening else self._home

    @property
    def _home(self) -> Point | None:
        return lon_lat(self.rep.home) if self.rep.home is not None else None


class Stop(Model):
    """One stop of a plan; it names what stood there, so that the rep keeps it when the account moves on."""

    __tablename__ = "stops"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, STOP_STATUSES))})", name="status"),
        Index("ix_stops_day_plan", "day_plan_id", "position"),
        Index("ix_stops_account", "account_id"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    day_plan_id: Mapped[int] = mapped_column(ForeignKey("day_plans.id", ondelete="CASCADE"))
    position: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="SET NULL"), index=True)
    account_name: Mapped[str]
    address: Mapped[str | None]
    location: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    arrive_at: Mapped[Instant]
    start_at: Mapped[Instant]
    depart_at: Mapped[Instant]
    travel_seconds: Mapped[int]
    travel_metres: Mapped[int]
    why: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Why this visit today; `routing/reasons.py` turns it into a sentence."""
    is_fixed: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    status: Mapped[str] = mapped_column(server_default="ahead", default="ahead")
    skip_reason: Mapped[str | None]
    visit_key: Mapped[str | None]
    """Its visit in the plan's stored problem."""
    drawn: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The drive to it along roads: from and to as [lon, lat], and the line between as an encoded polyline."""

    is_locked: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Somebody said that it stays on this day, whatever is planned again."""
    pinned_at: Mapped[Instant | None]
    """Somebody said that it begins then."""

    day_plan: Mapped[DayPlan] = relationship(back_populates="stops")
    visit: Mapped[Visit | None] = relationship()


class LeftOut(Model):
    """A candidate that the plan does not visit, and why."""

    __tablename__ = "left_out"
    __table_args__ = (
        Index("ix_left_out_day_plan", "day_plan_id"),
        Index("ix_left_out_account", "account_id"),
    )

    id: Mapped[BigKey]
    day_plan_id: Mapped[int] = mapped_column(ForeignKey("day_plans.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    account_name: Mapped[str]
    why: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Why it was a candidate."""
    reason: Mapped[str]
    """Why it was left out: a word of the route problem's list, or `unplaced`."""
    detail: Mapped[str]
    added_seconds: Mapped[int | None]
    visit_key: Mapped[str | None]
    """Its visit in the plan's route problem; None for what never was in it."""


class PlanEdit(Model):
    """What a person changed in a plan, and the order as it stood before, for undo."""

    __tablename__ = "plan_edits"
    __table_args__ = (
        Index("ix_plan_edits_day_plan", "day_plan_id", "id"),
        Index("ix_plan_edits_account", "account_id"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    day_plan_id: Mapped[int] = mapped_column(ForeignKey("day_plans.id", ondelete="CASCADE"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[CreatedAt]
    kind: Mapped[str]
    """A word of `editing.KINDS`."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    """The account whose stop was changed."""
    said: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What it cost: seconds of driving and of the day's end, more or less than before."""
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Order, pinned times and locks as they stood."""
    goes_with: Mapped[UUID | None] = mapped_column(PgUUID(as_uuid=True))
    """The same for both halves of a move from one day to another."""
    was_published: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether the rep worked by the plan already."""
    undone_at: Mapped[Instant | None]

    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])


class PlanWeights(Model):
    """What counts when visits are chosen: for one team, or for the organisation."""

    __tablename__ = "plan_weights"
    __table_args__ = (UniqueConstraint("team_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[SmallKey]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    """None: the organisation's."""
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Fields of `weights.Weights`."""
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[Instant] = mapped_column(server_default=func.now(), onupdate=func.now())


class Hotel(Model):
    """A place where reps may spend a night on their way."""

    __tablename__ = "hotels"
    __table_args__ = (
        CheckConstraint(f"extra_minutes BETWEEN 0 AND {MOST_SAVING_MINUTES}", name="extra_minutes"),
        Index("ix_hotels_user", "user_id"),
    )

    id: Mapped[BigKey]
    uuid: Mapped[PublicId]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Whose it is; None: everybody's."""
    name: Mapped[str]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    location: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    extra_minutes: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """Minutes of driving that a night here must save beyond the least saving."""
    removed_at: Mapped[Instant | None]
    """Nobody is sent there any more; plans keep the name."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])


class NightRule(Model):
    """When a rep may stay away: one rep's own, or everybody's."""

    __tablename__ = "night_rules"
    __table_args__ = (
        UniqueConstraint("user_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"saving_minutes BETWEEN 0 AND {MOST_SAVING_MINUTES}", name="saving_minutes"),
        CheckConstraint("weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]", name="weekdays"),
    )

    id: Mapped[SmallKey]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """None: everybody's without a rule of the own."""
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """The evenings on which a night may be spent away, 1 is Monday; none: never."""
    saving_minutes: Mapped[int]
    """Minutes of driving that a night must save."""
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[Instant] = mapped_column(server_default=func.now(), onupdate=func.now())


class CalendarFeed(Model):
    """The secret address under which a person's own calendar program reads the plans; one for each person."""

    __tablename__ = "calendar_feeds"

    id: Mapped[BigKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    read_at: Mapped[Instant | None]


class CalendarEntry(Model):
    """What calendars were last told of a stop, so that a move raises its sequence."""

    __tablename__ = "calendar_entries"
    __table_args__ = (UniqueConstraint("rep_id", "uid"),)

    id: Mapped[BigKey]
    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    uid: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    fingerprint: Mapped[str]
    """Of begin, end, name and place as they were told."""
    changed_at: Mapped[Instant]
    etag: Mapped[str | None]
    """Of the event as we last saw or wrote it in the person's own calendar."""
    told_sequence: Mapped[int | None]
    """The sequence that stands there."""
    told_until: Mapped[Instant | None]
    """When the event there ends; a past one is never taken away."""


class CalendarLink(Model):
    """A calendar of a person's own on a CalDAV server, kept in step both ways; read by the bare login only."""

    __tablename__ = "calendar_links"

    id: Mapped[BigKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    url: Mapped[str]
    username: Mapped[str]
    sealed_password: Mapped[str]
    """Sealed with the installation's secret key."""
    sync_token: Mapped[str | None]
    """Where the next reading of changes goes on."""
    synced_at: Mapped[Instant | None]
    fault: Mapped[str | None]
    """Why the last time failed, as a sentence."""


class TravelFactor(Model):
    """How much longer drives take that begin in an hour of the week than the source of travel times says."""

    __tablename__ = "travel_factors"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint("factor > 0", name="factor"),
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    """Against whose times it was learned."""
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    """1 is Monday, on the clocks of the reps."""
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    factor: Mapped[float]
    trips: Mapped[int]
    """How many drives between check-ins it stands on."""
    learned_at: Mapped[Instant]
