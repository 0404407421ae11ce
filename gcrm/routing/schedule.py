"""The timetable of one route: given the order of the stops, when to leave, arrive, start, rest and return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from gcrm.routing.problem import Break

Window = tuple[int, int]
ANY_TIME: tuple[Window, ...] = ((-(10**12), 10**12),)
# Windows and breaks split a day into few structures; this only guards against absurd input.
MOST_STRUCTURES = 200


@dataclass(frozen=True, slots=True)
class StopTimes:
    """One stop of a timetable."""

    arrive: int
    start: int
    depart: int
    waiting_seconds: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """A route's times; `breaks` holds (start, end) in time order."""

    leave: int
    return_at: int
    stops: tuple[StopTimes, ...]
    breaks: tuple[Window, ...]

    @property
    def work_seconds(self) -> int:
        """From leaving to returning, breaks and waiting included."""
        return self.return_at - self.leave

    @property
    def waiting_seconds(self) -> int:
        """All waiting, breaks not counted."""
        return sum(stop.waiting_seconds for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Run:
    """What a timetable is asked for.

    `legs` are the seconds of each drive, one more than stops; `stops` the duration and the windows of each.
    """

    start: int
    end: int
    legs: Sequence[int]
    stops: Sequence[tuple[int, Sequence[Window]]]
    breaks: Sequence[Break] = ()
    max_work_seconds: int | None = None
    shortest: bool = False
    cost_per_waiting_second: float = 0.0


def timetable(run: Run) -> Timetable | None:
    """Return the best timetable, or None where the order cannot be kept.

    Within `max_work_seconds` the least cost of waiting comes first, then the earliest return, then the latest leaving;
    with `shortest` the least work time comes before the earliest return. Exact: for each choice of the breaks taken
    before leaving and after returning, the return is a step function of the time of leaving whose pieces are
    ``max(E, leave + C)`` up to a latest leaving L (ready-time functions, Savelsbergh 1992), and every piece is visited.
    """
    best: Timetable | None = None
    best_key: tuple[float, ...] = ()
    for before, inside, after in splits(len(run.breaks)):
        for found in _structures(run, before, inside, after):
            waiting, work = found.waiting_seconds, found.work_seconds
            late = run.max_work_seconds is not None and work > run.max_work_seconds
            cost = waiting * run.cost_per_waiting_second
            key = (late, cost, work if run.shortest else 0, found.return_at, work)
            if best is None or key < best_key:
                best, best_key = found, key
    return None if best is None or best_key[0] else best


@lru_cache(maxsize=16)
def splits(count: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]:
    """Return every way to take `count` breaks before leaving, on the route and after returning."""
    every = []
    for code in range(3**count):
        parts: tuple[list[int], list[int], list[int]] = ([], [], [])
        for i in range(count):
            parts[code // 3**i % 3].append(i)
        every.append((tuple(parts[0]), tuple(parts[1]), tuple(parts[2])))
    return tuple(every)


def _structures(
    run: Run, before: tuple[int, ...], inside: tuple[int, ...], after: tuple[int, ...]
) -> Iterator[Timetable]:
    """Yield the best timetable of each piece of the return as a function of the leaving."""
    first = _in_a_row(run, before, run.start)
    if first is None:
        return
    leave, early = first
    for _ in range(MOST_STRUCTURES):
        path = _forward(run, inside, leave)
        if path is None:
            return
        home = path[-1].time
        late = _in_a_row(run, after, home)
        if home > run.end or late is None or late[0] > run.end:
            return
        tight = _forward(run, inside, _latest_leave(run, path, home))
        assert tight is not None
        made = _written(run, tight, _latest_leave(run, path, home), early)
        if made is not None:
            yield _with_breaks(made, late[1])
        leave = _latest_leave(run, path, _latest_home(run, after)) + 1


def _in_a_row(run: Run, which: tuple[int, ...], moment: int) -> tuple[int, tuple[Window, ...]] | None:
    """Take breaks one after another from `moment`, in the order that ends first; return its end and their times."""
    best: tuple[int, tuple[Window, ...]] | None = None
    for order in permutations(which):
        now, times = moment, []
        for i in order:
            pause = run.breaks[i]
            begin = max(now, pause.window[0])
            if begin > pause.window[1]:
                break
            now = begin + pause.duration
            times.append((begin, now))
        else:
            if best is None or now < best[0]:
                best = (now, tuple(times))
    return best


def _latest_home(run: Run, after: tuple[int, ...]) -> int:
    """Return the latest return after which the breaks still fit."""
    latest: int | None = None
    for order in permutations(after):
        bound = run.end
        for i in reversed(order):
            pause = run.breaks[i]
            bound = min(bound - pause.duration, pause.window[1])
        latest = bound if latest is None else max(latest, bound)
    return run.end if latest is None else latest


@dataclass(frozen=True, slots=True)
class _Step:
    """A leg and what follows it: breaks on the way in order, the window met, and the time when it is done."""

    time: int
    rests: tuple[int, ...]
    window: Window
    back: _Step | None


def _forward(run: Run, inside: tuple[int, ...], leave: int) -> list[_Step] | None:
    """Return the steps that return first when leaving at `leave`, taking exactly the breaks `inside`."""
    everything = frozenset(inside)
    states: dict[frozenset[int], _Step] = {frozenset(): _Step(leave, (), (leave, leave), None)}
    for k, leg in enumerate(run.legs):
        last = k == len(run.stops)
        duration, windows = (0, ANY_TIME) if last else run.stops[k]
        following: dict[frozenset[int], _Step] = {}
        for done, step in states.items():
            for rests in _orders(everything - done):
                ready = _ready(run, step.time, leg, rests, last)
                if ready is None:
                    continue
                window = next((w for w in windows or ANY_TIME if ready <= w[1]), None)
                if window is None:
                    continue
                time = max(ready, window[0]) + duration
                taken = done | set(rests)
                if taken not in following or time < following[taken].time:
                    following[taken] = _Step(time, rests, window, step)
        states = following
    step_or_none = states.get(everything)
    if step_or_none is None:
        return None
    steps, step = [], step_or_none
    while step.back is not None:
        steps.append(step)
        step = step.back
    return steps[::-1]


@lru_cache(maxsize=256)
def _orders(pending: frozenset[int]) -> tuple[tuple[int, ...], ...]:
    return tuple(order for size in range(len(pending) + 1) for order in permutations(sorted(pending), size))


def _ready(run: Run, moment: int, leg: int, rests: tuple[int, ...], last: bool) -> int | None:
    """Return when one has arrived and rested who leaves at `moment`, each break as early as it can be."""
    now, left = moment, leg
    for i in rests:
        pause = run.breaks[i]
        begin = max(now, pause.window[0])
        if begin > pause.window[1] or (last and begin >= now + left):
            # On the last leg a break must cut the drive; one at its end is taken after returning.
            return None
        left = max(0, left - (begin - now))
        now = begin + pause.duration
    return now + left


def _latest_leave(run: Run, path: list[_Step], home: int) -> int:
    """Return the latest leaving with which the same structure is home by `home`."""
    bound = home
    for k in range(len(path) - 1, -1, -1):
        if k < len(run.stops):
            bound = min(bound - run.stops[k][0], path[k].window[1])
        resting = 0
        latest = bound - run.legs[k] - sum(run.breaks[i].duration for i in path[k].rests)
        for i in path[k].rests:
            latest = min(latest, run.breaks[i].window[1] - resting)
            resting += run.breaks[i].duration
        bound = latest
    return bound


def _written(run: Run, path: list[_Step], leave: int, early: tuple[Window, ...]) -> Timetable | None:
    """Write the steps out as a timetable; breaks are taken on arriving where that costs nothing."""
    now, stops, rests = leave, list[StopTimes](), list(early)
    for k, step in enumerate(path):
        last = k == len(run.stops)
        times = _placed(run, now, run.legs[k], step.rests, last)
        rests += times
        arrive = _arrival(now, run.legs[k], times)
        if last:
            return Timetable(leave, arrive, tuple(stops), tuple(sorted(rests)))
        depart = step.time
        start = depart - run.stops[k][0]
        rested = sum(end - begin for begin, end in times if begin >= arrive)
        stops.append(StopTimes(arrive, start, depart, start - arrive - rested))
        now = depart
    return None


def _placed(run: Run, moment: int, leg: int, rests: tuple[int, ...], last: bool) -> list[Window]:
    """Place the breaks of a leg: on arriving if their windows allow it, else on the way as late as allowed."""
    asked = _ready(run, moment, leg, rests, last)
    for delay in (True, False):
        now, left, times = moment, leg, []
        for i in rests:
            pause = run.breaks[i]
            begin = max(now, pause.window[0])
            if delay:
                begin = max(begin, min(pause.window[1], now + left - (1 if last else 0)))
            if begin > pause.window[1]:
                break
            left = max(0, left - (begin - now))
            now = begin + pause.duration
            times.append((begin, now))
        else:
            if now + left == asked:
                return times
    raise AssertionError("a structure lost its breaks")


def _arrival(moment: int, leg: int, rests: list[Window]) -> int:
    now, left = moment, leg
    for begin, end in rests:
        if begin >= now + left:
            break
        left -= begin - now
        now = end
    return now + left


def _with_breaks(made: Timetable, late: tuple[Window, ...]) -> Timetable:
    # Those after returning were placed for the return of the same structure, which is the same second.
    return Timetable(made.leave, made.return_at, made.stops, tuple(sorted((*made.breaks, *late))))
