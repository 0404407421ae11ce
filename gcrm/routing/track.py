"""One shift's route inside the search: its times as labels, and the test of every insertion at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gcrm.routing.model import FAR, Bools, Ints, Model
from gcrm.routing.schedule import Run, Timetable, timetable

NEVER = 4 * FAR


@dataclass(slots=True, eq=False)
class Track:
    """A feasible route; never changed after it is built.

    `early[b][k]` is the earliest departure after k stops with the first b breaks taken, `late[b][k]` the latest
    arrival at stop k (at the end, for the last) from which the rest can be kept when b breaks are taken. Breaks are
    taken in the order of the middles of their windows.
    """

    shift: int
    begin: int
    end: int
    stops: tuple[int, ...]
    path: list[int]
    early: list[list[int]]
    late: list[list[int]]
    travel: int
    work: int
    value: float
    added: Ints | None = field(default=None)
    """the least travel that each visit adds, once somebody asked"""


class Tracks:
    """Builds tracks of one model, and remembers timetables it had to compute."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.problem = model.problem
        self.memory: dict[tuple[int, int, int, tuple[int, ...]], Timetable | None] = {}
        self.rests = [_chain(breaks) for breaks in model.breaks]
        self.single = [len(each) == 1 for each in model.windows]

    def build(
        self,
        s: int,
        begin: int,
        end: int,
        stops: tuple[int, ...],
        narrow: dict[int, tuple[tuple[int, int], ...]] | None = None,
    ) -> Track | None:
        """Return the track of shift `s` from place `begin` over `stops` to its `end`-th end; None if it cannot be."""
        model, shift = self.model, self.problem.shifts[s]
        last = model.ends[s].places[end]
        path = [begin, *(model.place[v] for v in stops), last]
        if not stops:
            # An unused shift ends where it began: no travel, no break.
            early = [[shift.start] if b == 0 else [NEVER] for b in range(len(model.breaks[s]) + 1)]
            if not model.breaks[s]:
                return Track(s, begin, end, (), path, early, [[shift.end]], 0, 0, 0.0)
            late = self._late(s, [], [0], ())
            return Track(s, begin, end, (), path, early, late, 0, 0, 0.0)
        legs = model.ways(s, path)
        travel = sum(legs)
        if travel >= FAR or (shift.max_travel_seconds is not None and travel > shift.max_travel_seconds):
            return None
        if shift.max_visits is not None and len(stops) > shift.max_visits:
            return None
        if shift.capacity is not None:
            load = sum(model.load[v] for v in stops)
            if load > shift.capacity + 1e-9 * max(1.0, shift.capacity):
                return None
        windows = [model.windows[v] for v in stops] if not narrow else [narrow.get(v, model.windows[v]) for v in stops]
        early_or_none = self._early(s, stops, legs, windows)
        if early_or_none is None:
            return None
        late = self._late(s, stops, legs, windows)
        work, waiting = 0, 0
        if model.rep_bound[s] or self.problem.cost_per_waiting_second:
            figures = self._figures(s, begin, end, stops, legs, windows, early_or_none, late, narrow)
            if figures is None:
                return None
            work, waiting = figures
        value = (
            sum(model.weight[v] for v in stops)
            - self.problem.cost_per_travel_second * travel
            - self.problem.cost_per_waiting_second * waiting
            - self.problem.cost_per_shift
            - model.ends[s].costs[end]
        )
        return Track(s, begin, end, stops, path, early_or_none, late, travel, work, value)

    def timetable(
        self, s: int, begin: int, end: int, stops: tuple[int, ...], windows: Sequence[Sequence[tuple[int, int]]]
    ) -> Timetable | None:
        """Return the exact timetable of a route."""
        model, shift = self.model, self.problem.shifts[s]
        path = [begin, *(model.place[v] for v in stops), model.ends[s].places[end]]
        return timetable(
            Run(
                shift.start,
                shift.end,
                model.ways(s, path),
                [(model.duration[v], w) for v, w in zip(stops, windows, strict=True)],
                shift.breaks,
                shift.max_work_seconds,
                model.rep_bound[s],
                self.problem.cost_per_waiting_second,
            )
        )

    def possible(self, s: int, begin: int, end: int, v: int, windows: dict[int, tuple[tuple[int, int], ...]]) -> bool:
        """Say whether visit `v` alone, in these windows, makes a route of the shift."""
        if self.build(s, begin, end, (v,), windows) is not None:
            return True
        # The labels take breaks in one order; where that is all that fails, the exact timetable decides.
        model, shift = self.model, self.problem.shifts[s]
        way = sum(model.ways(s, [begin, model.place[v], model.ends[s].places[end]]))
        most = FAR - 1 if shift.max_travel_seconds is None else shift.max_travel_seconds
        if len(shift.breaks) < 2 or way > most or shift.max_visits == 0:
            return False
        if shift.capacity is not None and model.load[v] > shift.capacity:
            return False
        return self.timetable(s, begin, end, (v,), [windows[v]]) is not None

    def _figures(
        self,
        s: int,
        begin: int,
        end: int,
        stops: tuple[int, ...],
        legs: list[int],
        windows: Sequence[Sequence[tuple[int, int]]],
        early: list[list[int]],
        late: list[list[int]],
        narrow: dict[int, tuple[tuple[int, int], ...]] | None,
    ) -> tuple[int, int] | None:
        """Return the least work and waiting seconds of a route, None where it works too long."""
        model, shift = self.model, self.problem.shifts[s]
        busy = sum(legs) + sum(model.duration[v] for v in stops)
        most = shift.max_work_seconds
        if most is not None and busy > most:
            return None
        if not model.breaks[s]:
            # With one window each the return is max(E, leave + busy) up to the latest leaving.
            work = max(busy, early[0][-1] + legs[-1] - (late[0][0] - legs[0]))
            if most is not None and work > most:
                return None
            if all(len(each) == 1 for each in windows):
                return work, work - busy
        key = (s, begin, end, stops)
        if narrow or key not in self.memory:
            made = self.timetable(s, begin, end, stops, windows)
            if narrow:
                return None if made is None else (made.work_seconds, made.waiting_seconds)
            if len(self.memory) > 50_000:
                self.memory.clear()
            self.memory[key] = made
        made = self.memory[key]
        return None if made is None else (made.work_seconds, made.waiting_seconds)

    def _early(
        self, s: int, stops: Sequence[int], legs: list[int], windows: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[int]] | None:
        duration, shift = self.model.duration, self.problem.shifts[s]
        if not self.model.breaks[s]:
            t = shift.start
            row = [t]
            for k, v in enumerate(stops):
                t += legs[k]
                for a, b in windows[k]:
                    if t <= b:
                        t = (a if t < a else t) + duration[v]
                        break
                else:
                    return None
                row.append(t)
            return None if t + legs[-1] > shift.end else [row]
        count = len(self.model.breaks[s]) + 1
        rows = [[shift.start]] + [[NEVER] for _ in range(count - 1)]
        for k, v in enumerate(stops):
            ready = self._ready(s, [row[k] for row in rows], legs[k])
            best = NEVER
            for b in range(count):
                t = ready[b]
                for opens, closes in windows[k]:
                    if t <= closes:
                        t = (opens if t < opens else t) + duration[v]
                        break
                else:
                    t = NEVER
                rows[b].append(t)
                best = min(best, t)
            if best >= FAR:
                return None
        return None if self._ready(s, [row[-1] for row in rows], legs[-1])[-1] > shift.end else rows

    def _ready(self, s: int, times: list[int], leg: int) -> list[int]:
        """Return the earliest time of having driven a leg and rested, for each number of breaks then taken."""
        ready = [t + leg for t in times]
        for b, done, breaks, resting in self.rests[s]:
            t = times[b]
            if t >= FAR:
                continue
            rested = t
            for pause in breaks:
                rested = max(rested, pause.window[0])
                if rested > pause.window[1]:
                    break
                rested += pause.duration
            else:
                ready[done] = min(ready[done], max(t + leg + resting, rested))
        return ready

    def _late(
        self, s: int, stops: Sequence[int], legs: list[int], windows: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[int]]:
        duration, end = self.model.duration, self.problem.shifts[s].end
        if not self.model.breaks[s]:
            t = end
            row = [t]
            for k in range(len(stops) - 1, -1, -1):
                t -= legs[k + 1] + duration[stops[k]]
                for opens, closes in reversed(windows[k]):
                    if t >= opens:
                        t = t if t < closes else closes
                        break
                else:
                    t = -NEVER
                row.append(t)
            return [row[::-1]]
        count = len(self.model.breaks[s]) + 1
        arrive = [-NEVER] * (count - 1) + [end]
        rows = [[t] for t in arrive]
        for k in range(len(stops) - 1, -1, -1):
            depart = self._depart(s, arrive, legs[k + 1])
            for b in range(count):
                t = depart[b] - duration[stops[k]]
                for opens, closes in reversed(windows[k]):
                    if t >= opens:
                        t = min(t, closes)
                        break
                else:
                    t = -NEVER
                arrive[b] = t
                rows[b].append(t)
        return [row[::-1] for row in rows]

    def _depart(self, s: int, arrive: list[int], leg: int) -> list[int]:
        """Return the latest departure, for each number of breaks taken before it, to arrive and be rested in time."""
        depart = [t - leg for t in arrive]
        for b, done, breaks, resting in self.rests[s]:
            depart[b] = max(depart[b], min(_bound(breaks, arrive[done]), arrive[done] - resting - leg))
        return depart

    def added(self, track: Track, first: int = 0) -> Ints:
        """Return the least travel that each visit (n,) adds to a route from gap `first` on; `FAR` or more: it fits nowhere."""
        model, s = self.model, track.shift
        factor, path = model.factor[s], track.path
        here, there = np.array(path[first:-1]), np.array(path[first + 1 :])
        table, places = model.tables[factor], np.array(model.place, dtype=np.int64)
        to, on = table[here[:, None], places], table[places[:, None], there].T
        early = [np.array(row[first:])[:, None] for row in track.early]
        late = [np.array(row[first:])[:, None] for row in track.late]
        added: Ints = to + on
        if track.stops:
            added -= table[here, there][:, None]
        fits = self._fits(s, early, late, to, on)
        added += np.multiply(~fits, NEVER)
        least: Ints = added.min(0)
        return least

    def _fits(self, s: int, early: list[Ints], late: list[Ints], to: Ints, on: Ints) -> Bools:
        """Say for each gap (row) and visit (column) whether the rest of the route can still be kept."""
        rests, model = self.rests[s], self.model
        opens, closes, duration = model.opens, model.closes, model.durations
        if not rests:
            fits: Bools = _departed(early[0] + to, opens, closes, duration) + on <= late[0]
            return fits
        ready = [row + to for row in early]
        for b, done, breaks, resting in rests:
            rested = early[b]
            for pause in breaks:
                begin = np.maximum(rested, pause.window[0])
                rested = np.where(begin > pause.window[1], NEVER, begin + pause.duration)
            np.minimum(ready[done], np.maximum(early[b] + resting + to, rested), out=ready[done])
        depart = [_departed(row, opens, closes, duration) for row in ready]
        fits = depart[0] + on <= late[0]
        for b in range(1, len(depart)):
            fits |= depart[b] + on <= late[b]
        for b, done, breaks, resting in rests:
            bound = np.array([_bound(breaks, int(t)) for t in late[done][:, 0]])[:, None]
            fits |= (depart[b] <= bound) & (depart[b] + on <= late[done] - resting)
        return fits


