"""A year of visits: each rep drives out on working days to who is due, and takes along whom lies near."""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import Any
from uuid import UUID

import numpy as np

from gcrm.core.geo import metres_between
from gcrm.demo import seeds
from gcrm.demo.businesses import Business
from gcrm.demo.calendar import days_off
from gcrm.demo.company import Company
from gcrm.demo.drives import Call, drive
from gcrm.demo.overdue import counts, day_of, settled
from gcrm.demo.rows import PersonRow, VisitRow
from gcrm.demo.words import Words

MOST_VISITS = 13
DUE_FROM = 0.86
"""The share of the cadence from which a visit is worth the way."""
NEGLECT_FACTOR = 2.6
"""How much rarer the neglected are visited."""
BY_THE_WAY = 0.7
"""Chance that a day takes along somebody who has no cadence."""
ANCHORS = 40
"""How many of the most pressing a day may be built round."""
NEAR_KM = 8.0
FEWEST_VISITS = 4
MISSED, CANCELLED, APPOINTED, NOWHERE = 0.025, 0.012, 0.14, 0.04

OUTCOMES = {
    "customer": (("order", 46), ("interested", 8), ("no_interest", 5), ("not_met", 9), ("follow_up", 16), ("service", 16)),
    "prospect": (("order", 3), ("interested", 32), ("no_interest", 22), ("not_met", 18), ("follow_up", 25), ("service", 0)),
    "former": (("order", 3), ("interested", 14), ("no_interest", 48), ("not_met", 20), ("follow_up", 15), ("service", 0)),
}  # fmt: skip


def make_visits(company: Company) -> list[VisitRow]:
    """The year's visits, oldest first, ending yesterday; sets each account's `last_visited_on` to its latest."""
    found = [visit for rep in company.staff.reps for visit in settled(company, rep, _Year(company, rep).visits())]
    found.sort(key=lambda visit: (visit.finished_at or visit.starts_at or visit.created_at, visit.uuid))
    latest: dict[UUID, dt.date] = {}
    for visit in found:
        if counts(visit):
            latest[visit.account] = day_of(visit, company.calendar)
    for business in company.businesses:
        business.row.last_visited_on = latest.get(business.row.uuid)
    return found


