"""`gcrm plan`: a rep's days from the command line, made while one waits."""

from __future__ import annotations

import datetime as dt

import click

from gcrm.core import console, db, jobs
from gcrm.core.errors import Invalid, Unavailable
from gcrm.people import queries as people
from gcrm.people.commands import acting, acting_option
from gcrm.people.models import User
from gcrm.routing import queries, reports, run_queries, services
from gcrm.routing.models import DayPlan


@click.command()
@click.argument("email")
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="First day.")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1, services.MOST_DAYS))
@click.option("--json", "as_json", is_flag=True, help="Print the plans as JSON.")
@acting_option
def plan(email: str, first: dt.datetime, days: int, as_json: bool, acting_email: str | None) -> None:
    """Plan a rep's days: one by itself, several in one solve; days off are left free."""
    console.open_database()
    principal = acting(acting_email)
    with console.progress("Planning") as advance:
        make = _plan_day if days == 1 else _plan_span
        made = make(principal, email, first.date(), days, advance)
    if as_json:
        console.print_json({"plans": made})
        return
    for figures in made:
        click.echo(reports.as_text(figures))


def _rep(session: db.PrincipalSession, email: str) -> User:
    rep = people.user_by_email(session, email)
    if rep is None:
        raise Invalid(f"There is nobody with the address {email}.")
    return rep


def _plan_day(
    principal: db.Principal, email: str, day: dt.date, _days: int, advance: console.Advance
) -> list[dict[str, object]]:
    advance(0, 1, day.isoformat())
    with db.transaction(principal) as session:
        plan = services.request_plan(session, _rep(session, email), day, queue=False)
        plan_id, public = plan.id, plan.uuid
    jobs.run_now("routing.plan_day", principal, plan_id=plan_id)
    with db.transaction(principal) as session:
        return [_figures(session, queries.plan_by_uuid(session, public))]


def _plan_span(
    principal: db.Principal, email: str, first: dt.date, days: int, advance: console.Advance
) -> list[dict[str, object]]:
    with db.transaction(principal) as session:
        run = services.request_plans(session, [_rep(session, email)], first, days, queue=False)
        run_id, public, seconds = run.id, run.uuid, round(run.seconds)
    passed = iter(range(1, 10**6))

    def tell(_steps: int, value: float | None) -> None:
        advance(min(seconds, next(passed)), seconds, f"{value:,.0f} points" if value is not None else "Starting")

    jobs.run_now("routing.plan_run", principal, run_id=run_id, tell=tell)
    with db.transaction(principal) as session:
        made = run_queries.run_by_uuid(session, public)
        if made.status != "done":
            raise Unavailable(made.fault or "The plans failed.")
        return [_figures(session, queries.plan_by_uuid(session, plan.uuid)) for plan in made.plans]


def _figures(session: db.PrincipalSession, made: DayPlan) -> dict[str, object]:
    if made.status == "failed":
        raise Unavailable(made.fault or "The plan failed.")
    return reports.figures(session, made)