def _departed(ready: Ints, opens: Ints, closes: Ints, duration: Ints) -> Ints:
    """Return when a visit is done that is reached at `ready`: it starts in the first window that can still be met."""
    if len(opens) == 1:
        done: Ints = np.maximum(ready, opens[0])
        done += duration
        done += np.multiply(ready > closes[0], NEVER)
        return done
    start = np.full_like(ready, NEVER)
    for w in range(len(opens) - 1, -1, -1):
        start = np.where(ready <= closes[w], np.maximum(ready, opens[w]), start)
    return start + duration


def _bound(breaks: tuple, arrive: int) -> int:  # type: ignore[type-arg]
    """Return the latest start of a row of breaks that is over by `arrive`, or never."""
    over, bound, resting = -FAR, FAR, 0
    for pause in breaks:
        over = max(over, pause.window[0])
        if over > pause.window[1]:
            return -NEVER
        over += pause.duration
        bound = min(bound, pause.window[1] - resting)
        resting += pause.duration
    return bound if over <= arrive else -NEVER


def _chain(breaks: tuple) -> list:  # type: ignore[type-arg]
    """Return (taken before, taken after, the breaks between, their seconds) for every stretch of breaks on one leg."""
    return [
        (b, done, breaks[b:done], sum(pause.duration for pause in breaks[b:done]))
        for b in range(len(breaks))
        for done in range(b + 1, len(breaks) + 1)
    ]
