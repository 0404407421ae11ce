"""Reads of visit types and of what is asked at a visit."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from gcrm.core.errors import NotFound
from gcrm.visits.answers import Question
from gcrm.visits.models import Visit, VisitQuestion, VisitType

_GONE = "There is nothing at this address, or nothing that you may see."


def visit_types(session: Session, with_former: bool = False) -> list[VisitType]:
    """The types on offer, in their order."""
    query = select(VisitType).order_by(VisitType.position, VisitType.id)
    return list(session.scalars(query if with_former else query.where(VisitType.is_active)))


def questions(session: Session, with_former: bool = False) -> list[VisitQuestion]:
    """What is asked, in its order; that of every visit first."""
    query = select(VisitQuestion).options(joinedload(VisitQuestion.visit_type))
    if not with_former:
        query = query.outerjoin(VisitType).where(
            VisitQuestion.is_active, or_(VisitQuestion.visit_type_id.is_(None), VisitType.is_active)
        )
    order = (VisitQuestion.visit_type_id.nulls_first(), VisitQuestion.position, VisitQuestion.id)
    return list(session.scalars(query.order_by(*order)))


def asked(session: Session, visit_type: VisitType | None) -> list[VisitQuestion]:
    """What is asked of a visit of a type, also questions that were taken off: a phone may still hold them."""
    of_type: ColumnElement[bool] = VisitQuestion.visit_type_id.is_(None)
    if visit_type is not None:
        of_type = or_(of_type, VisitQuestion.visit_type_id == visit_type.id)
    return list(
        session.scalars(select(VisitQuestion).where(of_type).order_by(VisitQuestion.position, VisitQuestion.id))
    )


def answered(session: Session, visit: Visit) -> list[tuple[str, Any]]:
    """What was answered at a visit: the question's words and the answer."""
    if not visit.answers:
        return []
    asked = select(VisitQuestion).where(VisitQuestion.uuid.in_([uuid.UUID(each) for each in visit.answers]))
    found = session.scalars(asked.order_by(VisitQuestion.position, VisitQuestion.id))
    return [(each.label, visit.answers[str(each.uuid)]) for each in found]


def plain(rows: Sequence[VisitQuestion]) -> list[Question]:
    """Questions as answers are checked by them."""
    return [Question(each.uuid, each.label, each.kind, tuple(each.choices), each.is_required) for each in rows]


def known_type(session: Session, public: uuid.UUID) -> VisitType | None:
    return session.scalar(select(VisitType).where(VisitType.uuid == public))


def visit_type(session: Session, public: uuid.UUID) -> VisitType:
    found = known_type(session, public)
    if found is None:
        raise NotFound(_GONE)
    return found


def question(session: Session, public: uuid.UUID) -> VisitQuestion:
    found = session.scalar(select(VisitQuestion).where(VisitQuestion.uuid == public))
    if found is None:
        raise NotFound(_GONE)
    return found
