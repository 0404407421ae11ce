"""Writes of visit types and of what is asked at a visit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.core.errors import Conflict, Invalid
from gcrm.customers import values
from gcrm.visits.models import QUESTION_KINDS, VisitQuestion, VisitType

LONGEST_NAME = 100
LONGEST_LABEL = 200
LONGEST_CHOICE = 100
MOST_CHOICES = 30


def save_type(session: Session, visit_type: VisitType | None = None, **fields: Any) -> VisitType:
    """Add a visit type, or change what is given of one: name, is_active."""
    made = visit_type or VisitType(position=_next(session, VisitType.position))
    for name, value in fields.items():
        setattr(made, name, bool(value) if name == "is_active" else values.line(value, "name", LONGEST_NAME))
    if not made.name:
        raise Invalid("A visit type needs a name.")
    with session.no_autoflush:
        twin = session.scalar(select(VisitType.id).where(VisitType.name == made.name, VisitType.id != made.id))
    if twin is not None:
        raise Conflict(f"There is a visit type “{made.name}” already.")
    session.add(made)
    session.flush()
    return made


def save_question(session: Session, question: VisitQuestion | None = None, **fields: Any) -> VisitQuestion:
    """Add a question, or change what is given of one: label, kind, choices, is_required, is_active, visit_type.

    The kind of one that stands stays: answers of the old kind would read as nonsense.
    """
    if question is not None and fields.get("kind", question.kind) != question.kind:
        raise Conflict("The kind of a question stays. Take this one off and add another.")
    made = question or VisitQuestion(position=_next(session, VisitQuestion.position), choices=[])
    for name, value in fields.items():
        setattr(made, name, _FIELDS[name](value))
    if not made.label:
        raise Invalid("A question needs its words.")
    if made.kind == "choice" and len(made.choices) < 2:
        raise Invalid("A choice needs at least two answers to choose from.")
    if made.kind != "choice":
        made.choices = []
    session.add(made)
    session.flush()
    return made


def _next(session: Session, column: Any) -> int:
    return int(session.scalar(select(func.coalesce(func.max(column), 0))) or 0) + 1


def _kind(value: Any) -> str:
    if value not in QUESTION_KINDS:
        raise Invalid(f"“{str(value)[:40]}” is no kind of question. It is one of {', '.join(QUESTION_KINDS)}.")
    return str(value)


def _choices(value: Any) -> list[str]:
    found = [line for line in (values.line(each, "answer", LONGEST_CHOICE) for each in value) if line]
    if len(found) > MOST_CHOICES:
        raise Invalid(f"A choice has at most {MOST_CHOICES} answers.")
    if len(set(found)) < len(found):
        raise Invalid("Two of the answers are the same.")
    return found


_FIELDS: dict[str, Any] = {
    "label": lambda value: values.line(value, "question", LONGEST_LABEL), "kind": _kind, "choices": _choices,
    "is_required": bool, "is_active": bool, "visit_type": lambda value: value,
}  # fmt: skip
