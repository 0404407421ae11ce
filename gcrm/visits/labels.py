"""The words of visits, activities and tasks as people read them."""

from __future__ import annotations

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gcrm.visits import proof

KIND_LABELS = {
    "visit": _l("Visit"),
    "call": _l("Call"),
    "mail": _l("Mail"),
    "meeting": _l("Meeting"),
    "note": _l("Note"),
    "task": _l("Task done"),
}
KIND_ICONS = {
    "visit": "map-pin", "call": "phone", "mail": "mail", "meeting": "users", "note": "note", "task": "checkbox",
}  # fmt: skip

OUTCOME_LABELS = {
    "order": _l("Order"),
    "interested": _l("Interested"),
    "follow_up": _l("Follow up"),
    "no_interest": _l("No interest"),
    "not_met": _l("Nobody met"),
    "service": _l("Service"),
}
"""In the order in which they are offered."""
OUTCOME_TONES = {
    "order": "good", "interested": "accent", "follow_up": "accent", "no_interest": "neutral", "not_met": "warn",
    "service": "neutral",
}  # fmt: skip

STATUS_LABELS = {
    "planned": _l("Planned"),
    "arrived": _l("On site"),
    "done": _l("Done"),
    "missed": _l("Missed"),
    "cancelled": _l("Cancelled"),
}
STATUS_TONES = {"planned": "accent", "arrived": "accent", "done": "good", "missed": "warn", "cancelled": "neutral"}

QUESTION_KIND_LABELS = {
    "text": _l("A text"),
    "number": _l("A number"),
    "yes_no": _l("Yes or no"),
    "choice": _l("One of several answers"),
    "scale": _l("A scale from 1 to 5"),
}
NO_POSITION_LABELS = {
    "not permitted": _l("The phone may not tell its position."),
    "no signal": _l("The phone had no signal."),
    "took too long": _l("The phone did not find its position in time."),
    "no geolocation in this browser": _l("This browser knows no position."),
    "unknown": _l("The phone did not know its position."),
}
"""Why a check-in has no position, by the words that phones send."""


def no_position(reason: str | None) -> str | None:
    """Why a check-in has no position, as a sentence."""
    word, _space, amount = (reason or "").partition(" ")
    if word == proof.OLD and amount.isdecimal():
        return _("The position was %(minutes)s minutes old, so it was not taken.", minutes=format_decimal(int(amount)))
    if word == proof.FAR and amount.isdecimal():
        return _("The phone put you %(distance)s km away, so the position was not taken.", distance=format_decimal(int(amount)))  # fmt: skip
    return str(NO_POSITION_LABELS.get(reason or "", reason or "")) or None


FAR_REASONS = (
    _l("The pin is wrong"), _l("The entrance is elsewhere"), _l("I parked further away"), _l("We met elsewhere"),
)  # fmt: skip
"""What is offered to who checked in from further away."""
