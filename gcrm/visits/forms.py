"""What the pages of visits, activities and tasks take in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from gcrm.core import clock
from gcrm.visits.labels import KIND_LABELS, OUTCOME_LABELS, QUESTION_KIND_LABELS
from gcrm.visits.models import ACTIVITY_KINDS
from gcrm.visits.question_services import LONGEST_LABEL, LONGEST_NAME

_SHORT = Length(max=300, message=_l("At most 300 characters."))
_LONG = Length(max=20_000, message=_l("At most 20,000 characters."))


class AppointmentForm(Form):  # type: ignore[misc] # wtforms has no types
    day = DateField(_l("Day"), [InputRequired(_l("Which day?"))])
    time = TimeField(_l("Time"), [InputRequired(_l("At what time?"))])
    minutes = IntegerField(
        _l("How long"),
        [InputRequired(_l("How many minutes?")), NumberRange(5, 600, _l("Between 5 minutes and 10 hours."))],
    )
    purpose = StringField(_l("What for"), [_SHORT])
    person = SelectField(_l("Who goes"), validate_choice=True)
    contact = SelectField(_l("Whom to meet"), [Optional()])

    def offer(self, people: list[tuple[str, str]], contacts: list[tuple[str, str]]) -> None:
        self.person.choices = people
        self.contact.choices = [("", _("Nobody in particular")), *contacts]

    def starts_at(self, zone: str) -> dt.datetime:
        return clock.at(self.day.data, self.time.data, zone)


class OutcomeForm(Form):  # type: ignore[misc]
    """What came of a visit; with a day and time when it is logged afterwards."""

    outcome = RadioField(
        _l("What came of it?"), [InputRequired(_l("Choose what came of it."))],
        choices=[SelectChoice(word, label) for word, label in OUTCOME_LABELS.items()],
    )  # fmt: skip
    day = DateField(_l("Day"), [Optional()])
    time = TimeField(_l("Time"), [Optional()])
    note = TextAreaField(_l("Note"), [_LONG])
    next_step = StringField(_l("Next step"), [_SHORT], description=_l("It becomes a task."))
    next_step_on = DateField(_l("By"), [Optional()])

    def made_at(self, zone: str) -> dt.datetime | None:
        """When it was; None is now."""
        if self.day.data is None:
            return None
        found = clock.at(self.day.data, self.time.data or dt.time(12), zone)
        return min(found, clock.now()) if self.time.data is None else found

    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("outcome", "note", "next_step", "next_step_on")}


class ActivityForm(Form):  # type: ignore[misc]
    kind = RadioField(
        _l("Kind"), [InputRequired(_l("Choose the kind."))],
        choices=[SelectChoice(word, KIND_LABELS[word]) for word in ACTIVITY_KINDS],
    )  # fmt: skip
    subject = StringField(_l("What was it about?"), [DataRequired(_l("Say in a line what it was about.")), _SHORT])
    note = TextAreaField(_l("Note"), [_LONG])
    contact = SelectField(_l("With whom"), [Optional()])
    day = DateField(_l("Day"), [Optional()])
    time = TimeField(_l("Time"), [Optional()])

    def offer(self, contacts: list[tuple[str, str]]) -> None:
        self.contact.choices = [("", _("Nobody in particular")), *contacts]

    made_at = OutcomeForm.made_at


class TaskForm(Form):  # type: ignore[misc]
    title = StringField(_l("What is to be done?"), [DataRequired(_l("Say in a line what is to be done.")), _SHORT])
    due_on = DateField(_l("By"), [Optional()])
    needs_visit = BooleanField(_l("Needs a visit"), description=_l("A day plan takes it along."))
    person = SelectField(_l("Whose task"))
    note = TextAreaField(_l("Note"), [_LONG])

    def offer(self, people: list[tuple[str, str]]) -> None:
        self.person.choices = people

    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("title", "due_on", "needs_visit", "note")}


class VisitTypeForm(Form):  # type: ignore[misc]
    name = StringField(_l("Name"), [DataRequired(_l("Give it a name.")), Length(max=LONGEST_NAME)])
    is_active = BooleanField(_l("It is offered"), default=True)


class QuestionForm(Form):  # type: ignore[misc]
    label = StringField(_l("Question"), [DataRequired(_l("Write the question.")), Length(max=LONGEST_LABEL)])
    visit_type = SelectField(_l("Asked at"))
    kind = SelectField(_l("Answered with"))
    choices = TextAreaField(_l("Answers to choose from"), [_LONG], description=_l("One on each line."))
    is_required = BooleanField(_l("It needs an answer"), description=_l("Not where nobody was met."))
    is_active = BooleanField(_l("It is asked"), default=True)

    def offer(self, types: list[tuple[str, str]]) -> None:
        self.kind.choices = [(word, str(label)) for word, label in QUESTION_KIND_LABELS.items()]
        self.visit_type.choices = [("", _("Every visit")), *types]

    def fields(self) -> dict[str, Any]:
        """What the services take beside kind and type, which stay as they were made."""
        named = {name: self[name].data for name in ("label", "is_required", "is_active")}
        return named | {"choices": (self.choices.data or "").splitlines()}
