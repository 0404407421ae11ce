"""What the page of a run tells of fair shares: sentences, a chart of value against spread, and each rep's hours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_percent
from flask_babel import gettext as _

from gcrm.core import formats
from gcrm.people.models import User
from gcrm.routing.assign.fairness import LEVELS
from gcrm.routing.fair_shares import LEFT, OWN, PRICED, TEAM

WIDTH, HEIGHT = 440, 216
LEFT_EDGE, RIGHT_EDGE, TOP, BOTTOM = 52, 424, 20, 172
TICKS = 4
SMALL = 0.0005
NEAR_X, NEAR_Y = 64, 18
"""Labels of points nearer than this would lie on each other."""


@dataclass(frozen=True)
class Mark:
    """A point of the chart, with its label beside it."""

    x: float
    y: float
    text: str
    is_chosen: bool
    text_y: float
    anchor: str


@dataclass(frozen=True)
class Chart:
    """Value against spread, in the units of the drawing."""

    marks: list[Mark]
    line: str
    across: list[tuple[float, str]]
    upwards: list[tuple[float, str]]


@dataclass(frozen=True)
class Hours:
    """One rep's share."""

    rep: User
    work_seconds: int
    available_seconds: int
    prize: float
    width: float
    """Of the bar, in hundredths of the hours available."""


def choices() -> dict[str, list[tuple[str, str]]]:
    """What the form offers."""
    within = [(f"{level:.0%}".rstrip("%"), label(level)) for level in LEVELS]
    return {
        "visits_by": [(OWN, _("Each account's own rep")), (TEAM, _("Any rep of the team"))],
        "shares": [(LEFT, _("As they fall")), (PRICED, _("As they fall, with prices")), *within],
    }


def label(level: float | None) -> str:
    return _("As they fall") if level is None else _("Within %(share)s", share=formats.percent(level))


def exact(share: float) -> str:
    """A small share with one decimal where it has one."""
    return str(format_percent(share, "#,##0.#%"))


def headline(shares: Mapping[str, Any]) -> str:
    """What the level that was asked for costs, as one sentence."""
    row = next(row for row in shares["levels"] if row["level"] == shares["level"])
    if row["level"] is None:
        return _(
            "As the shares fall, hours lie %(spread)s apart. Closer shares cost what stands below.",
            spread=exact(row["spread"]),
        )
    if not row["is_reached"]:
        return _(
            "No plan was found whose shares lie within %(share)s; this one is nearest, with %(spread)s.",
            share=exact(row["level"]),
            spread=exact(row["spread"]),
        )
    driving = row["more_travel_seconds"]
    words = {
        "share": exact(row["level"]), "less": exact(abs(row["less_prize"])), "time": formats.duration(abs(driving)),
    }  # fmt: skip
    value = (
        _("the same value")
        if _is_small(row)
        else _("%(less)s less value", **words)
        if row["less_prize"] > 0
        else _("%(less)s more value", **words)
    )
    drive = (
        _("%(time)s more driving", **words)
        if driving > 0
        else _("%(time)s less driving", **words)
        if driving
        else _("the same driving")
    )
    return _("Shares within %(share)s: %(value)s, %(drive)s.", share=words["share"], value=value, drive=drive)


def value_change(row: Mapping[str, Any]) -> str:
    """How a level's value differs from that of the plan as shares fall, for a cell."""
    if _is_small(row):
        return _("the same")
    share = exact(abs(row["less_prize"]))
    return _("%(share)s less", share=share) if row["less_prize"] > 0 else _("%(share)s more", share=share)


def driving_change(row: Mapping[str, Any]) -> str:
    """The same of its driving."""
    time = formats.duration(abs(row["more_travel_seconds"]))
    if not row["more_travel_seconds"]:
        return _("the same")
    return _("%(time)s more", time=time) if row["more_travel_seconds"] > 0 else _("%(time)s less", time=time)


def _is_small(row: Mapping[str, Any]) -> bool:
    """Whether a difference would read as 0.0 %."""
    return abs(float(row["less_prize"])) < SMALL


def remarks(shares: Mapping[str, Any], reps: Sequence[User]) -> list[str]:
    """What else there is to know: who has less to do."""
    names = {rep.email: rep.name for rep in reps}
    found = []
    less = [names[rep] for rep in shares["less_to_do"] if rep in names]
    if less:
        found.append(
            _(
                "%(names)s: nothing that is due of the own accounts waits for time, so there is simply less to do. With own"
                " accounts only, closer shares take visits from the others.",
                names=", ".join(less),
            )
        )
    return found


def chart(shares: Mapping[str, Any]) -> Chart | None:
    """Value against spread, a point for each plan; None where one plan keeps every level."""
    plans: dict[tuple[float, float], list[dict[str, Any]]] = {}
    for row in shares["levels"]:
        plans.setdefault((row["spread"], row["prize"]), []).append(row)
    if len(plans) < 2:
        return None
    widest = max(spread for spread, _prize in plans)
    across = _ticks(0.0, widest)
    low, high = min(prize for _spread, prize in plans), max(prize for _spread, prize in plans)
    room = max(high - low, 0.1 * high, 1e-9)
    upwards = _ticks(low - room / 8, high + room / 8)
    x_of = _scale(across[0], max(across[-1], widest), LEFT_EDGE, RIGHT_EDGE)
    y_of = _scale(min(upwards[0], low), max(upwards[-1], high), BOTTOM, TOP)
    marks = _marks(plans, shares["level"], x_of, y_of)
    return Chart(
        marks, " ".join(f"{mark.x},{mark.y}" for mark in sorted(marks, key=lambda mark: mark.x)),
        [(round(x_of(value), 1), formats.percent(value)) for value in across],
        [(round(y_of(value), 1), formats.number(value)) for value in upwards],
    )  # fmt: skip


def _marks(
    plans: Mapping[tuple[float, float], list[dict[str, Any]]], level: float | None, x_of: Any, y_of: Any
) -> list[Mark]:
    made: list[Mark] = []
    for (spread, prize), rows in sorted(plans.items()):
        x, y = round(x_of(spread), 1), round(y_of(prize), 1)
        below = any(abs(mark.x - x) < NEAR_X and abs(mark.text_y - (y - 10)) < NEAR_Y for mark in made)
        bounds = [formats.percent(row["level"]) for row in rows if row["level"] is not None]
        words = ([_("as they fall")] if len(bounds) < len(rows) else []) + bounds
        anchor = "start" if x < LEFT_EDGE + 40 else "end" if x > RIGHT_EDGE - 60 else "middle"
        chosen = any(row["level"] == level for row in rows)
        made.append(Mark(x, y, ", ".join(words), chosen, y + 22 if below else y - 10, anchor))
    return made


def _scale(low: float, high: float, first: float, last: float) -> Any:
    width = (high - low) or 1.0
    return lambda value: first + (value - low) / width * (last - first)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from below `low` to above `high`, about `TICKS` of them."""
    rough = max(high - low, 1e-9) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * number, 9) for number in range(first, last + 1)]


def hours(figures: Mapping[str, Any], reps: Sequence[User]) -> list[Hours]:
    """Each rep's share of a run's plans; nothing for a run whose figures don't know the hours available."""
    found = []
    for rep in reps:
        own = figures.get("reps", {}).get(rep.email, {})
        if not own.get("available_seconds"):
            return []
        work, there = own["work_seconds"], own["available_seconds"]
        found.append(Hours(rep, work, there, own["prize"], round(min(100.0, 100 * work / there), 1)))
    return found
