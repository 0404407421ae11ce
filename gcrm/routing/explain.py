"""Why a visit is not served: the first reason that holds, a sentence for a person, and what it would add."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from gcrm.routing.model import FAR, Ints, Model, merged
from gcrm.routing.plan import Plan
from gcrm.routing.solution import Unserved


class Explainer:
    """Explains what a finished plan leaves out."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.model: Model = plan.model
        self.problem = plan.model.problem
        self.begins = [plan.begin(s) for s in range(len(self.model.ends))]
        self._reached: dict[tuple[int, int], set[int]] = {}
        self._impossible: dict[int, tuple[str, str] | None] = {}

    def unserved(self) -> tuple[Unserved, ...]:
        """Return every visit that is not served, in the order of the problem."""
        return tuple(self.explain(v) for v, s in enumerate(self.plan.where) if s < 0)

    def explain(self, v: int) -> Unserved:
        """Explain one visit."""
        added = self.added(v)
        reason, detail = self.reason(v, added)
        return Unserved(self.problem.visits[v].id, reason, detail, added)

    def servable(self) -> list[int]:
        """Return the visits that some shift could serve if it did nothing else."""
        return [v for v, s in enumerate(self.plan.where) if s >= 0 or self.impossible(v) is None]

    def reason(self, v: int, added: int | None) -> tuple[str, str]:
        """Return the first reason that holds, and its sentence."""
        found = self.impossible(v)
        if found is not None:
            return found
        group = self.group_limit(v)
        if group is not None:
            return "group_limit", group
        if self.fits_now(v):
            prize = self.problem.visits[v].prize
            return "lower_value", f"It would fit, but is worth less to the plan ({prize:g}) than what it costs."
        extra = "" if added is None else f"It would add {span(added)} of travel and service, and "
        sentence = f"{extra}no route has the time for it as the plan stands."
        return "no_time", sentence[0].upper() + sentence[1:]

    def impossible(self, v: int) -> tuple[str, str] | None:
        """Return the reason that holds whatever else is planned."""
        if v not in self._impossible:
            self._impossible[v] = self._judge(v)
        return self._impossible[v]

    def _judge(self, v: int) -> tuple[str, str] | None:
        allowed = np.flatnonzero(self.model.fits[:, v]).tolist()
        visit = self.problem.visits[v]
        if not allowed:
            return "not_allowed", "No shift may serve it."
        if not any(self.reachable(v, s) for s in allowed):
            return "unreachable", "There is no way there and back for any shift that may serve it."
        shifts = [self.problem.shifts[s] for s in allowed]
        if visit.windows and not any(a <= s.end and s.start <= b for a, b in visit.windows for s in shifts):
            return "closed", f"It is open {self.windows(visit.windows)}, when no shift that may serve it is at work."
        if not any(self.alone(v, s) for s in allowed):
            return "too_far", self.too_far(v, allowed)
        return None

    def reachable(self, v: int, s: int) -> bool:
        """Say whether the shift can come to the visit and go on to one of its ends, by whatever stops."""
        model, place = self.model, self.model.place[v]
        if model.way(s, self.begins[s], place) < FAR and any(
            model.way(s, place, p) < FAR for p in model.ends[s].places
        ):
            return True
        from_visit = self.reached(s, place)
        return place in self.reached(s, self.begins[s]) and any(p in from_visit for p in self.model.ends[s].places)

    def reached(self, s: int, start: int) -> set[int]:
        """Return the places that can be reached from one."""
        factor = self.model.factor[s]
        if (factor, start) not in self._reached:
            ways = self.model.tables[factor] < FAR
            # From nowhere one reaches all, and all reach nowhere, but nobody passes through it.
            seen = ways[start].copy()
            while True:
                wider = seen | ways[:-1][seen[:-1]].any(0)
                if (wider == seen).all():
                    break
                seen = wider
            self._reached[factor, start] = set(np.flatnonzero(seen).tolist())
        return self._reached[factor, start]

    def alone(self, v: int, s: int) -> bool:
        """Say whether the visit makes a route of the shift by itself, its group left aside."""
        free = {v: tuple(merged(list(self.problem.visits[v].windows) or [(-FAR, FAR)]))}
        return any(self.plan.tracks_of.possible(s, self.begins[s], end, v, free) for end in self.ends(s))

    def ends(self, s: int) -> Iterable[int]:
        return range(len(self.model.ends[s].places))

    def too_far(self, v: int, allowed: list[int]) -> str:
        ways = []
        for s in allowed:
            table = self.model.tables[self.model.factor[s]]
            for end in self.model.ends[s].places:
                ways.append(int(table[self.begins[s], self.model.place[v]] + table[self.model.place[v], end]))
        least = min(ways)
        if least >= FAR:
            return "It cannot be reached and left directly, and does not fit alone in any shift that may serve it."
        least += self.model.duration[v]
        return f"Going there, {span(self.model.duration[v])} of service and going back take {span(least)}: no shift that may serve it can, even alone."

    def group_limit(self, v: int) -> str | None:
        """Return a sentence where the group stands in the way."""
        model, plan = self.model, self.plan
        g = model.group[v]
        if g < 0:
            return None
        if plan.full(v):
            return f"Its group has the {model.group_most[g]} visits it may have."
        patterns = model.group_patterns[g]
        if patterns is not None:
            days = frozenset(plan.days(g))
            if not any(days < pattern for pattern in patterns):
                return "The days of its group's other visits allow no further one."
            return None
        if not model.group_gap[g]:
            return None
        allowed = np.flatnonzero(model.fits[:, v]).tolist()
        windows = {v: model.windows[v]}
        taken = not any(
            plan.tracks_of.possible(s, self.begins[s], e, v, windows) for s in allowed for e in self.ends(s)
        )
        if taken or (self.fits_now(v, gaps=False) and not self.fits_now(v)):
            return f"Another visit of its group is less than {span(model.group_gap[g])} away."
        return None

    def fits_now(self, v: int, gaps: bool = True) -> bool:
        """Say whether the visit goes into some shift of the plan without moving any other stop."""
        model, plan = self.model, self.plan
        g = model.group[v]
        if g >= 0 and model.group_patterns[g] is not None:
            return self.pattern_fits(v)
        for s in np.flatnonzero(model.fits[:, v]).tolist():
            track = plan.tracks[s]
            if track.added is None:
                track.added = plan.tracks_of.added(track, plan.fixed[s])
            if track.added[v] >= FAR:
                continue
            for gap in range(plan.fixed[s], len(track.stops) + 1):
                trial = plan.copy()
                if trial.insert(v, s, gap) if gaps else trial.put(s, (*track.stops[:gap], v, *track.stops[gap:])):
                    return True
        return False

    def pattern_fits(self, v: int) -> bool:
        """Say whether the visit's group can be served on one of its patterns, this visit among those served."""
        g = self.model.group[v]
        served = self.plan.days(g)
        others = [u for u in self.model.members[g] if u != v and self.plan.where[u] < 0]
        for pattern in self.model.group_patterns[g] or []:
            days = pattern - set(served)
            if not set(served) < pattern or len(pattern) > self.model.group_most[g]:
                continue
            for day in sorted(days):
                trial = self.plan.copy()
                if self._put_on(trial, v, day) and all(
                    any(self._put_on(trial, u, other) for u in others if trial.where[u] < 0)
                    for other in sorted(days - {day})
                ):
                    return True
        return False

    def _put_on(self, trial: Plan, v: int, day: int) -> bool:
        """Put a visit anywhere into a shift of a day."""
        for s in np.flatnonzero(self.model.fits[:, v]).tolist():
            if self.problem.shifts[s].day == day:
                for gap in range(trial.fixed[s], len(trial.tracks[s].stops) + 1):
                    if trial.insert(v, s, gap):
                        return True
        return False

    def added(self, v: int) -> int | None:
        """Return the least extra travel and service over the routes of the shifts that may serve it."""
        extra = np.where(self.model.fits[:, v], self.extra[:, v], FAR)
        least = int(extra.min()) if len(extra) else FAR
        return None if least >= FAR // 2 else least + self.model.duration[v]

    @cached_property
    def extra(self) -> Ints:
        """What each visit (column) would add in travel to the route of each shift (row), time limits left aside."""
        model, plan = self.model, self.plan
        extra, places = np.full(model.fits.shape, FAR, dtype=np.int64), np.array(model.place, dtype=np.int64)
        for s, track in enumerate(plan.tracks):
            if track.stops:
                here, there = np.array(track.path[plan.fixed[s] : -1]), np.array(track.path[plan.fixed[s] + 1 :])
                factor = model.factor[s]
                table = model.tables[factor]
                more = table[here[:, None], places] + table[places[:, None], there].T
                extra[s] = (more - table[here, there][:, None]).min(0)
        return extra

    def windows(self, windows: tuple[tuple[int, int], ...]) -> str:
        return ", ".join(f"{self.clock(a)}-{self.clock(b)}" for a, b in windows[:4])

    def clock(self, seconds: int) -> str:
        """Write a moment as a clock shows it."""
        if self.problem.starts_at is not None:
            moment = datetime.fromisoformat(self.problem.starts_at) + timedelta(seconds=seconds)
            return f"{moment:%H:%M}" if abs(seconds) < 86400 else f"{moment:%Y-%m-%d %H:%M}"
        day, rest = divmod(seconds, 86400)
        return f"{rest // 3600:02d}:{rest // 60 % 60:02d}" + (f" (day {day})" if day else "")


def span(seconds: int) -> str:
    """Write a length of time in hours and minutes."""
    minutes = round(seconds / 60)
    hours, minutes = divmod(abs(minutes), 60)
    text = f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
    return f"-{text}" if seconds <= -30 else text
