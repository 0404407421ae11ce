"""Which rep and which day each visit goes to, decided by CP-SAT over estimated travel; the order of stops is the search's.

Each shift gets a seed, a visit round which its day lies; visits then go to shifts as in a generalised assignment problem
(Fisher and Jaikumar 1981), seeds move to the middle of what they got, and again, as in the location-based heuristic
(Bramel and Simchi-Levi 1995).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gcrm.routing.problem import FIXED, OPTIONAL, Problem

if TYPE_CHECKING:
    from gcrm.routing.model import Ints, Model

TO_SEED, TO_NEAREST, OUT_AND_BACK = 0.40, 0.65, 0.84
"""Weights of the travel estimate, fitted by least squares of the relative error on 108 driven routes of eight instances."""
NEAREST = 2
SHIFTS_TRIED = 6
"""Shifts that a visit is offered, those with the nearest seeds; pinned ones come on top."""
ROUNDS = 2
STEPS = 4.0
"""CP-SAT's deterministic units for all rounds, about a second each."""
FULL = 0.97
"""Of a shift's time that may be given away: waiting at windows is not estimated."""
MOST = 2**40
UNITS = 480
"""Into so many the longest shift is divided: minutes of a day of eight hours."""
AROUND = 40
"""Nearest visits of a seed that are looked at when the first seeds are chosen."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """For each visit by position the shift that should serve it, or None; and the estimated work of each used shift."""

    shift_of: tuple[int | None, ...]
    work_seconds: dict[int, int]
    value: float
    """Prizes less the estimated costs."""
    is_best: bool
    """Proven best, given seeds and estimates."""


def assign(
    problem: Problem, balance: float | None = None, steps: float = STEPS, seed: int = 1, rounds: int = ROUNDS
) -> Assignment:
    """Decide for each visit whether it is served, and by which shift.

    Kept are: the shifts that a visit allows and whose hours meet its windows; `at_most`, day patterns and gaps of groups,
    a gap as far as days and hours of the shifts decide it; capacity, visits, work and travel of shifts, visits, work and
    prize of reps; locked stops stand in their shift, and appointments that cannot both be kept are not given to one
    shift. Visits of rank 0 count before those of rank 1, then prizes less estimated costs.

    Travel of a shift is estimated as 0.84 x the way to its seed and back, and for each visit 0.40 x the mean way between
    it and the seed + 0.65 x the mean way to the two nearest visits of all. Measured on 108 routes that the search drove
    (a team's week, Cordeau's pr04 and p02, Solomon's R101 and RC108, three days of one rep), the seed in the middle of
    each: mean error 11.5 %; on the 60 routes of the week 10 %, of which 6 % are too little in the mean; at most 16 % in
    the mean of any instance.

    Parameters
    ----------
    problem : its travel is known
    balance : how far apart the reps' estimated work over available hours may lie, as a share of the mean; None: as it comes
    steps : work limit in CP-SAT's deterministic units; the same problem, steps, seed and rounds give the same answer
    rounds : how often the seeds move
    """
    from gcrm.routing.model import model_of

    if not problem.visits or not problem.shifts:
        return Assignment((None,) * len(problem.visits), {}, 0.0, True)
    site = _Site(model_of(problem))
    seeds = site.first_seeds()
    best: Assignment | None = None
    for _ in range(max(1, rounds)):
        found = _Round(site, seeds, balance, best).solved(steps / max(1, rounds), seed)
        if best is None or (site.rank(found), found.value) > (site.rank(best), best.value):
            best = found
        moved = site.moved(seeds, found)
        if moved == seeds:
            break
        seeds = moved
    assert best is not None
    return best


def restricted(problem: Problem, found: Assignment, by: str = "rep") -> Problem:
    """Return the problem in which visits keep to their suggested shift, or with `by="rep"` to all shifts of its rep.

    Visits that no shift was found for stay as they are, as do those whose rank asks for more than an estimate.
    """
    shifts = problem.shifts
    own: dict[str | None, list[int]] = defaultdict(list)
    for number, shift in enumerate(shifts):
        own[shift.rep].append(number)
    # Of visits that exclude each other, the others keep to where the chosen one goes.
    either = {group.id for group in problem.groups if group.at_most == 1}
    chosen: dict[str | None, int] = {
        visit.group: s
        for visit, s in zip(problem.visits, found.shift_of, strict=True)
        if s is not None and visit.group in either
    }
    visits = []
    for visit, assigned in zip(problem.visits, found.shift_of, strict=True):
        s = chosen.get(visit.group) if assigned is None else assigned
        if s is None or visit.rank < OPTIONAL:
            visits.append(visit)
            continue
        wanted = [s] if by == "shift" else own[shifts[s].rep]
        names = tuple(shifts[t].id for t in wanted if visit.shifts is None or shifts[t].id in visit.shifts)
        visits.append(replace(visit, shifts=names))
    return replace(problem, visits=tuple(visits))


class _Site:
    """What stays the same from round to round: ways, and which shift may serve which visit."""

    def __init__(self, model: Model) -> None:
        import numpy as np

        self.model, self.problem = model, model.problem
        self.places = np.array(model.place)
        # Ways are taken in both directions, at the usual factor: an estimate needs no more.
        base = model.tables[0].astype(float)
        self.ways = np.minimum((base + base.T) / 2, float(MOST))
        between = self.ways[np.ix_(self.places, self.places)].copy()
        np.fill_diagonal(between, np.inf)
        near = np.sort(between, axis=1)[:, :NEAREST]
        self.nearest = np.where(np.isfinite(near), near, 0.0).mean(axis=1) if near.size else np.zeros(len(self.places))
        self.between = between
        self.allowed = self._allowed()
        self.locked = self._locked()

    def _allowed(self) -> Any:
        """Return (S, n): may the shift serve the visit, by its list, its windows and the way there."""
        import numpy as np

        fits = self.model.fits.copy()
        for s, shift in enumerate(self.problem.shifts):
            open_then = np.zeros(len(self.places), dtype=bool)
            for opens, closes in zip(self.model.opens, self.model.closes, strict=True):
                open_then |= (opens <= shift.end - self.model.durations) & (closes >= shift.start) & (opens <= closes)
            reach = self.ways[self.model.begins[s], self.places] < MOST
            fits[s] &= open_then & reach
        return fits

    def _locked(self) -> dict[int, int]:
        shifts = {shift.id: s for s, shift in enumerate(self.problem.shifts)}
        visits = {visit.id: v for v, visit in enumerate(self.problem.visits)}
        return {visits[name]: shifts[lock.shift] for lock in self.problem.locked for name in lock.stops}

    def length(self, s: int) -> int:
        """Return the seconds of a shift that work can fill, breaks taken off."""
        shift = self.problem.shifts[s]
        length = shift.end - shift.start
        if shift.max_work_seconds is not None:
            length = min(length, shift.max_work_seconds)
        return max(0, length - sum(pause.duration for pause in shift.breaks))

    def first_seeds(self) -> list[int]:
        """Return for each shift the visit round which most prize lies for its time, what others' seeds reach left aside."""
        import numpy as np

        prize = np.array(self.model.weight) + 1e-6
        left = np.ones(len(self.places))
        around = np.argsort(self.ways[np.ix_(self.places, self.places)], axis=1, kind="stable")[:, :AROUND]
        cost = self.model.durations[around] + TO_NEAREST * self.nearest[around]
        cost += TO_SEED * np.take_along_axis(self.ways[np.ix_(self.places, self.places)], around, axis=1)
        seeds = [-1] * len(self.problem.shifts)
        for s in self._turns():
            worth = np.where(self.allowed[s], prize * left, 0.0)
            if not worth.any():
                continue
            gains = worth[around]
            order = np.argsort(-gains / np.maximum(1.0, cost), axis=1, kind="stable")
            sums = np.cumsum(np.take_along_axis(np.where(gains > 0, cost, 0.0), order, axis=1), axis=1)
            room = np.maximum(0.0, self.length(s) - OUT_AND_BACK * 2 * self.out(s))[:, None]
            reached = (sums <= room) & (np.take_along_axis(gains, order, axis=1) > 0)
            whole = np.where(reached, np.take_along_axis(gains, order, axis=1), 0.0).sum(axis=1)
            best = int(np.where(worth > 0, whole, -1.0).argmax())
            left[np.take_along_axis(around, order, axis=1)[best][reached[best]]] = 0.0
            seeds[s] = best
        return seeds

    def _turns(self) -> list[int]:
        """Return the shifts so that reps choose in turn, day by day."""
        return sorted(range(len(self.problem.shifts)), key=lambda s: (self.problem.shifts[s].day, s))

    def out(self, s: int) -> Any:
        """Return the mean way between a shift's ends and each visit."""
        begin, ends = self.model.begins[s], self.model.ends[s].places
        return (self.ways[begin, self.places] + self.ways[ends[0], self.places]) / 2

    def moved(self, seeds: Sequence[int], found: Assignment) -> list[int]:
        """Return the middle visit of what each shift got."""
        own: dict[int, list[int]] = defaultdict(list)
        for v, s in enumerate(found.shift_of):
            if s is not None:
                own[s].append(v)
        middles = []
        for s, before in enumerate(seeds):
            middles.append(self.middle(own[s]) if own[s] else before)
        return middles

    def middle(self, visits: Sequence[int]) -> int:
        """Return the one of some visits with the least ways to all others."""
        places = self.places[list(visits)]
        return visits[int(self.ways[places][:, places].sum(axis=1).argmin())]

    def rank(self, found: Assignment) -> tuple[int, int]:
        served = [int(self.model.rank[v]) for v, s in enumerate(found.shift_of) if s is not None]
        return served.count(0), served.count(1)


class _Round:
    """One assignment round given seeds, as a CP-SAT model."""

    def __init__(self, site: _Site, seeds: Sequence[int], balance: float | None, before: Assignment | None) -> None:
        from ortools.sat.python import cp_model

        self.site, self.problem, self.seeds, self.before = site, site.problem, seeds, before
        self.model = cp_model.CpModel()
        # Coarse units of time make packing far easier than seconds; an estimate is no finer than a minute of a day.
        self.unit = max(1, max((site.length(s) for s in range(len(seeds))), default=0) // UNITS)
        self.travel = self._travel()
        self.takes = {
            (v, s): self.model.new_bool_var("")
            for v in range(len(self.problem.visits))
            for s in self._offered(v)
        }  # fmt: skip
        self.of_visit: dict[int, list[Any]] = defaultdict(list)
        self.of_shift: dict[int, list[int]] = defaultdict(list)
        for (v, s), take in self.takes.items():
            self.of_visit[v].append(take)
            self.of_shift[s].append(v)
        self.used = {s: self.model.new_bool_var("") for s in self.of_shift}
        for each in self.of_visit.values():
            self.model.add_at_most_one(each)
        self.work = {s: self._shift(s) for s in self.of_shift}
        self._appointments()
        self._groups()
        self._reps()
        if balance is not None:
            self._balance(balance)

    def _travel(self) -> Ints:
        """Return (S, n): the estimated seconds on the road that a visit adds to a shift."""
        import numpy as np

        site = self.site
        rows = []
        for s, seed in enumerate(self.seeds):
            factor = self.problem.shifts[s].travel_factor
            to_seed = site.ways[site.places[seed], site.places] if seed >= 0 else site.out(s)
            rows.append(np.ceil(factor * (TO_SEED * to_seed + TO_NEAREST * site.nearest)).astype(np.int64))
        return np.array(rows)

    def _offered(self, v: int) -> list[int]:
        if v in self.site.locked:
            return [self.site.locked[v]]
        may = [s for s in range(len(self.seeds)) if self.site.allowed[s, v]]
        if self.site.model.rank[v] < OPTIONAL or self.site.model.group[v] >= 0:
            return may  # what must be, and what has to keep its days, needs the choice
        return sorted(may, key=lambda s: (self.travel[s, v], s))[:SHIFTS_TRIED]

    def _shift(self, s: int) -> Any:
        """Bound one shift and return its estimated work."""
        shift, site, visits = self.problem.shifts[s], self.site, self.of_shift[s]
        out = self.out(s)
        takes = [self.takes[v, s] for v in visits]
        for take in takes:
            self.model.add_implication(take, self.used[s])
        self.model.add_bool_or([*takes, ~self.used[s]])
        on_road = (
            sum(self.units(int(self.travel[s, v])) * self.takes[v, s] for v in visits) + self.units(out) * self.used[s]
        )
        at_work = (
            sum(self.units(self.seconds(v, s)) * self.takes[v, s] for v in visits) + self.units(out) * self.used[s]
        )
        # Who must be visited is visited, whatever the estimate says; so they alone never overfill a shift.
        room = max(int(FULL * site.length(s)) // self.unit, self._least(s, out))
        self.model.add(at_work <= room)
        if shift.max_travel_seconds is not None:
            self.model.add(on_road <= max(shift.max_travel_seconds // self.unit, self.units(out)))
        if shift.max_visits is not None:
            self.model.add(sum(takes) <= shift.max_visits)
        if shift.capacity is not None:
            loads = [math.ceil(1000 * self.problem.visits[v].load) for v in visits]
            self.model.add(
                sum(load * take for load, take in zip(loads, takes, strict=True)) <= math.floor(1000 * shift.capacity)
            )
        return at_work + self.units(sum(pause.duration for pause in shift.breaks)) * self.used[s]

    def out(self, s: int) -> int:
        """Return the estimated seconds to a shift's seed and back."""
        if self.seeds[s] < 0:
            return 0
        return int(OUT_AND_BACK * 2 * float(self.site.out(s)[self.seeds[s]]) * self.problem.shifts[s].travel_factor)

    def units(self, seconds: int) -> int:
        return (seconds + self.unit // 2) // self.unit

    def seconds(self, v: int, s: int) -> int:
        """Return what a visit takes of a shift, way and all."""
        return self.site.model.duration[v] + int(self.travel[s, v])

    def _least(self, s: int, out: int) -> int:
        own = [v for v in self.of_shift[s] if self.site.locked.get(v) == s or self._only(v) == s]
        return self.units(out) + sum(self.units(self.seconds(v, s)) for v in own)

    def _only(self, v: int) -> int | None:
        """Return the one shift that can keep an appointment."""
        if self.site.model.rank[v] != FIXED:
            return None
        may = [s for s in range(len(self.seeds)) if self.site.allowed[s, v]]
        return may[0] if len(may) == 1 else None

    def _appointments(self) -> None:
        """Two appointments of which neither can follow the other are not given to one shift."""
        model = self.site.model
        fixed = [v for v in self.of_visit if model.rank[v] == FIXED and v not in self.site.locked]
        for n, u in enumerate(fixed):
            for v in fixed[n + 1 :]:
                way = model.tables[0][model.place[u], model.place[v]], model.tables[0][model.place[v], model.place[u]]
                after = model.windows[u][0][0] + model.duration[u] + int(way[0]) <= model.windows[v][-1][1]
                before = model.windows[v][0][0] + model.duration[v] + int(way[1]) <= model.windows[u][-1][1]
                if not after and not before:
                    for s in range(len(self.seeds)):
                        if (u, s) in self.takes and (v, s) in self.takes:
                            self.model.add_at_most_one(self.takes[u, s], self.takes[v, s])

    def _groups(self) -> None:
        for g, group in enumerate(self.problem.groups):
            members = [v for v in self.site.model.members[g] if v in self.of_visit]
            if not members:
                continue
            if group.at_most is not None and len(members) > group.at_most:
                self.model.add(sum(take for v in members for take in self.of_visit[v]) <= group.at_most)
            if group.day_patterns is not None:
                self._patterns(members, group.day_patterns)
            if group.min_gap_seconds is not None:
                self._gap(members, group.min_gap_seconds)

    def _patterns(self, members: list[int], patterns: tuple[tuple[int, ...], ...]) -> None:
        chosen = {tuple(sorted(days)): self.model.new_bool_var("") for days in patterns}
        self.model.add_at_most_one(chosen.values())
        on_day: dict[int, list[Any]] = defaultdict(list)
        for (_v, s), take in self._of(members):
            on_day[self.problem.shifts[s].day].append(take)
        for day in {*on_day, *(day for days in chosen for day in days)}:
            self.model.add(sum(on_day[day]) == sum(one for days, one in chosen.items() if day in days))

    def _of(self, members: list[int]) -> list[tuple[tuple[int, int], Any]]:
        own = set(members)
        return [(key, take) for key, take in self.takes.items() if key[0] in own]

    def _gap(self, members: list[int], gap: int) -> None:
        """Of shifts too near each other whatever their hours, one serves one of the group."""
        of_shift: dict[int, list[Any]] = defaultdict(list)
        for (_, s), take in self._of(members):
            of_shift[s].append(take)
        shifts = sorted(of_shift)
        for n, s in enumerate(shifts):
            for t in shifts[n:]:
                one, other = self.problem.shifts[s], self.problem.shifts[t]
                if max(other.end - one.start, one.end - other.start) < gap:
                    self.model.add_at_most_one([*of_shift[s], *(of_shift[t] if t != s else ())])

    def _reps(self) -> None:
        for rep in self.problem.reps:
            own = [s for s in self.work if self.problem.shifts[s].rep == rep.id]
            if rep.max_work_seconds is not None:
                self.model.add(sum(self.work[s] for s in own) <= rep.max_work_seconds // self.unit)
            takes = [(v, self.takes[v, s]) for s in own for v in self.of_shift[s]]
            if rep.max_visits is not None:
                self.model.add(sum(take for _, take in takes) <= rep.max_visits)
            if rep.max_prize is not None:
                prizes = sum(math.ceil(1000 * self.problem.visits[v].prize) * take for v, take in takes)
                self.model.add(prizes <= math.floor(1000 * rep.max_prize))

    def _balance(self, balance: float) -> None:
        """Hold the reps' work over their hours within a band, in thousandths of those hours."""
        from gcrm.routing.assign.fairness import available

        hours = available(self.problem)
        low, high = self.model.new_int_var(0, 2000, ""), self.model.new_int_var(0, 2000, "")
        for rep, seconds in hours.items():
            work = 1000 * self.unit * sum(self.work[s] for s in self.work if self.problem.shifts[s].rep == rep)
            self.model.add(work <= high * seconds)
            self.model.add(work >= low * seconds)
        # (high - low) / mean <= balance; the mean is the whole work over all hours.
        whole = 1000 * self.unit * sum(self.work[s] for s in self.work if self.problem.shifts[s].rep in hours)
        all_hours = sum(hours.values())
        self.model.add(1000 * all_hours * (high - low) <= round(1000 * balance) * whole)

    def solved(self, steps: float, seed: int) -> Assignment:
        from ortools.sat.python import cp_model

        self._aim()
        begin = self._greedy()
        for key, take in self.takes.items():
            self.model.add_hint(take, key in begin)
        for s, used in self.used.items():
            self.model.add_hint(used, any(key[1] == s for key in begin))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = steps
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Assignment((None,) * len(self.problem.visits), {}, 0.0, False)
        shift_of: list[int | None] = [None] * len(self.problem.visits)
        for (v, s), take in self.takes.items():
            if solver.boolean_value(take):
                shift_of[v] = s
        work = {
            s: self.unit * int(solver.value(each))
            for s, each in self.work.items()
            if solver.boolean_value(self.used[s])
        }
        return Assignment(tuple(shift_of), work, self._value(shift_of), status == cp_model.OPTIMAL)

    def _greedy(self) -> set[tuple[int, int]]:
        """Return where to begin: the last round's choice where it still fits, then whatever gives most for its time."""
        model = self.site.model
        room = {s: int(FULL * self.site.length(s)) // self.unit - self.units(self.out(s)) for s in self.of_shift}
        counts: dict[int, int] = defaultdict(int)
        taken: dict[int, int] = {}

        def order(key: tuple[int, int]) -> tuple[bool, float, tuple[int, int]]:
            v, s = key
            seconds = self.seconds(v, s)
            is_known = self.before is not None and self.before.shift_of[v] == s
            return not is_known, -model.weight[v] / max(1, seconds), key

        for v, s in sorted(self.takes, key=order):
            g, seconds = model.group[v], self.units(self.seconds(v, s))
            if v in taken or seconds > room[s]:
                continue
            if g >= 0 and (model.group_patterns[g] is not None or counts[g] >= model.group_most[g]):
                continue
            taken[v] = s
            room[s] -= seconds
            counts[g] += g >= 0
        return set(taken.items())

    def _worth(self, v: int, s: int) -> float:
        cost = self.problem.cost_per_travel_second
        return self.problem.visits[v].prize - cost * float(self.travel[s, v])

    def _shift_cost(self, s: int) -> float:
        return self.problem.cost_per_shift + self.problem.cost_per_travel_second * self.out(s)

    def _value(self, shift_of: Sequence[int | None]) -> float:
        served = [(v, s) for v, s in enumerate(shift_of) if s is not None]
        return sum(self._worth(v, s) for v, s in served) - sum(self._shift_cost(s) for s in {s for _, s in served})

    def _aim(self) -> None:
        model = self.site.model
        fixed, must = model.rank_weights
        # Ranks first: a fixed appointment outweighs all must-visits, a must-visit all prizes and costs.
        worth = {
            key: self._worth(*key) + (fixed, must, 0.0)[min(int(model.rank[key[0]]), 2)] for key in self.takes
        }  # fmt: skip
        whole = sum(abs(each) for each in worth.values()) + 1.0
        scale = min(1000.0, MOST / whole)
        self.model.maximize(
            sum(round(scale * worth[key]) * take for key, take in self.takes.items())
            - sum(round(scale * self._shift_cost(s)) * used for s, used in self.used.items())
        )