class _Year:
    """One rep's year."""

    def __init__(self, company: Company, rep: PersonRow) -> None:
        self._company, self._rep = company, rep
        self._calendar = company.calendar
        self._source = seeds.stream(company.seed, "visits", rep.email)
        self._own = [b for b in company.owned_by(rep.email) if b.row.lon is not None]
        x, y = company.country.ground.plane.km(rep.lon, rep.lat)
        self._home = (float(x), float(y))
        self._index = {business.row.uuid: number for number, business in enumerate(self._own)}
        self._xy = np.array([(b.x_km, b.y_km) for b in self._own]).reshape(-1, 2)
        self._cadence = np.array([self._rhythm(b) for b in self._own])
        self._season = np.array([b.industry.season for b in self._own]).reshape(-1, 12)
        # Somebody who was entered on a day is visited from the next one on.
        self._since = np.array([(b.row.created_at.date() - company.calendar.first).days + 1 for b in self._own])
        self._shut_mondays = np.array([b.row.opening_hours.startswith("Tu") for b in self._own])
        # Before the year began everybody had been visited at some time within the usual rhythm.
        self._last = np.array([-self._source.random() * min(c, 400) for c in self._cadence])

    @staticmethod
    def _rhythm(business: Business) -> float:
        """Days between visits; without a cadence chance alone brings the rep there."""
        days = business.row.cadence_days
        return float(days) * (NEGLECT_FACTOR if business.neglected else 1.0) if days else math.inf

    def visits(self) -> list[VisitRow]:
        if not self._own:
            return []
        off = days_off(self._calendar, self._rep.work_days, self._company.seed, self._rep.email)
        found = []
        for day in self._calendar.past():
            chosen = self._choose(day) if day not in off else []
            for call in drive(self._home, chosen, self._source):
                found.append(self._told(day, call))
        return found

    def _choose(self, day: dt.date) -> list[Business]:
        """Somebody who is due with many others round them, those others, and now and then somebody by the way."""
        now = (day - self._calendar.first).days
        season = self._season[:, day.month - 1] ** 0.5
        urgency = np.minimum((now - self._last) / self._cadence * season, 4.0)
        open_today = ~self._shut_mondays | (day.weekday() > 0)
        due = np.flatnonzero((urgency >= DUE_FROM) & (self._since <= now) & open_today)
        # With few to see the day goes to the desk, unless somebody has waited too long.
        if len(due) < FEWEST_VISITS and not (len(due) and urgency[due].max() > 1.2):
            return []
        worth = urgency[due] ** 2
        anchors = np.argsort(-worth * self._shaken(len(due)), kind="stable")[:ANCHORS]
        away = np.hypot(*(self._xy[due][anchors, None, :] - self._xy[due][None, :, :]).transpose(2, 0, 1))
        best = int(np.argmax((worth * np.exp(-away / NEAR_KM)).sum(axis=1)))
        order = np.argsort(away[best] / worth, kind="stable")
        picked = due[order][: self._source.randint(MOST_VISITS - 3, MOST_VISITS)].tolist()
        if self._source.random() < BY_THE_WAY:
            picked += self._by_the_way(picked, now)
        return [self._own[i] for i in picked]

    def _shaken(self, count: int) -> Any:
        return np.array([self._source.uniform(0.7, 1.3) for _ in range(count)])

    def _by_the_way(self, picked: list[int], now: int) -> list[int]:
        """Somebody without a cadence near one of the stops."""
        free = np.flatnonzero(np.isinf(self._cadence) & (self._since <= now))
        if not len(free):
            return []
        beside = self._xy[self._source.choice(picked)] if picked else np.array(self._home)
        away = np.hypot(*(self._xy[free] - beside).T) + 40.0 * (now - self._last[free] < 60)
        near = free[np.argsort(away, kind="stable")[:6]]
        return [int(self._source.choice(near.tolist()))]

    def _told(self, day: dt.date, call: Call) -> VisitRow:
        """What came of the stop: mostly a visit, now and then nothing."""
        source, index = self._source, self._index[call.business.row.uuid]
        mood = source.random()
        if mood < MISSED + CANCELLED:
            return self._missed(day, call, "missed" if mood < MISSED else "cancelled")
        outcome = self._outcome(call.business, day)
        if outcome != "not_met":
            self._last[index] = (day - self._calendar.first).days
        elif math.isfinite(self._cadence[index]):
            # Nobody was in: the rep comes back, but not tomorrow.
            self._last[index] += 0.3 * self._cadence[index]
        return self._visit(day, call, outcome)

    def _outcome(self, business: Business, day: dt.date) -> str:
        """Orders follow the trade's season."""
        season = business.industry.season[day.month - 1]
        choices = [(o, w * season if o == "order" else w) for o, w in OUTCOMES[business.row.status]]
        return seeds.weighted(self._source, choices)

    def _visit(self, day: dt.date, call: Call, outcome: str) -> VisitRow:
        source, row = self._source, call.business.row
        minutes = max(3, call.minutes // 3) if outcome == "not_met" else call.minutes
        arrived = self._calendar.at(day, call.arrive)
        finished = arrived + dt.timedelta(minutes=minutes)
        appointed = source.random() < APPOINTED
        note, step, step_on = self._words_on(call.business, outcome, day)
        visit = VisitRow(
            uuid=seeds.identifier(source), account=row.uuid, contact=self._contact(call.business), person=self._rep.email,
            status="done", starts_at=self._calendar.at(day, 15 * round(call.arrive / 15)) if appointed else None,
            minutes=row.visit_minutes, purpose=source.choice(self._words.purposes[row.status]), arrived_at=arrived, arrived_lon=None,
            arrived_lat=None, accuracy_metres=None, distance_metres=None, no_position_reason=None, finished_at=finished,
            outcome=outcome, note=note, next_step=step, next_step_on=step_on, created_at=arrived, updated_at=finished,
        )  # fmt: skip
        self._position(visit, call.business)
        return visit

    def _position(self, visit: VisitRow, business: Business) -> None:
        """Where the phone said it was: some metres off, or nowhere."""
        source = self._source
        if source.random() < NOWHERE:
            visit.no_position_reason = source.choice(self._words.no_position_reasons)
            return
        off = source.expovariate(1 / 0.03)
        angle = source.uniform(0, 2 * math.pi)
        dx, dy = self._company.country.ground.plane.degrees(off * math.cos(angle), off * math.sin(angle))
        lon, lat = business.place.lon + float(dx), business.place.lat + float(dy)
        visit.arrived_lon, visit.arrived_lat = round(lon, 6), round(lat, 6)
        visit.accuracy_metres = float(round(source.lognormvariate(2.3, 0.5), 1))
        visit.distance_metres = round(
            metres_between((visit.arrived_lon, visit.arrived_lat), (business.place.lon, business.place.lat)), 1
        )

    def _missed(self, day: dt.date, call: Call, status: str) -> VisitRow:
        source, row = self._source, call.business.row
        starts = self._calendar.at(day, 15 * round(call.arrive / 15))
        written = starts - dt.timedelta(days=source.randint(1, 6))
        return VisitRow(
            uuid=seeds.identifier(source), account=row.uuid, contact=self._contact(call.business), person=self._rep.email,
            status=status, starts_at=starts, minutes=row.visit_minutes, purpose=source.choice(self._words.purposes[row.status]),
            arrived_at=None, arrived_lon=None, arrived_lat=None, accuracy_metres=None, distance_metres=None,
            no_position_reason=None, finished_at=None, outcome=None, note=source.choice(self._words.missed_notes),
            next_step=None, next_step_on=None, created_at=written, updated_at=starts,
        )  # fmt: skip

    @property
    def _words(self) -> Words:
        return self._company.country.profile.words

    def _contact(self, business: Business) -> UUID | None:
        return self._source.choice(business.contacts).uuid if business.contacts else None

    def _words_on(
        self, business: Business, outcome: str, day: dt.date
    ) -> tuple[str | None, str | None, dt.date | None]:
        """The note and the next step."""
        source = self._source
        note = fill(source.choice(self._words.visit_notes[outcome]), business, self._words, source)
        if source.random() > (0.10 if outcome in ("order", "service") else 0.35):
            return note, None, None
        step, days, _ = source.choice(self._words.next_steps[outcome])
        return note, step, day + dt.timedelta(days=max(1, round(days * source.uniform(0.7, 1.4))))


def fill(text: str, business: Business, words: Words, source: random.Random) -> str:
    """A text with its braces filled from the business."""
    contact = source.choice(business.contacts).name if business.contacts else business.row.name
    product = source.choice(words.products[business.industry.key])
    filled = text.format(contact=contact, product=product, rival=source.choice(words.rivals), town=business.place.town)
    return filled[:1].upper() + filled[1:]
