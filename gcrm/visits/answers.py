"""Answers to a visit's questions, checked by the kind of each. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gcrm.core.errors import Invalid

LONGEST_ANSWER = 2_000
LARGEST_NUMBER = 1e12
SCALE = range(1, 6)
YES_NO = {"yes": True, "no": False, True: True, False: False}


@dataclass(frozen=True)
class Question:
    """What is asked, as far as an answer can be judged by it."""

    id: UUID
    label: str
    kind: str
    choices: tuple[str, ...] = ()
    is_required: bool = False


def checked(questions: Sequence[Question], given: Mapping[str, Any], demanded: Collection[UUID] = ()) -> dict[str, Any]:
    """The answers by the question's id, without those left open; each fault is named with its question.

    `demanded` are the questions that were put to the person: a required one among them needs its answer.
    """
    known = {str(question.id): question for question in questions}
    strange = next((name for name in given if name not in known), None)
    if strange is not None:
        raise Invalid("“%(id)s” is no question of this visit.", id=strange[:60], field=f"answers.{strange[:60]}")
    found = {}
    for name, question in known.items():
        answer = _read(question, given.get(name))
        if answer is not None:
            found[name] = answer
        elif question.is_required and question.id in demanded:
            raise Invalid("“%(question)s” needs an answer.", question=question.label, field=f"answers.{name}")
    return found


def _read(question: Question, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return _READERS[question.kind](value, question)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _misfit(question, str(value)[:40]) from None


def _misfit(question: Question, given: str) -> Invalid:
    """What the kind of a question asks for, in a sentence."""
    about = {"question": question.label, "given": given, "field": f"answers.{question.id}"}
    if question.kind == "number":
        return Invalid("“%(question)s” wants a number, not “%(given)s”.", **about)
    if question.kind == "yes_no":
        return Invalid("“%(question)s” wants yes or no, not “%(given)s”.", **about)
    if question.kind == "scale":
        return Invalid("“%(question)s” wants a whole number from 1 to 5, not “%(given)s”.", **about)
    if question.kind == "choice":
        return Invalid(
            "“%(question)s” wants one of %(choices)s, not “%(given)s”.", choices=", ".join(question.choices), **about
        )
    return Invalid("“%(question)s” wants a text, not “%(given)s”.", **about)


def _text(value: Any, question: Question) -> str:
    if not isinstance(value, str):
        raise TypeError
    if len(value) > LONGEST_ANSWER:
        raise Invalid(
            "The answer to “%(question)s” has more than %(most)s characters.", question=question.label,
            most=LONGEST_ANSWER, field=f"answers.{question.id}",
        )  # fmt: skip
    return "".join(sign for sign in value.strip() if sign in "\n\t" or sign.isprintable())


def _number(value: Any, _question: Question) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    found = float(value)
    if not math.isfinite(found) or abs(found) > LARGEST_NUMBER:
        raise ValueError
    return int(found) if found == int(found) else found


def _choice(value: Any, question: Question) -> str:
    return question.choices[question.choices.index(value)]


def _scale(value: Any, _question: Question) -> int:
    if isinstance(value, bool) or int(value) not in SCALE or float(value) != int(value):
        raise ValueError
    return int(value)


_READERS = {
    "text": _text,
    "number": _number,
    "yes_no": lambda value, _q: YES_NO[value],
    "choice": _choice,
    "scale": _scale,
}
