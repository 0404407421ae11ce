"""The jobs that plan a day, or many days in one solve: read, solve without a transaction, check, save."""

from __future__ import annotations

from collections.abc import Callable

from gcrm.core import clock, db, held_places, jobs, logs
from gcrm.core.config import settings
from gcrm.core.db import Principal
from gcrm.core.errors import GcrmError
from gcrm.routing import calendar_sync, place_queries, place_services, services, travel, travel_queries, travel_services
from gcrm.routing.models import DayPlan, PlanRun

FAULT = "The planner stopped with a fault of its own."


@jobs.task("routing.plan_day", queue="now")
def plan_day(principal: Principal, plan_id: int, publish: bool = False) -> None:
    """Make one plan; what goes wrong is said on the plan."""
    with db.transaction(principal) as session:
        plan = session.get(DayPlan, plan_id)
        if plan is None or plan.status not in ("queued", "solving"):
            return
        given, problem = services.begin(session, plan)
    try:
        full, solution = services.solve(problem)
        with db.transaction(principal) as session:
            plan = session.get_one(DayPlan, plan_id)
            services.save_plan(session, plan, given, full, solution)
            if publish:
                services.publish(session, plan)
    except Exception as error:
        sentence = error.message if isinstance(error, GcrmError) else FAULT
        logs.get().error("plan failed", plan=plan_id, exc_info=error)
        with db.transaction(principal) as session:
            services.fail(session, session.get_one(DayPlan, plan_id), sentence)


@jobs.task("routing.plan_run", queue="later")
def plan_run(principal: Principal, run_id: int, tell: Callable[[int, float | None], None] | None = None) -> None:
    """Make the plans of a run; how far it is stands on the run, and somebody who cancels it stops the solver."""
    from gcrm.routing import apart, run_services, runs

    with db.transaction(principal) as session:
        run = session.get(PlanRun, run_id)
        if run is None or run.status not in ("queued", "solving"):
            return
        seconds, seed = run.seconds, run.seed
        gathered = run_services.begin(session, run)

    def go_on(steps: int, value: float | None) -> bool:
        if tell is not None:
            tell(steps, value)
        with db.transaction(principal) as session:
            return run_services.note_progress(session, run_id, steps, value)

    try:
        found = runs.solve(gathered, seconds, seed, go_on)
        with db.transaction(principal) as session:
            run_services.save(
                session, session.get_one(PlanRun, run_id), gathered, found.problem, found.solution, found.figures
            )
    except apart.Stopped:
        with db.transaction(principal) as session:
            run_services.end(session, session.get_one(PlanRun, run_id), "cancelled", "It was cancelled.")
    except Exception as error:
        sentence = error.message if isinstance(error, GcrmError) else FAULT
        logs.get().error("run failed", run=run_id, exc_info=error)
        with db.transaction(principal) as session:
            run_services.end(session, session.get_one(PlanRun, run_id), "failed", sentence)


@jobs.task("routing.try_weights", queue="now")
def try_weights(principal: Principal, run_id: int) -> None:
    """Plan a day as it counts now and as it would; no plan is kept."""
    from gcrm.routing import weighing_services
    from gcrm.routing.day import problem_of

    with db.transaction(principal) as session:
        run = session.get(PlanRun, run_id)
        if run is None or run.status not in ("queued", "solving"):
            return
        sides = weighing_services.inputs(session, run)
    try:
        found = []
        for given in sides:
            full, solution = services.solve(problem_of(given.work, given.candidates, given.weights.driving_hour / 3600))
            found.append((given, full, solution))
        with db.transaction(principal) as session:
            weighing_services.end_trial(session, session.get_one(PlanRun, run_id), weighing_services.compare(found))
    except Exception as error:
        sentence = error.message if isinstance(error, GcrmError) else FAULT
        logs.get().error("trial failed", run=run_id, exc_info=error)
        with db.transaction(principal) as session:
            weighing_services.end_trial(session, session.get_one(PlanRun, run_id), None, sentence)


@jobs.task("routing.draw_plan", queue="now", retries=2)
def draw_plan(principal: Principal, plan_id: int) -> None:
    """Draw a plan's drives along roads, for its map."""
    with db.transaction(principal) as session:
        drives = travel_services.undrawn(session, plan_id)
    found = travel_services.lines(settings(), drives) if drives else {}
    if found:
        with db.transaction(principal) as session:
            travel_services.draw(session, plan_id, found)


held_places.register("plans", held_places.Source(place_queries.starts, place_services.fade_starts))


@jobs.app.periodic(cron="41 2 * * *")
@jobs.app.task(name="routing.learn_travel", queue="later", queueing_lock="routing.learn_travel")
def learn_travel(timestamp: int) -> None:
    """Learn from the check-ins how much slower the road is at each hour of the week."""
    source = travel.source_for(settings())
    system = jobs.system_principal()
    with db.transaction(system) as session:
        days = list(travel_queries.days_of_check_ins(session, clock.now() - travel_services.LEARNED_FROM))
    found = travel_services.learn(days, source)
    with db.transaction(system) as session:
        travel_services.keep_factors(session, source.source, found, clock.now())


@jobs.task("routing.sync_calendar", queue="later")
def sync_calendar(principal: Principal, user_id: int) -> None:
    """Keep one person's own calendar in step; what went wrong stands on their page."""
    user = next((user for user in calendar_sync.linked() if user.id == user_id), None)
    if user is None or user.principal != principal:
        return
    try:
        calendar_sync.sync(user)
    except GcrmError as error:
        logs.get().warning("calendar not in step", user=user_id, fault=error.message)


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="routing.sync_calendars", queue="later", queueing_lock="routing.sync_calendars")
def sync_calendars(timestamp: int) -> None:
    """Have every joined calendar compared, each in its person's name."""
    for user in calendar_sync.linked():
        with db.transaction(user.principal) as session:
            mark = f"calendar of {user.id}"
            jobs.defer(session, "routing.sync_calendar", user_id=user.id, lock=mark, queueing_lock=mark)
