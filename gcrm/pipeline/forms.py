"""What the pipeline's pages take in: an opportunity's form, and the words that narrow a list."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from gcrm.core import money
from gcrm.core.errors import GcrmError, Invalid
from gcrm.pipeline.queries import Wanted

_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
LONGEST_WORD = 200
STATES = ("open", "won", "lost", "all")


class OpportunityForm(Form):  # type: ignore[misc] # wtforms has no types
    name = StringField(
        _l("What is it about?"),
        [DataRequired(_l("Give it a name.")), Length(max=300, message=_l("At most 300 characters."))],
    )
    amount = StringField(_l("Amount"), [DataRequired(_l("How much would it bring? 0 if nobody knows yet."))])
    stage = SelectField(_l("Stage"))
    expected_close = DateField(_l("Expected close"), [Optional()])
    owner = SelectField(_l("Owner"))
    next_step = StringField(_l("Next step"), [Length(max=300, message=_l("At most 300 characters."))])
    next_step_on = DateField(_l("By"), [Optional()])
    note = TextAreaField(_l("Note"), [Length(max=20_000, message=_l("At most 20,000 characters."))])
    version = IntegerField(validators=[Optional()])

    def offer(self, stages: list[tuple[str, str]], owners: list[tuple[str, str]]) -> None:
        self.stage.choices = stages
        self.owner.choices = [("", _("Nobody")), *owners]

    def amount_minor(self, currency: str) -> int | None:
        """The amount in minor units; a fault goes to the field."""
        try:
            found = plain_amount(self.amount.data or "", currency)
            if found < 0:
                raise Invalid(_("An amount is not below zero."))
        except GcrmError as error:
            self.amount.errors = [*self.amount.errors, error.message]
            return None
        return found

    def texts(self) -> dict[str, Any]:
        """What the services take as it stands."""
        names = ("name", "expected_close", "next_step", "next_step_on", "note")
        return {name: self[name].data for name in names}


def plain_amount(text: str, currency: str) -> int:
    """An amount as people type it: thousands may be set apart by commas or spaces."""
    squeezed = "".join(text.split())
    if _GROUPED.fullmatch(squeezed):
        squeezed = squeezed.replace(",", "")
    return money.to_minor(squeezed, currency)


def parse_wanted(words: Any, today: dt.date) -> Wanted:
    """Read a list's narrowing words from a query string."""
    return Wanted(
        today, words=_word(words, "q"), owner=_word(words, "owner"), stage=_uuid(words, "stage"),
        state=_state(words), close=_word(words, "close"),
        account=_uuid(words, "account"), region=_word(words, "region"), territory=_word(words, "territory"),
        currency=_word(words, "currency"),
    )  # fmt: skip


def _word(words: Any, name: str) -> str | None:
    found = (words.get(name) or "").strip()
    if len(found) > LONGEST_WORD or "\x00" in found:
        raise Invalid(f"“{name}” is too long, or holds signs that no text has.")
    return found or None


def _state(words: Any) -> str | None:
    found = _word(words, "state")
    if found not in (None, *STATES):
        raise Invalid(f"“{found}” is no state. It is one of {', '.join(STATES)}.")
    return None if found == "all" else found


def _uuid(words: Any, name: str) -> uuid.UUID | None:
    found = _word(words, name)
    if found is None:
        return None
    try:
        return uuid.UUID(found)
    except ValueError:
        raise Invalid(f"“{found}” names no {name}.") from None
