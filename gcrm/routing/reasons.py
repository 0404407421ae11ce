"""Why somebody is to be visited, and why a candidate was left out, as sentences in the reader's language."""

from __future__ import annotations

from typing import Any

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

LEFT_OUT = {
    "not_allowed": _l("not for this rep or day"),
    "unreachable": _l("no way there and back"),
    "closed": _l("closed while the rep is on the road"),
    "too_far": _l("too far for one day"),
    "group_limit": _l("visited often enough"),
    "no_time": _l("no time left in this day"),
    "lower_value": _l("others were worth more"),
    "unplaced": _l("has no place on the map"),
    "over_limit": _l("less urgent than the candidates looked at"),
    "dropped": _l("taken out by hand"),
}


def sentence(why: dict[str, Any]) -> str:
    """Each fact that makes a visit due, the strongest first."""
    said = [_appointment(why), _task(why), _due(why), _tier(why), _more(why)]
    return ", ".join(part for part in said if part) or _("asked for")


def _appointment(why: dict[str, Any]) -> str:
    return _("appointment at %(time)s", time=why["appointment"]) if why.get("appointment") else ""


def _task(why: dict[str, Any]) -> str:
    return _("task: %(title)s", title=why["task"]) if why.get("task") else ""


def _due(why: dict[str, Any]) -> str:
    if why.get("never"):
        return _("never visited")
    days = why.get("days_overdue")
    if days is None:
        return ""
    if days > 0:
        return ngettext("due %(num)d day ago", "due %(num)d days ago", days)
    if days == 0:
        return _("due on this day")
    return ngettext("due in %(num)d day", "due in %(num)d days", -days)


def _tier(why: dict[str, Any]) -> str:
    return _("tier %(tier)s", tier=why["tier"]) if why.get("tier") else ""


def _more(why: dict[str, Any]) -> str:
    """What else adds to a visit's worth."""
    said = []
    if why.get("every_days"):
        said.append(ngettext("every %(num)d day", "every %(num)d days", why["every_days"]))
    if why.get("deals"):
        said.append(_("open deals worth %(amount)s", amount=format_decimal(why["deals"])))
    if why.get("promised"):
        said.append(_("promised for this day"))
    if why.get("kept"):
        said.append(_("kept by hand"))
    return ", ".join(said)
