"""Acts in any order, in any parts, as often as they come: what is in the end is what was done."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.customers.models import Account, Touch
from gcrm.field.models import FieldAct
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Activity, Task, Visit
from tests import factories as make
from tests.field.conftest import HOME, make_day
from tests.field.phone import Phone, ident

NAMES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
QUICK, LONG = range(5), range(5, 205)


def a_days_acts(
    chance: random.Random, begun: dt.datetime, phones: list[Phone], plan: DayPlan, accounts: dict[int, Account]
) -> list[Any]:
    """What somebody with two phones does in a day, as (phone, act) in the order of doing."""
    moments = _moments(chance, begun)
    done: list[Any] = []
    for stop in plan.stops:
        account, first = accounts[stop.account_id].uuid, chance.choice(phones)
        visit = ident()
        place = {"lon": HOME[0], "lat": HOME[1] + chance.randrange(9) / 1000, "accuracy": 9.0, "taken_at": None}
        if chance.random() < 0.4:
            done.append((first, first.act("skipped", at=next(moments), stop=stop.uuid)))
            done.append((first, first.act("unskipped", at=next(moments), stop=stop.uuid)))
        if chance.random() < 0.8:
            done.append(
                (
                    first,
                    first.act("arrived", at=next(moments), visit=visit, account=account, stop=stop.uuid, place=place),
                )
            )
        if chance.random() < 0.3:
            done.append((first, first.act("skipped", at=next(moments), stop=stop.uuid)))
        if chance.random() < 0.8:
            log = {
                "outcome": chance.choice(("order", "interested")),
                "note": f"Note {chance.randrange(99)}",
                "next_step": "Call",
            }
            second = chance.choice(phones)
            own = visit if second is first else ident()
            done.append(
                (second, second.act("finished", at=next(moments), visit=own, account=account, stop=stop.uuid, **log))
            )
        task = ident()
        done.append(
            (
                first,
                first.act(
                    "task_added", at=next(moments), task=task, account=account, title=f"Task {chance.randrange(99)}"
                ),
            )
        )
        for kind in ("task_done", "task_reopened", "task_done")[: chance.randrange(4)]:
            done.append((first, first.act(kind, at=next(moments), task=task)))
        done.append(
            (
                first,
                first.act(
                    "noted",
                    at=next(moments),
                    activity=ident(),
                    account=account,
                    subject=f"Heard {chance.randrange(99)}",
                ),
            )
        )
    return done


def _moments(chance: random.Random, begun: dt.datetime) -> Iterator[dt.datetime]:
    at = begun
    while True:
        at += dt.timedelta(seconds=chance.randrange(60, 600))
        yield at


def sent_anyhow(chance: random.Random, done: list[Any]) -> None:
    """The acts in batches of any size, in any order, some of them again; in the end every one of them was sent."""
    parts = []
    for phone in {id(phone): phone for phone, _ in done}.values():
        own = [act for each, act in done if each is phone]
        if chance.random() < 0.7:
            chance.shuffle(own)
        while own:
            size = chance.randrange(1, 8)
            parts.append((phone, own[:size]))
            own = own[size:]
    parts += [chance.choice(parts) for _ in range(len(parts) // 2)]
    chance.shuffle(parts)
    for phone, batch in parts:
        phone.send(*batch)


def standing(session: Any, rep: Any) -> dict[str, Any]:
    """Everything that acts change, without ids."""
    session.expire_all()
    name = dict(session.execute(select(Account.id, Account.name)).all())
    mine = {stop.id: stop for stop in session.scalars(select(Stop).join(DayPlan).where(DayPlan.rep_id == rep.id))}
    own = [(model, model.user_id == rep.id) for model in (Visit, Task, Activity, Touch)]
    rows = {model: list(session.scalars(select(model).where(condition))) for model, condition in own}
    return {
        "stops": _told((stop.account_name, stop.status, stop.visit_id is not None) for stop in mine.values()),
        "visits": _told(
            (name[v.account_id], v.status, v.outcome, v.note, v.arrived_at, v.finished_at, v.distance_metres)
            for v in rows[Visit]
        ),
        "tasks": _told((name[t.account_id], t.title, t.done_at) for t in rows[Task]),
        "activities": _told((name[a.account_id], a.subject, a.at) for a in rows[Activity]),
        "touches": _told((name[t.account_id], t.kind, t.summary, t.detail, t.at) for t in rows[Touch]),
    }


def _told(rows: Iterable[Any]) -> list[str]:
    return sorted(map(repr, rows))


@pytest.mark.parametrize("seed", [*QUICK, *(pytest.param(seed, marks=pytest.mark.soak) for seed in LONG)])
def test_any_order_any_parts_and_any_repetition_come_to_the_same_as_each_act_once(seed, session, login_as):
    make.make_organisation(session)
    begun, ends = clock.now() - dt.timedelta(hours=9), []
    for way in ("anyhow", "in order"):
        chance = random.Random(seed)
        rep = make.make_user(session, "rep", home=HOME)
        plan = make_day(session, rep, NAMES)
        accounts = {stop.account_id: session.get(Account, stop.account_id) for stop in plan.stops}
        phones = [Phone(login_as(rep), rep), Phone(login_as(rep), rep)]
        done = a_days_acts(chance, begun, phones, plan, accounts)
        if way == "anyhow":
            sent_anyhow(chance, done)
        else:
            for phone, act in sorted(done, key=lambda pair: (pair[1]["at"], pair[1]["seq"])):
                phone.send(act)
        states = set(session.scalars(select(FieldAct.state).where(FieldAct.user_id == rep.id)))
        assert states <= {"applied", "merged"}
        ends.append(standing(session, rep))
    assert ends[0] == ends[1]
