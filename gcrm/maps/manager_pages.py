"""What a manager's map pages are filled with: ranked rows, and the regions' figures as static/js/core/choropleth.js draws them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gcrm.maps import palette
from gcrm.maps.classes import classify
from gcrm.maps.running import Day
from gcrm.maps.standing import Standing, Visits

BY = {
    "prospect": _l("Prospects"),
    "territory": _l("Territories"),
    "county": _l("Counties"),
    "state": _l("States"),
    "owner": _l("Reps"),
}
ONE = {"territory": _l("Territory"), "county": _l("County"), "state": _l("State"), "owner": _l("Rep")}
NAMELESS = {
    "territory": _l("In no territory"), "county": _l("In no county"), "state": _l("In no state"), "owner": _l("Nobody’s"),
}  # fmt: skip
CLASSES = 5
MOST_ROWS = 50


@dataclass(frozen=True)
class Named:
    """A region, a territory or a person by the words of a selection; without a word there is no way to select it."""

    field: str
    word: str | None
    name: str
    country: str = ""
    code: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a ranked table."""

    named: Named
    standing: Standing
    visits: Visits


@dataclass(frozen=True)
class Figure:
    """What a map colours regions by: how it is called, read off a standing, and written."""

    label: str
    of: Callable[[Standing], float | None]
    write: Callable[[float], str]
    format: Mapping[str, Any]
    """The same for scripts, as options of Intl.NumberFormat."""


SORTS: dict[str, Callable[[Row], tuple[float, ...]]] = {
    "value": lambda row: (row.standing.value_minor,),
    "change": lambda row: (row.visits.change,),
    "white": lambda row: (row.standing.white_minor,),
    "overdue": lambda row: (row.standing.overdue_minor, row.standing.overdue),
    "kept": lambda row: (1.0 if row.standing.in_time_share is None else row.standing.in_time_share,),
}
"""What tables are ranked by, from little to much."""


def rows(
    by: str, found: Mapping[int | None, Standing], names: Mapping[int, Named], visits: Mapping[int | None, Visits], sort: str
) -> list[Row]:  # fmt: skip
    """The lines of a table in their order; equal ones by name. What has no name stands in it too, so that it adds up."""
    nameless = Named(
        "territory" if by == "territory" else by, "none" if by in ("territory", "owner") else None, str(NAMELESS[by])
    )
    made = [
        Row(
            names[key] if key is not None and key in names else nameless,
            found.get(key, Standing()),
            visits.get(key, Visits()),
        )
        for key in found
    ]
    rank = SORTS[sort.removeprefix("-")]
    made.sort(key=lambda row: row.named.name.casefold())
    return sorted(made, key=rank, reverse=sort.startswith("-"))


def choropleth(
    level: str, found: Mapping[int | None, Standing], names: Mapping[int, Named], figure: Figure
) -> dict[str, Any]:
    """The figure by region, with its classes and their labels."""
    named = [(names[key], standing) for key, standing in found.items() if key is not None and key in names]
    values = [figure.of(standing) for _named, standing in named]
    classes = classify(values, CLASSES, write=figure.write)
    tiles = {"url": "/tiles/territories/{z}/{x}/{y}.mvt", "layer": "territories", "key": "uuid"}
    return {
        "level": level,
        "label": figure.label,
        "unit": "",
        "suffix": "",
        "format": dict(figure.format),
        "counted": _("Accounts"),
        "none_label": _("Nothing known"),
        "limits": list(classes.limits),
        "labels": list(classes.labels),
        **({"tiles": tiles} if level == "territory" else {}),
        "regions": [
            {
                "country": where.country,
                "code": where.code,
                "name": where.name,
                "count": standing.accounts,
                "value": value,
            }
            for (where, standing), value in zip(named, values, strict=True)
        ],
    }


