"""The search: an iterated local search that ruins a plan, refills it from all unserved visits and improves it.

A plan of one shift is walked as in section 5.1 of the routing study, several shifts as in 5.2: late acceptance (Burke and
Bykov 2017) over ruin and recreate (Schrimpf et al. 2000) with a randomised ratio of prize to time, the classic greedy of
orienteering (Tsiligirides 1984).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from random import Random

import numpy as np

from gcrm.routing.fill import Taste, fill
from gcrm.routing.improve import improve, prune
from gcrm.routing.model import FAR, Model
from gcrm.routing.plan import Found, Plan
from gcrm.routing.track import Tracks

# After so many steps without a better plan, and as many more for each visit, nothing better is expected.
STALE = 200
# Up to so many pairs of shift and visit each pair gets a random liking of its own in every step.
MOST_LIKINGS = 5000


def search(
    model: Model,
    go_on: Callable[[int], bool],
    seed: int,
    tell: Callable[[int, float], None] | None = None,
) -> Found:
    """Walk while `go_on(steps)` says so; the same model, seed and number of steps give the same plan.

    Parameters
    ----------
    model : the problem as arrays
    go_on : asked before each step with the number of steps walked
    seed : of every random choice
    tell : called with steps and value whenever a better plan is found
    """
    walk = _Walk(model, seed)
    steps = last = 0
    if model.place and model.ends:
        walk.begin()
        # A small problem is soon searched through; on a large one the limit comes first.
        while steps - last < STALE + STALE * len(model.place) and go_on(steps):
            if walk.step(steps):
                last = steps
                if tell is not None:
                    tell(steps, walk.best_value)
            steps += 1
    best = legal(walk.best)
    return Found(
        tuple(track.stops for track in best.tracks), tuple(track.end for track in best.tracks), best.narrow, steps
    )


def topped_up(plan: Plan) -> Plan:
    """Return the plan with whatever unserved visit still fits and pays, for a plan that came from elsewhere."""
    model, shifts = plan.model, list(range(len(plan.tracks)))
    fuller = plan.copy()
    ones = np.ones(len(model.place))
    taste = Taste(1.0, ones, model.problem.cost_per_travel_second, np.ones((len(shifts), 1)))
    fill(fuller, shifts, taste, Random(0))
    return legal(fuller) if fuller.value > plan.value else plan


def legal(plan: Plan) -> Plan:
    """Return the plan without the visits of groups whose day pattern could not be completed."""
    while plan.broken_patterns():
        plan = plan.copy()
        for g, patterns in enumerate(plan.model.group_patterns):
            if patterns is not None and plan.days(g) and frozenset(plan.days(g)) not in patterns:
                gone = {v for v in plan.model.members[g] if plan.where[v] >= 0}
                plan.fixed = [
                    plan.fixed[t.shift] - sum(v in gone for v in t.stops[: plan.fixed[t.shift]]) for t in plan.tracks
                ]
                for s in sorted({plan.where[v] for v in gone}):
                    plan.put(s, tuple(v for v in plan.tracks[s].stops if v not in gone))
    return plan


def locked_plan(tracks_of: Tracks) -> Plan:
    """Return the plan that holds the locked stops alone, as many of them as can be kept."""
    plan = Plan(tracks_of)
    model = plan.model
    index = {visit.id: v for v, visit in enumerate(model.problem.visits)}
    locked = {lock.shift: [index[name] for name in lock.stops] for lock in model.problem.locked}
    for s in model.order:
        stops = [v for v in locked.get(model.problem.shifts[s].id, []) if model.fits[s][v]]
        for kept in _subsets(stops):
            trial = plan.copy()
            trial.fixed = plan.fixed[:]
            if any(_grow(trial, s, kept, end) for end in range(len(model.ends[s].places))):
                plan = trial
                break
    return plan


def _subsets(stops: list[int]) -> list[list[int]]:
    """Return the stops, then with ever more of them left out; of long lists only whole beginnings."""
    if len(stops) > 10:
        return [stops[:size] for size in range(len(stops), 0, -1)]
    return [list(kept) for size in range(len(stops), 0, -1) for kept in combinations(stops, size)]


def _grow(plan: Plan, s: int, stops: list[int], end: int) -> bool:
    tracks, where, fixed, narrow = plan.tracks[:], plan.where[:], plan.fixed[:], plan.narrow
    if plan.put(s, (), end):
        for k, v in enumerate(stops):
            if plan.full(v) or not plan.insert(v, s, k):
                break
            plan.fixed[s] = k + 1
        else:
            return True
    plan.tracks, plan.where, plan.fixed, plan.narrow = tracks, where, fixed, narrow
    return False


class _Walk:
    """The state of one walk."""

    def __init__(self, model: Model, seed: int) -> None:
        self.model = model
        self.random = Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.tracks_of = Tracks(model)
        self.locked = locked_plan(self.tracks_of)
        self.best = self.locked
        self.best_value = self.locked.value
        self.shifts = list(range(len(model.ends)))
        self.single = len(self.shifts) == 1
        self.memory = 200 if self.single else (300 if len(self.shifts) <= 3 else 1000)
        self.patience = min(400 if self.single else 1500, 50 + 40 * len(model.place))
        self.patterned = any(patterns is not None for patterns in model.group_patterns)
        self.required = bool((model.rank < 2).any())
        self.near: dict[int, list[int]] = {}
        self.value = -float("inf")
        self.raw: list[int] = []
        self.restarts = 0
        ways = model.to_visit[0] if model.tables else np.zeros((1, 1))
        ways = ways[(ways > 0) & (ways < FAR)]
        self.leg = int(np.median(ways)) + 1 if ways.size else 1

    def begin(self) -> None:
        """Fill the empty plan."""
        plan = self.locked.copy()
        fill(plan, self.shifts, self.taste(1.3, 0.0), self.random)
        self.start_from(plan)
        self.keep(plan)
        # Of many routes each is first improved in a step of its own, so that a short limit can fall between them.
        self.raw = [s for s in self.shifts if plan.tracks[s].stops]

    def start_from(self, plan: Plan) -> None:
        self.current, self.value = plan, plan.value
        self.history = [-float("inf")] * self.memory
        self.idle = 0

    def taste(self, power: float, spread: float) -> Taste:
        model = self.model
        factors = 1 - spread / 2 + spread * self.numbers.random(len(model.place))
        price = model.problem.cost_per_travel_second
        # Now and then travel is taken as cheap, so that a far cluster can be entered; pruning takes back what does not pay.
        if model.thrifty and self.random.random() < 0.3:
            price *= self.random.random()
        # A dislike of some routes lets a visit go where it is not the cheapest.
        columns = len(model.place) if 1 < len(self.shifts) * len(model.place) <= MOST_LIKINGS and not self.single else 1
        dislike = 1 + self.random.choice((0, 0, 0.5, 4)) * self.numbers.random((len(self.shifts), columns))
        regret = self.random.random() < 0.5
        wandering = self.random.choice((0, 0, 0, self.leg // 2, 2 * self.leg)) if spread else 0
        return Taste(power, factors, price, dislike, regret, wandering)

    def refill(self, plan: Plan, shifts: list[int], taste: Taste) -> None:
        price = max(self.model.problem.cost_per_travel_second, 1e-9)
        fill(plan, shifts, taste, self.random)
        changed = [improve(plan, s, self.random, price, self.value) for s in shifts if plan.tracks[s].stops]
        if any(changed):
            fill(plan, shifts, taste, self.random)
            # Filling sees travel, not waiting and the cost of a shift; what does not pay goes out again.
            for s in shifts:
                prune(plan, s)

    def keep(self, plan: Plan) -> bool:
        """Remember the plan if it is the best; say whether it is."""
        value = plan.value
        if value > self.best_value + 1e-9 or self.best is self.locked:
            self.best, self.best_value = plan, value
            return True
        return False

    def step(self, number: int) -> bool:
        """Ruin and refill once; say whether a better plan than any before was found."""
        if self.idle >= self.patience:
            self.restart()
            return self.keep(self.current)
        plan = self.current.copy()
        if self.raw:
            self.refill(plan, [self.raw.pop()], self.taste(1.3, 0.0))
        else:
            self.ruin_and_refill(plan)
        value, slot = plan.value, number % self.memory
        if value > self.history[slot] or value >= self.value:
            self.idle = 0 if value > self.value + 1e-9 else self.idle + 1
            self.current, self.value = plan, value
        else:
            self.idle += 1
        self.history[slot] = max(self.history[slot], self.value)
        return self.keep(plan)

    def ruin_and_refill(self, plan: Plan) -> None:
        random = self.random
        chosen = self.chosen(plan)
        for s in chosen:
            self.ruin(plan, s)
        spread = 0.8
        taste = self.taste(1 + random.random(), spread)
        everywhere = self.patterned or self.required
        self.refill(plan, self.shifts if everywhere else chosen, taste)

    def chosen(self, plan: Plan) -> list[int]:
        """Choose a route, and mostly a second one that passes near it."""
        random = self.random
        first = random.choice(self.shifts)
        if self.single or random.random() < 0.25:
            return [first]
        stops = plan.tracks[first].stops
        if len(self.shifts) <= 3 or not stops:
            return sorted({first, random.choice(self.shifts)})
        for _ in range(20):
            other = plan.where[random.choice(self.neighbours(random.choice(stops)))]
            if other >= 0 and other != first:
                return sorted({first, other})
        return [first]

    def neighbours(self, v: int) -> list[int]:
        """Return the 60 visits nearest to one."""
        if v not in self.near:
            self.near[v] = np.argsort(self.model.to_visit[0][self.model.place[v]], kind="stable")[1:61].tolist() or [v]
        return self.near[v]

    def ruin(self, plan: Plan, s: int) -> None:
        """Take out a stretch of up to five stops and now and then one more; sometimes choose another end."""
        random, stops, fixed = self.random, plan.tracks[s].stops, plan.fixed[s]
        free = len(stops) - fixed
        if len(self.model.ends[s].places) > 1 and random.random() < 0.3:
            plan.put(s, stops, random.randrange(len(self.model.ends[s].places)))
        if not free:
            return
        most = min(free, 5) if self.single else min(free, max(3, free // 3))
        size = random.randint(1, most)
        at = fixed + random.randrange(free - size + 1)
        gone = set(stops[at : at + size])
        if random.random() < 1 / 3:
            gone.add(stops[fixed + random.randrange(free)])
        plan.remove(s, gone)

    def restart(self) -> None:
        """Begin again, in turn from the locked stops alone and from half of the best plan."""
        self.restarts += 1
        plan = self.locked.copy()
        if self.restarts % 2 == 0:
            plan = self.best.copy()
            for s in self.shifts:
                stops = plan.tracks[s].stops[plan.fixed[s] :]
                plan.remove(s, {v for v in stops if plan.where[v] == s and self.random.random() < 0.5})
        self.refill(plan, self.shifts, self.taste(0.5 + 1.5 * self.random.random(), 1.6))
        self.start_from(plan)
