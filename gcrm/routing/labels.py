"""What a replan changed, and times of the plan's zone, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_time, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

CAUSES = {
    "done": _l("a visit took another time than planned"),
    "missed": _l("nobody was met"),
    "late": _l("running late"),
    "ill": _l("ill"),
    "urgent": _l("an urgent visit"),
    "added": _l("an account was taken along"),
    "booked": _l("an appointment was made"),
    "asked": _l("asked for on the way"),
}


def clock_of(zone: str) -> Callable[[dt.datetime | None], str]:
    """Shows an instant on the clocks of the plan's zone, whoever looks at it."""

    def shown(moment: dt.datetime | None) -> str:
        return "–" if moment is None else format_time(moment.astimezone(ZoneInfo(zone)), "short", rebase=False)

    return shown


def change(what: dict[str, Any], zone: str) -> str:
    """One difference between two versions of a day, without the account's name."""
    at = clock_of(zone)(dt.datetime.fromisoformat(what["starts_at"]))
    minutes = abs(what["minutes"])
    if what["kind"] == "added":
        return _("new, at %(time)s", time=at)
    if what["kind"] == "dropped":
        return _("not today, was at %(time)s", time=at)
    if what["kind"] == "later":
        return ngettext("%(num)d minute later, at %(time)s", "%(num)d minutes later, at %(time)s", minutes, time=at)
    return ngettext("%(num)d minute earlier, at %(time)s", "%(num)d minutes earlier, at %(time)s", minutes, time=at)


def summary(changes: Sequence[dict[str, Any]]) -> str:
    """The differences in a line, as “1 new, 2 moved.”"""
    count = Counter("moved" if what["kind"] in ("earlier", "later") else what["kind"] for what in changes)
    if not count:
        return _("Nothing changes.")
    said = [
        ngettext("%(num)d new", "%(num)d new", count["added"]) if count["added"] else "",
        ngettext("%(num)d dropped", "%(num)d dropped", count["dropped"]) if count["dropped"] else "",
        ngettext("%(num)d moved", "%(num)d moved", count["moved"]) if count["moved"] else "",
    ]
    return ", ".join(part for part in said if part) + "."
