"""Nights away: the hotels of a span, the problem with them, days cut out of it, rules, and what becomes of the plans."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from itertools import pairwise

import pytest
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gcrm.core import clock
from gcrm.core.errors import Forbidden, Invalid, NotFound
from gcrm.people.models import Team
from gcrm.routing import (
    apart,
    check,
    cutting,
    edit_queries,
    edits,
    feeds,
    handover,
    live_services,
    nights,
    nights_labels,
    nights_queries,
    nights_services,
    queries,
    run_queries,
    services,
    solver,
    stays,
    tasks,
    travel,
    travel_queries,
    week,
)
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.day import Candidate, WorkDay, problem_of
from gcrm.routing.nights import Away, Hotel, Rule
from gcrm.routing.problem import End, EndOf
from tests import factories as make
from tests.routing import instances

ZONE = "America/New_York"
HOME = (-76.88, 40.27)
MONDAY = dt.date(2026, 11, 23)
FAR = (-76.1, 40.27)
"""66 km east of home."""
INN = Hotel("inn", "Far Inn", *FAR)


def workday(day: dt.date, rep: str = "rep@x", **fields) -> WorkDay:
    usual = {
        "starts": dt.time(8),
        "ends": dt.time(18),
        "lunch_from": dt.time(12),
        "lunch_until": dt.time(13),
        "lunch_minutes": 30,
    }
    return WorkDay(rep=rep, day=day, zone=ZONE, **({"home": HOME} | usual | fields))


def wish(number: int, days, at=FAR, rep: str = "rep@x", **fields) -> week.Wish:
    lon, lat = at[0] + 0.01 * (number % 4), at[1] + 0.01 * (number // 4)
    candidate = Candidate(number, f"Account {number}", lon, lat, **({"minutes": 60, "prize": 100.0} | fields))
    return week.Wish(f"a{number}", candidate, rep, tuple(days))


def week_of(days: int) -> list[dt.date]:
    return [MONDAY + dt.timedelta(days=n) for n in range(days)]


def away(on, hotels=(INN,), saving_minutes: int = 60) -> dict[str, Away]:
    rule = Rule((1, 2, 3, 4, 5), saving_minutes)
    return {"rep@x": Away(tuple(hotels), rule.evenings(on), rule.saving_minutes)}


def far_week(saving_minutes: int = 60, hotels=(INN,), visits: int = 10, days: int = 2) -> week.Span:
    on = week_of(days)
    wishes = tuple(wish(number, on) for number in range(visits))
    return week.Span(tuple(map(workday, on)), wishes, away=away(on, hotels, saving_minutes))


def solved(span: week.Span, steps: int = 4000):
    built = week.build(span)
    full = travel.filled(built.problem)
    full, solution = stays.worthwhile(built, full, lambda problem, share: solver.solve(problem, steps=steps, seed=1))
    check.must_hold(full, solution)
    return built, full, solution, cutting.days(span, built, full, solution)


# -- rules and hotels ------------------------------------------------------------------------------------------------


def test_the_evening_before_a_day_off_is_never_spent_away():
    friday = MONDAY + dt.timedelta(days=4)
    on = [MONDAY, MONDAY + dt.timedelta(days=1), friday]
    assert Rule((1, 2, 5)).evenings(on) == {MONDAY}


@pytest.mark.parametrize(
    "wrong", [{"weekdays": (0,)}, {"weekdays": (8,)}, {"saving_minutes": -1}, {"saving_minutes": 601}]
)
def test_a_rule_with_a_weekday_or_a_saving_that_cannot_be_is_refused(wrong):
    with pytest.raises(Invalid):
        Rule(**wrong)


def test_a_hotel_beside_home_is_left_out_and_one_among_the_customers_chosen():
    beside = Hotel("beside", "Beside home", HOME[0] + 0.01, HOME[1])
    spots = [(*FAR, 50.0), (HOME[0], HOME[1], 50.0)]
    assert nights.sensible([beside, INN], HOME, spots, 60) == (INN,)


def test_a_hotel_that_cannot_save_what_it_must_is_left_out():
    # 66 km at 18 km/h are 220 minutes one way: twice that is the most that a night could save.
    spots = [(*FAR, 50.0)]
    assert nights.sensible([INN], HOME, spots, 430) == (INN,)
    assert nights.sensible([INN], HOME, spots, 450) == ()
    assert nights.sensible([replace(INN, extra_minutes=20)], HOME, spots, 430) == ()


def test_of_many_hotels_those_of_each_cluster_are_chosen_before_a_second_of_the_same():
    west = (HOME[0] - 0.8, HOME[1])
    hotels = [Hotel(f"e{n}", "East", FAR[0] + n / 1000, FAR[1]) for n in range(9)] + [Hotel("w", "West", *west)]
    spots = [(*FAR, 100.0), (FAR[0], FAR[1] + 0.01, 100.0), (*west, 10.0)]
    chosen = nights.sensible(hotels, HOME, spots, 60)
    assert len(chosen) <= nights.MOST_HOTELS
    assert {hotel.name for hotel in chosen[:2]} == {"East", "West"}


# -- the problem -----------------------------------------------------------------------------------------------------


def test_without_nights_the_problem_is_the_one_of_before():
    on = week_of(3)
    plain = week.Span(tuple(map(workday, on)), tuple(wish(number, on) for number in range(4)))
    never = replace(plain, away={"rep@x": Away((INN,), frozenset(), 60)}, wishes=plain.wishes)
    built = week.build(plain).problem
    assert [(shift.from_place, shift.to_place) for shift in built.shifts] == [(0, 0)] * 3
    assert len(built.places) == 5
    assert week.build(never).problem.shifts == built.shifts


def test_an_evening_that_may_be_spent_away_has_hotels_to_end_at_and_the_next_day_begins_there():
    problem = week.build(far_week(90, days=3)).problem
    first, second, third = problem.shifts
    # 90 minutes at 0.01 a second.
    assert first.to_place == (End(0), End(1, 54.0))
    assert second.from_place == EndOf(first.id)
    assert second.to_place == (End(0), End(1, 54.0))
    assert third.from_place == EndOf(second.id)
    assert third.to_place == 0
    assert problems.parse(problems.dump(problem)) == problem


def test_a_dearer_hotel_costs_its_minutes_more():
    problem = week.build(
        far_week(60, hotels=(INN, Hotel("grand", "Grand", FAR[0], FAR[1] + 0.01, extra_minutes=30)))
    ).problem
    assert problem.shifts[0].to_place == (End(0), End(1, 36.0), End(2, 54.0))


def test_a_rep_without_a_home_stays_with_the_plain_problem():
    on = week_of(2)
    span = week.Span(tuple(workday(day, home=None) for day in on), (wish(1, on),), away=away(on))
    assert [(shift.from_place, shift.to_place) for shift in week.build(span).problem.shifts] == [(None, None)] * 2


# -- solved and cut --------------------------------------------------------------------------------------------------


def test_far_customers_of_two_days_are_visited_with_a_night_among_them_that_saves_more_than_it_must():
    built, full, solution, days = solved(far_week(60))
    (stay,) = stays.stays(built, full, solution)
    assert stay.hotel == INN
    assert stay.saved_seconds >= 60 * 60
    monday, tuesday = days
    assert monday.work.night_after is not None
    assert tuesday.work.night_before is not None
    assert [check.check(day.problem, day.solution) for day in days] == [[], []]
    assert sum(day.solution.travel_seconds for day in days) == solution.travel_seconds
    before, after = nights.renewed(None, monday.work.night_after, monday.problem, order(monday))
    woken, _ = nights.renewed(tuesday.work.night_before, None, tuesday.problem, order(tuesday))
    assert before is None
    assert after.saved_seconds + woken.saved_seconds == stay.saved_seconds


def order(day: cutting.Day) -> list[str]:
    return [stop.visit for route in day.solution.routes for stop in route.stops]


def test_no_night_is_spent_away_that_saves_less_than_it_must():
    *_, days = solved(far_week(600))
    assert all(day.work.night_after is None and day.work.night_before is None for day in days)
    assert all(day.problem.shifts[0].from_place == day.problem.shifts[0].to_place for day in days)


def test_nights_may_follow_each_other():
    built, full, solution, days = solved(far_week(60, visits=24, days=3))
    assert len(stays.stays(built, full, solution)) == 2
    assert days[1].work.night_before.name == days[1].work.night_after.name == "Far Inn"
    assert [check.check(day.problem, day.solution) for day in days] == [[], [], []]


def test_a_night_that_no_visit_follows_is_spent_at_home():
    on = week_of(2)
    span = week.Span(tuple(map(workday, on)), (wish(1, on[:1], prize=300.0),), away=away(on, saving_minutes=0))
    built, full, solution, days = solved(span)
    assert stays.stays(built, full, solution) == []
    assert days[0].solution.routes[0].end_place == days[0].problem.shifts[0].to_place
    assert days[0].work.night_after is None


def test_a_night_that_saves_too_little_is_searched_again_without_it_and_the_time_is_shared():
    built = week.build(far_week(60))
    full = travel.filled(built.problem)
    asked = []

    def search(problem, share):
        asked.append((problem, share))
        return solver.solve(problem, steps=4000, seed=1)

    strict = replace(built, away=away(week_of(2), saving_minutes=600))
    problem, solution = stays.worthwhile(strict, full, search)
    # At home; with nights; again without the poor ones; what days hint at that need not come home, and once more.
    assert [share for _problem, share in asked][:3] == [0.35, 0.65, 0.65]
    assert sum(share for _problem, share in asked) <= 2.6
    assert all(isinstance(shift.from_place, int) and isinstance(shift.to_place, int) for shift in problem.shifts)
    assert stays.stays(built, problem, solution) == []


def test_days_without_nights_are_searched_once_in_all_the_time():
    asked = []

    def search(problem, share):
        asked.append(share)
        return solver.solve(problem, steps=400, seed=1)

    built = week.build(replace(far_week(), away={}))
    stays.worthwhile(built, travel.filled(built.problem), search)
    assert asked == [1.0]


def test_a_worse_plan_with_nights_gives_way_to_the_one_at_home():
    built = week.build(far_week(60))
    full = travel.filled(built.problem)

    def search(problem, share):
        is_home = not isinstance(problem.shifts[1].from_place, EndOf)
        return solver.solve(problem, steps=4000 if is_home else 100, seed=1)

    problem, solution = stays.worthwhile(built, full, search)
    check.must_hold(problem, solution)
    assert stays.stays(built, problem, solution) == []
    assert solution.routes


# -- one day ---------------------------------------------------------------------------------------------------------


def test_a_day_between_two_nights_begins_and_ends_at_its_hotels():
    night = nights.night_at(INN, HOME)
    other = nights.night_at(Hotel("o", "Other", -76.5, 40.3), HOME)
    work = workday(MONDAY, night_before=night, night_after=other)
    problem = problem_of(work, [Candidate(1, "A", -76.2, 40.27, 30, 50.0)])
    shift = problem.shifts[0]
    assert [(place.lon, place.lat) for place in problem.places[1:]] == [HOME, FAR, (-76.5, 40.3)]
    assert (shift.from_place, shift.to_place) == (2, 3)
    full = travel.filled(problem)
    solution = solver.solve(full, steps=100, seed=1)
    check.must_hold(full, solution)
    before, after = nights.renewed(night, other, full, ["0"])
    seconds = full.travel.seconds
    assert before.saved_seconds == seconds[1][0] - seconds[2][0]
    assert after.saved_seconds == seconds[0][1] - seconds[0][3]


def test_a_day_without_nights_is_the_one_of_before():
    problem = problem_of(workday(MONDAY), [Candidate(1, "A", *FAR, 30, 50.0)])
    assert (problem.shifts[0].from_place, problem.shifts[0].to_place) == (1, 1)
    assert len(problem.places) == 2


def test_a_night_is_read_back_as_it_was_kept():
    night = nights.night_at(replace(INN, phone="717 555 0100"), HOME)
    assert nights.read(night.as_row()) == night
    assert nights.read(None) is None


# -- from the database -----------------------------------------------------------------------------------------------


@pytest.fixture
def rep(session):
    make.make_organisation(session)
    return make.make_user(session, "rep", make.make_team(session), home=HOME)


@pytest.fixture
def planner(session):
    return make.make_user(session, "planner")


@pytest.fixture
def monday():
    today = clock.today(ZONE)
    return today + dt.timedelta(days=7 - today.weekday())


@pytest.fixture
def quick(monkeypatch):
    """The search in this process with a fixed number of steps."""
    monkeypatch.setattr(
        apart,
        "solve",
        lambda problem, time_limit, seed, go_on, steps=None: solver.solve(problem, steps=4000, seed=seed),
    )


def inn(session, person, owner=None, **fields):
    usual = {"name": "Far Inn", "lon": FAR[0], "lat": FAR[1], "user_id": owner and owner.id}
    return nights_services.keep_hotel(session, person, nights_services.HotelValues(**(usual | fields)))


def far_customers(session, rep, monday, count: int = 12) -> None:
    for number in range(count):
        at = (FAR[0] + 0.01 * (number % 4), FAR[1] + 0.01 * (number // 4))
        make.make_account(
            session,
            rep,
            at=at,
            tier="A",
            cadence_days=30,
            visit_minutes=60,
            last_visited_on=monday - dt.timedelta(days=45),
        )


def made(session, rep, monday, days: int = 2):
    run = services.request_plans(session, [rep], monday, days)
    tasks.plan_run(session.principal, run_id=run.id)
    session.expire_all()
    found = run_queries.run_by_uuid(session, run.uuid)
    assert found.fault is None
    return [edit_queries.plan_by_id(session, plan.id) for plan in found.plans]


def test_a_rule_of_the_own_holds_before_everybodys_and_can_be_taken_back(session, rep, planner):
    other = make.make_user(session, "rep")
    assert nights_queries.rule_of(session, rep) == Rule()
    nights_services.set_rule(session, planner, None, Rule((1, 2), 90))
    nights_services.set_rule(session, planner, rep, Rule((), 0))
    assert nights_queries.rule_of(session, rep) == Rule((), 0)
    assert nights_queries.rule_of(session, other) == Rule((1, 2), 90)
    nights_services.set_rule(session, planner, rep, None)
    assert nights_queries.rule_of(session, rep) == Rule((1, 2), 90)


def test_a_rep_sees_own_hotels_and_everybodys_and_changes_only_the_own_ones(session, rep, planner, as_user):
    other = make.make_user(session, "rep", make.make_team(session))
    everybodys, theirs = inn(session, planner, name="Everybody's"), inn(session, planner, other, name="Theirs")
    with as_user(rep) as acting:
        own = inn(acting, rep, rep, name="Own")
        assert [hotel.name for hotel in nights_queries.hotels(acting)] == ["Everybody's", "Own"]
        with pytest.raises(NotFound):
            nights_queries.hotel_by_uuid(acting, theirs.uuid)
        for forbidden in (everybodys, None):
            with pytest.raises(Forbidden):
                inn(acting, rep) if forbidden is None else nights_services.remove_hotel(acting, rep, forbidden)
        assert acting.execute(text("UPDATE hotels SET user_id = :me"), {"me": rep.id}).rowcount == 1
        nights_services.remove_hotel(acting, rep, nights_queries.hotel_by_uuid(acting, own.uuid))
        assert [hotel.name for hotel in nights_queries.hotels(acting)] == ["Everybody's"]
    assert [hotel.name for hotel in nights_queries.hotels_for(session, rep)] == ["Everybody's"]


def test_the_database_lets_no_rep_write_everybodys_hotels_or_rules(session, rep, as_user):
    point = "ST_SetSRID(ST_MakePoint(0, 0), 4326)"
    statements = (
        f"INSERT INTO hotels (name, location) VALUES ('x', {point})",
        "INSERT INTO night_rules (weekdays, saving_minutes) VALUES ('{1}', 10)",
    )
    with as_user(rep) as acting:
        for statement in statements:
            with pytest.raises(ProgrammingError, match="row-level security"), acting.begin_nested():
                acting.execute(text(statement))


def test_a_manager_keeps_hotels_and_rules_of_the_own_team(session, rep, as_user):
    manager = make.make_user(session, "manager", session.get(Team, rep.team_id))
    stranger = make.make_user(session, "rep", make.make_team(session))
    with as_user(manager) as acting:
        inn(acting, manager, name="Everybody's")
        inn(acting, manager, rep, name="The team's")
        nights_services.set_rule(acting, manager, rep, Rule((1,), 30))
        with pytest.raises(Forbidden):
            nights_services.set_rule(acting, manager, None, Rule((1,), 30))
        with pytest.raises(ProgrammingError, match="row-level security"), acting.begin_nested():
            inn(acting, manager, stranger)
    assert {hotel.name for hotel in nights_queries.hotels_for(session, rep)} == {"Everybody's", "The team's"}


def test_what_people_change_about_hotels_stands_in_the_audit(session, planner):
    hotel = inn(session, planner)
    nights_services.remove_hotel(session, planner, hotel)
    kinds = (
        session.execute(text("SELECT operation FROM audit_entries WHERE table_name = 'hotels' ORDER BY id"))
        .scalars()
        .all()
    )
    assert kinds == ["insert", "update"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"name": "  "}, "what the hotel is called"), ({"name": "x" * 201}, "at most 200"), ({"extra_minutes": 601}, "0 and 600"),
     ({"lon": 40.27, "lat": -176.0}, "look swapped"), ({"lat": float("nan")}, "not a number")],
)  # fmt: skip
def test_a_hotel_that_cannot_be_is_refused_with_a_sentence(session, planner, wrong, sentence):
    with pytest.raises(Invalid, match=sentence):
        inn(session, planner, **wrong)


def test_a_week_spends_the_night_among_far_customers_and_says_what_it_saves(session, rep, planner, monday, quick):
    far_customers(session, rep, monday)
    hotel = inn(session, planner, phone="717 555 0100")
    nights_services.set_rule(session, planner, None, Rule((1, 2, 3, 4), 60))
    first, second = made(session, rep, monday)
    assert first.evening.hotel == second.morning.hotel == str(hotel.uuid)
    assert first.evening.phone == "717 555 0100"
    assert first.morning is second.evening is None
    assert first.end == second.begin == FAR
    assert first.begin == second.end == HOME
    assert (
        nights_queries.saved_together(session, first)
        == first.evening.saved_seconds + second.morning.saved_seconds
        >= 3600
    )
    for plan in (first, second):
        assert check.check(problems.parse(plan.problem), solutions.parse(plan.solution)) == []
        assert nights_queries.torn(session, plan) == []
    # The way home alone is over two hours: only a day with a night away goes one way.
    assert first.travel_seconds < 2 * 8000


def test_without_a_rule_or_a_hotel_every_night_is_at_home(session, rep, planner, monday, quick):
    far_customers(session, rep, monday, 4)
    inn(session, planner)
    assert [plan.evening for plan in made(session, rep, monday)] == [None, None]
    nights_services.set_rule(session, planner, None, Rule((1,), 600))
    assert [plan.evening for plan in made(session, rep, monday)] == [None, None]


@pytest.fixture
def away_plans(session, rep, planner, monday, quick):
    """Two days with a night between them."""
    far_customers(session, rep, monday)
    inn(session, planner, address="Route 1, Far")
    nights_services.set_rule(session, planner, rep, Rule((1,), 60))
    return made(session, rep, monday)


def test_a_change_by_hand_keeps_the_night_and_says_what_it_saves_then(session, away_plans):
    _first, second = away_plans
    before = second.morning.saved_seconds
    edits.change(session, second, edits.Wanted("dropped", second.stops[0].visit_key))
    second = edit_queries.plan_by_id(session, second.id)
    problem = problems.parse(second.problem)
    assert second.begin == FAR
    assert check.check(problem, solutions.parse(second.solution)) == []
    assert problem.places[problem.shifts[0].from_place] == problems.Place(lon=FAR[0], lat=FAR[1])
    assert second.morning.saved_seconds != before
    edits.undo(session, second)
    assert edit_queries.plan_by_id(session, second.id).morning.saved_seconds == before


def test_a_day_planned_again_begins_where_the_day_before_ends(session, away_plans):
    first, second = away_plans
    again = services.request_plan(session, second.rep, second.day)
    tasks.plan_day(session.principal, plan_id=again.id)
    session.expire_all()
    again = edit_queries.plan_by_id(session, again.id)
    assert again.fault is None
    assert again.morning.hotel == first.evening.hotel
    assert again.end == HOME
    assert nights_queries.torn(session, again) == []


def test_the_rest_of_a_running_day_still_ends_at_its_hotel(session, away_plans):
    first, _ = away_plans
    services.publish(session, first)
    begun = live_services.replan_day(session, first, live_services.Wanted("missed", missed=first.stops[1]))
    assert begun.evening.hotel == first.evening.hotel
    assert begun.end == FAR
    problem = problems.parse(begun.problem)
    assert problem.places[problem.shifts[0].to_place] == problems.Place(lon=FAR[0], lat=FAR[1])
    ill = live_services.replan_day(session, begun, live_services.Wanted("ill"))
    assert ill.end == HOME
    ((day, said, own),) = nights_queries.torn(session, ill)
    assert day == first.day + dt.timedelta(days=1)
    assert said.name == "Far Inn"
    assert own is None


def test_what_is_handed_over_ends_and_begins_at_the_hotel(session, away_plans):
    first, second = away_plans
    evening, morning = feeds.told_sheet(session, first), feeds.told_sheet(session, second)
    assert "destination=40.270000%2C-76.100000" in handover.links(evening)["google"][-1].url
    assert "origin=40.270000%2C-76.100000" in handover.links(morning)["google"][0].url
    assert "destination=40.270000%2C-76.880000" in handover.links(morning)["google"][-1].url
    assert b"\xe2\x98\xbe Far Inn" in handover.gpx(evening)
    assert b"Far Inn" in handover.kml(morning)
    rows = list(csv.DictReader(io.StringIO(handover.csv_of([evening, morning]).decode("utf-8-sig"))))
    slept = [row for row in rows if row["status"] == "night"]
    assert [(row["day"], row["name"], row["number"], bool(row["arrive"]), bool(row["depart"])) for row in slept] == [
        (first.day.isoformat(), "Far Inn", "", True, False), (second.day.isoformat(), "Far Inn", "", False, True),
    ]  # fmt: skip
    events = Calendar.from_ical(handover.icalendar(evening.events, "Kim", ZONE)).walk("VEVENT")
    assert str(events[-1]["SUMMARY"]) == "Night at Far Inn"
    assert str(events[-1]["LOCATION"]) == "Route 1, Far"
    assert events[-1].decoded("dtstart") == first.returns_at
    assert handover.icalendar(morning.events, "Kim", ZONE).count(b"BEGIN:VEVENT") == len(second.stops)


def test_the_calendar_is_told_of_a_night_once_it_is_published(session, away_plans):
    first, second = away_plans
    for plan in (first, second):
        services.publish(session, plan)
    calls = feeds.calls_of(session, first.rep)
    assert [call.name for call in calls].count("Night at Far Inn") == 1
    assert [call.sequence for call in feeds.calls_of(session, first.rep)] == [0] * len(calls)


def test_the_map_ends_the_day_at_the_hotel(session, away_plans):
    first, second = away_plans
    features = queries.route_geojson(first)["features"]
    kinds = [f["properties"]["kind"] for f in features]
    (hotel,) = [f for f in features if f["properties"]["kind"] == "hotel"]
    assert kinds.count("home") == 1
    assert hotel["properties"]["name"] == "Far Inn"
    line = next(f["geometry"]["coordinates"] for f in features if f["properties"]["kind"] == "route")
    assert line[0] == list(HOME)
    assert line[-1] == list(FAR)
    assert travel_queries.points_of(second)[0] == FAR
    assert travel_queries.points_of(second)[-1] == HOME


def test_days_that_are_worked_by_are_compared_with_each_other_and_not_with_newer_drafts(session, away_plans, monday):
    first, second = away_plans
    for plan in (first, second):
        services.publish(session, plan)
    nights_services.set_rule(session, second.rep, second.rep, Rule())
    drafts = made(session, first.rep, monday)
    assert [plan.evening for plan in drafts] == [None, None]
    first = edit_queries.plan_by_id(session, first.id)
    assert first.status == "published"
    assert nights_queries.torn(session, first) == []
    assert nights_queries.saved_together(session, first) > 0
    assert [nights_queries.torn(session, plan) for plan in drafts] == [[], []]


# -- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weekdays", "text"),
    [((), "never"), ((2,), "Tue"), ((1, 2), "Mon, Tue"), ((1, 2, 3, 5), "Mon–Wed, Fri"), ((7,), "Sun")],
)
def test_evenings_in_a_row_are_said_by_the_first_and_the_last(app, weekdays, text):
    with app.test_request_context():
        assert nights_labels.evenings(Rule(weekdays)) == text


GOOD = {"name": "Far Inn", "lon": "-76.1", "lat": "40.27", "extra_minutes": "15", "address": "Route 1"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Say what the hotel is called."),
        ({"name": "x" * 300}, "At most 200 characters."),
        ({"lon": ""}, "Click the map where the hotel is"),
        ({"lat": "north"}, "A number between -90 and 90."),
        ({"lat": "nan"}, "A number between -90 and 90."),
        ({"lon": "-181"}, "A number between -180 and 180."),
        ({"extra_minutes": "-5"}, "Whole minutes between 0 and 600."),
        ({"extra_minutes": "9999999"}, "Whole minutes between 0 and 600."),
        ({"owner": "somebody"}, "Choose one of the list."),
    ],
)
def test_a_hotel_typed_wrong_is_answered_with_a_sentence_beside_the_field(rep, planner, login_as, wrong, sentence):
    answer = login_as(planner).post("/plans/nights/hotels/new", data=GOOD | {"owner": "everybody"} | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Nothing was saved yet." in answer.text


def test_a_rep_adds_own_hotels_and_cannot_give_one_to_everybody(session, rep, login_as):
    client = login_as(rep)
    assert client.post("/plans/nights/hotels/new", data=GOOD | {"owner": str(rep.uuid)}).status_code == 302
    assert client.post("/plans/nights/hotels/new", data=GOOD | {"owner": "everybody"}).status_code == 422
    (hotel,) = nights_queries.hotels(session)
    assert (hotel.user_id, hotel.extra_minutes, hotel.address) == (rep.id, 15, "Route 1")
    page = client.get(f"/plans/nights/hotels/{hotel.uuid}").text
    assert "-76.1" in page
    changed = client.post(
        f"/plans/nights/hotels/{hotel.uuid}", data=GOOD | {"owner": str(rep.uuid), "name": "Farther Inn"}
    )
    assert changed.status_code == 302
    session.expire_all()
    assert [one.name for one in nights_queries.hotels(session)] == ["Farther Inn"]


def test_everybodys_hotel_is_read_but_not_changed_by_a_rep(session, rep, planner, login_as):
    hotel = inn(session, planner)
    client = login_as(rep)
    page = client.get("/plans/nights").text
    assert "Far Inn" in page
    assert str(hotel.uuid) not in page
    assert client.get(f"/plans/nights/hotels/{hotel.uuid}").status_code == 404
    assert client.post(f"/plans/nights/hotels/{hotel.uuid}/remove").status_code == 403


def test_a_rule_is_set_taken_back_and_refused_on_the_page(session, rep, planner, login_as):
    client, address = login_as(planner), f"/plans/nights/rules/{rep.uuid}"
    assert (
        client.post(address, data={"holds": "own", "weekdays": ["1", "3", "9"], "saving_minutes": "45"}).status_code
        == 302
    )
    assert nights_queries.rule_of(session, rep) == Rule((1, 3), 45)
    refused = client.post(address, data={"holds": "own", "weekdays": ["1"], "saving_minutes": "many"})
    assert refused.status_code == 422
    assert "Whole minutes between 0 and 600." in refused.text
    assert client.post(address, data={"holds": "everybody", "saving_minutes": "45"}).status_code == 302
    session.expire_all()
    assert nights_queries.rule_of(session, rep) == Rule()
    assert (
        client.post("/plans/nights/rules/everybody", data={"weekdays": "2", "saving_minutes": "30"}).status_code == 302
    )
    session.expire_all()
    assert nights_queries.rule_of(session, rep) == Rule((2,), 30)


def test_the_api_and_the_page_of_the_plan_tell_the_night(session, away_plans, planner, login_as):
    first, second = away_plans
    client = login_as(planner)
    told = client.get(f"/api/v1/day-plans/{first.uuid}").json
    assert told["night_after"]["name"] == "Far Inn"
    assert told["night_before"] is None
    assert "home" not in told["night_after"]
    page = client.get(f"/plans/{first.uuid}").text
    assert "Night at Far Inn, saves" in page
    assert "From Far Inn" in client.get(f"/plans/{second.uuid}").text
    assert "Night at Far Inn" in client.get(f"/plans/{first.uuid}/print").text
    assert "Night at Far Inn" in client.get(f"/plans/runs/{first.run.uuid}").text
    assert "Night at Far Inn, saves" in client.get(f"/plans/team?day={first.day}").text
    assert "Night at Far Inn, saves" in client.get(f"/plans/week?rep={first.rep.uuid}&from={first.day}").text


def test_a_day_that_no_longer_fits_the_night_beside_it_says_so_on_its_page(session, away_plans, planner, login_as):
    first, second = away_plans
    second.night_before = None
    session.flush()
    page = login_as(planner).get(f"/plans/{first.uuid}").text
    assert f"{second.day:%A} begins at home, but this day ends at Far Inn." in page


def test_the_rep_reads_on_the_phone_where_the_day_ends(session, away_plans, login_as):
    first, second = away_plans
    for plan in (first, second):
        services.publish(session, plan)
    client = login_as(first.rep)
    assert "Night at Far Inn, Route 1, Far" in client.get(f"/field/?day={first.day}").text
    assert "Night at" not in client.get(f"/field/?day={second.day}").text


@pytest.mark.parametrize("seed", range(5))
def test_who_sleeps_away_pays_the_drive_home_unless_the_next_day_goes_on_from_there(seed):
    # Two customers far out, and time for one a day: asleep at the inn the rep is still to come home.
    far = [instances.visit(name, 5, duration=4000, prize=100) for name in ("a", "b")]
    days = [
        instances.shift(
            f"d{day}",
            day=day,
            start=86_400 * day,
            end=86_400 * day + 6_000,
            to=[{"place": 0}, {"place": 4, "cost": 0.1}],
        )
        for day in range(3)
    ]
    for before, after in pairwise(days):
        after["from"] = {"end_of": before["id"]}
    days[-1]["to"] = 0
    given = instances.problem(*far, shifts=days)
    wide, departures = nights.with_departures(given)
    solution = nights.without_departures(given, solver.solve(wide, steps=20_000, seed=seed), departures)
    assert check.check(given, solution) == []
    assert all(route.stops for route in solution.routes)
    # The last stop is followed by the drive home: whichever days are used, the plan ends where it began.
    assert solution.routes[-1].end_place == 0
