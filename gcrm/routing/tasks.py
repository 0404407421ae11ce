"""The job that plans a day: read, solve without a transaction, check, save."""

from __future__ import annotations

from gcrm.core import db, jobs, logs
from gcrm.core.db import Principal
from gcrm.core.errors import GcrmError
from gcrm.routing import services
from gcrm.routing.models import DayPlan


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
        sentence = error.message if isinstance(error, GcrmError) else "The planner stopped with a fault of its own."
        logs.get().error("plan failed", plan=plan_id, exc_info=error)
        with db.transaction(principal) as session:
            services.fail(session, session.get_one(DayPlan, plan_id), sentence)
