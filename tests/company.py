"""Two halves of a company that must not see each other: for the role matrix.

Every text of their half holds MARK, so that a single byte of it in an answer gives it away.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from gcrm.core import clock, files
from gcrm.core.geo import ewkt
from gcrm.exchange.models import ImportBatch, ImportRow
from gcrm.orders.models import Order, OrderLine
from gcrm.people import services as people
from gcrm.routing import cutting, editing, queries, services
from gcrm.routing import problem as problems
from gcrm.routing import solution as solutions
from gcrm.routing.day import Candidate, problem_of
from gcrm.routing.models import DayPlan, Hotel, LeftOut, PlanEdit, PlanRun, Stop
from gcrm.routing.solution import Solution
from gcrm.visits.models import VisitPhoto
from tests import factories as make

MARK = "Zebra"
MATRIX_PICTURE = "matrix.jpg"
ZONE = "America/New_York"
ROLES = ("rep", "manager", "planner", "marketer", "service", "admin")


@dataclass
class Half:
    """What one rep has; `visit` is ahead, `arrived` is under way."""

    team: Any
    manager: Any
    rep: Any
    account: Any
    parent: Any
    contact: Any
    opportunity: Any
    visit: Any
    arrived: Any
    activity: Any
    task: Any
    touch: Any
    plan: Any
    ready: Any
    stop: Any
    edited: Any = None
    """A plan for the day after `ready`, both with a problem of their own, and one change that can be undone."""
    run: Any = None
    trial: Any = None
    hotel: Any = None
    order: Any = None
    photo: Any = None
    question: Any = None
    """Everybody is asked it."""
    pin: Any = None
    """A pin that waits for a planner to move it."""
    territory: Any = None
    """Everybody sees it."""
    batch: Any = None
    """Planners and admins see it."""


@dataclass
class Company:
    ours: Half
    theirs: Half
    people: dict[str, Any]
    region: Any
    territory: Any
    batch: Any
    invitation: str
    session: Any

    def user(self, role: str) -> Any:
        return self.ours.rep if role == "rep" else self.ours.manager if role == "manager" else self.people[role]


def make_company(session: Any) -> Company:
    make.make_organisation(session)
    region = make.make_region(session, "42043", west=-77, south=40)
    people_of = {role: make.make_user(session, role, name=f"A {role}") for role in ROLES[2:]}
    territory = make.make_territory(session, regions=(), name="Middle")
    (files.folder() / MATRIX_PICTURE).write_bytes(b"")
    ours, theirs = make_half(session, ""), make_half(session, MARK)
    ours.territory = theirs.territory = territory
    batch = ImportBatch(
        kind="accounts", filename=f"{MARK}.csv", source=MARK, options={}, status="settled", read=1, rejected=1,
        user_id=people_of["planner"].id,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    session.add(ImportRow(batch_id=batch.id, number=2, outcome="rejected", reason=MARK, raw=[MARK]))
    session.flush()
    ours.batch = theirs.batch = batch
    invitation = people.invite(session, make.make_user(session, "rep", name="Invited"))
    return Company(ours, theirs, people_of, region, territory, batch, invitation, session)


def make_half(session: Any, mark: str, people_of: Half | None = None) -> Half:
    """One team with its rep and one of everything; each text holds the mark.

    With `people_of` the team and its people are those of another half: people are no secret, customers are.
    """
    now = clock.now()
    team = people_of.team if people_of else make.make_team(session)
    manager = people_of.manager if people_of else make.make_user(session, "manager", team)
    rep = people_of.rep if people_of else make.make_user(session, "rep", team, home=(-76.9, 40.3))
    words = {"city": f"{mark} Town", "street": f"{mark} Street 1", "tags": [f"{mark}tag"], "industry": f"{mark} trade"}
    parent = make.make_account(session, rep, name=f"{mark} Holding", **words)
    account = make.make_account(
        session, rep, name=f"{mark} Shop", parent_id=parent.id, tier="A", cadence_days=30, annual_value_minor=77_700_00,
        potential_minor=99_900_00, note=f"{mark} note", email=f"{mark or 'our'}@shop.example", **words,
    )  # fmt: skip
    contact = make.make_contact(session, account, name=f"{mark} Contact", email=f"{mark or 'our'}@contact.example")
    deal = make.make_opportunity(
        session, account, rep, name=f"{mark} Deal", expected_close=clock.today(ZONE) + dt.timedelta(days=20),
        next_step=f"{mark} step",
    )  # fmt: skip
    ahead = make.make_visit(
        session, account, rep, starts_at=now + dt.timedelta(days=2), minutes=30, purpose=f"{mark} purpose"
    )
    arrived = make.make_visit(session, account, rep, status="arrived", arrived_at=now)
    activity = make.make_activity(session, account, rep, subject=f"{mark} call", note=f"{mark} note")
    task = make.make_task(session, account, rep, title=f"{mark} task", due_on=clock.today(ZONE))
    touch = make.make_touch(session, account, rep, summary=f"{mark} touch")
    plan = _plan(session, rep, account, mark, "replaced" if people_of else "published", clock.today(ZONE))
    ready = _plan(session, rep, account, mark, "ready", clock.today(ZONE) + dt.timedelta(days=1))
    edited = _plan(session, rep, account, mark, "ready", clock.today(ZONE) + dt.timedelta(days=2))
    for one in (ready, edited):
        _solve(session, one)
    session.add(
        PlanEdit(
            day_plan_id=edited.id, made_by_id=rep.id, kind="unlocked", account_id=account.id, said={},
            before={"key": "0", "order": ["0"], "pins": {}, "locked": ["0"]},
        )
    )  # fmt: skip
    runs = [
        PlanRun(kind=kind, status="done", rep_ids=[rep.id], first_day=ready.day, days=1, seconds=1, fault=mark or None)
        for kind in ("plan", "trial")
    ]
    session.add_all(runs)
    session.flush()
    runs[0].figures = {
        "visits": 1, "candidates": 2, "travel_seconds": 600, "travel_metres": 4000, "objective": 50.0, "prize": 56.0,
    }  # fmt: skip
    runs[0].steps = 100
    hotel = Hotel(name=f"{mark} Inn", address=f"{mark} Street 9", location=ewkt(-76.1, 40.3), user_id=rep.id)
    session.add(hotel)
    session.flush()
    product = people_of.order.lines[0].product if people_of else make.make_product(session)
    order = Order(
        account_id=account.id, user_id=rep.id, currency="USD", ordered_at=now, price_day=now.date(), total_minor=2100, note=f"{mark} note",
        visit_uuid=arrived.uuid, lines=[OrderLine(position=1, product_id=product.id, name=f"{mark} cups", quantity=2, price_minor=1050, total_minor=2100)],
    )  # fmt: skip
    session.add(order)
    photo = VisitPhoto(
        visit_id=arrived.id,
        user_id=rep.id,
        kind="photo",
        taken_at=now,
        file=MATRIX_PICTURE,
        thumbnail=MATRIX_PICTURE,
        signed_by=mark or None,
    )
    session.add(photo)
    session.flush()
    question = people_of.question if people_of else make.make_question(session)
    return Half(
        team, manager, rep, account, parent, contact, deal, ahead, arrived, activity, task, touch, plan, ready,
        plan.stops[0], edited, *runs, hotel, order, photo, question, make.make_pin_move(session, account),
    )  # fmt: skip


def _solve(session: Any, plan: DayPlan) -> None:
    """Give a plan with one stop the problem and the solution that it was made from."""
    work = queries.work_day(session, plan.rep, plan.day)
    (stop,) = plan.stops
    candidate = Candidate(stop.account_id, stop.account_name, -76.88, 40.27, 30, 100.0, stop.why)
    problem = services.with_travel(problem_of(work, [candidate]))
    attempt = editing.attempt(problem, editing.Draft(("0",)))
    solution = cutting.rebuilt(problem, (editing.route_of(attempt),), {}, Solution("feasible", 0.0, 0.0, 0, 0, (), ()))
    plan.problem, plan.solution, plan.starts_at = problems.dump(problem), solutions.dump(solution), work.midnight
    stop.visit_key = "0"
    services.time_stops(work, problem, solution.routes[0], [stop])
    plan.leaves_at, plan.returns_at = (
        work.instant(at) for at in (solution.routes[0].leave, solution.routes[0].return_at)
    )
    session.flush()


def _plan(session: Any, rep: Any, account: Any, mark: str, status: str, day: dt.date) -> DayPlan:
    now = clock.now()
    plan = DayPlan(
        rep_id=rep.id, day=day, status=status, published_at=now if status == "published" else None, solved_at=now,
        candidates=2, travel_source="estimate", travel_seconds=600, travel_metres=4000, leaves_at=now, returns_at=now,
        starts_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    session.add(
        Stop(
            day_plan_id=plan.id, position=1, account_id=account.id, account_name=account.name, address=account.street,
            location=ewkt(-76.88, 40.27), arrive_at=now, start_at=now, depart_at=now, travel_seconds=300,
            travel_metres=2000, why={"tier": "A", "days_overdue": 3},
        )
    )  # fmt: skip
    session.add(
        LeftOut(
            day_plan_id=plan.id, account_id=account.id, account_name=f"{mark} left", why={"tier": "B"}, reason="no_time",
            detail=f"{mark} detail", added_seconds=60,
        )
    )  # fmt: skip
    session.flush()
    session.refresh(plan)
    return plan
