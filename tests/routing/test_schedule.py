"""Timetables of one route, by hand and against every second tried."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from gcrm.routing.problem import Break
from gcrm.routing.schedule import Run, timetable


def run(legs, stops, breaks=(), start=0, end=10_000, **more):
    return Run(start, end, legs, stops, [Break(*each) for each in breaks], **more)


def times(made):
    return [(stop.arrive, stop.start, stop.depart, stop.waiting_seconds) for stop in made.stops]


def test_a_rep_leaves_late_instead_of_waiting():
    made = timetable(run([100, 100], [(300, [(5000, 6000)])]))
    assert (made.leave, made.return_at) == (4900, 5400)
    assert times(made) == [(5000, 5000, 5300, 0)]


def test_a_rep_waits_between_two_appointments():
    # The first is over at 1,300, the second begins at 5,000: 3,600 s of waiting cannot be helped.
    made = timetable(run([100, 100, 100], [(300, [(1000, 1000)]), (300, [(5000, 5000)])]))
    assert times(made) == [(1000, 1000, 1300, 0), (1400, 5000, 5300, 3600)]


def test_the_second_window_is_met_when_the_first_is_missed():
    made = timetable(run([500, 0], [(10, [(0, 499), (700, 800)])]))
    assert times(made) == [(700, 700, 710, 0)]


def test_both_ends_of_a_window_are_open():
    assert timetable(run([500, 0], [(0, [(0, 500)])])).stops[0].start == 500
    assert timetable(run([500, 0], [(0, [(0, 499)])])) is None


def test_the_end_of_the_shift_is_allowed_and_the_next_second_is_not():
    assert timetable(run([100, 100], [(300, ())], end=500)).return_at == 500
    assert timetable(run([100, 100], [(300, ())], end=499)) is None


def test_a_break_cuts_a_drive_that_is_under_way_when_it_must_begin():
    # Leaving at 0 for 1,000 s; the break must begin by 400, so 600 s of driving come after it.
    made = timetable(run([1000, 0], [(0, [(1060, 1060)])], [(60, (400, 400))], start=0, end=1060))
    assert made.breaks == ((400, 460),)
    assert times(made) == [(1060, 1060, 1060, 0)]


def test_a_break_falls_into_a_wait():
    made = timetable(run([0, 0, 0], [(100, [(0, 0)]), (100, [(1000, 1000)])], [(300, (200, 500))]))
    assert made.breaks == ((200, 500),)
    assert times(made)[1] == (100, 1000, 1100, 600)


def test_a_break_before_leaving_or_after_returning_is_not_worked():
    made = timetable(run([100, 100], [(300, ())], [(600, (0, 9000))], shortest=True))
    assert made.work_seconds == 500


def test_a_break_may_end_when_the_shift_ends():
    assert timetable(run([0, 0], [(100, ())], [(50, (100, 100))], end=150)).breaks == ((100, 150),)
    assert timetable(run([0, 0], [(100, ())], [(50, (100, 100))], end=149)) is None


def test_two_breaks_are_both_taken_in_the_order_that_fits():
    made = timetable(run([0, 0], [(100, [(0, 0)])], [(50, (100, 400)), (50, (100, 100))], end=200))
    assert made.breaks == ((100, 150), (150, 200))


def test_a_limit_of_work_chooses_the_later_window():
    stops = [(10, [(0, 0), (900, 900)]), (10, [(1000, 1000)])]
    assert timetable(run([0, 0, 0], stops, max_work_seconds=110)).leave == 900
    assert timetable(run([0, 0, 0], stops, max_work_seconds=109)) is None


def test_paid_waiting_is_avoided():
    stops = [(10, [(0, 0), (900, 900)]), (10, [(20, 20), (1000, 1000)])]
    assert timetable(run([0, 0, 0], stops)).waiting_seconds == 10
    cheap = [(10, [(0, 0), (990, 990)]), (10, [(20, 20), (1000, 1000)])]
    assert timetable(run([0, 0, 0], cheap, cost_per_waiting_second=1.0)).waiting_seconds == 0


def every_second(asked: Run) -> tuple[int, int] | None:
    """Return (least work, earliest return) over all whole-second timetables with at most one break."""
    best = []
    for leave in range(asked.start, asked.end + 1):
        for options in product(*[range(3)] * len(asked.breaks)):
            best += _follow(asked, leave, options)
    return (min(work for work, _ in best), min(home for _, home in best)) if best else None


def _follow(asked, leave, options):
    """Try every begin of the break: before leaving, on the way or after returning."""
    rests = asked.breaks
    if not rests:
        home = _drive(asked, leave, None)
        return [(home - leave, home)] if home is not None else []
    found = []
    low, high = rests[0].window
    for begin in range(max(low, asked.start), min(high, asked.end - rests[0].duration) + 1):
        rest = (begin, begin + rests[0].duration)
        if rest[1] <= leave:
            home = _drive(asked, leave, None)
        elif begin < leave:
            continue
        else:
            home = _drive(asked, leave, rest)
        if home is not None:
            found.append((home - leave, home))
    return found


def _drive(asked, leave, rest):
    """Walk second by second rules: drive, rest at `rest`, serve in the earliest window."""
    now = leave
    for k, leg in enumerate(asked.legs):
        if rest and now <= rest[0] < now + leg:
            now += rest[1] - rest[0]
            rest = None
        now += leg
        if k == len(asked.stops):
            break
        duration, windows = asked.stops[k]
        start = next((max(now, a) for a, b in windows if now <= b), None) if windows else now
        if rest and start is not None and rest[0] < start + duration and rest[0] >= now:
            # The break comes first, and the visit after it.
            now = rest[1]
            rest = None
            start = next((max(now, a) for a, b in windows if now <= b), None) if windows else now
        if start is None:
            return None
        if rest and rest[0] < start + duration and start < rest[1]:
            return None
        now = start + duration
    if now > asked.end or (rest and rest[0] < now):
        return None
    return now


def random_run(seed: int) -> Run:
    random = Random(seed)
    stops = []
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, 30)
        windows = [(at, at + random.randint(0, 10))]
        if random.random() < 0.5:
            windows.append((at + 20, at + 25))
        stops.append((random.randint(0, 6), tuple(windows) if random.random() < 0.8 else ()))
    legs = [random.randint(0, 8) for _ in range(len(stops) + 1)]
    breaks = [(random.randint(1, 6), (random.randint(0, 20), random.randint(20, 40)))] if random.random() < 0.6 else []
    return run(legs, stops, breaks, end=60)


def agrees_with_every_second(seed: int) -> None:
    asked = random_run(seed)
    expected = every_second(asked)
    quickest = timetable(asked)
    assert (quickest is None) == (expected is None)
    if quickest is not None:
        shortest = timetable(
            run(asked.legs, asked.stops, [(b.duration, b.window) for b in asked.breaks], end=60, shortest=True)
        )
        assert (shortest.work_seconds, quickest.return_at) == expected


@pytest.mark.parametrize("seed", range(40))
def test_timetables_equal_the_best_of_every_second(seed):
    agrees_with_every_second(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40, 2000))
def test_many_timetables_equal_the_best_of_every_second(seed):
    agrees_with_every_second(seed)
