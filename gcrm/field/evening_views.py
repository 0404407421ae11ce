"""The end of the day: what was done, what was driven, tomorrow's plan; and a month's mileage."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gcrm.core import catalogs, clock, forms, web
from gcrm.core.errors import GcrmError, Invalid, NotFound
from gcrm.field import day_services, evening_pages, evening_queries
from gcrm.field.day_views import own_plan, rep
from gcrm.field.labels import SKIP_REASONS
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.routing import live_services as live
from gcrm.routing import queries as plans
from gcrm.visits import mileage, mileage_queries

bp = Blueprint("evening", __name__)

FORMATS = {"csv": ("text/csv", mileage.csv_of), "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", mileage.xlsx_of)}  # fmt: skip


@bp.route("/evening", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def evening() -> Any:
    """The day as it went; closing it again writes it anew."""
    me, session = rep(), web.session()
    today = clock.today(plans.zone_of(session, me))
    day = forms.day(request.args.get("day")) or today
    if not today - dt.timedelta(days=evening_queries.LATEST_DAYS) <= day <= today:
        raise NotFound(_("A day is closed when it is there, and for two weeks after."))
    fault = None
    if request.method == "POST":
        try:
            day_services.close_day(session, me, day, **_told())
        except GcrmError as error:
            session.rollback()
            fault = catalogs.said(error)
        else:
            flash(_("The day is closed."), "success")
            return redirect(url_for(".evening", day=None if day == today else day.isoformat()))
    page = render_template(
        "field/evening.html", evening=evening_queries.evening(session, rep(), day), today=today, fault=fault, given=request.form,
        skip_reasons=SKIP_REASONS,
    )  # fmt: skip
    return page, 422 if fault else 200


@bp.post("/evening/accept")
@access.hidden_unless("plan_routes")
def accept() -> Response:
    """Take the plan of a day ahead as it is."""
    day = forms.day(request.form.get("day"))
    if day is None:
        raise Invalid(_("Say which day’s plan you take."))
    live.accept(web.session(), own_plan(day))
    flash(_("Taken. Your manager sees that you looked at it."), "success")
    return redirect(url_for(".evening"))


@bp.get("/mileage")
@access.hidden_unless("plan_routes")
def month() -> Any:
    """A month's days: one's own, or those of the people one leads."""
    first, last = _month()
    is_team = "team" in request.args and rep().may("lead")
    return render_template(
        "field/mileage.html", days=_days(first, last, is_team), first=first, is_team=is_team, may_lead=rep().may("lead"),
        before=evening_pages.month_word(first - dt.timedelta(days=1)), after=evening_pages.month_word(last + dt.timedelta(days=1)),
        month=evening_pages.month_word(first),
    )  # fmt: skip


@bp.get("/mileage/<month>.<ext>")
@access.hidden_unless("plan_routes")
def month_file(month: str, ext: str) -> Response:
    """The same as a file for the books."""
    if ext not in FORMATS:
        raise NotFound(_("Mileage comes as CSV or XLSX."))
    first, last = evening_pages.month_of(month)
    is_team = "team" in request.args
    if is_team:
        access.require("lead")
    kind, write = FORMATS[ext]
    table = evening_pages.table(_days(first, last, is_team), month)
    return send_file(BytesIO(write(table)), kind, as_attachment=True, download_name=f"mileage-{month}.{ext}")


def _month() -> tuple[dt.date, dt.date]:
    me = rep()
    asked = request.args.get("month") or evening_pages.month_word(clock.today(plans.zone_of(web.session(), me)))
    return evening_pages.month_of(asked)


def _days(first: dt.date, last: dt.date, is_team: bool) -> Any:
    session = web.session()
    ids = [user.id for user in people.visible_reps(session)] if is_team else [rep().id]
    return mileage_queries.days_between(session, ids, first, last)


def _told() -> dict[str, Any]:
    names = {"odometer_start_km": _("the odometer at the start"), "odometer_end_km": _("the odometer at the end"), "private_km": _("private kilometres")}  # fmt: skip
    told: dict[str, Any] = {name: _number(name, label) for name, label in names.items()}
    return told | {"note": request.form.get("note")}


def _number(name: str, label: str) -> float | None:
    text = (request.form.get(name) or "").replace(" ", "").replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise Invalid(_("“%(text)s” is no number for %(label)s.", text=text, label=label)) from None
