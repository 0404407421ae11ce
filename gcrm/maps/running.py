"""How a rep's day runs: what is done, left and missed, whether it is late, and when it will end."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

LATE_MINUTES = 10
"""From so many minutes behind the plan a day is called late."""


@dataclass(frozen=True)
class Day:
    """A rep's published plan of today and how far it is."""

    rep_id: int
    name: str
    rep: uuid.UUID
    plan: uuid.UUID
    done: int
    ahead: int
    """Stops still to be made, the one under way among them."""
    missed: int
    returns_at: dt.datetime | None
    """As planned."""
    next_start_at: dt.datetime | None = None
    """When the next stop was to begin."""
    here_start_at: dt.datetime | None = None
    """When the stop under way was to begin, when it began, and when it was to end."""
    here_arrived_at: dt.datetime | None = None
    here_depart_at: dt.datetime | None = None
    last_finished_at: dt.datetime | None = None
    told_minutes: int | None = None
    """How late the rep said to be, and when."""
    told_at: dt.datetime | None = None

    @property
    def stops(self) -> int:
        return self.done + self.ahead + self.missed

    @property
    def told(self) -> dt.timedelta:
        """How late the rep said to be, as long as no stop was reached or finished since: then that counts."""
        seen = max((at for at in (self.here_arrived_at, self.last_finished_at) if at is not None), default=None)
        if not self.told_minutes or self.told_at is None or (seen is not None and seen > self.told_at):
            return dt.timedelta(0)
        return dt.timedelta(minutes=self.told_minutes)

    def late(self, now: dt.datetime) -> dt.timedelta:
        """How far behind the plan the day is: by the stop under way, else by the next one that should have begun; or as told."""
        return max(self.told, self._behind(now))

    def _behind(self, now: dt.datetime) -> dt.timedelta:
        nothing = dt.timedelta(0)
        if self.here_start_at is not None:
            began = (self.here_arrived_at or self.here_start_at) - self.here_start_at
            stays = now - self.here_depart_at if self.here_depart_at is not None else nothing
            return max(nothing, began, stays)
        return max(nothing, now - self.next_start_at) if self.next_start_at is not None else nothing

    def is_late(self, now: dt.datetime) -> bool:
        return self.late(now) >= dt.timedelta(minutes=LATE_MINUTES)

    def ends_at(self, now: dt.datetime) -> dt.datetime | None:
        """When the rep is back: as planned and as much later as the day runs late; the last visit's end once all is done."""
        if not self.ahead:
            return self.last_finished_at
        return self.returns_at + self.late(now) if self.returns_at is not None else None