# -- the team's day ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Team:
    """The days of a team together."""

    days: Sequence[Day]
    now: dt.datetime

    @property
    def done(self) -> int:
        return sum(day.done for day in self.days)

    @property
    def stops(self) -> int:
        return sum(day.stops for day in self.days)

    @property
    def ahead(self) -> int:
        return sum(day.ahead for day in self.days)

    @property
    def missed(self) -> int:
        return sum(day.missed for day in self.days)

    @property
    def late(self) -> int:
        """How many reps run late."""
        return sum(day.is_late(self.now) for day in self.days)

    @property
    def ends_at(self) -> dt.datetime | None:
        """When the last of them is back."""
        return max((end for day in self.days if (end := day.ends_at(self.now)) is not None), default=None)

    @property
    def ranked(self) -> list[Day]:
        """Those first that need somebody: the latest, then those with most ahead."""
        return sorted(self.days, key=lambda day: (-day.late(self.now), -day.ahead, day.name.casefold()))


@dataclass(frozen=True)
class Spot:
    """A stop on the map, or with `number` 0 where a rep checked in last."""

    rep_id: int
    number: int
    lon: float
    lat: float
    name: str
    status: str
    at: dt.datetime


def points(
    days: Sequence[Day], stops: Sequence[Spot], check_ins: Mapping[int, Spot], now: dt.datetime
) -> dict[str, Any]:
    """The stops, the way ahead and the reps as static/js/maps/manager.js draws them.

    A rep stands at the last check-in, else at the last stop made, else where the day begins to lead.
    """
    colour = colours(days)
    own: dict[int, list[Spot]] = {}
    for stop in stops:
        own.setdefault(stop.rep_id, []).append(stop)
    return {
        "stops": [
            {"at": [stop.lon, stop.lat], "colour": colour[stop.rep_id], "number": stop.number, "name": stop.name, "status": stop.status}
            for stop in stops
        ],
        "lines": [{"colour": colour[rep], "path": [[stop.lon, stop.lat] for stop in _ahead(each)]} for rep, each in own.items()],
        "reps": [
            _rep(day, where, colour[day.rep_id], now)
            for day in days
            if (where := check_ins.get(day.rep_id) or _last_made(own.get(day.rep_id, []))) is not None
        ],
    }  # fmt: skip


def bounds_of(points: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a day's points; None where there are none."""
    at = [each["at"] for each in (*points["stops"], *points["reps"])]
    if not at:
        return None
    return (
        min(lon for lon, _lat in at),
        min(lat for _lon, lat in at),
        max(lon for lon, _lat in at),
        max(lat for _lon, lat in at),
    )


def _ahead(stops: Sequence[Spot]) -> list[Spot]:
    """From the last stop made to the last one of the day."""
    made = [number for number, stop in enumerate(stops) if stop.status in ("done", "arrived")]
    return [stop for stop in stops[made[-1] if made else 0 :] if stop.status != "skipped"]


def _last_made(stops: Sequence[Spot]) -> Spot | None:
    made = [stop for stop in stops if stop.status in ("done", "arrived")]
    return made[-1] if made else stops[0] if stops else None


def _rep(day: Day, where: Spot, colour: int, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": day.rep_id, "name": day.name, "initials": initials(day.name), "at": [where.lon, where.lat], "colour": colour,
        "is_late": day.is_late(now), "plan": str(day.plan), "text": _("%(done)s of %(all)s made", done=day.done, all=day.stops),
    }  # fmt: skip


def initials(name: str) -> str:
    """The first letters of the first and the last word; the first two signs of a name of one word."""
    words = name.split()
    return (words[0][0] + words[-1][0]).upper() if len(words) > 1 else name[:2]


def colours(days: Sequence[Day]) -> dict[int, int]:
    """The number of the category whose colour a rep's stops have, by name, so that it stays over the day."""
    every = sorted(days, key=lambda day: (day.name.casefold(), day.rep_id))
    return {day.rep_id: number % len(palette.CATEGORIES_LIGHT) for number, day in enumerate(every)}
