"""The words of visits, activities and tasks as people read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

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
