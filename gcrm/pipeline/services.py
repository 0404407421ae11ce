"""Writes of stages and opportunities; each leaves its line on the account's timeline."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gcrm.core import clock, money
from gcrm.core.errors import Conflict, Invalid
from gcrm.customers import services as customers
from gcrm.customers import values
from gcrm.customers.models import Account
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.people.roles import may
from gcrm.pipeline import forecast
from gcrm.pipeline.models import Opportunity, Stage

DEFAULT_STAGES = (
    ("Lead", 10, "open"),
    ("Qualified", 25, "open"),
    ("Proposal", 50, "open"),
    ("Negotiation", 75, "open"),
    ("Won", 100, "won"),
    ("Lost", 0, "lost"),
)
EARLIEST_DAY = dt.date(2000, 1, 1)
LATEST_DAY = dt.date(2100, 1, 1)
EDITED = ("name", "amount_minor", "currency", "expected_close", "owner", "next_step", "next_step_on", "note")
"""What `change` takes; the stage moves by `move`, `win`, `lose` and `reopen` only."""

# Cards of a stage that the person sees, each a whole step behind the one before.
_SPREAD = text(
    "UPDATE opportunities SET rank = placed.rank FROM ("
    " SELECT id, 1024.0 * row_number() OVER (ORDER BY rank, id) AS rank FROM opportunities WHERE stage_id = :stage"
    ") AS placed WHERE opportunities.id = placed.id"
)


def default_stages(session: Session) -> list[Stage]:
    """The usual six stages, made once."""
    found = list(session.scalars(select(Stage).order_by(Stage.position)))
    if found:
        return found
    made = [
        Stage(name=name, position=position, probability=probability, kind=kind)
        for position, (name, probability, kind) in enumerate(DEFAULT_STAGES, start=1)
    ]
    session.add_all(made)
    session.flush()
    return made


def open_opportunity(
    session: Session,
    *,
    account: Account,
    name: str | None,
    amount_minor: int,
    user_id: int,
    currency: str | None = None,
    stage: Stage | None = None,
    public_id: uuid.UUID | None = None,
    **fields: Any,
) -> Opportunity:
    """A new sale at an account, at the top of its stage; in the account's currency and its owner's unless said otherwise."""
    stage = stage or _first_open(session)
    if stage.kind != "open":
        raise Invalid("A new opportunity begins in an open stage.")
    made = Opportunity(
        uuid=public_id or uuid.uuid4(), account_id=account.id, stage_id=stage.id, rank=_top(session, stage),
        owner_id=None if "owner" in fields else account.owner_id,
    )  # fmt: skip
    currency = currency or account.currency or people.the_organisation(session).currency
    _write(made, {"name": name, "amount_minor": amount_minor, "currency": currency, **fields})
    session.add(made)
    session.flush()
    shown = money.to_decimal(made.amount_minor, made.currency)
    _touch(session, made, user_id, "opportunity", f"{shown} {made.currency}")
    return made


def change(session: Session, opportunity: Opportunity, **fields: Any) -> Opportunity:
    """Write what a person edited; the amount of a settled sale stays as it was settled."""
    settled = opportunity.closed_at is not None
    if settled and any(fields.get(key, now) != now for key, now in _money_of(opportunity).items()):
        raise Conflict("This opportunity is settled. Reopen it first to change its amount.")
    _write(opportunity, fields)
    session.flush()
    return opportunity


def _money_of(opportunity: Opportunity) -> dict[str, Any]:
    return {"amount_minor": opportunity.amount_minor, "currency": opportunity.currency}


def move(
    session: Session, opportunity: Opportunity, stage: Stage, user_id: int, above: Opportunity | None = None
) -> Opportunity:
    """Put a sale into an open stage, below the card `above` or else on top; within a stage it changes the order only."""
    if stage.kind == "won":
        return win(session, opportunity, user_id)
    if stage.kind == "lost":
        raise Invalid("A lost opportunity needs its reason.")
    if above is not None and above.stage_id != stage.id:
        raise Conflict("The card above has moved on meanwhile. Nothing was saved; load the board again.")
    if opportunity.closed_at is not None:
        reopen(session, opportunity, user_id, stage)
    before = opportunity.stage
    _place(session, opportunity, stage, above)
    if before.id != stage.id:
        _touch(session, opportunity, user_id, "opportunity_moved", f"{before.name} → {stage.name}")
    return opportunity


def win(session: Session, opportunity: Opportunity, user_id: int, reason: str | None = None) -> Opportunity:
    """Settle a sale as won."""
    return _settle(session, opportunity, user_id, "won", values.line(reason, "reason"))


def lose(session: Session, opportunity: Opportunity, user_id: int, reason: str | None) -> Opportunity:
    """Settle a sale as lost, with why."""
    said = values.line(reason, "reason")
    if said is None:
        raise Invalid("A lost opportunity needs its reason.")
    return _settle(session, opportunity, user_id, "lost", said)


def reopen(session: Session, opportunity: Opportunity, user_id: int, stage: Stage | None = None) -> Opportunity:
    """Take a settled sale up again, in the given open stage or the last one before settling."""
    if opportunity.closed_at is None:
        raise Conflict("This opportunity is open already.")
    stage = stage or _last_open(session)
    if stage.kind != "open":
        raise Invalid("An opportunity is reopened in an open stage.")
    opportunity.closed_at = None
    opportunity.close_reason = None
    _place(session, opportunity, stage, None)
    _touch(session, opportunity, user_id, "opportunity_reopened", stage.name)
    return opportunity


def _settle(session: Session, opportunity: Opportunity, user_id: int, kind: str, reason: str | None) -> Opportunity:
    if opportunity.closed_at is not None:
        raise Conflict("This opportunity is settled already. Reopen it first.")
    stage = session.scalars(select(Stage).where(Stage.kind == kind).order_by(Stage.position).limit(1)).one()
    opportunity.closed_at = clock.now()
    opportunity.close_reason = reason
    _place(session, opportunity, stage, None)
    _touch(session, opportunity, user_id, f"opportunity_{kind}", reason)
    return opportunity


def _place(session: Session, opportunity: Opportunity, stage: Stage, above: Opportunity | None) -> None:
    rank = _top(session, stage) if above is None else _below(session, opportunity, stage, above)
    opportunity.stage = stage
    opportunity.rank = rank
    session.flush()


def _top(session: Session, stage: Stage) -> float:
    first = session.scalar(select(func.min(Opportunity.rank)).where(Opportunity.stage_id == stage.id))
    rank = forecast.between(None, first)
    assert rank is not None
    return rank


def _below(session: Session, opportunity: Opportunity, stage: Stage, above: Opportunity) -> float:
    """The rank between a card and the next; where they leave no room, the stage's cards are spread out first."""
    if above.id == opportunity.id:
        return opportunity.rank
    rank = forecast.between(above.rank, _next_rank(session, opportunity, stage, above))
    if rank is None:
        session.execute(_SPREAD, {"stage": stage.id})
        session.refresh(above, ["rank"])
        rank = forecast.between(above.rank, _next_rank(session, opportunity, stage, above))
    assert rank is not None
    return rank


