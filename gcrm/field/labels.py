"""What is said to the rep about acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from gcrm.core.errors import filled

SENTENCES = {
    "arrived_already": _l("You were checked in there already."),
    "finished_already": _l("This visit was logged already, with the same content."),
    "logged_otherwise": _l("This visit was logged meanwhile, with other content."),
    "arrival_added": _l("The visit was logged already; its arrival was added."),
    "was_cancelled": _l("The appointment had been cancelled; it counts as made."),
    "overtaken": _l("Something that you did later counts already."),
    "stop_gone": _l("The stop is no longer on the plan; what you did counts all the same."),
    "place_doubted": _l("You are checked in. The phone’s position cannot be where you are, so it was not taken."),
    "skipped_already": _l("This stop was skipped already."),
    "ahead_already": _l("This stop lies ahead already."),
    "there_already": _l("This is there already."),
    "with_somebody_else": _l("It lies in somebody else's territory and is with them now; you see it for 14 days more."),
    "on_plan_already": _l("The account stands on this day's plan already."),
    "done_already": _l("This task was done already."),
    "open_already": _l("This task is open already."),
    "waits": _l("It waits for something that is still on its way from the phone."),
    "other_content": _l("This was sent before with other content; what came first counts."),
    "id_taken": _l("This id belongs to something else."),
    "schema_newer": _l("This app is newer than the server. It is kept on the phone and sent again later."),
    "schema_older": _l("This app is older than the server understands. Open it again with a connection to update it."),
    "out_of_sight": _l("This names something that does not exist, or that is with somebody else."),
    "prices_changed": _l(
        "Prices changed meanwhile: %(names)s. The order stands at the prices that the customer was shown."
    ),
    "content_gone": _l("What this said is not kept any more."),
    "not_here": _l("This server cannot do this yet."),
    "our_fault": _l("Something went wrong on our side, several times. Tell your admin."),
    "left": _l("Your access ended before this could be done."),
}
"""The words that `FieldAct.why` may hold."""


def said(why: str | None, words: Mapping[str, Any] | None = None) -> str | None:
    """The sentence for a word, or a kept sentence, in the language of who is told."""
    if why is None:
        return None
    return filled(str(SENTENCES[why]) if why in SENTENCES else gettext(why), words or {})


WIPES = {
    "lost": _l("This phone was reported lost."),
    "left": _l("Your access has ended."),
    "role": _l("Your role has no phone any more."),
}
"""Why a phone's store must go."""

SKIP_REASONS = {
    "closed": _l("Closed today"), "nobody": _l("Nobody there"), "no_time": _l("No time left"), "called_off": _l("They called it off"),
    "not_needed": _l("Not needed any more"),
}  # fmt: skip
"""Why a stop is left out, by the words that phones send; what is no word is the rep’s own text."""

ACTS = {
    "arrived": _l("Checked in"), "finished": _l("Logged a visit"), "skipped": _l("Skipped a stop"), "unskipped": _l("Took a stop back"),
    "reordered": _l("Changed the order"), "added": _l("Added a stop"), "late": _l("Told to be late"), "called": _l("Logged a call"),
    "noted": _l("Wrote a note"), "task_added": _l("Added a task"), "task_done": _l("Finished a task"), "task_reopened": _l("Reopened a task"),
    "ordered": _l("Took an order"), "prospect_added": _l("Added a prospect"), "photo_added": _l("Took a photo"), "signed": _l("Had it signed"),
    "day_closed": _l("Closed the day"), "plan_accepted": _l("Took a plan"),
}  # fmt: skip
"""What a person did, by the kind of the act."""
AGENTS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"))  # fmt: skip
BROWSERS = (
    ("SamsungBrowser/", "Samsung Internet"), ("EdgA/", "Edge"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
"""Each names itself before those that it claims to be like."""


def agent(said: str | None) -> str:
    """A browser's name for itself in the words that its owner knows."""
    machine = next((name for mark, name in AGENTS if mark in (said or "")), None)
    browser = next((name for mark, name in BROWSERS if mark in (said or "")), None)
    return " · ".join(filter(None, (machine, browser))) or gettext("Unknown phone")
