"""`gcrm plan`: a rep's days from the command line, made while one waits."""

from __future__ import annotations

import datetime as dt

import click

from gcrm.core import console, db, jobs
from gcrm.core.errors import Invalid, Unavailable
from gcrm.people import queries as people
from gcrm.people.commands import acting, acting_option
from gcrm.routing import queries, reports, services


@click.command()
@click.argument("email")
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="First day.")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1, services.MOST_DAYS))
@click.option("--json", "as_json", is_flag=True, help="Print the plans as JSON.")
@acting_option
def plan(email: str, first: dt.datetime, days: int, as_json: bool, acting_email: str | None) -> None:
    """Plan a rep's days, one after the other."""
    console.open_database()
    principal = acting(acting_email)
    made = []
    with console.progress("Planning") as advance:
        for number in range(days):
            day = first.date() + dt.timedelta(days=number)
            advance(number, days, day.isoformat())
            made.append(_plan(principal, email, day))
    if as_json:
        console.print_json({"plans": made})
        return
    for figures in made:
        click.echo(reports.as_text(figures))


def _plan(principal: db.Principal, email: str, day: dt.date) -> dict[str, object]:
    with db.transaction(principal) as session:
        rep = people.user_by_email(session, email)
        if rep is None:
            raise Invalid(f"There is nobody with the address {email}.")
        plan = services.request_plan(session, rep, day, queue=False)
        plan_id, public = plan.id, plan.uuid
    jobs.run_now("routing.plan_day", principal, plan_id=plan_id)
    with db.transaction(principal) as session:
        made = queries.plan_by_uuid(session, public)
        if made.status == "failed":
            raise Unavailable(made.fault or "The plan failed.")
        return reports.figures(session, made)