def _next_rank(session: Session, opportunity: Opportunity, stage: Stage, above: Opportunity) -> float | None:
    after = (Opportunity.rank > above.rank) | ((Opportunity.rank == above.rank) & (Opportunity.id > above.id))
    return session.scalar(
        select(Opportunity.rank)
        .where(Opportunity.stage_id == stage.id, Opportunity.id != opportunity.id, after)
        .order_by(Opportunity.rank, Opportunity.id)
        .limit(1)
    )


def _first_open(session: Session) -> Stage:
    return next(stage for stage in default_stages(session) if stage.kind == "open")


def _last_open(session: Session) -> Stage:
    return next(stage for stage in reversed(default_stages(session)) if stage.kind == "open")


def _write(opportunity: Opportunity, fields: dict[str, Any]) -> None:
    """Check and set the fields that people edit."""
    for key, value in fields.items():
        if key not in EDITED:
            raise Invalid(f"“{key}” is no field of an opportunity.")
        if key == "owner":
            opportunity.owner = _owner(value)
        else:
            setattr(opportunity, key, _CHECKS[key](value))


def _owner(user: User | None) -> User | None:
    if user is not None and not (user.active and may(user.role, "edit_pipeline")):
        raise Invalid(f"{user.name} cannot own opportunities.")
    return user


def _name(value: Any) -> str:
    name = values.line(value, "name")
    if name is None:
        raise Invalid("An opportunity needs a name.")
    return name


def _amount(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= money.LARGEST_MINOR:
        raise Invalid("The amount is not a sum that a sale can have.")
    return value


def _currency(value: Any) -> str:
    code = values.currency(value)
    if code is None:
        raise Invalid("The currency is missing.")
    return code


def _day(value: Any) -> dt.date | None:
    if value is not None and not EARLIEST_DAY <= value <= LATEST_DAY:
        raise Invalid(f"{value.isoformat()} is no day on which a sale could close.")
    return value  # type: ignore[no-any-return]


_CHECKS = {
    "name": _name,
    "amount_minor": _amount,
    "currency": _currency,
    "expected_close": _day,
    "next_step": lambda value: values.line(value, "next step"),
    "next_step_on": _day,
    "note": values.note,
}


def _touch(session: Session, opportunity: Opportunity, user_id: int, kind: str, detail: str | None) -> None:
    customers.write_touch(
        session, account_id=opportunity.account_id, user_id=user_id, at=clock.now(), kind=kind,
        summary=opportunity.name, detail=detail, subject=opportunity.uuid,
    )  # fmt: skip
