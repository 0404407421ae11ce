"""Writes of stages and opportunities."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcrm.pipeline.models import Stage

DEFAULT_STAGES = (
    ("Lead", 10, "open"),
    ("Qualified", 25, "open"),
    ("Proposal", 50, "open"),
    ("Negotiation", 75, "open"),
    ("Won", 100, "won"),
    ("Lost", 0, "lost"),
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
